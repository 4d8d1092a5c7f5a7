//! Addresses of relays.

use crate::kernel::ids::AdvisoryId;

/// Route of an item at the desk of a CEPTOAR: what was decided, and deciding.
pub const RELAY: &str = "/advisories/{id}/relays/{ceptoar}";

/// Route of going past a desk: asked for, done, refused.
pub const BYPASS: &str = "/advisories/{id}/relays/{ceptoar}/bypass";

/// Where going past a desk is asked for.
#[must_use]
pub fn bypass(id: AdvisoryId, ceptoar: &str) -> String {
    format!("{}/bypass", relay(id, ceptoar))
}

/// Address of an item at the desk of a CEPTOAR.
#[must_use]
pub fn relay(id: AdvisoryId, ceptoar: &str) -> String {
    format!("/advisories/{id}/relays/{ceptoar}")
}
