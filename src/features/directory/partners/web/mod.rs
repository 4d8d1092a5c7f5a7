//! Pages of partner bodies.

pub mod correcting;
pub mod edit;
pub mod forms;
pub mod index;

use super::paths;
use crate::features::access::action::{ActivityAction, DirectoryAction};
use crate::features::access::{Action, Routes, Rule};

/// The routes of this feature. Who reads is who reads what the CEPTOAR did; its desk alone writes. Who changes whom a
/// warning reaches has just proved to be there.
pub fn routes() -> Routes {
    let keep = Action::Directory(DirectoryAction::KeepMember);
    Routes::new()
        .get(paths::INDEX, Rule::May(Action::Activity(ActivityAction::See)), index::get)
        .get(paths::JOINING, Rule::May(keep), edit::get_joining)
        .post(paths::JOINING, Rule::Fresh(keep), edit::post_joining)
        .get(paths::ROLE, Rule::May(keep), edit::get_role)
        .post(paths::ROLE, Rule::Fresh(keep), edit::post_role)
        .get(paths::END, Rule::May(keep), edit::get_end)
        .post(paths::END, Rule::Fresh(keep), edit::post_end)
        .get(paths::CORRECTION, Rule::May(keep), correcting::get)
        .post(paths::CORRECTION, Rule::Fresh(keep), correcting::post)
}
