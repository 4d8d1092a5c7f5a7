//! 記録日: the day at whose end the portal said what a page shows.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::features::directory::roster::said;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_date;
use crate::platform::web::form::{FieldErrors, FieldWords, TypedDate, day_boxes};

crate::words! {
    /// Words about the record.
    pub struct RecordWords {
        open: "過去の時点の記録で見る" / "Look at an earlier record",
        record: "記録日(いつの時点の記録で見るか)" / "Record date (as recorded when)",
        record_help: "その日の終わりに、このポータルが示していた内容を表示します。空欄のときは、今の記録で表示します。" / "Shows what this portal said at the end of that day. Left empty, it shows what is recorded now.",
        bounds: "記録日には、1990年1月1日から今日までの日を入力してください。" / "Please enter a day between 1 January 1990 and today as the record date.",
        old: "{day}の終わりの時点の記録を表示しています。" / "This is what was recorded at the end of {day}.",
        old_text: "その後の登録・訂正・取消しは含みません。登録の変更は、今の記録を表示してから行ってください。" / "Nothing registered, corrected or taken back since then is included. Go back to the present record to change something.",
        now: "今の記録で表示する" / "Show what is recorded now",
        nothing: "この時点の記録はありません。登録の前か、記録の保存を始める前です。" / "Nothing is on record for that time: it was not registered yet, or records were not kept yet.",
        not_yet: "記録なし" / "Not on record",
    }
}

/// The record that was asked for, and what was typed for it.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its words.
    pub w: &'static RecordWords,
    /// The day of an earlier record; none where the page shows what is recorded now.
    pub day: Option<NaiveDate>,
    /// What stands in the boxes for year, month and day.
    pub boxes: [String; 3],
    /// What is wrong with it.
    pub errors: FieldErrors,
    /// What is said above an earlier record.
    pub banner: String,
    /// Whether nothing is on record of what the page is about.
    pub nothing: bool,
}

impl Record {
    /// Reads what was typed into three boxes.
    #[must_use]
    pub fn read(typed: [&str; 3], today: NaiveDate, language: Language) -> Self {
        let w = RecordWords::of(language);
        let mut errors = FieldErrors::default();
        let day = match TypedDate::read(typed) {
            TypedDate::Nothing => None,
            TypedDate::Day(day) if day == today => None,
            TypedDate::Day(day) if day.year() >= 1990 && day < today => Some(day),
            TypedDate::Day(_) => {
                errors.add("rec", w.bounds);
                None
            }
            TypedDate::Wrong => {
                errors.add("rec", FieldWords::of(language).day);
                None
            }
        };
        let boxes = day.map_or_else(|| typed.map(str::to_owned), day_boxes);
        let banner = day.map(|day| fill(w.old, &[("day", &long_date(day, language))])).unwrap_or_default();
        Self { w, day, boxes, errors, banner, nothing: false }
    }

    /// Whether it is an earlier one.
    #[must_use]
    pub fn is_old(&self) -> bool {
        self.day.is_some()
    }

    /// Whether the form stands open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_old() || !self.errors.is_empty()
    }

    /// What was recorded before counts; `None` where everything does.
    #[must_use]
    pub fn until(&self) -> Option<DateTime<Utc>> {
        self.day.and_then(said::end_of)
    }
}

/// The same address by the same record.
#[must_use]
pub fn keep(record: Option<&Record>, href: String) -> String {
    let Some(day) = record.and_then(|record| record.day) else { return href };
    let joint = if href.contains('?') { '&' } else { '?' };
    format!("{href}{joint}rec_year={}&rec_month={}&rec_day={}", day.year(), day.month(), day.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_of_the_past() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
        let read = |typed| Record::read(typed, today, Language::Ja);
        assert_eq!(read(["2026", "11", "20"]).day, today.pred_opt());
        for now in [["", "", ""], ["2026", "11", "21"]] {
            assert!(read(now).day.is_none() && read(now).errors.is_empty() && !read(now).is_open(), "{now:?}");
        }
        for wrong in [["2026", "11", "22"], ["1989", "12", "31"], ["2026", "2", "30"], ["x", "", ""]] {
            let read = read(wrong);
            assert!(read.day.is_none() && !read.errors.is_empty() && read.is_open(), "{wrong:?}");
            assert_eq!(read.boxes, wrong.map(str::to_owned));
        }
        let record = read(["2026", "11", "20"]);
        assert_eq!(keep(Some(&record), "/a".into()), "/a?rec_year=2026&rec_month=11&rec_day=20");
        assert_eq!(keep(Some(&record), "/a?b=c".into()), "/a?b=c&rec_year=2026&rec_month=11&rec_day=20");
        assert_eq!(keep(None, "/a".into()), "/a");
    }
}
