//! Addresses of releases.

use crate::kernel::ids::AdvisoryId;

/// Route of stopping an item that waits for its time.
pub const STOP: &str = "/advisories/{id}/stop";

/// Address of stopping an item that waits for its time.
#[must_use]
pub fn stop(id: AdvisoryId) -> String {
    format!("/advisories/{id}/stop")
}
