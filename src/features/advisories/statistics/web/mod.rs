//! The page of the statistics, and the same as a file.

pub mod page;

use super::paths;
use crate::features::access::action::StatisticsAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of the statistics.
pub fn routes() -> Routes {
    let see = Rule::May(Action::Statistics(StatisticsAction::See));
    Routes::new().get(paths::STATISTICS, see, page::get).post(paths::EXPORT, see, page::export)
}
