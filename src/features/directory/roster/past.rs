//! Changes as they stand in the history of a member, or of a CEPTOAR.

pub mod store;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::line::Line;
use crate::kernel::ids::ContactId;

/// A change as it stands in the history.
#[derive(Debug, Clone)]
pub struct PastChange {
    /// Which.
    pub change_id: Uuid,
    /// Of which window, where it is of one.
    pub contact_id: Option<ContactId>,
    /// The proposal of the firm that it comes of.
    pub proposal: Option<Uuid>,
    /// Whether it is still to come, and nothing was built on it since.
    pub is_open: bool,
    /// What sort of change.
    pub kind: String,
    /// Of what.
    pub subject: String,
    /// From which day.
    pub effective_on: NaiveDate,
    /// Why.
    pub reason: String,
    /// What was said before.
    pub before: Vec<Line>,
    /// What is said since.
    pub after: Vec<Line>,
    /// By whom: the organisation, in Japanese and English. Who it was stands in the trail.
    pub by: [String; 2],
    /// When.
    pub at: DateTime<Utc>,
}

impl PastChange {
    /// Whether a firm joins by it, for the first time or again.
    #[must_use]
    pub fn begins_membership(&self) -> bool {
        self.kind == "beginning" && self.subject == "membership"
    }
}
