//! Addresses of this feature.

/// Every follow-up; where one is opened.
pub const INDEX: &str = "/follow-up";
/// Route of one follow-up: its board.
pub const BOARD: &str = "/follow-up/{year}";
/// Route of reminding everybody who is late.
pub const REMINDER: &str = "/follow-up/{year}/reminder";
/// Route of the edition that will come of it.
pub const PREVIEW: &str = "/follow-up/{year}/preview";
/// Route of publishing it.
pub const PUBLICATION: &str = "/follow-up/{year}/publication";
/// Route of a sheet.
pub const SHEET: &str = "/follow-up/{year}/sheets/{ceptoar}";
/// Route of checking a sheet.
pub const CHECK: &str = "/follow-up/{year}/sheets/{ceptoar}/check";

/// Something of a follow-up.
#[must_use]
pub fn of_year(route: &str, year: i32) -> String {
    route.replace("{year}", &year.to_string())
}

/// Something of a sheet.
#[must_use]
pub fn of_sheet(route: &str, year: i32, ceptoar: &str) -> String {
    of_year(route, year).replace("{ceptoar}", ceptoar)
}
