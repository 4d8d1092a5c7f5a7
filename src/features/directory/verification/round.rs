//! A round, and how each window stands in it.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use crate::kernel::language::{Label, Language};

/// A proof that is younger counts as fresh (the share on a CEPTOAR's page).
pub const FRESH_DAYS: i64 = 90;
/// Nobody is asked again within this time.
pub const PAUSE: TimeDelta = TimeDelta::hours(20);
/// A round lasts at most this long.
pub const LONGEST_DAYS: i64 = 90;
/// A telephone or FAX number that was proven longer ago is unproven (`window_numbers` says the same).
pub const NUMBER_DAYS: i64 = 366;

/// Which windows a round asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Scope {
    /// Every window.
    All,
    /// Windows without a fresh proof.
    Unproven,
    /// Windows of the members in a group.
    Group,
    /// Windows that the desk ticked; it may add some while the round runs.
    Chosen,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::All, Self::Unproven, Self::Group, Self::Chosen];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Unproven => "unproven",
            Self::Group => "group",
            Self::Chosen => "chosen",
        }
    }

    /// The scope of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }
}

impl Label for Scope {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::All => language.pick("すべての窓口", "All windows"),
            Self::Unproven => language.pick("90日以内に確認のない窓口", "Windows not proven within 90 days"),
            Self::Group => language.pick("グループの構成員の窓口", "Windows of the members in a group"),
            Self::Chosen => language.pick("選んだ窓口", "Chosen windows"),
        }
    }
}

/// What a window said, by its link or on the telephone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Answer {
    /// It is reached there.
    Alive,
    /// Somebody else is responsible, or it will end.
    Moved,
}

impl Answer {
    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Moved => "moved",
        }
    }

    /// The answer of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Alive, Self::Moved].into_iter().find(|answer| answer.code() == code)
    }
}

/// How an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Way {
    /// By the link in the letter.
    Link,
    /// By a call of the desk.
    Call,
}

impl Label for Way {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Link => language.pick("メールのリンク", "link in a mail"),
            Self::Call => language.pick("事務局からの電話など", "call of the secretariat"),
        }
    }
}

/// How a window stands in a round. What needs somebody comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The letter came back or was given up: the address is probably dead.
    Undeliverable,
    /// It says that somebody else is responsible.
    Moved,
    /// It has no mail address, so nobody could be asked by mail.
    NoMail,
    /// Nothing was heard yet.
    Waiting,
    /// It is reached.
    Alive,
}

impl Standing {
    /// All, in the order of the list.
    pub const ALL: [Self; 5] = [Self::Undeliverable, Self::Moved, Self::NoMail, Self::Waiting, Self::Alive];

    /// Where a window stands, by its answer, by whether it could be asked, and by whether its newest letter came back.
    /// Who answers the telephone is alive; the address at which a letter came back is dead all the same.
    #[must_use]
    pub fn of(answer: Option<(Answer, Way)>, asked: bool, came_back: bool) -> Self {
        match (answer, asked, came_back) {
            (Some((Answer::Moved, Way::Link | Way::Call)), _, _) => Self::Moved,
            (Some((Answer::Alive, Way::Call)) | None, true, true) => Self::Undeliverable,
            (Some((Answer::Alive, Way::Link | Way::Call)), _, _) => Self::Alive,
            (None, false, _) => Self::NoMail,
            (None, true, false) => Self::Waiting,
        }
    }

    /// The value in addresses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Undeliverable => "undeliverable",
            Self::Moved => "moved",
            Self::NoMail => "no_mail",
            Self::Waiting => "waiting",
            Self::Alive => "alive",
        }
    }

    /// The standing of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.code() == code)
    }
}

impl Label for Standing {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Undeliverable => language.pick("メール不達", "Mail came back"),
            Self::Moved => language.pick("変更が必要", "Needs a change"),
            Self::NoMail => language.pick("メールなし", "No mail address"),
            Self::Waiting => language.pick("回答待ち", "No answer yet"),
            Self::Alive => language.pick("確認済", "Proven"),
        }
    }
}

/// A round.
#[derive(Debug, Clone)]
pub struct Round {
    /// Which.
    pub round_id: Uuid,
    /// Whom it asks.
    pub scope: Scope,
    /// Which group, where it asks one; what it was called then.
    pub group_code: Option<String>,
    /// Until when answers are wanted.
    pub due_on: NaiveDate,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was ended.
    pub closed_at: Option<DateTime<Utc>>,
    /// Windows asked.
    pub windows: i64,
    /// Windows proven.
    pub alive: i64,
}

impl Round {
    /// Whom it asks, in words.
    #[must_use]
    pub fn whom(&self, language: Language) -> String {
        let label = self.scope.label(language);
        self.group_code.as_ref().map_or_else(|| label.to_owned(), |group| format!("{label}: {group}"))
    }
}

/// 〇〇〇@example.jp → 〇***@example.jp: enough to know it again, not enough to learn it from a link that went astray.
#[must_use]
pub fn masked(address: &str) -> String {
    match address.split_once('@') {
        Some((name, domain)) => format!("{}***@{domain}", name.chars().next().unwrap_or('*')),
        None => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_answers_the_telephone_has_a_dead_address_all_the_same() {
        let of = Standing::of;
        assert_eq!(of(Some((Answer::Alive, Way::Link)), true, true), Standing::Alive);
        assert_eq!(of(Some((Answer::Alive, Way::Call)), true, false), Standing::Alive);
        assert_eq!(of(Some((Answer::Alive, Way::Call)), true, true), Standing::Undeliverable);
        assert_eq!(of(Some((Answer::Moved, Way::Link)), true, false), Standing::Moved);
        assert_eq!(of(None, true, true), Standing::Undeliverable);
        assert_eq!(of(None, true, false), Standing::Waiting);
        assert_eq!(of(None, false, false), Standing::NoMail);
    }

    #[test]
    fn codes_come_back() {
        assert!(Scope::ALL.into_iter().all(|scope| Scope::from_code(scope.code()) == Some(scope)));
        assert!(Standing::ALL.into_iter().all(|standing| Standing::from_code(standing.code()) == Some(standing)));
        assert_eq!(Answer::from_code("dead"), None);
    }

    #[test]
    fn an_address_is_hinted_at() {
        assert_eq!(masked("soc@bank.example"), "s***@bank.example");
        assert_eq!(masked("none"), "***");
    }
}
