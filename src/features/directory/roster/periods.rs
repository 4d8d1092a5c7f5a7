//! Periods that follow each other, and one of them corrected.

use chrono::NaiveDate;

use super::sheet::{Dated, Period};

/// Why it cannot be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Nothing of the kind holds on that day.
    NotOnThatDay,
    /// The last day is before the first.
    Reversed,
    /// The first day is missing.
    NoBeginning,
    /// It goes on: that it ends is a change.
    GoesOn,
    /// There is nothing before it that could have gone on.
    NothingBefore,
    /// The period before is in the way.
    Before(String, Period),
    /// The period after is in the way.
    After(String, Period),
    /// There would be days of the membership without a name.
    NoName,
    /// A window would be open on days on which the firm is none of the CEPTOAR's.
    Outside(String, Period),
    /// From today on there would be a day without a window.
    NoWindow(NaiveDate),
}

/// Facts with one of them another one, or gone. Where a neighbour touches it, the day between them is one day: it moves
/// for both. Nothing is swallowed.
///
/// # Errors
/// What stands in the way.
pub fn replaced<T: Clone>(
    facts: &[Dated<T>],
    day: NaiveDate,
    to: Option<(T, Period)>,
    label: impl Fn(&T) -> String,
) -> Result<Vec<Dated<T>>, Obstacle> {
    let mut all = facts.to_vec();
    let place = all.iter().position(|fact| fact.valid.holds_on(day)).ok_or(Obstacle::NotOnThatDay)?;
    let (before, rest) = all.split_at_mut(place);
    let Some((fact, after)) = rest.split_first_mut() else { return Err(Obstacle::NotOnThatDay) };
    let previous = before.last_mut();
    let Some((value, valid)) = to else {
        let previous = previous.filter(|known| known.valid.until == fact.valid.from);
        previous.ok_or(Obstacle::NothingBefore)?.valid.until = fact.valid.until;
        all.remove(place);
        return Ok(all);
    };
    if valid.from.is_none() && fact.valid.from.is_some() {
        return Err(Obstacle::NoBeginning);
    }
    if valid.from.zip(valid.until).is_some_and(|(from, until)| from >= until) {
        return Err(Obstacle::Reversed);
    }
    if let Some(known) = previous {
        let in_the_way = Obstacle::Before(label(&known.value), known.valid);
        let from = valid.from.ok_or_else(|| in_the_way.clone())?;
        let touches = known.valid.until == fact.valid.from;
        let swallowed = known.valid.from.is_some_and(|first| first >= from);
        if swallowed || !touches && known.valid.until.is_none_or(|until| until > from) {
            return Err(in_the_way);
        }
        if touches {
            known.valid.until = Some(from);
        }
    }
    if let Some(known) = after.first_mut() {
        let in_the_way = Obstacle::After(label(&known.value), known.valid);
        let until = valid.until.ok_or_else(|| in_the_way.clone())?;
        let touches = known.valid.from == fact.valid.until;
        let swallowed = known.valid.until.is_some_and(|last| last <= until);
        if swallowed || !touches && known.valid.from.is_none_or(|from| from < until) {
            return Err(in_the_way);
        }
        if touches {
            known.valid.from = Some(until);
        }
    } else if fact.valid.until.is_none() && valid.until.is_some() {
        return Err(Obstacle::GoesOn);
    }
    fact.value = value;
    fact.valid = valid;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn period(from: Option<&str>, until: Option<&str>) -> Period {
        Period { from: from.map(day), until: until.map(day) }
    }

    fn known(n: u128, from: Option<&str>, until: Option<&str>) -> Dated<&'static str> {
        Dated { fact_id: Uuid::from_u128(n), valid: period(from, until), value: "was" }
    }

    /// Two that touch, and one after a gap.
    fn three() -> [Dated<&'static str>; 3] {
        [
            known(1, None, Some("2020-04-01")),
            known(2, Some("2020-04-01"), Some("2022-04-01")),
            known(3, Some("2024-04-01"), None),
        ]
    }

    fn put(on: &str, to: Option<Period>) -> Result<Vec<Period>, Obstacle> {
        let facts = replaced(&three(), day(on), to.map(|valid| ("is", valid)), |value| (*value).to_owned())?;
        Ok(facts.iter().map(|fact| fact.valid).collect())
    }

    #[test]
    fn the_day_between_two_that_touch_moves_for_both_and_a_gap_stays_a_gap() {
        let found = put("2021-01-01", Some(period(Some("2019-10-01"), Some("2023-01-01")))).expect("a correction");
        let expected = [
            period(None, Some("2019-10-01")),
            period(Some("2019-10-01"), Some("2023-01-01")),
            period(Some("2024-04-01"), None),
        ];
        assert_eq!(found, expected);
        let gone = put("2021-01-01", None).expect("a correction");
        assert_eq!(gone, [period(None, Some("2022-04-01")), period(Some("2024-04-01"), None)]);
    }

    #[test]
    fn nothing_is_swallowed_and_what_stands_in_the_way_is_named() {
        let second = |from, until| put("2021-01-01", Some(period(from, until)));
        let after = Obstacle::After("was".into(), period(Some("2024-04-01"), None));
        assert_eq!(second(Some("2020-04-01"), Some("2024-04-02")), Err(after.clone()));
        assert_eq!(second(Some("2020-04-01"), None), Err(after));
        assert_eq!(second(None, Some("2022-04-01")), Err(Obstacle::NoBeginning));
        assert_eq!(second(Some("2022-04-01"), Some("2022-04-01")), Err(Obstacle::Reversed));
        let third = |from, until| put("2025-01-01", Some(period(from, until)));
        assert_eq!(
            third(Some("2022-03-31"), None),
            Err(Obstacle::Before("was".into(), period(Some("2020-04-01"), Some("2022-04-01"))))
        );
        assert_eq!(third(Some("2024-04-01"), Some("2026-04-01")), Err(Obstacle::GoesOn));
        assert_eq!(put("2025-01-01", None), Err(Obstacle::NothingBefore));
        assert_eq!(put("2023-01-01", None), Err(Obstacle::NotOnThatDay));
    }
}
