//! Addresses of the feature map.

/// The newest edition; with `.json` or `.csv` the same as a file.
pub const NEWEST: &str = "/map";
/// The newest edition for machines.
pub const NEWEST_JSON: &str = "/map.json";
/// The newest edition as a table file.
pub const NEWEST_CSV: &str = "/map.csv";
/// One edition; the last part may end in `.json` or `.csv`.
pub const EDITION: &str = "/map/{edition}";
/// The profile of a CEPTOAR or liaison council; the last part may end in `.json`.
pub const PROFILE: &str = "/ceptoars/{id}";

/// The page of an edition.
#[must_use]
pub fn edition(id: &str) -> String {
    format!("/map/{id}")
}

/// A profile as an edition tells it.
#[must_use]
pub fn profile(id: &str, edition: &str) -> String {
    format!("/ceptoars/{id}?edition={edition}")
}
