//! Pages of relays.

pub mod bypass;
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
    // Each step asks again for its own right.
    let past = Rule::Fresh(Action::Relay(RelayAction::AskBypass));
    Routes::new().get(paths::RELAY, see, decision::get).post(paths::RELAY, decide, decision::post).post(
        paths::BYPASS,
        past,
        bypass::post,
    )
}
