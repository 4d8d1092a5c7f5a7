//! Addresses of relays.

use crate::kernel::ids::AdvisoryId;

/// Route of an item at the desk of a CEPTOAR: what was decided, and deciding.
pub const RELAY: &str = "/advisories/{id}/relays/{ceptoar}";

/// Address of an item at the desk of a CEPTOAR.
#[must_use]
pub fn relay(id: AdvisoryId, ceptoar: &str) -> String {
    format!("/advisories/{id}/relays/{ceptoar}")
}
