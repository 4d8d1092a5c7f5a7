//! Pages of templates and phrases, and what the form of a draft offers of them.

pub mod index;
pub mod offered;
pub mod phrase;
pub mod shown;
pub mod template;
pub mod words;

use super::paths;
use crate::features::access::action::AdvisoryAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of templates and phrases: whoever writes keeps them.
pub fn routes() -> Routes {
    let write = Rule::May(Action::Advisory(AdvisoryAction::Write));
    Routes::new()
        .get(paths::INDEX, write, index::get)
        .get(paths::NEW_TEMPLATE, write, template::get_new)
        .post(paths::NEW_TEMPLATE, write, template::create)
        .get(paths::TEMPLATE, write, template::get)
        .post(paths::TEMPLATE, write, template::save)
        .post(paths::ARCHIVE_TEMPLATE, write, template::archive)
        .get(paths::NEW_PHRASE, write, phrase::get_new)
        .post(paths::NEW_PHRASE, write, phrase::create)
        .get(paths::PHRASE, write, phrase::get)
        .post(paths::PHRASE, write, phrase::save)
        .post(paths::ARCHIVE_PHRASE, write, phrase::archive)
}
