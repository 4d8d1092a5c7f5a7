//! A judgement: how grave, what is judged, what is proposed, and what the centre says to that.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::features::access::judgement::JudgementFacts;
use crate::kernel::language::{Label, Language};

/// How grave the situation in the field is held to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Grade {
    /// Nothing out of the ordinary.
    Calm,
    /// Something to keep an eye on.
    Watch,
    /// Harm has come, or is near.
    Alert,
}

impl Grade {
    /// All of them, from the lightest.
    pub const ALL: [Self; 3] = [Self::Calm, Self::Watch, Self::Alert];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Watch => "watch",
            Self::Alert => "alert",
        }
    }

    /// The grade of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.code() == code)
    }

    /// The light that it shows as.
    #[must_use]
    pub fn light(self) -> &'static str {
        match self {
            Self::Calm => "met",
            Self::Watch => "partly",
            Self::Alert => "missing",
        }
    }
}

impl Label for Grade {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Calm => language.pick("平常", "Calm"),
            Self::Watch => language.pick("注意", "Watch"),
            Self::Alert => language.pick("警戒", "Alert"),
        }
    }
}

/// What the centre says to a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Answer {
    /// It does something about it.
    TakenUp,
    /// It bears it in mind.
    Noted,
    /// It does nothing about it.
    Declined,
}

impl Answer {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::TakenUp, Self::Noted, Self::Declined];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TakenUp => "taken_up",
            Self::Noted => "noted",
            Self::Declined => "declined",
        }
    }

    /// The answer of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.code() == code)
    }
}

impl Label for Answer {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::TakenUp => language.pick("採用して対応する", "Taken up"),
            Self::Noted => language.pick("参考にする", "Noted"),
            Self::Declined => language.pick("対応しない", "Declined"),
        }
    }
}

/// A judgement as it is on record.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// Which.
    pub judgement_id: Uuid,
    /// Of whose field.
    pub ceptoar_id: String,
    /// The CEPTOAR's name in Japanese and English.
    pub ceptoar: [String; 2],
    /// How grave.
    pub grade: Grade,
    /// In a line.
    pub title: String,
    /// What is judged, and on what grounds.
    pub body: String,
    /// What the centre is asked to do; empty where it is asked for nothing.
    pub proposal: String,
    /// When it was written.
    pub written_at: DateTime<Utc>,
    /// By whom.
    pub written_by: String,
    /// What the centre said, and its words.
    pub answer: Option<(Answer, String, DateTime<Utc>)>,
    /// When and why it was taken back.
    pub taken_back: Option<(DateTime<Utc>, String)>,
}

impl Judgement {
    /// What has to be known of it to decide who may do what.
    #[must_use]
    pub fn facts(&self) -> JudgementFacts {
        let proposed = !self.proposal.is_empty() && self.taken_back.is_none();
        JudgementFacts { ceptoar_id: self.ceptoar_id.clone(), proposed }
    }

    /// Whether the centre owes it an answer.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.facts().proposed && self.answer.is_none()
    }
}

/// A judgement before it is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJudgement {
    /// How grave.
    pub grade: Grade,
    /// In a line.
    pub title: String,
    /// What is judged.
    pub body: String,
    /// What the centre is asked to do; may be empty.
    pub proposal: String,
}

/// The items of the last 30 days, drills left out, and how members answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Items {
    /// Items.
    pub items: i64,
    /// Members that they went to, each item counted.
    pub members: i64,
    /// … of which acknowledged.
    pub acknowledged: i64,
}
