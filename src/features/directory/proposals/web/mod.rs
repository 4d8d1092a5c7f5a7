//! Pages of proposals: the firm's form, the desk's list, and one proposal with what is registered beside it.

pub mod deciding;
pub mod form;
pub mod index;
pub mod show;

use super::paths;
use crate::features::access::action::DirectoryAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of this feature. Whoever accepts changes the directory, and has just proved to be there.
pub fn routes() -> Routes {
    let may = |action| Rule::May(Action::Directory(action));
    Routes::new()
        .get(paths::PROPOSING, may(DirectoryAction::Propose), form::get)
        .post(paths::PROPOSING, may(DirectoryAction::Propose), form::post)
        .get(paths::INDEX, may(DirectoryAction::SeeProposals), index::get)
        .get(paths::PROPOSAL, may(DirectoryAction::SeeProposals), show::get)
        .post(paths::ACCEPTANCE, Rule::Fresh(Action::Directory(DirectoryAction::KeepMember)), deciding::accept)
        .post(paths::RETURN, may(DirectoryAction::KeepMember), deciding::return_it)
        .post(paths::WITHDRAWAL, may(DirectoryAction::Propose), deciding::take_back)
}
