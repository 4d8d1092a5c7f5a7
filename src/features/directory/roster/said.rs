//! 記録日: what the portal said of a day at the end of another day. What holds comes from the rows that were there then;
//! those that have been changed or taken back since are in `directory_versions`.

pub mod store;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::kernel::clock::in_japan;

/// The first instant after a day in Japan: what was recorded before it, the portal said at the end of that day.
#[must_use]
pub fn end_of(day: NaiveDate) -> Option<DateTime<Utc>> {
    in_japan(day.succ_opt()?, NaiveTime::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_in_japan() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
        assert_eq!(end_of(day).expect("an end").to_rfc3339(), "2026-11-21T15:00:00+00:00");
    }
}
