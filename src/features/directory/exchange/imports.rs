//! A table that a desk brought in, from the dry run to its end. Nothing of the directory changes before it is applied.

pub mod store;
pub mod work;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use super::mapping::Mapping;
use super::plan::{CellChange, Fate, Subject};
use super::refusal::Refusal;

/// How long a table waits to be applied.
pub const LIFE: TimeDelta = TimeDelta::days(7);

/// Rows on a page.
pub const PAGE: i64 = 200;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The desk has to say which column is which.
    Mapping,
    /// The dry run is at work.
    Checking,
    /// The dry run is done.
    Checked,
    /// It is being applied.
    Applying,
    /// It was applied.
    Applied,
    /// The portal could not do it, through a fault of its own.
    Failed,
    /// It was given up, or lay too long.
    Dropped,
}

impl State {
    /// The state of a code of the database.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "mapping" => Self::Mapping,
            "checking" => Self::Checking,
            "checked" => Self::Checked,
            "applying" => Self::Applying,
            "applied" => Self::Applied,
            "failed" => Self::Failed,
            "dropped" => Self::Dropped,
            _ => return None,
        })
    }
}

/// An import.
#[derive(Debug, Clone)]
pub struct Import {
    /// Which.
    pub import_id: Uuid,
    /// How far it is.
    pub state: State,
    /// When it was brought in.
    pub made_at: DateTime<Utc>,
    /// When it is wiped.
    pub expires_at: DateTime<Utc>,
    /// From which day it is to hold.
    pub effective_on: NaiveDate,
    /// The sheet, of a workbook with several.
    pub sheet: Option<String>,
    /// Where the heads stand.
    pub head_row: u32,
    /// Which column is which.
    pub mapping: Mapping,
    /// When the work last got on.
    pub beat_at: Option<DateTime<Utc>>,
    /// How many rows there are.
    pub total: i32,
    /// How many of them are done.
    pub done: i32,
    /// How many rows have each fate, in the order of [`Fate::ALL`].
    pub counts: [i32; 4],
    /// Of what the rows say.
    pub plan_hash: Option<String>,
    /// Whether the directory had changed when it was to be applied.
    pub overtaken: bool,
    /// When it came to its end.
    pub settled_at: Option<DateTime<Utc>>,
}

impl Import {
    /// How many rows have a fate.
    #[must_use]
    pub fn count(&self, fate: Fate) -> i32 {
        Fate::ALL.iter().position(|f| *f == fate).and_then(|place| self.counts.get(place)).copied().unwrap_or_default()
    }

    /// Whether the work stands still, since the program was stopped over it, for example.
    #[must_use]
    pub fn is_stuck(&self, now: DateTime<Utc>) -> bool {
        let patience = match self.state {
            State::Checking => TimeDelta::minutes(2),
            State::Applying => TimeDelta::minutes(15),
            State::Mapping | State::Checked | State::Applied | State::Failed | State::Dropped => return false,
        };
        self.beat_at.is_none_or(|at| now - at > patience)
    }

    /// Whether it can be applied as it stands.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state == State::Checked
            && self.count(Fate::Refused) == 0
            && self.count(Fate::New) + self.count(Fate::Changed) > 0
    }
}

/// What is kept of a row.
#[derive(Debug, Clone)]
pub struct StoredRow {
    /// The row, as spreadsheets number it.
    pub place: u32,
    /// What becomes of it.
    pub fate: Fate,
    /// Whose.
    pub organisation: Option<Uuid>,
    /// Whom it is about.
    pub subject: Subject,
    /// What changes.
    pub cells: Vec<CellChange>,
    /// What is wrong.
    pub refusals: Vec<Refusal>,
    /// How many ways to reach somebody it tells.
    pub addresses: i32,
}
