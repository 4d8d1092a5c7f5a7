//! Addresses of this feature.

/// Route of a CEPTOAR's history.
pub const HISTORY: &str = "/directory/{ceptoar}/history";

/// A CEPTOAR's history.
#[must_use]
pub fn history(ceptoar: &str) -> String {
    HISTORY.replace("{ceptoar}", ceptoar)
}
