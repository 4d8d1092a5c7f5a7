//! Pages of the agreement: what holds, and the form that changes it.

pub mod edit;
pub mod index;

use super::paths;
use crate::features::access::action::{ActivityAction, DirectoryAction};
use crate::features::access::{Action, Routes, Rule};

/// The routes of this feature. Whoever is concerned with the CEPTOAR reads; its desk alone writes. Who changes when a
/// warning reaches people has just proved to be there.
pub fn routes() -> Routes {
    let keep = Action::Directory(DirectoryAction::KeepMember);
    Routes::new()
        .get(paths::INDEX, Rule::May(Action::Activity(ActivityAction::See)), index::get)
        .get(paths::CHANGE, Rule::May(keep), edit::get)
        .post(paths::CHANGE, Rule::Fresh(keep), edit::post)
}
