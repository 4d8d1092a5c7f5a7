//! Pages of how a CEPTOAR is set up.

pub mod entry;
pub mod form;
pub mod page;

use super::paths;
use crate::features::access::action::ActivityAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of this feature; the rights are those of the activities.
pub fn routes() -> Routes {
    let see = Rule::May(Action::Activity(ActivityAction::See));
    let record = Rule::May(Action::Activity(ActivityAction::Record));
    Routes::new()
        .get(paths::SETUP, see, page::get)
        .post(paths::SETUP, record, page::post)
        .get(paths::FACT, see, entry::get)
        .post(paths::FACT, record, entry::post)
        .post(paths::WITHDRAWAL, record, entry::withdraw)
}
