//! Addresses of this feature.

use uuid::Uuid;

/// The totals of a year.
pub const TOTALS: &str = "/activities";
/// Route of the evidence for one of the totals.
pub const EVIDENCE: &str = "/activities/{year}/{line}";
/// Route of what a CEPTOAR did in a year.
pub const YEAR: &str = "/directory/{ceptoar}/activities";
/// Route of writing something down.
pub const NEW: &str = "/directory/{ceptoar}/activities/new";
/// Route of an entry.
pub const ENTRY: &str = "/directory/{ceptoar}/activities/{activity}";
/// Route of taking an entry back.
pub const WITHDRAWAL: &str = "/directory/{ceptoar}/activities/{activity}/withdrawal";

/// The totals of a year.
#[must_use]
pub fn totals(year: i32) -> String {
    format!("{TOTALS}?year={year}")
}

/// The evidence for one of the totals of a year.
#[must_use]
pub fn evidence(year: i32, line: &str) -> String {
    EVIDENCE.replace("{year}", &year.to_string()).replace("{line}", line)
}

/// A page of the evidence of one CEPTOAR, from 0 on.
#[must_use]
pub fn evidence_of(year: i32, line: &str, ceptoar: &str, page: i64) -> String {
    format!("{}?ceptoar={ceptoar}&page={page}", evidence(year, line))
}

/// Something of a CEPTOAR.
#[must_use]
pub fn of_ceptoar(route: &str, ceptoar: &str) -> String {
    route.replace("{ceptoar}", ceptoar)
}

/// What a CEPTOAR did in a year.
#[must_use]
pub fn year(ceptoar: &str, year: i32) -> String {
    format!("{}?year={year}", of_ceptoar(YEAR, ceptoar))
}

/// A further page of it, from 0 on.
#[must_use]
pub fn year_page(ceptoar: &str, year_shown: i32, page: i64) -> String {
    format!("{}&page={page}", year(ceptoar, year_shown))
}

/// Something of an entry.
#[must_use]
pub fn of_entry(route: &str, ceptoar: &str, activity: Uuid) -> String {
    of_ceptoar(route, ceptoar).replace("{activity}", &activity.to_string())
}
