//! Addresses of the record of an item.

use crate::kernel::ids::AdvisoryId;

/// Route of the record of an item as a file.
pub const RECORD: &str = "/advisories/{id}/record";

/// Address of the record of an item as a file.
#[must_use]
pub fn record(id: AdvisoryId) -> String {
    format!("/advisories/{id}/record")
}
