//! Pages of relays.

pub mod decision;
pub mod shown;
pub mod words;

use super::paths;
use crate::features::access::action::RelayAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of relays. Who keeps a warning from people has just proved to be there.
pub fn routes() -> Routes {
    let see = Rule::May(Action::Relay(RelayAction::See));
    let decide = Rule::Fresh(Action::Relay(RelayAction::Decide));
    Routes::new().get(paths::RELAY, see, decision::get).post(paths::RELAY, decide, decision::post)
}
