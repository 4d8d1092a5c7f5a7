//! Addresses of this feature.

/// Route of the road of a CEPTOAR.
pub const INDEX: &str = "/directory/{ceptoar}/route";
/// Route of saying over which offices it goes.
pub const OFFICES: &str = "/directory/{ceptoar}/route/offices";
/// Route of changing what was agreed about passing items on.
pub const AGREEMENT: &str = "/directory/{ceptoar}/route/agreement";
/// Route of a walk along it.
pub const WALK: &str = "/directory/{ceptoar}/route/walk";

/// Route of taking a regional office onto the road.
pub const REGIONAL_NEW: &str = "/directory/{ceptoar}/route/regional/new";
/// Route of taking a regional office off it.
pub const REGIONAL_END: &str = "/directory/{ceptoar}/route/regional/{office}/end";

/// Where a regional office is taken off the road.
#[must_use]
pub fn regional_end(ceptoar: &str, office: uuid::Uuid) -> String {
    of_ceptoar(REGIONAL_END, ceptoar).replace("{office}", &office.to_string())
}

/// Something of a CEPTOAR.
#[must_use]
pub fn of_ceptoar(route: &str, ceptoar: &str) -> String {
    route.replace("{ceptoar}", ceptoar)
}
