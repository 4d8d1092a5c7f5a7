//! National holidays: when an office is closed, and the channels for nights and holidays are taken.

use chrono::NaiveDate;

use super::files::Holiday;

/// Every holiday with its name in Japanese and English, in the order of the file.
pub fn derive(holidays: &[Holiday]) -> Vec<(NaiveDate, [String; 2])> {
    let days = |h: &Holiday| h.days.iter().map(|day| (*day, [h.ja.clone(), h.en.clone()])).collect::<Vec<_>>();
    holidays.iter().flat_map(days).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::{Datelike, Days, Weekday};

    use super::*;
    use crate::features::directory::reference::files::Sources;

    fn known() -> BTreeMap<NaiveDate, String> {
        let files = Sources::embedded().parse().expect("the files");
        let days = derive(&files.holidays);
        let known: BTreeMap<_, _> = days.iter().map(|(day, [ja, _])| (*day, ja.clone())).collect();
        assert_eq!(known.len(), days.len(), "a day has one name");
        known
    }

    /// The `nth` weekday of a month.
    fn nth(year: i32, month: u32, weekday: Weekday, nth: u8) -> NaiveDate {
        NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth).expect("a day")
    }

    #[test]
    fn every_year_has_the_sixteen_holidays_of_the_law_on_their_days() {
        let known = known();
        let years = known.keys().next().expect("some").year()..=known.keys().last().expect("some").year();
        for year in years {
            let on = |month, day| NaiveDate::from_ymd_opt(year, month, day).expect("a day");
            let fixed = [
                (on(1, 1), "元日"),
                (nth(year, 1, Weekday::Mon, 2), "成人の日"),
                (on(2, 11), "建国記念の日"),
                (on(2, 23), "天皇誕生日"),
                (on(4, 29), "昭和の日"),
                (on(5, 3), "憲法記念日"),
                (on(5, 4), "みどりの日"),
                (on(5, 5), "こどもの日"),
                (nth(year, 7, Weekday::Mon, 3), "海の日"),
                (on(8, 11), "山の日"),
                (nth(year, 9, Weekday::Mon, 3), "敬老の日"),
                (nth(year, 10, Weekday::Mon, 2), "スポーツの日"),
                (on(11, 3), "文化の日"),
                (on(11, 23), "勤労感謝の日"),
            ];
            for (day, name) in fixed {
                assert_eq!(known.get(&day).map(String::as_str), Some(name), "{day}");
            }
            for (name, month, days) in [("春分の日", 3, 19..=21), ("秋分の日", 9, 22..=24)] {
                let found = days.filter(|day| known.get(&on(month, *day)).is_some_and(|known| known == name)).count();
                assert_eq!(found, 1, "{year} {name}");
            }
        }
    }

    /// Article 3, paragraphs 2 and 3 of the law.
    #[test]
    fn a_sunday_is_made_up_for_and_a_day_between_two_holidays_is_free() {
        let known = known();
        let by_law = |day: &NaiveDate| known.get(day).is_some_and(|n| n != "振替休日" && n != "国民の休日");
        let (first, last) = (known.keys().next().expect("some"), known.keys().last().expect("some"));
        for day in first.iter_days().take_while(|day| day <= last) {
            let mut before = day.pred_opt().expect("a day");
            let (yesterday, tomorrow) = (before, day + Days::new(1));
            while by_law(&before) && before.weekday() != Weekday::Sun {
                before = before.pred_opt().expect("a day");
            }
            let made_up_for = !by_law(&day) && by_law(&before) && before.weekday() == Weekday::Sun;
            let between = !by_law(&day) && !made_up_for && by_law(&yesterday) && by_law(&tomorrow);
            let is = |name: &str| known.get(&day).is_some_and(|known| known == name);
            assert_eq!(is("振替休日"), made_up_for, "{day}");
            assert_eq!(is("国民の休日"), between && day.weekday() != Weekday::Sun, "{day}");
        }
    }

    #[test]
    fn days_of_the_calendar_that_the_cabinet_office_published() {
        let known = known();
        let of = |year| known.keys().filter(|day| day.year() == year).map(|d| (d.month(), d.day())).collect::<Vec<_>>();
        let year_2026 = [
            (1, 1),
            (1, 12),
            (2, 11),
            (2, 23),
            (3, 20),
            (4, 29),
            (5, 3),
            (5, 4),
            (5, 5),
            (5, 6),
            (7, 20),
            (8, 11),
            (9, 21),
            (9, 22),
            (9, 23),
            (10, 12),
            (11, 3),
            (11, 23),
        ];
        assert_eq!(of(2026), year_2026);
    }
}
