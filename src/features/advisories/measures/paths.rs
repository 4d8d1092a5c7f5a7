//! Addresses of what members do.

use crate::kernel::ids::{AdvisoryId, OrganisationId};

/// Route of a member's reports on an item, and of making one.
pub const REPORT: &str = "/advisories/{id}/measures/{ceptoar}/{organisation}";

/// Address of a member's reports on an item.
#[must_use]
pub fn report(id: AdvisoryId, ceptoar: &str, organisation: OrganisationId) -> String {
    format!("/advisories/{id}/measures/{ceptoar}/{organisation}")
}
