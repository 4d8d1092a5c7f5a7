//! Pages and files of the feature map.

pub mod compare;
pub mod compare_days;
pub mod differences;
pub mod files;
pub mod map;
pub mod of_day;
pub mod paper;
pub mod profile;
pub mod shelf;

use super::paths;
use crate::features::access::action::FollowUpAction;
use crate::features::access::{Action, Routes, Rule};
use crate::features::feature_map::errata;
use shelf::PublicPages;

/// The routes of this feature. They share the published pages with the layer that answers from memory.
pub fn routes(pages: PublicPages) -> Routes {
    Routes::new()
        .get(paths::NEWEST, Rule::Public, map::get_newest)
        .get(paths::NEWEST_JSON, Rule::Public, map::get_newest_json)
        .get(paths::NEWEST_CSV, Rule::Public, map::get_newest_csv)
        .get(paths::NEWEST_PDF, Rule::Public, map::get_newest_pdf)
        .get(paths::NEWEST_XLSX, Rule::Public, map::get_newest_xlsx)
        .get(paths::COMPARE, Rule::Public, compare::get)
        .get(paths::COMPARE_CSV, Rule::Public, compare::get_csv)
        .get(paths::OF_DAY, Rule::SignedIn, of_day::get)
        .get(paths::OF_DAY_CSV, Rule::SignedIn, of_day::get_csv)
        .get(paths::EDITION, Rule::Public, map::get)
        .get(paths::ERRATA, Rule::May(Action::FollowUp(FollowUpAction::Publish)), errata::web::get)
        .post(paths::ERRATA, Rule::Fresh(Action::FollowUp(FollowUpAction::Publish)), errata::web::post)
        .get(paths::PROFILE, Rule::Public, profile::get)
        .with_state(pages)
}
