//! Pages of groups: `desk.rs` is what every form has in common, `edit.rs` has those of a group, `members.rs` those of who
//! is in it, and `listing.rs` shows who is.

pub mod desk;
pub mod edit;
pub mod forms;
pub mod index;
pub mod listing;
pub mod members;

use super::paths;
use crate::features::access::action::{ActivityAction, DirectoryAction};
use crate::features::access::{Action, Routes, Rule};

/// The routes of this feature. Who reads is who reads what the CEPTOAR did; its desk alone writes. Who changes whom a
/// warning reaches has just proved to be there.
pub fn routes() -> Routes {
    let keep = Action::Directory(DirectoryAction::KeepMember);
    Routes::new()
        .get(paths::INDEX, Rule::May(Action::Activity(ActivityAction::See)), index::get)
        .get(paths::NEW, Rule::May(keep), edit::get_new)
        .post(paths::NEW, Rule::Fresh(keep), edit::post_new)
        .get(paths::CORRECT, Rule::May(keep), edit::get_correct)
        .post(paths::CORRECT, Rule::Fresh(keep), edit::post_correct)
        .get(paths::END, Rule::May(keep), edit::get_end)
        .post(paths::END, Rule::Fresh(keep), edit::post_end)
        .get(paths::GOING_ON, Rule::May(keep), edit::get_going_on)
        .post(paths::GOING_ON, Rule::Fresh(keep), edit::post_going_on)
        .get(paths::MEMBERS, Rule::May(Action::Activity(ActivityAction::See)), listing::get)
        .get(paths::JOINING, Rule::May(keep), members::get_joining)
        .post(paths::JOINING, Rule::Fresh(keep), members::post_joining)
        .get(paths::LEAVING, Rule::May(keep), members::get_leaving)
        .post(paths::LEAVING, Rule::Fresh(keep), members::post_leaving)
}
