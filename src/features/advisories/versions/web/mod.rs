//! Pages of later versions.

pub mod next;
pub mod shown;
pub mod unpublished;

use super::paths;
use crate::features::access::action::AdvisoryAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of later versions.
pub fn routes() -> Routes {
    let begin = || Rule::May(Action::Advisory(AdvisoryAction::Continue));
    Routes::new().get(paths::NEXT, begin(), next::get).post(paths::NEXT, begin(), next::post)
}
