//! Pages of the follow-up: where it is opened, its board, the sheets, their checks, and the edition that comes of it.

pub mod board;
pub mod check;
pub mod index;
pub mod preview;
pub mod saving;
pub mod sheet;
pub mod sheet_words;
pub mod shown;

use super::paths;
use crate::features::access::action::FollowUpAction;
use crate::features::access::{Action, Routes, Rule};
use crate::features::feature_map::PublicPages;

/// The routes of this feature. Publishing puts an edition on the shelf of published pages.
pub fn routes(pages: PublicPages) -> Routes {
    let may = |action| Rule::May(Action::FollowUp(action));
    Routes::new()
        .get(paths::INDEX, may(FollowUpAction::See), index::get)
        .post(paths::INDEX, may(FollowUpAction::Lead), index::open)
        .get(paths::BOARD, may(FollowUpAction::See), board::get)
        .post(paths::REMINDER, may(FollowUpAction::Lead), board::remind)
        .get(paths::SHEET, may(FollowUpAction::See), sheet::get)
        .post(paths::SHEET, may(FollowUpAction::Fill), saving::post)
        .post(paths::CHECK, may(FollowUpAction::See), check::post)
        .get(paths::PREVIEW, may(FollowUpAction::Lead), preview::get)
        .post(paths::PUBLICATION, Rule::Fresh(Action::FollowUp(FollowUpAction::Publish)), preview::publish)
        .with_state(pages)
}
