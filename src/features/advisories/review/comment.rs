//! A comment at a place of an item, and what was answered.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::place::Field;
use crate::kernel::language::{Label, Language};

/// A comment's id.
pub type CommentId = Uuid;

/// What was done about a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Step {
    /// Somebody answered.
    Answer,
    /// It is dealt with.
    Done,
    /// It is not dealt with after all.
    Reopened,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Answer, Self::Done, Self::Reopened];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Done => "done",
            Self::Reopened => "reopened",
        }
    }

    /// The step of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == code)
    }
}

impl Label for Step {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Answer => language.pick("返信", "Answer"),
            Self::Done => language.pick("対応済み", "Dealt with"),
            Self::Reopened => language.pick("未対応に戻す", "Open again"),
        }
    }
}

/// A step with who took it.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Which one.
    pub step: Step,
    /// What was said with it.
    pub body: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A comment.
#[derive(Debug, Clone)]
pub struct Comment {
    /// Its id.
    pub comment_id: CommentId,
    /// The field.
    pub field: Field,
    /// The line when it was made; none for the field as a whole.
    pub line: Option<usize>,
    /// The words of the line when it was made.
    pub quoted: String,
    /// What it says.
    pub body: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What followed, the oldest first.
    pub steps: Vec<Taken>,
}

impl Comment {
    /// Whether nobody has dealt with it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let last = self.steps.iter().rev().find(|taken| taken.step != Step::Answer);
        last.is_none_or(|taken| taken.step == Step::Reopened)
    }
}

/// How many of them nobody has dealt with.
#[must_use]
pub fn open(comments: &[Comment]) -> usize {
    comments.iter().filter(|comment| comment.is_open()).count()
}

/// An item that came back to the viewer, who wrote it.
#[derive(Debug, Clone)]
pub struct Returned {
    /// Which one.
    pub advisory_id: crate::kernel::ids::AdvisoryId,
    /// Its number.
    pub number: String,
    /// Comments that nobody has dealt with.
    pub open: i64,
}

/// What was said when an item was sent back.
#[derive(Debug, Clone)]
pub struct SentBack {
    /// The remark; may be empty.
    pub remark: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}
