//! Editions of a handling rule, and consent to them.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, Language};
use crate::platform::files::store::FileState;

/// An edition of a CEPTOAR's handling rule.
#[derive(Debug, Clone)]
pub struct Edition {
    /// Which.
    pub rule_id: Uuid,
    /// What the document is called.
    pub title: String,
    /// Which edition of it.
    pub edition: String,
    /// When it was adopted.
    pub adopted_on: NaiveDate,
    /// From when it is in force.
    pub from: NaiveDate,
    /// The first day on which it is no longer.
    pub until: Option<NaiveDate>,
    /// What it says, or what changed.
    pub summary: String,
    /// Where the document is.
    pub kept_at: String,
    /// How many members agreed to it, of today's.
    pub consents: i64,
}

impl Edition {
    /// Whether it is in force on a day.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// How a member agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Way {
    /// In the portal, by its own people.
    Portal,
    /// On paper, which the desk has.
    Paper,
}

impl Way {
    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Paper => "paper",
        }
    }
}

impl Label for Way {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Portal => language.pick("ポータルで同意", "in the portal"),
            Self::Paper => language.pick("書面で同意", "on paper"),
        }
    }
}

/// A member and its consent to an edition.
#[derive(Debug, Clone)]
pub struct MemberConsent {
    /// The member.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// When and how it agreed.
    pub given: Option<(NaiveDate, Way)>,
}

/// What is typed about a new edition, read.
#[derive(Debug, Clone)]
pub struct NewEdition {
    /// What the document is called.
    pub title: String,
    /// Which edition of it.
    pub edition: String,
    /// When it was adopted.
    pub adopted_on: NaiveDate,
    /// From when it is in force; the one before ends there.
    pub from: NaiveDate,
    /// What it says, or what changed.
    pub summary: String,
    /// Where the document is.
    pub kept_at: String,
}

/// A file that belongs to an edition.
#[derive(Debug, Clone)]
pub struct Document {
    /// Which.
    pub file_id: Uuid,
    /// The edition.
    pub rule_id: Uuid,
    /// What it is called.
    pub name: String,
    /// Its bytes.
    pub length: i64,
    /// How far it is; purged where the desk removed it.
    pub state: FileState,
    /// Since when it is there.
    pub added_at: DateTime<Utc>,
    /// Since when it can be opened, or cannot any more.
    pub settled_at: Option<DateTime<Utc>>,
}

impl Document {
    /// Whether it is there, whatever the scanner says of it.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.state != FileState::Purged
    }
}
