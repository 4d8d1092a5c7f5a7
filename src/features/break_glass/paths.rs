//! Addresses of this feature.

use uuid::Uuid;

use crate::kernel::ids::OrganisationId;

/// Past uses, and the search for an organisation.
pub const INDEX: &str = "/break-glass";
/// Searching.
pub const SEARCH: &str = "/break-glass/search";
/// Route of opening an organisation.
pub const OPEN: &str = "/break-glass/organisations/{id}";
/// Route of what is open.
pub const SHOW: &str = "/break-glass/{id}";

/// Address of opening an organisation.
#[must_use]
pub fn open(id: OrganisationId) -> String {
    format!("/break-glass/organisations/{id}")
}

/// Address of what is open.
#[must_use]
pub fn show(use_id: Uuid) -> String {
    format!("/break-glass/{use_id}")
}
