//! Pages of the trail.

pub mod activity;
pub mod export;
pub mod index;
pub mod readers;

use super::paths;
use crate::features::access::action::TrailAction::{Look, Readers};
use crate::features::access::{Action, Routes, Rule};
use crate::features::advisories;

/// The routes of this feature.
pub fn routes() -> Routes {
    let look = Rule::May(Action::Trail(Look));
    Routes::new()
        .get(paths::INDEX, look, index::get)
        .post(paths::INDEX, look, index::post)
        .post(paths::EXPORT, look, export::post)
        .get(paths::ACTIVITY, Rule::SignedIn, activity::get)
        .get(advisories::paths::READERS, Rule::May(Action::Trail(Readers)), readers::get)
}
