//! What stands beside the fields of a draft: what reviewers said there, and texts to write with.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::rendered::{self, RenderedWords};
use crate::features::advisories::content::Form;
use crate::features::advisories::phrases::web::offered::Offered;
use crate::features::advisories::review::web::shown::Notes;
use crate::features::advisories::store::Unpublished;
use crate::kernel::language::Language;
use crate::platform::db::Tx;

/// Comments and phrases at the fields of a draft.
#[derive(Debug)]
pub struct Aids {
    /// What was said.
    pub notes: Notes,
    /// Phrases and, for a new draft, templates.
    pub offered: Offered,
    /// Words of the button that shows how a text will look.
    pub rendered: &'static RenderedWords,
    /// Where it asks.
    pub rendered_at: &'static str,
}

impl Aids {
    /// Those of a draft that is being written.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn of(tx: &mut Tx, item: Option<&Unpublished>, language: Language) -> sqlx::Result<Self> {
        let offered = Offered::phrases(tx, language).await?;
        Ok(Self::with(Notes::read(tx, item, language).await?, offered, language))
    }

    /// Those of a new draft, with the form of the template that was chosen.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn new(
        tx: &mut Tx,
        chosen: Option<Uuid>,
        now: DateTime<Utc>,
        language: Language,
    ) -> sqlx::Result<(Self, Option<Form>)> {
        let offered = Offered::phrases(tx, language).await?;
        let (offered, form) = offered.with_templates(tx, chosen, now, language).await?;
        Ok((Self::with(Notes::none(language), offered, language), form))
    }

    fn with(notes: Notes, offered: Offered, language: Language) -> Self {
        Self { notes, offered, rendered: RenderedWords::of(language), rendered_at: rendered::RENDERED }
    }
}
