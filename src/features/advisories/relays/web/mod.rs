//! Pages of relays.

pub mod decision;
pub mod shown;
pub mod words;

use super::paths;
use crate::features::access::action::RelayAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of relays.
pub fn routes() -> Routes {
    let [see, decide] = [RelayAction::See, RelayAction::Decide].map(|action| Rule::May(Action::Relay(action)));
    Routes::new().get(paths::RELAY, see, decision::get).post(paths::RELAY, decide, decision::post)
}
