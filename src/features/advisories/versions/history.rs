//! 経過: the versions of an item that somebody may know of.

use chrono::{DateTime, Utc};

use super::step::{Step, Version};
use crate::features::access::advisory::Hat;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};

/// A published version that the viewer may know of.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which item it is.
    pub advisory_id: AdvisoryId,
    /// Which version.
    pub version: Version,
    /// Its level.
    pub level: SharingLevel,
    /// Its handler scope.
    pub handler_scope: HandlerScope,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// Why it is there; empty where nothing was said, or nothing may be told.
    pub reason: String,
    /// Who approved it, for the centre.
    pub approver: Option<String>,
}

/// The versions that the viewer may know of, the first one first, seen from one of them.
#[derive(Debug, Clone)]
pub struct History {
    /// All of them.
    pub entries: Vec<Entry>,
    /// Which of them is looked at.
    pub here: AdvisoryId,
    /// A newer one has come, or has taken its place, even where the viewer may not know it.
    pub superseded: bool,
    /// … and it takes everything back.
    pub withdrawn: bool,
}

impl History {
    /// Puts together what the viewer knows: the versions, what the viewer's hats say of this one, and whether others
    /// have had it taken back (for the centre, which may be kept from a newer one).
    #[must_use]
    pub fn of(here: AdvisoryId, entries: Vec<Entry>, hats: &[Hat], hidden: (bool, bool)) -> Self {
        let number = entries.iter().find(|e| e.advisory_id == here).map_or(0, |e| e.version.number);
        let later = entries.iter().any(|e| e.version.number > number);
        let taken_back = entries.iter().any(|e| e.version.number > number && e.version.step == Step::Withdrawal);
        Self {
            here,
            superseded: later || hidden.0 || hats.iter().any(|hat| hat.superseded),
            withdrawn: taken_back || hidden.1 || hats.iter().any(|hat| hat.withdrawn),
            entries,
        }
    }

    /// This version, where the viewer knows another one as well: else nothing tells that there is one.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        let known = self.entries.len() > 1;
        self.entries.iter().find(|e| known && e.advisory_id == self.here).map(|e| e.version)
    }

    /// This version as one that follows another, where the viewer knows an earlier one.
    #[must_use]
    pub fn later(&self) -> Option<&Entry> {
        let entry = self.entries.iter().position(|e| e.advisory_id == self.here)?;
        (entry > 0).then(|| &self.entries[entry])
    }

    /// The newest version that the viewer knows, where it is another one.
    #[must_use]
    pub fn newest(&self) -> Option<&Entry> {
        self.entries.last().filter(|e| e.advisory_id != self.here)
    }

    /// The version before one of them, among those that the viewer knows.
    #[must_use]
    pub fn before(&self, entry: &Entry) -> Option<&Entry> {
        self.entries.iter().rev().find(|e| e.version.number < entry.version.number)
    }
}
