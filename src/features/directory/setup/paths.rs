//! Addresses of this feature.

use uuid::Uuid;

/// Route of how a CEPTOAR is set up.
pub const SETUP: &str = "/directory/{ceptoar}/setup";
/// Route of one fact.
pub const FACT: &str = "/directory/{ceptoar}/setup/{fact}";
/// Route of taking a fact back.
pub const WITHDRAWAL: &str = "/directory/{ceptoar}/setup/{fact}/withdrawal";

/// How a CEPTOAR is set up.
#[must_use]
pub fn setup(ceptoar: &str) -> String {
    SETUP.replace("{ceptoar}", ceptoar)
}

/// Something of a fact.
#[must_use]
pub fn of_fact(route: &str, ceptoar: &str, fact: Uuid) -> String {
    route.replace("{ceptoar}", ceptoar).replace("{fact}", &fact.to_string())
}
