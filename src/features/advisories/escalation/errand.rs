//! A letter about silence that is to be written: to whom, about what.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::features::advisories::advisory::Kind;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::sharing_level::SharingLevel;

/// Who is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Reader {
    /// Those who are silent.
    Silent,
    /// Their desk.
    Desk,
    /// The ministry of their CEPTOAR.
    Ministry,
    /// Whoever works on the item at the centre.
    Centre,
}

impl Reader {
    /// The value in the trail.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Desk => "desk",
            Self::Ministry => "ministry",
            Self::Centre => "centre",
        }
    }

    /// Whether copies go to persons, at the address of their account.
    #[must_use]
    pub fn is_personal(self) -> bool {
        match self {
            Self::Silent | Self::Desk | Self::Ministry => false,
            Self::Centre => true,
        }
    }
}

/// How it stands in a CEPTOAR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// Its name in Japanese and English.
    pub ceptoar: [String; 2],
    /// Members that are silent.
    pub members: i64,
    /// … of which no mail reaches.
    pub unreachable: i64,
    /// The desk itself is.
    pub desk: bool,
    /// The ministry is.
    pub ministry: bool,
}

/// Who gets a copy, column by column.
#[derive(Debug, Clone, Default)]
pub struct Copies {
    /// Windows; of persons, their accounts.
    pub contacts: Vec<Uuid>,
    /// Whose they are.
    pub organisations: Vec<Uuid>,
    /// In which CEPTOAR.
    pub ceptoars: Vec<String>,
    /// The windows' order in their organisation.
    pub places: Vec<i16>,
    /// Languages.
    pub languages: Vec<String>,
    /// Addresses.
    pub addresses: Vec<String>,
    /// Names before the addresses.
    pub addressees: Vec<String>,
    /// The copy of the item that a mail program shows it under.
    pub follows: Vec<Option<Uuid>>,
}

/// A letter to write.
#[derive(Debug, Clone)]
pub struct Errand {
    /// Which.
    pub errand_id: Uuid,
    /// About which item.
    pub advisory_id: AdvisoryId,
    /// Its number.
    pub number: String,
    /// Its level.
    pub level: SharingLevel,
    /// Its kind: how soon a letter about it leaves, and nothing that a letter says.
    pub kind: Kind,
    /// Whether it is a drill.
    pub drill: bool,
    /// When an answer is due.
    pub answer_due: Option<DateTime<Utc>>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// Who is written to.
    pub reader: Reader,
    /// For how many recipients this step was taken.
    pub recipients: i32,
    /// How it stands, CEPTOAR by CEPTOAR.
    pub lines: Vec<Line>,
    /// Who gets a copy.
    pub copies: Copies,
}
