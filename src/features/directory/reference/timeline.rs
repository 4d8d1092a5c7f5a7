//! From "the editions of these days showed this" to "this held from then until then".

use chrono::NaiveDate;

use crate::kernel::period::Precision;

/// A first day, and how exactly it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    /// The day, or the first day of the month.
    pub day: NaiveDate,
    /// How exactly it is known.
    pub precision: Precision,
}

/// A value and the days on which it held; `until` is the first day on which it no longer did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period<V> {
    /// First day.
    pub since: Since,
    /// First day after; open while nothing else is known.
    pub until: Option<NaiveDate>,
    /// What held.
    pub value: V,
}

/// Turns sightings, oldest first, into periods. A value holds until another is seen; `None` is
/// "seen to be gone". Fails with the day on which two different values were seen at once.
pub fn periods<V: PartialEq>(
    sightings: impl IntoIterator<Item = (Since, Option<V>)>,
) -> Result<Vec<Period<V>>, NaiveDate> {
    let mut states: Vec<(Since, Option<V>)> = Vec::new();
    for (since, value) in sightings {
        match states.last() {
            Some((_, last)) if *last == value => {}
            Some((earlier, _)) if earlier.day >= since.day => return Err(since.day),
            Some(_) | None => states.push((since, value)),
        }
    }
    let ends: Vec<_> = states.iter().skip(1).map(|(since, _)| Some(since.day)).chain([None]).collect();
    let periods = states.into_iter().zip(ends);
    Ok(periods.filter_map(|((since, value), until)| value.map(|value| Period { since, until, value })).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edition(year: i32) -> Since {
        Since { day: NaiveDate::from_ymd_opt(year, 3, 31).expect("a day"), precision: Precision::Edition }
    }

    #[test]
    fn a_value_holds_until_another_is_seen() {
        let seen = [(edition(2007), Some("a")), (edition(2011), Some("a")), (edition(2018), Some("b"))];
        let found = periods(seen).expect("no conflict");
        let days: Vec<_> = found.iter().map(|p| (p.value, p.since, p.until)).collect();
        assert_eq!(days, [("a", edition(2007), Some(edition(2018).day)), ("b", edition(2018), None)]);
    }

    #[test]
    fn what_is_gone_leaves_a_gap() {
        let seen = [(edition(2007), Some(1)), (edition(2011), None), (edition(2018), Some(1))];
        let found = periods(seen).expect("no conflict");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].until, Some(edition(2011).day));
    }

    #[test]
    fn two_values_on_one_day_are_a_conflict() {
        assert_eq!(periods([(edition(2007), Some(1)), (edition(2007), Some(2))]), Err(edition(2007).day));
    }
}
