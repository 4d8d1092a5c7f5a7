//! A federation: what it is called, who belongs to it and who keeps it, each with its period.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::features::directory::history::fact::{Fact, Lane};
use crate::features::directory::roster::line::{self, Line};
use crate::features::directory::roster::sheet::{Name, Period};
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::Precision;

/// As what somebody belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Part {
    /// One of those who make it up.
    Member,
    /// Somebody who is let in when needed.
    Observer,
}

impl Part {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Member, Self::Observer];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Observer => "observer",
        }
    }

    /// The part of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.code() == code)
    }
}

impl Label for Part {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Member => language.pick("構成員", "Member"),
            Self::Observer => language.pick("オブザーバー", "Observer"),
        }
    }
}

crate::words! {
    /// How members and secretariats are told.
    pub struct ToldWords {
        observer: "{name}(オブザーバー)" / "{name} (observer)",
        desk: "{name} {unit}" / "{name}, {unit}",
    }
}

/// Somebody in a federation: a CEPTOAR by its id, any other body by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A CEPTOAR.
    Ceptoar(String),
    /// An organisation that is no CEPTOAR, in Japanese.
    Body(String),
}

/// Somebody in a federation, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Who.
    pub who: Who,
    /// The name in Japanese and English.
    pub name: [String; 2],
    /// As what.
    pub part: Part,
}

impl Membership {
    /// The name, with the part where it is not the usual one.
    #[must_use]
    pub fn told(&self, language: Language) -> String {
        let name = language.pick(&self.name[0], &self.name[1]);
        match self.part {
            Part::Member => name.clone(),
            Part::Observer => fill(ToldWords::of(language).observer, &[("name", name)]),
        }
    }
}

/// Who keeps a federation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    /// Which organisation.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// Its unit in Japanese and English; empty where none is known.
    pub unit: [String; 2],
}

impl Desk {
    /// Organisation and unit.
    #[must_use]
    pub fn told(&self, language: Language) -> String {
        let name = language.pick(&self.name[0], &self.name[1]);
        let unit = language.pick(&self.unit[0], &self.unit[1]);
        if unit.is_empty() {
            return name.clone();
        }
        fill(ToldWords::of(language).desk, &[("name", name), ("unit", unit)])
    }
}

/// A fact with its period, and how exactly its first day is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known<T> {
    /// The row.
    pub fact_id: Uuid,
    /// When it holds.
    pub valid: Period,
    /// How exactly the first day is known.
    pub precision: Precision,
    /// What holds.
    pub value: T,
}

/// Everything that is known of a federation.
#[derive(Debug, Clone)]
pub struct Federation {
    /// Which.
    pub federation_id: String,
    /// Counts its changes.
    pub version: i32,
    /// The newest edition that lists it, where newer ones do not.
    pub last_listed_on: Option<NaiveDate>,
    /// What it is called, oldest first.
    pub names: Vec<Known<Name>>,
    /// Who belongs to it: members first, CEPTOARs in the government's order.
    pub members: Vec<Known<Membership>>,
    /// Who keeps it, oldest first.
    pub secretariats: Vec<Known<Desk>>,
}

impl Federation {
    /// What it is called on a day, or at last.
    #[must_use]
    pub fn name_on(&self, day: NaiveDate) -> Option<&Name> {
        on(&self.names, day).or(self.names.last()).map(|known| &known.value)
    }

    /// The first day on which it is no more, where it has been, or is to be, dissolved.
    #[must_use]
    pub fn dissolved_on(&self) -> Option<NaiveDate> {
        self.names.iter().map(|known| known.valid.until).max_by_key(|until| (until.is_none(), *until)).flatten()
    }

    /// Its name on a day in a language.
    #[must_use]
    pub fn title(&self, day: NaiveDate, language: Language) -> String {
        self.name_on(day).map(|name| language.pick(&name.ja, &name.en).clone()).unwrap_or_default()
    }

    /// Who keeps it on a day.
    #[must_use]
    pub fn desk_on(&self, day: NaiveDate) -> Option<&Desk> {
        on(&self.secretariats, day).map(|known| &known.value)
    }

    /// Who belongs to it on a day.
    pub fn members_on(&self, day: NaiveDate) -> impl Iterator<Item = &Known<Membership>> {
        self.members.iter().filter(move |known| known.valid.holds_on(day))
    }

    /// The stays of somebody in it.
    #[must_use]
    pub fn stays_of(&self, who: &Who) -> Vec<&Known<Membership>> {
        self.members.iter().filter(|known| known.value.who == *who).collect()
    }

    /// Everything as facts over the years.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        fn fact<T>(lane: Lane, known: &Known<T>, told: impl Fn(Language) -> String) -> Fact {
            let Period { from, until } = known.valid;
            Fact { lane, value: Language::ALL.map(told), from, until, precision: known.precision }
        }
        let names = self
            .names
            .iter()
            .map(|known| fact(Lane::Name, known, |language| language.pick(&known.value.ja, &known.value.en).clone()));
        let desks = self.secretariats.iter().map(|k| fact(Lane::Secretariat, k, |language| k.value.told(language)));
        let members = self.members.iter().map(|k| fact(Lane::Members, k, |language| k.value.told(language)));
        names.chain(desks).chain(members).collect()
    }
}

/// The fact that holds on a day.
#[must_use]
pub fn on<T>(facts: &[Known<T>], day: NaiveDate) -> Option<&Known<T>> {
    facts.iter().find(|known| known.valid.holds_on(day))
}

/// A member in lines.
#[must_use]
pub fn of_member(membership: &Membership) -> Vec<Line> {
    vec![
        Line::told("body", |language| language.pick(&membership.name[0], &membership.name[1]).clone()),
        Line::told("part", |language| membership.part.label(language).to_owned()),
    ]
}

/// A secretariat in lines.
#[must_use]
pub fn of_desk(desk: Option<&Desk>) -> Vec<Line> {
    let none = |language: Language| language.pick("なし", "none").to_owned();
    vec![Line::told("desk", |language| desk.map_or_else(|| none(language), |desk| desk.told(language)))]
}

/// Everything of it on a day, in lines.
#[must_use]
pub fn of_whole(federation: &Federation, day: NaiveDate) -> Vec<Line> {
    let mut lines = federation.name_on(day).map(of_name).unwrap_or_default();
    let members = |language: Language| {
        let told: Vec<String> = federation.members_on(day).map(|known| known.value.told(language)).collect();
        told.join(language.pick("、", ", "))
    };
    lines.push(Line::told("body", members));
    lines.extend(of_desk(federation.desk_on(day)));
    lines
}

/// A name in lines.
#[must_use]
pub fn of_name(name: &Name) -> Vec<Line> {
    line::of_name(name)
}

/// A change as it stands in the history.
#[derive(Debug, Clone)]
pub struct PastChange {
    /// The version that it made.
    pub version: i32,
    /// Whether it is a change, a correction, or takes a plan back.
    pub kind: String,
    /// Of what.
    pub subject: String,
    /// From which day.
    pub effective_on: NaiveDate,
    /// Why.
    pub reason: String,
    /// What was said before.
    pub before: Vec<Line>,
    /// What is said since.
    pub after: Vec<Line>,
    /// In whose name, in Japanese and English.
    pub by: [String; 2],
    /// When.
    pub at: DateTime<Utc>,
}
