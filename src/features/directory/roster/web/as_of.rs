//! 基準日: the day whose directory a page shows.

use chrono::{Datelike, NaiveDate};

use crate::kernel::language::Language;
use crate::kernel::period::long_date;
use crate::platform::web::form::{FieldErrors, FieldWords, TypedDate, day_boxes};

crate::words! {
    /// Words about the day.
    pub struct AsOfWords {
        bounds: "1990年1月1日から、今日の10年後までの日を入力してください。" / "Please enter a day between 1 January 1990 and ten years from now.",
        shown: "{day}時点の登録" / "As of {day}",
        choose: "別の日の登録を見る" / "Look at another day",
        on: "基準日" / "As of",
        on_help: "過去の日、または予定されている先の日を入力してください。" / "A day of the past, or one ahead.",
        show: "表示する" / "Show",
        another_day: "今日とは別の日の登録を表示しています。" / "This is not what is registered today.",
        present: "今日の登録を表示する" / "Show what is registered today",
    }
}

/// How far ahead one can look.
const YEARS_AHEAD: i32 = 10;

/// Whether a day is one that can be asked for; [`AsOfWords::bounds`] says which are.
#[must_use]
pub fn is_within(day: NaiveDate, today: NaiveDate) -> bool {
    (1990..=today.year() + YEARS_AHEAD).contains(&day.year())
}

/// The day that was asked for, and what was typed for it.
#[derive(Debug, Clone)]
pub struct AsOf {
    /// The day shown; today where none was asked for, or none that there is.
    pub day: NaiveDate,
    /// The present day.
    pub today: NaiveDate,
    /// What stands in the boxes for year, month and day.
    pub boxes: [String; 3],
    /// What is wrong with it.
    pub errors: FieldErrors,
    /// The words around the boxes.
    pub w: &'static AsOfWords,
}

/// What may follow the address of a page that shows any day.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct OnQuery {
    on_year: String,
    on_month: String,
    on_day: String,
}

impl OnQuery {
    /// The day asked for.
    #[must_use]
    pub fn read(&self, today: NaiveDate, language: Language) -> AsOf {
        AsOf::read([&self.on_year, &self.on_month, &self.on_day], today, language)
    }
}

impl AsOf {
    /// Reads what was typed into three boxes.
    #[must_use]
    pub fn read(typed: [&str; 3], today: NaiveDate, language: Language) -> Self {
        let w = AsOfWords::of(language);
        let mut errors = FieldErrors::default();
        let day = match TypedDate::read(typed) {
            TypedDate::Nothing => today,
            TypedDate::Day(day) if is_within(day, today) => day,
            TypedDate::Day(_) => {
                errors.add("on", w.bounds);
                today
            }
            TypedDate::Wrong => {
                errors.add("on", FieldWords::of(language).day);
                today
            }
        };
        let boxes = if errors.is_empty() { day_boxes(day) } else { typed.map(str::to_owned) };
        Self { day, today, boxes, errors, w }
    }

    /// Whether the page shows the present.
    #[must_use]
    pub fn is_today(&self) -> bool {
        self.day == self.today
    }

    /// 2027年4月1日(木)時点の登録.
    #[must_use]
    pub fn title(&self, language: Language) -> String {
        crate::kernel::language::fill(AsOfWords::of(language).shown, &[("day", &long_date(self.day, language))])
    }

    /// The same address on the same day.
    #[must_use]
    pub fn href(&self, path: &str) -> String {
        if self.is_today() { path.to_owned() } else { on(path, self.day) }
    }
}

/// An address as of a day.
#[must_use]
pub fn on(path: &str, day: NaiveDate) -> String {
    format!("{path}?on_year={}&on_month={}&on_day={}", day.year(), day.month(), day.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_read_in_full_width_and_bounded() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
        let read = |typed| AsOf::read(typed, today, Language::Ja);
        assert!(read(["", "", ""]).is_today());
        assert_eq!(read(["２０２７", "４", "1"]).day, NaiveDate::from_ymd_opt(2027, 4, 1).expect("a day"));
        for wrong in
            [["2027", "2", "30"], ["1989", "12", "31"], ["2037", "1", "1"], ["262142", "1", "1"], ["x", "", ""]]
        {
            let read = read(wrong);
            assert!(read.is_today() && !read.errors.is_empty(), "{wrong:?}");
            assert_eq!(read.boxes, wrong.map(str::to_owned));
        }
        assert_eq!(on("/directory", today), "/directory?on_year=2026&on_month=11&on_day=21");
    }
}
