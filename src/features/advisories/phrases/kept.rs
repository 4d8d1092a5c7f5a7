//! A template and a phrase, as they are kept.

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use uuid::Uuid;

use crate::features::advisories::advisory::{Kind, Purpose};
use crate::features::advisories::content::Form;
use crate::kernel::clock::jst;
use crate::kernel::language::{Label, Language};
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};

/// Who saved a version, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Which version, from 1.
    pub version: i32,
    /// It is not offered any more.
    pub archived: bool,
    /// Who; none for what came with the portal.
    pub by: Option<String>,
    /// When; none for what came with the portal.
    pub at: Option<DateTime<Utc>>,
}

/// What a draft begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// What it is called.
    pub name: String,
    /// For which kind of item.
    pub kind: Kind,
    /// What the title begins with.
    pub title: String,
    /// 概要.
    pub summary: String,
    /// 影響.
    pub impact: String,
    /// 対策.
    pub countermeasure: String,
    /// Which aspect of countermeasures it serves.
    pub purpose: Purpose,
    /// The level that is suggested.
    pub level: SharingLevel,
    /// The handler scope that is suggested.
    pub handler_scope: HandlerScope,
    /// In how many hours an answer is due.
    pub due_hours: Option<i16>,
}

impl Template {
    /// The form of a new draft that begins with it.
    #[must_use]
    pub fn form(&self, now: DateTime<Utc>) -> Form {
        let mut form = Form::default();
        for (field, value) in [
            ("kind", self.kind.code()),
            ("title", &self.title),
            ("summary", &self.summary),
            ("impact", &self.impact),
            ("countermeasure", &self.countermeasure),
            ("purpose", self.purpose.code()),
            ("level", self.level.code()),
            ("handler_scope", self.handler_scope.code()),
        ] {
            form.push(field, value);
        }
        if let Some(hours) = self.due_hours {
            // The next full hour: nobody answers by 14:37.
            let due = now + TimeDelta::hours(hours.into()) + TimeDelta::minutes(59);
            let due = due.with_timezone(&jst());
            for (part, value) in [
                ("year", due.format("%Y").to_string()),
                ("month", due.format("%-m").to_string()),
                ("day", due.format("%-d").to_string()),
                ("hour", due.hour().to_string()),
                ("minute", "00".to_owned()),
            ] {
                form.push(&format!("answer_due_{part}"), value);
            }
        }
        form
    }
}

/// A field at which phrases are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum PhraseField {
    /// 概要.
    Summary,
    /// 影響.
    Impact,
    /// 対策.
    Countermeasure,
}

impl PhraseField {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Summary, Self::Impact, Self::Countermeasure];

    /// The name of the field in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Impact => "impact",
            Self::Countermeasure => "countermeasure",
        }
    }

    /// The field of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.code() == code)
    }
}

impl Label for PhraseField {
    fn label(self, language: Language) -> &'static str {
        let w = crate::features::advisories::words::DraftWords::of(language);
        match self {
            Self::Summary => w.summary,
            Self::Impact => w.impact,
            Self::Countermeasure => w.countermeasure,
        }
    }
}

/// A named text for a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// For which field.
    pub field: PhraseField,
    /// What it is called.
    pub name: String,
    /// The text.
    pub body: String,
}

/// One of them, with its id and who saved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept<T> {
    /// Its id.
    pub id: Uuid,
    /// What it says.
    pub what: T,
    /// Which version it is.
    pub saved: Saved,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::advisories::content;

    #[test]
    fn a_template_fills_a_form_that_can_be_saved() {
        let template = Template {
            name: "名前".into(),
            kind: Kind::Alert,
            title: "〔製品名〕".into(),
            summary: "概要".into(),
            impact: String::new(),
            countermeasure: "対策".into(),
            purpose: Purpose::Prevention,
            level: SharingLevel::Amber,
            handler_scope: HandlerScope::Handlers,
            due_hours: Some(24),
        };
        let now = "2026-11-21T12:10:00Z".parse().expect("an instant");
        let draft = content::parse(&template.form(now), Language::Ja).expect("a draft");
        assert_eq!(draft.answer_due, Some("2026-11-22T13:00:00Z".parse().expect("an instant")));
        assert_eq!((draft.text.title.as_str(), draft.level), ("〔製品名〕", SharingLevel::Amber));
        let full = "2026-11-21T12:00:00Z".parse().expect("an instant");
        let draft = content::parse(&template.form(full), Language::Ja).expect("a draft");
        assert_eq!(draft.answer_due, Some("2026-11-22T12:00:00Z".parse().expect("an instant")));
    }
}
