//! Addresses of this feature.

use crate::kernel::stage::Desk;

/// Route of the road of a CEPTOAR.
pub const INDEX: &str = "/directory/{ceptoar}/route";
/// Route of saying over which offices it goes.
pub const OFFICES: &str = "/directory/{ceptoar}/route/offices";
/// Route of changing what the ministry agreed about passing items on.
pub const AGREEMENT_OF_MINISTRY: &str = "/directory/{ceptoar}/route/ministry";
/// Route of changing what the secretariat and its members agreed about it.
pub const AGREEMENT: &str = "/directory/{ceptoar}/route/agreement";
/// Route of a walk along it.
pub const WALK: &str = "/directory/{ceptoar}/route/walk";

/// Route of taking a regional office onto the road.
pub const REGIONAL_NEW: &str = "/directory/{ceptoar}/route/regional/new";
/// Route of taking a regional office off it.
pub const REGIONAL_END: &str = "/directory/{ceptoar}/route/regional/{office}/end";

/// Where the part of a desk is changed.
#[must_use]
pub fn agreement(desk: Desk, ceptoar: &str) -> String {
    match desk {
        Desk::Ministry => of_ceptoar(AGREEMENT_OF_MINISTRY, ceptoar),
        Desk::Secretariat => of_ceptoar(AGREEMENT, ceptoar),
    }
}

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
