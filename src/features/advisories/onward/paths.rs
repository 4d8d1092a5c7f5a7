//! Addresses of reports on passing on.

use crate::kernel::ids::{AdvisoryId, OrganisationId};

/// Route of a hub's reports on an item, and of making one.
pub const REPORT: &str = "/advisories/{id}/onward/{ceptoar}/{organisation}";

/// Address of a hub's reports on an item.
#[must_use]
pub fn report(id: AdvisoryId, ceptoar: &str, organisation: OrganisationId) -> String {
    format!("/advisories/{id}/onward/{ceptoar}/{organisation}")
}
