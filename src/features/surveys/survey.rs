//! A survey: what it is for, whom it asks, who reads the answers, and how far it is.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::question::{Question, QuestionKind};
use crate::features::access::survey::SurveyFacts;
use crate::kernel::clock::{fiscal_year, japan_day};
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, Language};

/// Fewer firms than this are never counted where no names are read; `survey_cells` in the database knows the same.
pub const LEAST_FIRMS: i64 = 3;
/// The most questions of a survey.
pub const MOST_QUESTIONS: usize = 50;
/// The days before the due day on which a reminder may go out.
pub const REMIND_DAYS: std::ops::RangeInclusive<i16> = 1..=14;

macro_rules! codes {
    ($name:ident { $($value:ident $code:literal $ja:literal / $en:literal),* $(,)? }) => {
        impl $name {
            /// All.
            pub const ALL: [Self; [$(Self::$value),*].len()] = [$(Self::$value),*];

            /// The value in the database and in forms.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$value => $code),* }
            }

            /// The value of a code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|value| value.code() == code)
            }
        }

        impl Label for $name {
            fn label(self, language: Language) -> &'static str {
                match self { $(Self::$value => language.pick($ja, $en)),* }
            }
        }
    };
}
pub(super) use codes;

/// What a survey is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    /// 利用システム調査.
    Systems,
    /// 対策状況チェック.
    Measures,
    /// その他.
    Other,
}
codes!(Kind {
    Systems "systems" "利用システム調査" / "Systems in use",
    Measures "measures" "対策状況チェック" / "State of measures",
    Other "other" "その他の調査" / "Other survey",
});

/// Whether firms have to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Participation {
    /// 全員.
    Required,
    /// 任意.
    Voluntary,
}
codes!(Participation {
    Required "required" "全員(必ず回答)" / "Everybody answers",
    Voluntary "voluntary" "任意(希望する会社だけ)" / "Voluntary",
});

/// Who reads the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Visibility {
    /// The desk, with the firms' names.
    Named,
    /// Nobody; there are numbers alone.
    Counted,
}
codes!(Visibility {
    Named "named" "事務局が会社名とともに見る" / "The secretariat reads them with the firms' names",
    Counted "counted" "集計だけ(誰も個々の回答を見ない)" / "Numbers alone (nobody reads a single answer)",
});

/// How far a survey is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum State {
    /// 作成中.
    Draft,
    /// 受付中.
    Open,
    /// 締切済.
    Closed,
    /// 中止.
    Cancelled,
}
codes!(State {
    Draft "draft" "作成中" / "Being made",
    Open "open" "受付中" / "Open",
    Closed "closed" "締切済" / "Closed",
    Cancelled "cancelled" "中止" / "Cancelled",
});

impl State {
    /// The colour of its label (docs/design.md).
    #[must_use]
    pub fn colour(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "review",
            Self::Closed => "closed",
            Self::Cancelled => "withdrawn",
        }
    }
}

/// What a desk does with a survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Begins to ask.
    Open,
    /// Gives more time.
    Extend,
    /// Takes no more answers.
    Close,
    /// Gives it up.
    Cancel,
    /// Lets the firms that were asked see the numbers.
    Release,
}
codes!(Step {
    Open "open" "調査を開始する" / "Open the survey",
    Extend "extend" "回答期限を延ばす" / "Give more time",
    Close "close" "締め切る" / "Close",
    Cancel "cancel" "調査を中止する" / "Cancel the survey",
    Release "release" "集計を構成員に公開する" / "Release the numbers to the members",
});

impl Step {
    /// The name of the act in the trail.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::Open => "survey.open",
            Self::Extend => "survey.extend",
            Self::Close => "survey.close",
            Self::Cancel => "survey.cancel",
            Self::Release => "survey.release",
        }
    }

    /// Whether a survey can take it. `survey_step` in the database knows the same.
    #[must_use]
    pub fn is_for(self, survey: &Survey) -> bool {
        match self {
            Self::Open => survey.state == State::Draft,
            Self::Extend | Self::Close => survey.state == State::Open,
            Self::Cancel => matches!(survey.state, State::Draft | State::Open),
            Self::Release => survey.state == State::Closed && survey.released_at.is_none(),
        }
    }
}

