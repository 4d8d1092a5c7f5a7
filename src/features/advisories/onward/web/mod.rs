//! Pages of reports on passing on.

pub mod page;
pub mod shown;
pub mod words;

use super::paths;
use crate::features::access::action::OnwardAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of reports on passing on.
pub fn routes() -> Routes {
    let report = Rule::May(Action::Onward(OnwardAction::Report));
    Routes::new().get(paths::REPORT, report, page::get).post(paths::REPORT, report, page::post)
}
