//! When silent windows are asked again by themselves: three days before the due day, and on the day after.

use chrono::{NaiveDate, TimeDelta};

/// For how many days a reminder that was missed is made up for: later it would only surprise.
const MADE_UP: i64 = 7;

/// Why a window is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Three days before.
    Before3,
    /// The day after.
    After1,
}

impl Occasion {
    /// Both, the latest first.
    pub const ALL: [Self; 2] = [Self::After1, Self::Before3];

    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Before3 => "before_3",
            Self::After1 => "after_1",
        }
    }

    /// The occasion of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|occasion| occasion.code() == code)
    }

    fn day(self, due_on: NaiveDate) -> NaiveDate {
        due_on
            + TimeDelta::days(match self {
                Self::Before3 => -3,
                Self::After1 => 1,
            })
    }

    /// The reminder whose day has come and that was not sent, with its day. Where the portal stood still only the
    /// latest one comes, and none after a week; a round that is opened shortly before its due day is not followed by one
    /// at once.
    #[must_use]
    pub fn due(opened_on: NaiveDate, due_on: NaiveDate, today: NaiveDate, sent: &[Self]) -> Option<(Self, NaiveDate)> {
        let come = Self::ALL.into_iter().map(|occasion| (occasion, occasion.day(due_on)));
        let latest = come.into_iter().find(|(_, day)| *day <= today && *day > opened_on);
        latest.filter(|(occasion, day)| !sent.contains(occasion) && (today - *day).num_days() <= MADE_UP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn on(today: &str, sent: &[Occasion]) -> Option<Occasion> {
        Occasion::due(day("2027-04-01"), day("2027-04-15"), day(today), sent).map(|(occasion, _)| occasion)
    }

    #[test]
    fn reminders_come_three_days_before_and_on_the_day_after_each_once() {
        assert_eq!(on("2027-04-11", &[]), None);
        assert_eq!(on("2027-04-12", &[]), Some(Occasion::Before3));
        assert_eq!(on("2027-04-15", &[]), Some(Occasion::Before3), "made up for");
        assert_eq!(on("2027-04-12", &[Occasion::Before3]), None);
        assert_eq!(on("2027-04-16", &[Occasion::Before3]), Some(Occasion::After1));
        assert_eq!(on("2027-04-20", &[]), Some(Occasion::After1), "and not both");
        assert_eq!(on("2027-04-20", &[Occasion::After1]), None);
        assert_eq!(
            Occasion::due(day("2027-04-01"), day("2027-04-15"), day("2027-04-23"), &[]),
            Some((Occasion::After1, day("2027-04-16")))
        );
        assert_eq!(on("2027-04-24", &[]), None, "a round that everybody has forgotten");
    }

    #[test]
    fn a_short_round_is_not_followed_by_a_reminder_at_once() {
        let due = |today| Occasion::due(day("2027-04-13"), day("2027-04-15"), day(today), &[]);
        assert_eq!(due("2027-04-13"), None);
        assert_eq!(due("2027-04-15"), None);
        assert_eq!(due("2027-04-16").map(|(occasion, _)| occasion), Some(Occasion::After1));
        assert!(Occasion::ALL.into_iter().all(|o| Occasion::from_code(o.code()) == Some(o)));
    }
}
