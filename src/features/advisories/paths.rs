//! Addresses of this feature.

use crate::kernel::ids::AdvisoryId;

/// The list of advisories, and where a new draft is sent to.
pub const INDEX: &str = "/advisories";
/// An empty form.
pub const NEW: &str = "/advisories/new";
/// Searching the list.
pub const SEARCH: &str = "/advisories/search";
/// Route of one advisory.
pub const SHOW: &str = "/advisories/{id}";
/// Route of the form of a draft.
pub const DRAFT: &str = "/advisories/{id}/draft";
/// Route of the preview (確認), and of submitting to the approver.
pub const SUBMISSION: &str = "/advisories/{id}/submission";
/// Route of whom a draft would reach on another day.
pub const AUDIENCE: &str = "/advisories/{id}/audience";
/// Route of approval and publication.
pub const PUBLICATION: &str = "/advisories/{id}/publication";
/// Route of sending an item back to its author (差し戻し).
pub const RETURN: &str = "/advisories/{id}/return";
/// Route of throwing a draft away.
pub const DISCARD: &str = "/advisories/{id}/discard";
/// Route of naming persons (RED).
pub const NAMED: &str = "/advisories/{id}/named";
/// Route of looking for persons to name.
pub const NAMED_SEARCH: &str = "/advisories/{id}/named/search";
/// Route of the delivery page.
pub const DELIVERIES: &str = "/advisories/{id}/deliveries";
/// Route of acknowledging.
pub const ACKNOWLEDGEMENT: &str = "/advisories/{id}/acknowledgement";

/// Route of who read an item; the page is the trail's.
pub const READERS: &str = "/advisories/{id}/readers";

/// Address of one advisory.
#[must_use]
pub fn show(id: AdvisoryId) -> String {
    format!("/advisories/{id}")
}

/// Address of the form of a draft.
#[must_use]
pub fn draft(id: AdvisoryId) -> String {
    format!("/advisories/{id}/draft")
}

/// Address of the preview of a draft.
#[must_use]
pub fn submission(id: AdvisoryId) -> String {
    format!("/advisories/{id}/submission")
}

/// Address of naming persons.
#[must_use]
pub fn named(id: AdvisoryId) -> String {
    format!("/advisories/{id}/named")
}

/// Address of approval and publication.
#[must_use]
pub fn publication(id: AdvisoryId) -> String {
    format!("/advisories/{id}/publication")
}

/// Address of whom a draft would reach on another day.
#[must_use]
pub fn audience(id: AdvisoryId) -> String {
    format!("/advisories/{id}/audience")
}

/// Address of the delivery page.
#[must_use]
pub fn deliveries(id: AdvisoryId) -> String {
    format!("/advisories/{id}/deliveries")
}

/// Address of who read an item.
#[must_use]
pub fn readers(id: AdvisoryId) -> String {
    format!("/advisories/{id}/readers")
}

/// Address of acknowledging.
#[must_use]
pub fn acknowledgement(id: AdvisoryId) -> String {
    format!("/advisories/{id}/acknowledgement")
}
