//! Pages of the handling rule and of the requirements.

pub mod consent;
pub mod form;
pub mod requirements;
pub mod rules;

use super::paths;
use crate::features::access::action::DirectoryAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of this feature. A desk keeps the editions, a firm agrees for itself.
pub fn routes() -> Routes {
    let see = Rule::May(Action::Directory(DirectoryAction::LookAtMember));
    let look = Rule::May(Action::Directory(DirectoryAction::LookAtRoster));
    let keep = Rule::Fresh(Action::Directory(DirectoryAction::KeepMember));
    let agree = Rule::May(Action::Directory(DirectoryAction::KeepWindow));
    Routes::new()
        .get(paths::RULES, see, rules::get)
        .post(paths::RULES, keep, rules::post)
        .post(paths::WITHDRAWAL, keep, rules::withdraw)
        .post(paths::CONSENT, agree, consent::agree)
        .post(paths::CONSENT_WITHDRAWAL, agree, consent::withdraw)
        .get(paths::REQUIREMENTS, look, requirements::get)
}
