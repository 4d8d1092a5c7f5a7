//! Pages of escalation, and what other pages say of it.

pub mod ladders;
pub mod shown;
pub mod words;

use super::paths;
use crate::features::access::action::EscalationAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of escalation. Who changes when letters leave has just proved to be there.
pub fn routes() -> Routes {
    let [see, change] = [EscalationAction::See, EscalationAction::Change].map(Action::Escalation);
    Routes::new()
        .get(paths::LADDERS, Rule::May(see), ladders::index)
        .get(paths::CHANGE, Rule::May(change), ladders::get)
        .post(paths::CHANGE, Rule::Fresh(change), ladders::post)
}
