//! When a desk is reminded of its sheet: five days and one day before it is due, and three days after.

use chrono::{NaiveDate, TimeDelta};

use crate::kernel::language::{Label, Language};

/// Why a desk gets a letter about its sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The follow-up was opened.
    Opened,
    /// Five days before.
    Before5,
    /// The day before.
    Before1,
    /// Three days late.
    After3,
    /// Somebody at the centre pressed the button.
    ByHand,
}

impl Occasion {
    /// All.
    pub const ALL: [Self; 5] = [Self::Opened, Self::Before5, Self::Before1, Self::After3, Self::ByHand];

    /// Reminders that come by themselves, the latest first, with their distance from the due day.
    const BY_THEMSELVES: [(Self, i64); 3] = [(Self::After3, 3), (Self::Before1, -1), (Self::Before5, -5)];

    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Before5 => "before_5",
            Self::Before1 => "before_1",
            Self::After3 => "after_3",
            Self::ByHand => "by_hand",
        }
    }

    /// The occasion of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|occasion| occasion.code() == code)
    }

    /// The reminder whose day has come and that is not sent yet, with its day. After a day on which the portal did
    /// not run only the latest one comes: two at once would say two different things.
    #[must_use]
    pub fn due(due_on: NaiveDate, today: NaiveDate, sent: &[Self]) -> Option<(Self, NaiveDate)> {
        let come = Self::BY_THEMSELVES.into_iter().map(|(occasion, days)| (occasion, due_on + TimeDelta::days(days)));
        come.into_iter().find(|(_, day)| *day <= today).filter(|(occasion, _)| !sent.contains(occasion))
    }
}

impl Label for Occasion {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Opened => language.pick("開始のお知らせ", "Told of the opening"),
            Self::Before5 => language.pick("期限5日前の督促", "Reminded 5 days before"),
            Self::Before1 => language.pick("期限前日の督促", "Reminded on the day before"),
            Self::After3 => language.pick("期限3日後の督促", "Reminded 3 days after"),
            Self::ByHand => language.pick("担当者による督促", "Reminded by hand"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn on(today: &str, sent: &[Occasion]) -> Option<Occasion> {
        Occasion::due(day("2027-01-29"), day(today), sent).map(|(occasion, _)| occasion)
    }

    #[test]
    fn reminders_come_five_days_and_one_day_before_and_three_after() {
        assert_eq!(on("2027-01-23", &[]), None);
        assert_eq!(on("2027-01-24", &[]), Some(Occasion::Before5));
        assert_eq!(on("2027-01-27", &[]), Some(Occasion::Before5), "the portal may have stood still on the day");
        assert_eq!(on("2027-01-28", &[Occasion::Before5]), Some(Occasion::Before1));
        assert_eq!(on("2027-01-31", &[Occasion::Before5, Occasion::Before1]), None);
        assert_eq!(on("2027-02-01", &[Occasion::Before5, Occasion::Before1]), Some(Occasion::After3));
    }

    #[test]
    fn each_comes_once_and_never_two_at_a_time() {
        assert_eq!(on("2027-01-24", &[Occasion::Before5]), None);
        assert_eq!(on("2027-02-05", &[]), Some(Occasion::After3), "not the earlier ones as well");
        assert_eq!(on("2027-02-05", &[Occasion::After3]), None);
        assert_eq!(on("2027-01-24", &[Occasion::ByHand, Occasion::Opened]), Some(Occasion::Before5));
    }

    #[test]
    fn the_day_is_that_of_the_occasion() {
        let due = Occasion::due(day("2027-01-29"), day("2027-02-09"), &[]);
        assert_eq!(due, Some((Occasion::After3, day("2027-02-01"))));
        assert!(Occasion::ALL.into_iter().all(|o| Occasion::from_code(o.code()) == Some(o)));
    }
}
