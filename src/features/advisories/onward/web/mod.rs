//! Pages of reports on passing on.

pub mod page;
pub mod shown;
pub mod words;

use super::paths;
use crate::features::access::action::MemberReportAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of reports on passing on.
pub fn routes() -> Routes {
    let report = Rule::May(Action::MemberReport(MemberReportAction::Onward));
    Routes::new().get(paths::REPORT, report, page::get).post(paths::REPORT, report, page::post)
}
