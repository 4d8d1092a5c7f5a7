//! Addresses of the feature map.

/// The newest edition; with `.json` or `.csv` the same as a file.
pub const NEWEST: &str = "/map";
/// The newest edition for machines.
pub const NEWEST_JSON: &str = "/map.json";
/// The newest edition as a table file.
pub const NEWEST_CSV: &str = "/map.csv";
/// The newest edition on one sheet of paper.
pub const NEWEST_PDF: &str = "/map.pdf";
/// The newest edition as a workbook.
pub const NEWEST_XLSX: &str = "/map.xlsx";
/// Two editions side by side.
pub const COMPARE: &str = "/map/compare";
/// The same as a table file.
pub const COMPARE_CSV: &str = "/map/compare.csv";
/// The map of a day, by what the directory says; for those signed in.
pub const OF_DAY: &str = "/directory/map";
/// The same as a table file.
pub const OF_DAY_CSV: &str = "/directory/map.csv";
/// One edition; the last part may end in `.json`, `.csv`, `.pdf` or `.xlsx`.
pub const EDITION: &str = "/map/{edition}";
/// The profile of a CEPTOAR or liaison council; the last part may end in `.json` or `.pdf`.
pub const PROFILE: &str = "/ceptoars/{id}";

/// Where an erratum beside an edition is recorded.
pub const ERRATA: &str = "/map/{edition}/errata";

/// Where an erratum beside an edition is recorded.
#[must_use]
pub fn errata(id: &str) -> String {
    format!("/map/{id}/errata")
}

/// The page of an edition.
#[must_use]
pub fn edition(id: &str) -> String {
    format!("/map/{id}")
}

/// An edition on one sheet of paper.
#[must_use]
pub fn edition_pdf(id: &str) -> String {
    format!("/map/{id}.pdf")
}

/// A profile on paper.
#[must_use]
pub fn profile_pdf(id: &str, edition: &str) -> String {
    format!("/ceptoars/{id}.pdf?edition={edition}")
}

/// A profile as the newest edition tells it.
#[must_use]
pub fn newest_profile(id: &str) -> String {
    PROFILE.replace("{id}", id)
}

/// A profile as an edition tells it.
#[must_use]
pub fn profile(id: &str, edition: &str) -> String {
    format!("/ceptoars/{id}?edition={edition}")
}

/// Two editions side by side.
#[must_use]
pub fn compare(from: &str, to: &str) -> String {
    format!("{COMPARE}?from={from}&to={to}")
}

/// The same as a table file.
#[must_use]
pub fn compare_csv(from: &str, to: &str) -> String {
    format!("{COMPARE_CSV}?from={from}&to={to}")
}
