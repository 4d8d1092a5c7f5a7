//! 元の構成員: who was a member of the CEPTOAR and is none any more. Who comes back is the same organisation.

pub mod store;

use chrono::NaiveDate;

use super::sheet::Sheet;
use crate::kernel::ids::OrganisationId;

/// A former member.
#[derive(Debug, Clone)]
pub struct Former {
    /// Which.
    pub organisation_id: OrganisationId,
    /// What it was called at last, in Japanese and English.
    pub name: [String; 2],
    /// The first day on which it was no member.
    pub left_on: NaiveDate,
}

/// Whether somebody was a member, and is none on that day or later.
#[must_use]
pub fn is_former(sheet: &Sheet, today: NaiveDate) -> bool {
    !sheet.memberships.is_empty()
        && sheet.memberships.iter().all(|fact| fact.valid.until.is_some_and(|until| until <= today))
}
