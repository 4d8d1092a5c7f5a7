//! What waits for its time, and how earlier waits ended.

use chrono::{DateTime, Utc};

use crate::kernel::ids::AdvisoryId;

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Outcome {
    /// It left.
    Released,
    /// Somebody stopped it.
    Stopped,
    /// Who approved it approves no more.
    Lapsed,
    /// Nobody published it in its time.
    Late,
}

impl Outcome {
    /// The action in the audit trail.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::Released => "advisory.release",
            Self::Stopped => "advisory.stop",
            Self::Lapsed | Self::Late => "advisory.lapse",
        }
    }
}

/// An approval for a time.
#[derive(Debug, Clone)]
pub struct Release {
    /// Who approved it.
    pub approved_by: String,
    /// When.
    pub approved_at: DateTime<Utc>,
    /// For when.
    pub release_at: DateTime<Utc>,
    /// How many windows were to get it, as the approver saw them.
    pub recipients: i32,
    /// When the wait was over; none while it waits.
    pub ended_at: Option<DateTime<Utc>>,
    /// How.
    pub outcome: Option<Outcome>,
    /// Who stopped it.
    pub ended_by: Option<String>,
    /// How many windows got it.
    pub queued: Option<i32>,
    /// They were others than the approver saw: the directory had changed.
    pub changed: bool,
}

/// An item that waits, for the front page.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The item.
    pub advisory_id: AdvisoryId,
    /// Its number.
    pub number: String,
    /// For when it is.
    pub release_at: DateTime<Utc>,
}
