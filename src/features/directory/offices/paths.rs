//! Addresses of this feature.

/// Route of the offices of a CEPTOAR.
pub const INDEX: &str = "/directory/{ceptoar}/offices";

/// Something of a CEPTOAR.
#[must_use]
pub fn of_ceptoar(route: &str, ceptoar: &str) -> String {
    route.replace("{ceptoar}", ceptoar)
}
