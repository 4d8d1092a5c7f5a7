//! Addresses of later versions.

use crate::kernel::ids::AdvisoryId;

/// Route of beginning the next version of an item.
pub const NEXT: &str = "/advisories/{id}/next";

/// Address of beginning the next version of an item.
#[must_use]
pub fn next(id: AdvisoryId) -> String {
    format!("/advisories/{id}/next")
}
