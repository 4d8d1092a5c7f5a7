//! Addresses of this feature.

/// Route of what a CEPTOAR has agreed.
pub const INDEX: &str = "/directory/{ceptoar}/relaying";
/// Route of changing it.
pub const CHANGE: &str = "/directory/{ceptoar}/relaying/change";

/// Something of a CEPTOAR.
#[must_use]
pub fn of_ceptoar(route: &str, ceptoar: &str) -> String {
    route.replace("{ceptoar}", ceptoar)
}
