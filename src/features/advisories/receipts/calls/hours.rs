//! Which numbers hold at this hour.

use chrono::{DateTime, Datelike, Timelike, Utc, Weekday};

use crate::features::directory::roster::sheet::Hours;
use crate::kernel::clock::jst;

/// Whether offices are closed, as the outbox judges it for mails: weekends, and before 9 or from 18 o'clock.
#[must_use]
pub fn is_off_hours(at: DateTime<Utc>) -> bool {
    let here = at.with_timezone(&jst());
    matches!(here.weekday(), Weekday::Sat | Weekday::Sun)
        || !((9..18).contains(&here.hour()) || (here.hour(), here.minute(), here.second()) == (18, 0, 0))
}

/// Whether somebody is there.
#[must_use]
pub fn holds(hours: Hours, off_hours: bool) -> bool {
    match hours {
        Hours::Always => true,
        Hours::Business => !off_hours,
        Hours::OffHours => off_hours,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nights_and_weekends_are_off_hours() {
        let off = |text: &str| is_off_hours(text.parse().unwrap());
        assert!(off("2026-11-21T21:10:00+09:00"), "a Saturday night");
        assert!(off("2026-11-22T12:00:00+09:00"), "a Sunday noon");
        assert!(!off("2026-11-24T09:00:00+09:00"));
        assert!(off("2026-11-24T08:59:59+09:00"));
        assert!(!off("2026-11-24T18:00:00+09:00") && off("2026-11-24T18:00:01+09:00"));
        assert!(holds(Hours::Always, true) && holds(Hours::Business, false) && !holds(Hours::OffHours, false));
    }
}
