//! Addresses of receipts and calls.

use uuid::Uuid;

use crate::kernel::ids::{AdvisoryId, OrganisationId};

/// Route of one member's receipts, and of entering one.
pub const RECEIPT: &str = "/advisories/{id}/receipts/{ceptoar}/{organisation}";
/// Route of taking a receipt back.
pub const WITHDRAWAL: &str = "/advisories/{id}/receipts/{ceptoar}/{organisation}/{receipt}/withdrawal";
/// Route of finding a member by the code of its sheet.
pub const CODE: &str = "/advisories/{id}/receipt-code";
/// Route of the call list.
pub const CALLS: &str = "/advisories/{id}/calls";
/// Route of noting an attempt.
pub const ATTEMPT: &str = "/advisories/{id}/calls/{ceptoar}/{organisation}";
/// Route of the telephone script.
pub const SCRIPT: &str = "/advisories/{id}/script";
/// Route of a member's FAX sheet.
pub const FAX: &str = "/advisories/{id}/fax/{ceptoar}/{organisation}";

/// Address of one member's receipts.
#[must_use]
pub fn receipt(id: AdvisoryId, ceptoar: &str, organisation: OrganisationId) -> String {
    format!("/advisories/{id}/receipts/{ceptoar}/{organisation}")
}

/// Address of taking a receipt back.
#[must_use]
pub fn withdrawal(id: AdvisoryId, ceptoar: &str, organisation: OrganisationId, receipt: Uuid) -> String {
    format!("/advisories/{id}/receipts/{ceptoar}/{organisation}/{receipt}/withdrawal")
}

/// Address of finding a member by its code.
#[must_use]
pub fn code(id: AdvisoryId, ceptoar: &str) -> String {
    format!("/advisories/{id}/receipt-code?ceptoar={ceptoar}")
}

/// Address of the call list.
#[must_use]
pub fn calls(id: AdvisoryId, ceptoar: &str) -> String {
    format!("/advisories/{id}/calls?ceptoar={ceptoar}")
}

/// Address of noting an attempt.
#[must_use]
pub fn attempt(id: AdvisoryId, ceptoar: &str, organisation: OrganisationId) -> String {
    format!("/advisories/{id}/calls/{ceptoar}/{organisation}")
}

/// Address of the telephone script.
#[must_use]
pub fn script(id: AdvisoryId, ceptoar: &str) -> String {
    format!("/advisories/{id}/script?ceptoar={ceptoar}")
}

/// Address of a member's FAX sheet.
#[must_use]
pub fn fax(id: AdvisoryId, ceptoar: &str, organisation: OrganisationId) -> String {
    format!("/advisories/{id}/fax/{ceptoar}/{organisation}")
}
