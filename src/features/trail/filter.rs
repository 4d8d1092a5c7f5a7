//! What is looked for in the trail.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::actions;
use crate::features::access::action::TrailAction;
use crate::features::access::trail::TrailObject;
use crate::features::access::{Viewer, can};
use crate::kernel::clock::in_japan;
use crate::kernel::language::Language;
use crate::kernel::text::half_width;
use crate::platform::web::form::FieldErrors;

/// Which part of the trail is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    All,
    /// Refusals and accounts, without items.
    Security,
    /// The accounts of one's own CEPTOAR.
    Desk,
}

impl Scope {
    /// The widest part that the viewer may see; `None` for none.
    #[must_use]
    pub fn of(viewer: &Viewer) -> Option<Self> {
        let parts = [
            (TrailAction::ReadAll, Self::All),
            (TrailAction::ReadSecurity, Self::Security),
            (TrailAction::ReadDesk, Self::Desk),
        ];
        parts.into_iter().find(|(action, _)| can(viewer, *action, &TrailObject::Events)).map(|(_, scope)| scope)
    }

    /// The value in the database's question.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Security => "security",
            Self::Desk => "desk",
        }
    }

    /// The actions that belong to it.
    #[must_use]
    pub fn actions(self) -> Vec<String> {
        use actions::Family::{Administration, Security, Work};
        match self {
            Self::All => actions::codes(&[Work, Security, Administration]),
            Self::Security => actions::codes(&[Security, Administration]),
            Self::Desk => actions::codes(&[Administration]),
        }
    }
}

/// Where a page begins: behind this event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// When it was.
    pub at: DateTime<Utc>,
    /// Its number.
    pub sequence: i64,
}

impl Cursor {
    /// As it stands in a form.
    #[must_use]
    pub fn code(self) -> String {
        format!("{}.{}", self.at.timestamp_micros(), self.sequence)
    }

    /// The cursor of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let (at, sequence) = code.split_once('.')?;
        let at = DateTime::from_timestamp_micros(at.parse().ok()?)?;
        Some(Self { at, sequence: sequence.parse().ok()? })
    }
}

/// The form as it was typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Typed {
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Code of an action.
    pub action: String,
    /// Code of an outcome.
    pub outcome: String,
    /// Sign-in name or id of an account.
    pub account: String,
    /// Id of what it was done to.
    pub subject: String,
    /// The cursor.
    pub before: String,
}

/// The form, understood.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// From this instant.
    pub from: Option<DateTime<Utc>>,
    /// Before this one.
    pub until: Option<DateTime<Utc>>,
    /// This action.
    pub action: Option<String>,
    /// This outcome.
    pub outcome: Option<String>,
    /// This account.
    pub account: Option<String>,
    /// Done to this.
    pub subject: Option<String>,
    /// Behind this event.
    pub before: Option<Cursor>,
}

impl Typed {
    /// What was meant; messages at the fields that cannot be understood.
    pub fn understand(&self, language: Language, errors: &mut FieldErrors) -> Filter {
        let first = language
            .pick("開始日は 2026-11-21 の形で入力してください。", "Please give the first day in the form 2026-11-21.");
        let last = language
            .pick("終了日は 2026-11-21 の形で入力してください。", "Please give the last day in the form 2026-11-21.");
        let mut day = |field: &'static str, text: &str, wrong: &'static str| {
            let text = half_width(text).replace('/', "-");
            if text.is_empty() {
                return None;
            }
            // Chrono's calendar is longer than the database's, and an export finds out in the middle of its file.
            let parsed = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
            let parsed = parsed.filter(|day| (1..=9999).contains(&day.year()));
            let midnight = parsed.and_then(|day| in_japan(day, NaiveTime::MIN));
            if midnight.is_none() {
                errors.add(field, wrong);
            }
            midnight
        };
        let from = day("from", &self.from, first);
        let until = day("to", &self.to, last).and_then(|at| at.checked_add_signed(TimeDelta::days(1)));
        if let (Some(from), Some(until)) = (from, until)
            && from >= until
        {
            errors.add(
                "to",
                language.pick(
                    "終了日は開始日以降の日にしてください。",
                    "Please choose a last day that is not before the first.",
                ),
            );
        }
        // Nothing in the trail has control characters, and the database takes no NUL.
        let text = |text: &str| Some(half_width(text).replace(char::is_control, "")).filter(|text| !text.is_empty());
        Filter {
            from,
            until,
            action: text(&self.action),
            outcome: text(&self.outcome),
            account: text(&self.account).map(|name| name.to_lowercase()),
            subject: text(&self.subject),
            before: Cursor::from_code(&self.before),
        }
    }
}
