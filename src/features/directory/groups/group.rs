//! A group: of which kind, what it is called, for whom it is, and who is in it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::sheet::Period;
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, Language};
use crate::kernel::period::long_date;

/// Of which kind it is; never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    /// Part of the business-type tree: a member is in one of them, by its membership.
    Subgroup,
    /// Beside the tree: a member may be in several.
    CrossCutting,
}

impl Kind {
    /// Both, in the order of the form.
    pub const ALL: [Self; 2] = [Self::CrossCutting, Self::Subgroup];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Subgroup => "subgroup",
            Self::CrossCutting => "cross_cutting",
        }
    }

    /// The kind of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl Label for Kind {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Subgroup => language.pick("サブグループ", "Subgroup"),
            Self::CrossCutting => language.pick("横断グループ", "Cross-cutting group"),
        }
    }
}

/// What is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupWords {
    /// Its short name, such as SG1.
    pub code: String,
    /// For whom it is.
    pub scope: String,
    /// The same in English; may be empty.
    pub scope_en: String,
}

/// A member of the CEPTOAR in it.
#[derive(Debug, Clone, Serialize)]
pub struct Member {
    /// Which.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese and English.
    pub name: [String; 2],
}

/// A group of a CEPTOAR.
#[derive(Debug, Clone)]
pub struct Group {
    /// Which.
    pub group_id: String,
    /// Of which kind.
    pub kind: Kind,
    /// What is said of it.
    pub words: GroupWords,
    /// Whether the desk made it; what the files brought is theirs.
    pub of_desk: bool,
    /// When it is there.
    pub valid: Period,
    /// How many are in it on the day that it was read for: as many as the viewer may know of.
    pub counted: i64,
    /// How many are in it on that day or later, of those whom the viewer may see; nobody where it is part of the tree.
    pub listed: i64,
    /// When it was last written down who is in it.
    pub members_at: Option<DateTime<Utc>>,
}

impl Group {
    /// Whether its end is registered, and has not come yet.
    #[must_use]
    pub fn is_to_end(&self, today: NaiveDate) -> bool {
        self.valid.until.is_some_and(|until| until > today)
    }

    /// The same where nothing had been said of it yet: nobody is in it.
    #[must_use]
    pub fn unsaid(self) -> Self {
        Self { counted: 0, listed: 0, members_at: None, ..self }
    }

    /// What is said of it, told in a language.
    #[must_use]
    pub fn scope(&self, language: Language) -> &str {
        let en = if self.words.scope_en.is_empty() { &self.words.scope } else { &self.words.scope_en };
        language.pick(&self.words.scope, en)
    }

    /// A short word for what is said of it and for what else matters: differs as soon as somebody changes one of them.
    #[must_use]
    pub fn digest(&self, matters: &impl Serialize) -> String {
        let text = serde_json::to_vec(&(&self.words, &self.valid, matters)).unwrap_or_default();
        hex::encode(&Sha256::digest(&text)[..8])
    }
}

/// The end of a group in lines: the first day without it, or that none is known.
#[must_use]
pub fn of_end(group: &Group, until: Option<NaiveDate>) -> Vec<Line> {
    let last = |language: Language| {
        let none = || language.pick("定めなし", "Not fixed").to_owned();
        until.and_then(|day| day.pred_opt()).map_or_else(none, |day| long_date(day, language))
    };
    vec![Line::same("group", &group.words.code), Line::told("last_day", last)]
}

/// A group in lines.
#[must_use]
pub fn of_words(kind: Kind, words: &GroupWords) -> Vec<Line> {
    vec![
        Line::same("group", &words.code),
        Line::told("group_kind", |language| kind.label(language).to_owned()),
        Line::same("scope", &words.scope),
        Line::same("scope_en", &words.scope_en),
    ]
}

/// A member's part in lines.
#[must_use]
pub fn of_part(group: &Group, name: &[String; 2]) -> Vec<Line> {
    vec![
        Line::same("group", &group.words.code),
        Line::told("member", |language| language.pick(&name[0], &name[1]).clone()),
    ]
}
