//! Addresses of this feature.

/// Route of the road of a CEPTOAR.
pub const INDEX: &str = "/directory/{ceptoar}/route";
/// Route of saying over which offices it goes.
pub const OFFICES: &str = "/directory/{ceptoar}/route/offices";
/// Route of changing what was agreed about passing items on.
pub const AGREEMENT: &str = "/directory/{ceptoar}/route/agreement";
/// Route of a walk along it.
pub const WALK: &str = "/directory/{ceptoar}/route/walk";

/// Something of a CEPTOAR.
#[must_use]
pub fn of_ceptoar(route: &str, ceptoar: &str) -> String {
    route.replace("{ceptoar}", ceptoar)
}
