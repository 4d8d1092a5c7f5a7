//! Addresses of this feature.

use uuid::Uuid;

/// Route of the groups of a CEPTOAR.
pub const INDEX: &str = "/directory/{ceptoar}/groups";
/// Route of a new one.
pub const NEW: &str = "/directory/{ceptoar}/groups/new";
/// Route of correcting its words.
pub const CORRECT: &str = "/directory/{ceptoar}/groups/{group}/correct";
/// Route of ending one.
pub const END: &str = "/directory/{ceptoar}/groups/{group}/end";
/// Route of taking its registered end back.
pub const GOING_ON: &str = "/directory/{ceptoar}/groups/{group}/end/withdrawal";
/// Route of who is in one.
pub const MEMBERS: &str = "/directory/{ceptoar}/groups/{group}/members";
/// Route of taking a member of the CEPTOAR in.
pub const JOINING: &str = "/directory/{ceptoar}/groups/{group}/members/joining";
/// Route of a member's leaving it.
pub const LEAVING: &str = "/directory/{ceptoar}/groups/{group}/members/{fact}/end";

/// Something of a CEPTOAR.
#[must_use]
pub fn of_ceptoar(route: &str, ceptoar: &str) -> String {
    route.replace("{ceptoar}", ceptoar)
}

/// Something of a group.
#[must_use]
pub fn of_group(route: &str, ceptoar: &str, group: &str) -> String {
    of_ceptoar(route, ceptoar).replace("{group}", group)
}

/// A member's leaving.
#[must_use]
pub fn leaving(ceptoar: &str, group: &str, fact: Uuid) -> String {
    of_group(LEAVING, ceptoar, group).replace("{fact}", &fact.to_string())
}
