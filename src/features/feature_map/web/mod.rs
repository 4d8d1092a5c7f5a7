//! Pages and files of the feature map.

pub mod compare;
pub mod files;
pub mod map;
pub mod paper;
pub mod profile;
pub mod shelf;

use super::paths;
use crate::features::access::{Routes, Rule};
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
        .get(paths::EDITION, Rule::Public, map::get)
        .get(paths::PROFILE, Rule::Public, profile::get)
        .with_state(pages)
}
