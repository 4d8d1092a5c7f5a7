//! Pages of parts.

pub mod download;
pub mod files;
pub mod scene;
pub mod sections;
pub mod shown;

use super::paths;
use crate::features::access::action::AdvisoryAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of parts. A draft's author writes them; who may read the item asks for a file.
pub fn routes() -> Routes {
    let write = Rule::May(Action::Advisory(AdvisoryAction::Write));
    Routes::new()
        .get(paths::FILES, write, files::get)
        .post(paths::FILES, write, files::post)
        .get(paths::SECTIONS, write, sections::get)
        .post(paths::SECTIONS, write, sections::post)
        .post(paths::CARRIED, write, scene::carry)
        .get(paths::FILE, Rule::SignedIn, download::get)
        .post(paths::REMOVAL, write, scene::remove)
}
