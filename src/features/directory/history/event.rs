//! What changed, and when: facts that end and begin on one day.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::fact::{Fact, Lane};
use crate::kernel::period::Precision;

/// A change.
#[derive(Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Its day.
    pub day: NaiveDate,
    /// How exactly that is known.
    pub precision: Precision,
    /// What changed.
    pub lane: Lane,
    /// What was no longer so.
    pub ended: Vec<&'a Fact>,
    /// What was so from then on.
    pub begun: Vec<&'a Fact>,
}

/// What ended and what began.
type Ends<'a> = (Vec<&'a Fact>, Vec<&'a Fact>);

/// The changes that facts tell, the newest first. What has no known beginning is none.
#[must_use]
pub fn events(facts: &[Fact]) -> Vec<Event<'_>> {
    let mut found: BTreeMap<(Reverse<NaiveDate>, Lane), Ends<'_>> = BTreeMap::new();
    for fact in facts {
        if let Some(day) = fact.from {
            found.entry((Reverse(day), fact.lane)).or_default().1.push(fact);
        }
        if let Some(day) = fact.until {
            found.entry((Reverse(day), fact.lane)).or_default().0.push(fact);
        }
    }
    let events = found.into_iter().map(|((Reverse(day), lane), (ended, begun))| {
        let known = begun.first().or(ended.first()).map_or(Precision::Day, |fact| fact.precision);
        Event { day, precision: known, lane, ended, begun }
    });
    events.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn fact(lane: Lane, value: &str, from: Option<&str>, until: Option<&str>) -> Fact {
        let value = [value.to_owned(), value.to_owned()];
        Fact { lane, value, from: from.map(day), until: until.map(day), precision: Precision::Edition }
    }

    #[test]
    fn what_ends_and_begins_on_a_day_is_one_change() {
        let facts = [
            fact(Lane::Secretariat, "A", Some("2007-03-31"), Some("2011-03-31")),
            fact(Lane::Secretariat, "B", Some("2011-03-31"), None),
            fact(Lane::Secretariat, "C", Some("2011-03-31"), Some("2018-04-24")),
            fact(Lane::Name, "N", None, None),
        ];
        let told: Vec<_> = events(&facts).iter().map(|e| (e.day, e.ended.len(), e.begun.len())).collect();
        assert_eq!(told, [(day("2018-04-24"), 1, 0), (day("2011-03-31"), 1, 2), (day("2007-03-31"), 0, 1)]);
    }

    #[test]
    fn lanes_of_a_day_keep_their_order() {
        let facts =
            [fact(Lane::Members, "14社", Some("2011-03-31"), None), fact(Lane::Name, "N", Some("2011-03-31"), None)];
        let lanes: Vec<_> = events(&facts).iter().map(|e| e.lane).collect();
        assert_eq!(lanes, [Lane::Name, Lane::Members]);
    }
}
