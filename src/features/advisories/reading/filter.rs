//! What a list is narrowed to, and where its next page begins.

use chrono::{DateTime, Utc};

use crate::features::advisories::advisory::{Kind, State};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::{Label, Language};
use crate::kernel::sharing_level::SharingLevel;
use crate::kernel::text;

/// The states that a list can be narrowed to: the item's own, or how the viewer's organisations stand to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListState {
    /// Acknowledgement is due.
    Waiting,
    /// … and late.
    Overdue,
    /// Acknowledged.
    Acknowledged,
    /// Being written.
    Draft,
    /// Awaiting approval.
    Review,
    /// Approved for a time that has not come.
    Approved,
    /// Published.
    Published,
}

impl ListState {
    /// What a recipient can choose from.
    pub const OF_RECIPIENTS: [Self; 3] = [Self::Waiting, Self::Overdue, Self::Acknowledged];
    /// What the centre can choose from.
    pub const OF_CENTRE: [Self; 4] = [Self::Draft, Self::Review, Self::Approved, Self::Published];

    /// The item's own state; none where it is asked how the viewer's organisations stand to it.
    #[must_use]
    pub fn of_item(self) -> Option<State> {
        match self {
            Self::Waiting | Self::Overdue | Self::Acknowledged => None,
            Self::Draft => Some(State::Draft),
            Self::Review => Some(State::Review),
            Self::Approved => Some(State::Approved),
            Self::Published => Some(State::Published),
        }
    }

    /// The value in addresses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Overdue => "overdue",
            Self::Acknowledged => "acknowledged",
            Self::Draft => State::Draft.code(),
            Self::Review => State::Review.code(),
            Self::Approved => State::Approved.code(),
            Self::Published => State::Published.code(),
        }
    }

    /// The state of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::OF_RECIPIENTS.into_iter().chain(Self::OF_CENTRE).find(|state| state.code() == code)
    }
}

impl Label for ListState {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Waiting => language.pick("要受領確認", "To acknowledge"),
            Self::Overdue => language.pick("期限超過", "Overdue"),
            Self::Acknowledged => language.pick("受領確認済", "Acknowledged"),
            Self::Draft => State::Draft.label(language),
            Self::Review => State::Review.label(language),
            Self::Approved => State::Approved.label(language),
            Self::Published => State::Published.label(language),
        }
    }
}

/// The last row of a page: the next page begins after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// When the row was published, or begun.
    pub at: DateTime<Utc>,
    /// Which one, where two share the instant.
    pub id: AdvisoryId,
}

impl Cursor {
    /// As it stands in an address. It says no more than the list itself did.
    #[must_use]
    pub fn code(self) -> String {
        format!("{}_{}", self.at.timestamp_micros(), self.id)
    }

    /// The cursor of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let (micros, id) = code.split_once('_')?;
        let at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        Some(Self { at, id: id.parse().ok()? })
    }
}

/// What a list is narrowed to. Empty: everything that the viewer may know of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this kind.
    pub kind: Option<Kind>,
    /// Only this level.
    pub level: Option<SharingLevel>,
    /// Only this state.
    pub state: Option<ListState>,
    /// Only what holds all these words.
    pub words: String,
    /// Only what comes after.
    pub before: Option<Cursor>,
}

impl Filter {
    /// Whether it narrows anything.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        self.kind.is_some() || self.level.is_some() || self.state.is_some() || !self.words.is_empty()
    }

    /// Whether it narrows by what items say, and not by their envelopes alone.
    #[must_use]
    pub fn asks_for_content(&self) -> bool {
        self.kind.is_some() || self.patterns().is_some()
    }

    /// The patterns of the words searched for; none when nothing is searched for.
    #[must_use]
    pub fn patterns(&self) -> Option<Vec<String>> {
        let patterns = text::search_patterns(&self.words);
        (!patterns.is_empty()).then_some(patterns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for state in ListState::OF_RECIPIENTS.into_iter().chain(ListState::OF_CENTRE) {
            assert_eq!(ListState::from_code(state.code()), Some(state));
        }
        let cursor = Cursor { at: "2026-11-21T12:10:00.123456Z".parse().unwrap(), id: AdvisoryId::random() };
        assert_eq!(Cursor::from_code(&cursor.code()), Some(cursor));
        assert_eq!(Cursor::from_code("1_2"), None);
        assert_eq!(Cursor::from_code("'; --"), None);
    }
}
