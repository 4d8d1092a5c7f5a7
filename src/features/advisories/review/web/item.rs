//! The item that a page of review is about.

use crate::features::access::action::AdvisoryAction;
use crate::features::access::{Viewer, can};
use crate::features::advisories::advisory::State;
use crate::features::advisories::review::store as review;
use crate::features::advisories::store::Unpublished;
use crate::features::advisories::{paths, reading, store};
use crate::kernel::ids::AdvisoryId;

/// What a page of review knows of its item.
#[derive(Debug)]
pub struct Item {
    /// Which one.
    pub id: AdvisoryId,
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// What it says, where it is not published.
    pub unpublished: Option<Unpublished>,
    /// Whether the viewer may say something now.
    pub may_say: bool,
    /// Where the viewer works on it.
    pub back: String,
}

impl Item {
    /// The item, where the viewer may read what was said about it.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn find(tx: &mut sqlx::PgConnection, viewer: &Viewer, id: AdvisoryId) -> sqlx::Result<Option<Self>> {
        if let Some(item) = store::find_unpublished(&mut *tx, viewer, AdvisoryAction::ReadReview, id).await? {
            let may_say = can(viewer, AdvisoryAction::Comment, &item.facts()) && review::was_submitted(tx, id).await?;
            let author = item.envelope.created_by == viewer.account_id;
            let back = match (item.envelope.state, author) {
                (State::Draft, true) => paths::draft(id),
                (State::Review, true) => paths::submission(id),
                (State::Draft | State::Review | State::Approved | State::Published, _) => paths::publication(id),
            };
            let (number, title) = (item.envelope.number.clone(), item.draft.text.title.clone());
            return Ok(Some(Self { id, number, title, unpublished: Some(item), may_say, back }));
        }
        let facts = reading::store::facts(&mut *tx, viewer, &[id]).await?.remove(&id);
        // One that is not published was refused above.
        let may = facts.is_some_and(|f| f.state == State::Published && can(viewer, AdvisoryAction::ReadReview, &f));
        if !may {
            return Ok(None);
        }
        let found = reading::store::find(tx, viewer, id).await?;
        Ok(found.and_then(|found| {
            let title = found.text?.title;
            Some(Self {
                id,
                number: found.envelope.number,
                title,
                unpublished: None,
                may_say: false,
                back: paths::show(id),
            })
        }))
    }
}
