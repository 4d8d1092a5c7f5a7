//! Two days side by side, or an edition and a day, by what the directory says.

use chrono::NaiveDate;

use super::overlay::DayMap;
use crate::features::feature_map::compare::ceptoars::subject;
use crate::features::feature_map::compare::difference::{Change, Difference, Fact, Kind};
use crate::features::feature_map::compare::{Comparison, compare};
use crate::features::feature_map::edition::{Bilingual, Ceptoar, Edition};
use crate::features::feature_map::ministries::Ministries;

/// One of the two that are compared.
#[derive(Debug, Clone, Copy)]
pub enum Side<'a> {
    /// An edition as it was published.
    Edition(&'a Edition),
    /// A day as the directory has it.
    Day(&'a DayMap),
}

impl<'a> Side<'a> {
    /// It in the form of an edition.
    #[must_use]
    pub fn edition(self) -> &'a Edition {
        match self {
            Self::Edition(edition) => edition,
            Self::Day(map) => &map.edition,
        }
    }

    fn day(self) -> Option<&'a DayMap> {
        match self {
            Self::Edition(_) => None,
            Self::Day(map) => Some(map),
        }
    }

    /// The first day of what the directory says here, if it is the directory that says it.
    fn began(self, ceptoar: &str, kind: Kind) -> Option<NaiveDate> {
        let cell = match kind {
            Kind::LegalForms | Kind::Departments => Kind::Secretariats,
            other => other,
        };
        self.day()?.began(ceptoar, cell)
    }

    /// The first day on which the directory said nothing here any more, if it said something before.
    fn ended(self, ceptoar: &str, kind: Kind) -> Option<NaiveDate> {
        self.day()?.ended.get(&(ceptoar.to_owned(), kind)).copied()
    }
}

/// Compares two of them. What one says nothing of is no difference, unless the directory knows that it began later, or
/// came to its end before.
#[must_use]
pub fn differences(from: Side, to: Side, ministries: &Ministries) -> Comparison {
    let mut comparison = compare(from.edition(), to.edition(), ministries);
    comparison.differences.retain_mut(|d| {
        let (silent, telling, fact) = match (is_silent(&d.before), is_silent(&d.after)) {
            (true, false) => (from, to, &mut d.before),
            (false, true) => (to, from, &mut d.after),
            (true, true) => return false,
            (false, false) => return true,
        };
        let ended = silent.ended(&d.subject.id, d.kind);
        if ended.is_some_and(|ended| ended > telling.edition().as_of) {
            *fact = Fact::NotRegistered;
            return true;
        }
        let began = telling.began(&d.subject.id, d.kind);
        d.kind == Kind::Ministries || began.is_some_and(|began| began > silent.edition().as_of)
    });
    if let (Side::Day(from), Side::Day(to)) = (from, to) {
        let rules = rules(from, to);
        if !rules.is_empty() {
            comparison.not_comparable.retain(|kind| *kind != Kind::HandlingRule);
        }
        comparison.differences.extend(rules);
        comparison.differences.sort_by_key(|d| Kind::ALL.iter().position(|k| *k == d.kind));
    }
    comparison
}

fn is_silent(fact: &Fact) -> bool {
    match fact {
        Fact::NotStated => true,
        Fact::NotThere
        | Fact::NotInUnit
        | Fact::NotRegistered
        | Fact::Nothing
        | Fact::UnderStudy
        | Fact::Status(_)
        | Fact::Texts(_)
        | Fact::Number(_)
        | Fact::Month(_)
        | Fact::Channels(_) => false,
    }
}

/// Other editions of handling rules in force. Whoever may not know of them has none on either day.
fn rules(from: &DayMap, to: &DayMap) -> Vec<Difference> {
    let difference = |now: &Ceptoar| {
        let before = from.edition.ceptoar(&now.id)?;
        let said = |map: &DayMap| map.rules.get(&now.id).cloned();
        let (was, is) = (said(from), said(to));
        let fact = |rule: Option<super::facts::RuleInForce>| match rule {
            Some(rule) => Fact::Texts(vec![Bilingual { ja: rule.name(), en: rule.name() }]),
            None => Fact::NotRegistered,
        };
        let part = Bilingual { ja: "施行中の版".to_owned(), en: "Edition in force".to_owned() };
        (was != is).then(|| Difference {
            kind: Kind::HandlingRule,
            change: Change::Changed,
            subject: subject(now, Some(before)),
            part: Some(part),
            before: fact(was),
            after: fact(is),
        })
    };
    to.edition.ceptoars.iter().filter_map(difference).collect()
}
