//! Pages of what members do.

pub mod page;
pub mod shown;
pub mod words;

use super::paths;
use crate::features::access::action::MemberReportAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of what members do.
pub fn routes() -> Routes {
    let report = Rule::May(Action::MemberReport(MemberReportAction::Measures));
    Routes::new().get(paths::REPORT, report, page::get).post(paths::REPORT, report, page::post)
}
