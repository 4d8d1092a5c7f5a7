//! Ladders: which step comes when, by urgency. A ladder is never changed; a newer one takes its place.

use chrono::{DateTime, Utc};

use crate::kernel::language::{Label, Language, fill};

/// How urgent an item is, as far as silence goes. Codes as in the table `escalation_ladders`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Urgency {
    /// 早期警戒情報.
    EarlyWarning,
    /// Everything else.
    Other,
}

impl Urgency {
    /// Both, the more urgent first.
    pub const ALL: [Self; 2] = [Self::EarlyWarning, Self::Other];

    /// The value in addresses and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::EarlyWarning => "early_warning",
            Self::Other => "other",
        }
    }

    /// The urgency of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|urgency| urgency.code() == code)
    }
}

impl Label for Urgency {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::EarlyWarning => language.pick("早期警戒情報", "Early warnings"),
            Self::Other => language.pick("そのほかの情報提供", "All other advisories"),
        }
    }
}

/// What is done about somebody who is silent, in the order in which it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Step {
    /// Their own windows are written to once more.
    Again,
    /// Their desk is told, which calls.
    Desk,
    /// The ministry and the centre are told.
    NextUp,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Again, Self::Desk, Self::NextUp];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::Desk => "desk",
            Self::NextUp => "next_up",
        }
    }

    /// The step of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == code)
    }

    /// What has happened: 再送済み.
    #[must_use]
    pub fn done(self, language: Language) -> &'static str {
        match self {
            Self::Again => language.pick("再送済み", "Sent again"),
            Self::Desk => language.pick("事務局へ連絡済み", "Secretariat told"),
            Self::NextUp => language.pick("所管省庁・センターへ連絡済み", "Ministry and centre told"),
        }
    }

    /// What comes: 次: … 事務局へ.
    #[must_use]
    pub fn coming(self, language: Language) -> &'static str {
        match self {
            Self::Again => language.pick("窓口へ再送", "sent again"),
            Self::Desk => language.pick("事務局へ", "to the secretariat"),
            Self::NextUp => language.pick("所管省庁・センターへ", "to the ministry and the centre"),
        }
    }
}

impl Label for Step {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Again => language.pick("窓口へ再送する", "Write to their windows again"),
            Self::Desk => language.pick("事務局へ知らせる", "Tell their secretariat"),
            Self::NextUp => language.pick("所管省庁とセンターへ知らせる", "Tell the ministry and the centre"),
        }
    }
}

/// From when minutes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Basis {
    /// From when the item went on to the recipient.
    WentOn,
    /// From when an answer is due.
    AnswerDue,
}

impl Basis {
    /// Both.
    pub const ALL: [Self; 2] = [Self::WentOn, Self::AnswerDue];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::WentOn => "went_on",
            Self::AnswerDue => "answer_due",
        }
    }

    /// The basis of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|basis| basis.code() == code)
    }
}

impl Label for Basis {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::WentOn => language.pick("届いた時刻から", "after it arrived"),
            Self::AnswerDue => language.pick("回答期限から", "after an answer was due"),
        }
    }
}

/// A rung: what is done, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    /// What is done.
    pub step: Step,
    /// From when minutes are counted.
    pub basis: Basis,
    /// How many minutes later.
    pub minutes: i16,
}

impl Rung {
    /// 届いた時刻から30分後, 回答期限の時刻.
    #[must_use]
    pub fn when(&self, language: Language) -> String {
        let time = time(self.minutes, language);
        let words = match (self.basis, self.minutes) {
            (Basis::WentOn, 0) => language.pick("届いた時刻", "when it arrives"),
            (Basis::AnswerDue, 0) => language.pick("回答期限の時刻", "when an answer is due"),
            (Basis::WentOn, _) => language.pick("届いた時刻から{time}後", "{time} after it arrived"),
            (Basis::AnswerDue, _) => language.pick("回答期限から{time}後", "{time} after an answer was due"),
        };
        fill(words, &[("time", &time)])
    }
}

/// 30分, 2時間, 1時間30分.
fn time(minutes: i16, language: Language) -> String {
    let (hours, rest) = (minutes / 60, minutes % 60);
    let [hours_text, rest_text] = [hours, rest].map(|n| n.to_string());
    let words = match (hours, rest) {
        (0, _) => language.pick("{rest}分", "{rest} minutes"),
        (1, 0) => language.pick("1時間", "1 hour"),
        (_, 0) => language.pick("{hours}時間", "{hours} hours"),
        (_, _) => language.pick("{hours}時間{rest}分", "{hours} h {rest} min"),
    };
    fill(words, &[("hours", &hours_text), ("rest", &rest_text)])
}

/// A ladder as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLadder {
    /// Minutes are counted in office hours alone.
    pub office_hours: bool,
    /// Its rungs, in their order.
    pub rungs: Vec<Rung>,
    /// Why it is so.
    pub reason: String,
}

/// A ladder that holds, or held.
#[derive(Debug, Clone)]
pub struct Ladder {
    /// Which.
    pub ladder_id: i64,
    /// For what.
    pub urgency: Urgency,
    /// Minutes are counted in office hours alone.
    pub office_hours: bool,
    /// Its rungs, in their order.
    pub rungs: Vec<Rung>,
    /// Why it is so.
    pub reason: String,
    /// Since when it counts; none for what the portal began with.
    pub since: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rung_says_when_it_comes() {
        let rung = |basis, minutes| Rung { step: Step::Desk, basis, minutes };
        assert_eq!(rung(Basis::WentOn, 30).when(Language::Ja), "届いた時刻から30分後");
        assert_eq!(rung(Basis::WentOn, 90).when(Language::Ja), "届いた時刻から1時間30分後");
        assert_eq!(rung(Basis::AnswerDue, 0).when(Language::Ja), "回答期限の時刻");
        assert_eq!(rung(Basis::AnswerDue, 240).when(Language::En), "4 hours after an answer was due");
    }

    #[test]
    fn codes_lead_back_to_what_they_stand_for() {
        assert!(Urgency::ALL.into_iter().all(|u| Urgency::from_code(u.code()) == Some(u)));
        assert!(Step::ALL.into_iter().all(|s| Step::from_code(s.code()) == Some(s)));
        assert!(Basis::ALL.into_iter().all(|b| Basis::from_code(b.code()) == Some(b)));
        assert!(Step::Again < Step::Desk && Step::Desk < Step::NextUp);
    }
}
