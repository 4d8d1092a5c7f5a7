//! What the form of a draft offers: templates to begin with, and phrases at its fields.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::words::PhraseWords;
use crate::features::advisories::content::Form;
use crate::features::advisories::phrases::kept::{Kept, Phrase, Template};
use crate::features::advisories::phrases::{paths, store};
use crate::kernel::language::{Label, Language, fill};
use crate::platform::db::Tx;

/// A template to begin with.
#[derive(Debug)]
pub struct Card {
    /// Where it is chosen.
    pub href: String,
    /// What it is called.
    pub name: String,
    /// Kind, level, when an answer is due.
    pub labels: Vec<String>,
    /// What the title begins with.
    pub title: String,
    /// It was chosen.
    pub chosen: bool,
}

/// What the form offers.
#[derive(Debug)]
pub struct Offered {
    /// Words.
    pub w: &'static PhraseWords,
    /// Templates, for a new draft.
    pub cards: Vec<Card>,
    /// A draft is new, and templates may be chosen.
    pub choosing: bool,
    /// What is said of the template that was chosen.
    pub begun: String,
    /// Where they are kept.
    pub keep: &'static str,
    phrases: Vec<Kept<Phrase>>,
}

impl Offered {
    /// The phrases in use.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn phrases(tx: &mut Tx, language: Language) -> sqlx::Result<Self> {
        let mut phrases = store::phrases(tx, None).await?;
        phrases.retain(|kept| !kept.saved.archived);
        let (w, keep) = (PhraseWords::of(language), paths::INDEX);
        Ok(Self { w, cards: Vec::new(), choosing: false, begun: String::new(), keep, phrases })
    }

    /// The templates in use as well, and the form of the one that was chosen; none where there is no such template.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn with_templates(
        mut self,
        tx: &mut Tx,
        chosen: Option<Uuid>,
        now: DateTime<Utc>,
        language: Language,
    ) -> sqlx::Result<(Self, Option<Form>)> {
        let mut templates = store::templates(tx, None).await?;
        templates.retain(|kept| !kept.saved.archived);
        self.choosing = true;
        self.cards = templates.iter().map(|kept| card(kept, chosen, language)).collect();
        let found = templates.into_iter().find(|kept| Some(kept.id) == chosen);
        if let Some(found) = &found {
            self.begun = fill(self.w.begun, &[("name", &found.what.name)]);
        }
        Ok((self, found.map(|found| found.what.form(now))))
    }

    /// The phrases at a field.
    #[must_use]
    pub fn at(&self, code: &str) -> Vec<&Phrase> {
        self.phrases.iter().map(|kept| &kept.what).filter(|phrase| phrase.field.code() == code).collect()
    }

    /// 定型文を使う(3).
    #[must_use]
    pub fn heading(&self, count: usize) -> String {
        fill(self.w.offered, &[("count", &count.to_string())])
    }
}

fn card(kept: &Kept<Template>, chosen: Option<Uuid>, language: Language) -> Card {
    let what = &kept.what;
    let due = |hours: i16| fill(PhraseWords::of(language).due_in, &[("hours", &hours.to_string())]);
    let mut labels = vec![what.kind.label(language).to_owned(), what.level.tlp().to_owned()];
    labels.extend(what.due_hours.map(due));
    // The portal's own are marked as suggestions until somebody has saved them.
    labels.extend(kept.saved.by.is_none().then(|| PhraseWords::of(language).portal.to_owned()));
    Card {
        href: paths::begin(kept.id),
        name: what.name.clone(),
        labels,
        title: what.title.clone(),
        chosen: Some(kept.id) == chosen,
    }
}
