//! What a member does about an item.

use chrono::{DateTime, NaiveDate, Utc};

use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{long_date, thousands};

/// How far a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Measure {
    /// It looks whether it is concerned.
    Investigating,
    /// It knows when it will act.
    Planned,
    /// It has acted.
    Done,
    /// It has nothing that is concerned.
    NotConcerned,
}

impl Measure {
    /// All, in the order in which they follow.
    pub const ALL: [Self; 4] = [Self::Investigating, Self::Planned, Self::Done, Self::NotConcerned];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Investigating => "investigating",
            Self::Planned => "planned",
            Self::Done => "done",
            Self::NotConcerned => "not_concerned",
        }
    }

    /// The value of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.code() == code)
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_final(self) -> bool {
        match self {
            Self::Done | Self::NotConcerned => true,
            Self::Investigating | Self::Planned => false,
        }
    }
}

impl Label for Measure {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Investigating => language.pick("調査中", "Looking into it"),
            Self::Planned => language.pick("対応予定", "Planned"),
            Self::Done => language.pick("対応済み", "Done"),
            Self::NotConcerned => language.pick("該当なし", "Not concerned"),
        }
    }
}

/// How far a member is, and when it will act where it is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// How far.
    pub measure: Measure,
    /// The day for which it is planned.
    pub planned_on: Option<NaiveDate>,
}

impl Said {
    /// 対応予定(12月1日).
    #[must_use]
    pub fn words(self, language: Language) -> String {
        let label = self.measure.label(language);
        let Some(day) = self.planned_on else { return label.to_owned() };
        fill(
            language.pick("{label}({day})", "{label} for {day}"),
            &[("label", label), ("day", &long_date(day, language))],
        )
    }
}

/// What somebody is about to report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    /// How far.
    pub said: Said,
    /// Who told the desk; empty where the member itself reports.
    pub answered_by: String,
    /// What else there is to know.
    pub remark: String,
}

/// A report that was made.
#[derive(Debug, Clone)]
pub struct Report {
    /// How far.
    pub said: Said,
    /// Whether the desk was told.
    pub by_desk: bool,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Who told the desk.
    pub answered_by: String,
    /// What else there is to know.
    pub remark: String,
    /// By whose name it was made.
    pub entered_by_name: String,
}

/// A member that is asked.
#[derive(Debug, Clone)]
pub struct Member {
    /// Through which CEPTOAR.
    pub ceptoar_id: String,
    /// Which.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// What it said last, and when.
    pub newest: Option<(Said, DateTime<Utc>)>,
}

/// What the members of a CEPTOAR said.
#[derive(Debug, Clone)]
pub struct Tally {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// Its name in Japanese and English.
    pub ceptoar: [String; 2],
    /// Members that are asked.
    pub members: i64,
    /// How many said what, in the order of [`Measure::ALL`].
    pub said: [i64; 4],
}

impl Tally {
    /// Members that have said nothing.
    #[must_use]
    pub fn silent(&self) -> i64 {
        self.members - self.said.iter().sum::<i64>()
    }

    /// 対応済み 3、該当なし 10、未報告 2.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        let said = Measure::ALL.into_iter().zip(self.said);
        let said = said.map(|(measure, number)| (measure.label(language), number));
        let parts = said.chain([(language.pick("未報告", "Not reported"), self.silent())]);
        let parts = parts.filter(|(_, number)| *number > 0);
        let parts: Vec<String> = parts.map(|(label, number)| format!("{label} {}", thousands(number))).collect();
        parts.join(language.pick("、", ", "))
    }
}

/// An item on which a member of the viewer's has something left to say.
#[derive(Debug, Clone)]
pub struct Open {
    /// The item.
    pub advisory_id: AdvisoryId,
    /// Its number.
    pub number: String,
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// The member.
    pub organisation_id: OrganisationId,
    /// Until when.
    pub due: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        assert!(Measure::ALL.into_iter().all(|measure| Measure::from_code(measure.code()) == Some(measure)));
    }

    #[test]
    fn a_tally_names_what_there_is() {
        let tally = |members, said| Tally { ceptoar_id: String::new(), ceptoar: Default::default(), members, said };
        assert_eq!(tally(15, [0, 0, 3, 10]).words(Language::Ja), "対応済み 3、該当なし 10、未報告 2");
        assert_eq!(tally(1200, [0, 0, 0, 0]).words(Language::En), "Not reported 1,200");
        assert_eq!(tally(1, [0, 1, 0, 0]).words(Language::En), "Planned 1");
    }
}
