//! Time as an argument. The only place that asks the system for it.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};

/// The source of "now": the system's clock, or one that tests set.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's clock.
    System,
    /// A clock that stands still until it is moved.
    Fixed(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// A clock that shows `at` until [`Clock::advance`] moves it.
    #[must_use]
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self::Fixed(Arc::new(Mutex::new(at)))
    }

    /// The present instant, in UTC.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one caller of the system's clock")]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Fixed(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a fixed clock; the system's clock cannot be moved.
    pub fn advance(&self, by: TimeDelta) {
        if let Self::Fixed(at) = self {
            *at.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }
}

/// Japan Standard Time: UTC+9 the whole year.
#[must_use]
pub fn jst() -> FixedOffset {
    FixedOffset::east_opt(9 * 3600).unwrap_or_else(|| unreachable!("nine hours are a valid offset"))
}

/// Whether it is day in Japan, from 8 to 20 o'clock: what is not urgent is sent then, and wakes nobody.
#[must_use]
pub fn is_daytime(at: DateTime<Utc>) -> bool {
    (8..20).contains(&at.with_timezone(&jst()).hour())
}

/// The calendar day in Japan at `at`.
#[must_use]
pub fn japan_day(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&jst()).date_naive()
}

/// The instant of a day and a time in Japan; none at the very ends of the calendar.
#[must_use]
pub fn in_japan(day: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
    Some(day.and_time(time).checked_sub_offset(jst())?.and_utc())
}

/// The Japanese fiscal year (年度: 1 April to 31 March) that `day` belongs to.
#[must_use]
pub fn fiscal_year(day: NaiveDate) -> i32 {
    if day.month() >= 4 { day.year() } else { day.year() - 1 }
}

/// The first instant after a day, in Japan.
#[must_use]
pub fn day_ends(day: NaiveDate) -> DateTime<Utc> {
    (day.succ_opt().unwrap_or(day).and_time(NaiveTime::MIN) - jst()).and_utc()
}

/// The first instant of the fiscal year of a day, in Japan.
#[must_use]
pub fn fiscal_year_began(day: NaiveDate) -> DateTime<Utc> {
    let first = NaiveDate::from_ymd_opt(fiscal_year(day), 4, 1).unwrap_or(day);
    (first.and_time(NaiveTime::MIN) - jst()).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fiscal_year_turns_on_the_first_of_april() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).expect("a date");
        assert_eq!(fiscal_year(day(2011, 3, 31)), 2010);
        assert_eq!(fiscal_year(day(2011, 4, 1)), 2011);
        assert_eq!(fiscal_year_began(day(2011, 3, 31)).to_rfc3339(), "2010-03-31T15:00:00+00:00");
    }

    #[test]
    fn nobody_is_woken_in_the_night_in_japan() {
        let at = |text: &str| is_daytime(text.parse().expect("an instant"));
        assert!(at("2026-11-20T23:00:00Z") && at("2026-11-21T10:59:59Z"), "from eight to eight");
        assert!(!at("2026-11-20T22:59:59Z") && !at("2026-11-21T11:00:00Z") && !at("2026-11-21T15:00:00Z"));
    }

    #[test]
    fn the_day_in_japan_starts_nine_hours_before_utc() {
        let at = "2026-11-20T15:00:00Z".parse().expect("an instant");
        assert_eq!(japan_day(at).to_string(), "2026-11-21");
    }
}
