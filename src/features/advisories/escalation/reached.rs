//! How far silence has got: what was done, and whose turn comes when.

use chrono::{DateTime, Utc};

use super::ladder::Step;
use crate::kernel::ids::{AdvisoryId, OrganisationId};

/// A step that was taken in a CEPTOAR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Which.
    pub step: Step,
    /// For how many recipients.
    pub organisations: i64,
    /// When, the last time.
    pub at: DateTime<Utc>,
}

/// A step that comes if the silence goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coming {
    /// Which.
    pub step: Step,
    /// When.
    pub at: DateTime<Utc>,
}

/// How far silence has got in a CEPTOAR, in numbers.
#[derive(Debug, Clone)]
pub struct Reached {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// Its name in Japanese and English.
    pub ceptoar: [String; 2],
    /// What was done, in the order of the steps.
    pub taken: Vec<Taken>,
    /// What comes; none where nothing does, or nobody is silent any more.
    pub coming: Option<Coming>,
}

/// A step that was taken about one recipient.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Whom.
    pub organisation_id: OrganisationId,
    /// What was done.
    pub step: Step,
    /// When.
    pub at: DateTime<Utc>,
    /// Because no mail reaches it.
    pub unreachable: bool,
}

/// Silent members about whom a desk was told.
#[derive(Debug, Clone)]
pub struct Told {
    /// Which item.
    pub advisory_id: AdvisoryId,
    /// Its number.
    pub number: String,
    /// Whether it is a drill.
    pub drill: bool,
    /// Of which CEPTOAR.
    pub ceptoar_id: String,
    /// How many are silent still.
    pub members: i64,
}
