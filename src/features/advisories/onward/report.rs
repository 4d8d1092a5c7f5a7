//! How many businesses a hub told.

use chrono::{DateTime, Utc};

use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::thousands;

/// A hub has no more businesses behind it than this: a slip of the finger is longer.
pub const MOST: i32 = 1_000_000;

/// What is reported: businesses told so far, of those behind the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Told, all in all.
    pub told: i32,
    /// Behind the hub.
    pub behind: i32,
}

impl Count {
    /// 212 / 220か所.
    #[must_use]
    pub fn words(self, language: Language) -> String {
        let words = language.pick("{told} / {behind}か所", "{told} of {behind}");
        fill(words, &[("told", &thousands(self.told.into())), ("behind", &thousands(self.behind.into()))])
    }
}

/// What somebody is about to report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    /// How many.
    pub count: Count,
    /// Who told the desk; empty where the hub itself reports.
    pub answered_by: String,
    /// What else there is to know.
    pub remark: String,
}

/// A report that was made.
#[derive(Debug, Clone)]
pub struct Report {
    /// How many.
    pub count: Count,
    /// Whether the desk was told.
    pub by_desk: bool,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Who told the desk.
    pub answered_by: String,
    /// What else there is to know.
    pub remark: String,
    /// By whose name it was made.
    pub entered_by_name: String,
}

/// A member that passes an item on.
#[derive(Debug, Clone)]
pub struct Hub {
    /// Through which CEPTOAR.
    pub ceptoar_id: String,
    /// Which member.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// Its newest report on the item: how many, when, and whether the desk was told.
    pub newest: Option<(Count, DateTime<Utc>, bool)>,
    /// How many it last said there are behind it, about whatever item.
    pub behind: Option<i32>,
}

/// What the hubs of a CEPTOAR reported on an item, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// Its name in Japanese and English.
    pub ceptoar: [String; 2],
    /// Members that pass on.
    pub hubs: i64,
    /// … of which reported.
    pub reported: i64,
    /// Businesses told.
    pub told: i64,
    /// Businesses behind the hubs, as far as they ever said.
    pub behind: i64,
    /// Hubs that never said how many there are.
    pub unknown: i64,
}

/// An item that a hub has not reported on yet.
#[derive(Debug, Clone)]
pub struct Unreported {
    /// Which item.
    pub advisory_id: AdvisoryId,
    /// Its number.
    pub number: String,
    /// Through which CEPTOAR.
    pub ceptoar_id: String,
    /// Which hub.
    pub organisation_id: OrganisationId,
}
