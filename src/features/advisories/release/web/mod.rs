//! Pages of releases.

pub mod choice;
pub mod shown;
pub mod stop;

use super::paths;
use crate::features::access::action::AdvisoryAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of releases. Stopping has to be quick: nobody is asked to sign in again for it.
pub fn routes() -> Routes {
    Routes::new().post(paths::STOP, Rule::May(Action::Advisory(AdvisoryAction::StopRelease)), stop::post)
}
