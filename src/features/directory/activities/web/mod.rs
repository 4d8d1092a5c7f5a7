//! Pages of activities.

pub mod entry;
pub mod evidence;
pub mod form;
pub mod new;
pub mod shown;
pub mod totals;
pub mod year;

use super::paths;
use crate::features::access::action::ActivityAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of this feature.
pub fn routes() -> Routes {
    let see = Rule::May(Action::Activity(ActivityAction::See));
    let look_over = Rule::May(Action::Activity(ActivityAction::LookOver));
    let record = Rule::May(Action::Activity(ActivityAction::Record));
    Routes::new()
        .get(paths::TOTALS, see, totals::get)
        .get(paths::EVIDENCE, look_over, evidence::get)
        .get(paths::YEAR, see, year::get)
        .get(paths::NEW, record, new::get)
        .post(paths::NEW, record, new::post)
        .get(paths::ENTRY, see, entry::get)
        .post(paths::ENTRY, record, entry::post)
        .post(paths::WITHDRAWAL, record, entry::withdraw)
}
