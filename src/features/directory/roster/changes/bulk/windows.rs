//! Many windows at once.

pub(super) mod store;

use chrono::NaiveDate;

use crate::features::directory::roster::sheet::{Channel, WindowFacts};
use crate::kernel::ids::{ContactId, OrganisationId};

/// A new window on its way into the database.
pub(super) struct Opening<'a> {
    pub(super) organisation: OrganisationId,
    pub(super) contact: ContactId,
    pub(super) on: NaiveDate,
    pub(super) facts: &'a WindowFacts,
    pub(super) channels: &'a [Channel],
}
