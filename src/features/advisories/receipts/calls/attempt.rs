//! An attempt to reach a member.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::callee::Way;
use crate::features::directory::roster::sheet::ChannelKind;
use crate::kernel::ids::{AccountId, ContactId, OrganisationId};
use crate::kernel::language::{Label, Language};

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Outcome {
    /// 不在.
    NoAnswer,
    /// 話し中.
    Busy,
    /// 番号違い.
    WrongNumber,
    /// 伝言を頼んだ.
    Message,
    /// Reached, and asked to sign in; the receipt itself is still to come.
    Reached,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::NoAnswer, Self::Busy, Self::Message, Self::Reached, Self::WrongNumber];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::WrongNumber => "wrong_number",
            Self::Message => "message",
            Self::Reached => "reached",
        }
    }

    /// The outcome of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.code() == code)
    }
}

impl Label for Outcome {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::NoAnswer => language.pick("不在", "No answer"),
            Self::Busy => language.pick("話し中", "Busy"),
            Self::WrongNumber => language.pick("番号違い", "Wrong number"),
            Self::Message => language.pick("伝言を依頼", "Left a message"),
            Self::Reached => language.pick("通話(サインインを依頼)", "Reached, asked to sign in"),
        }
    }
}

/// An attempt as it stands under a member.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Which one.
    pub attempt_id: Uuid,
    /// Whom.
    pub organisation_id: OrganisationId,
    /// Which number, as the directory had it; none where it was by another way.
    pub fact: Option<Uuid>,
    /// By what; none where it was by another way.
    pub kind: Option<ChannelKind>,
    /// How it ended.
    pub outcome: Outcome,
    /// When.
    pub at: DateTime<Utc>,
    /// Who tried.
    pub by: AccountId,
    /// The person's name then.
    pub by_name: String,
}

impl Attempt {
    /// Whether it was this number, as it stands in the directory now: what was tried before it was corrected says nothing
    /// of it.
    #[must_use]
    pub fn concerns(&self, way: &Way) -> bool {
        self.fact == Some(way.fact) && self.at >= way.recorded_at
    }
}

/// A registered number that was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
    /// Which fact of the directory.
    pub fact: Uuid,
    /// Whose window.
    pub contact_id: ContactId,
    /// By what.
    pub kind: ChannelKind,
}

/// An attempt to be written down.
#[derive(Debug, Clone, Copy)]
pub struct NewAttempt {
    /// Which number; none where it was by another way.
    pub number: Option<Called>,
    /// How it ended.
    pub outcome: Outcome,
}
