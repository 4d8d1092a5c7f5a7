//! The page of the offices.

pub mod index;

use super::paths;
use crate::features::access::action::ActivityAction;
use crate::features::access::{Action, Routes, Rule};

/// The route of this feature. Who reads is who reads what the CEPTOAR did.
pub fn routes() -> Routes {
    Routes::new().get(paths::INDEX, Rule::May(Action::Activity(ActivityAction::See)), index::get)
}