/// What the desk types about a survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// What it is for.
    pub kind: Kind,
    /// What it is called.
    pub title: String,
    /// The same in English; may be empty.
    pub title_en: String,
    /// What the firms read first.
    pub introduction: String,
    /// The group that is asked; `None`: all members.
    pub group_id: Option<String>,
    /// Whether firms have to answer.
    pub participation: Participation,
    /// Who reads the answers.
    pub visibility: Visibility,
    /// The last day for answers.
    pub due_on: NaiveDate,
    /// How many days before it the silent ones are reminded.
    pub remind_days: i16,
}

/// A survey.
#[derive(Debug, Clone)]
pub struct Survey {
    /// Which.
    pub survey_id: Uuid,
    /// Whose.
    pub ceptoar_id: String,
    /// The CEPTOAR's name in Japanese and English.
    pub ceptoar: [String; 2],
    /// The group's short name, where one is asked.
    pub group: Option<String>,
    /// Counts every change.
    pub version: i32,
    /// What the desk typed.
    pub content: Content,
    /// How far it is.
    pub state: State,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When it opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// When the numbers were released.
    pub released_at: Option<DateTime<Utc>>,
    /// Those of the viewer's organisations that it asks.
    pub asked: Vec<OrganisationId>,
}

impl Survey {
    /// What deciding needs to know.
    #[must_use]
    pub fn facts(&self, firm: Option<OrganisationId>) -> SurveyFacts {
        SurveyFacts { ceptoar_id: self.ceptoar_id.clone(), asked: self.asked.clone(), firm }
    }

    /// What it is called.
    #[must_use]
    pub fn title(&self, language: Language) -> &str {
        match language {
            Language::En if !self.content.title_en.is_empty() => &self.content.title_en,
            Language::En | Language::Ja => &self.content.title,
        }
    }

    /// Whether firms answer on a day.
    #[must_use]
    pub fn takes_answers(&self, today: NaiveDate) -> bool {
        self.state == State::Open && today <= self.content.due_on
    }

    /// The fiscal year that it is of: in which it opened, or was made.
    #[must_use]
    pub fn fiscal_year(&self) -> i32 {
        fiscal_year(japan_day(self.opened_at.unwrap_or(self.made_at)))
    }

    /// Whether its desk may read results: with names at once, without when nothing is added any more.
    #[must_use]
    pub fn has_results(&self) -> bool {
        match (self.state, self.content.visibility) {
            (State::Closed, Visibility::Named | Visibility::Counted) | (State::Open, Visibility::Named) => true,
            (State::Open, Visibility::Counted)
            | (State::Draft | State::Cancelled, Visibility::Named | Visibility::Counted) => false,
        }
    }
}

/// Why a survey cannot be opened as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hindrance {
    /// It asks nothing.
    NoQuestions,
    /// Its due day is not ahead, or too far.
    DueDay,
    /// Words would betray who wrote them.
    Words,
    /// Nobody would be asked.
    Nobody,
    /// Of so few no number could be shown.
    TooFew,
}

/// What keeps a survey from being opened, with so many firms to ask. The function of the database refuses the same.
#[must_use]
pub fn hindrances(survey: &Survey, questions: &[Question], firms: i64, today: NaiveDate) -> Vec<Hindrance> {
    let counted = survey.content.visibility == Visibility::Counted;
    let words = questions.iter().any(|question| question.content.kind == QuestionKind::Words);
    [
        (questions.is_empty(), Hindrance::NoQuestions),
        (!is_due_day(survey.content.due_on, today), Hindrance::DueDay),
        (counted && words, Hindrance::Words),
        (firms == 0, Hindrance::Nobody),
        (counted && firms > 0 && firms < LEAST_FIRMS, Hindrance::TooFew),
    ]
    .into_iter()
    .filter_map(|(is, hindrance)| is.then_some(hindrance))
    .collect()
}

/// Whether answers can be due on a day: after today, within a year.
#[must_use]
pub fn is_due_day(due: NaiveDate, today: NaiveDate) -> bool {
    let last = today.checked_add_months(chrono::Months::new(12)).unwrap_or(NaiveDate::MAX);
    due > today && due <= last
}
