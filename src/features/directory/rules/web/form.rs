//! The form of a new edition.

use chrono::{Months, NaiveDate};

use crate::features::directory::rules::rule::NewEdition;
use crate::kernel::language::Language;
use crate::kernel::text;
use crate::platform::web::form::{FieldErrors, TypedDate};

const LONGEST_TITLE: usize = 200;
const LONGEST_EDITION: usize = 50;
const LONGEST_SUMMARY: usize = 2000;
const LONGEST_PLACE: usize = 300;
/// Nothing is planned further ahead.
const MONTHS_AHEAD: Months = Months::new(36);

crate::words! {
    /// What is said about wrong dates.
    pub struct FormWords {
        day_wrong: "正しい年月日を入力してください。" / "Please enter a proper date.",
        too_far: "3年より先の日付は登録できません。" / "At most three years ahead.",
        before_adopted: "施行日は、制定・改定の日以後にしてください。" / "It cannot be in force before it was adopted.",
        overtaken: "入力している間に、別の版が登録または取消しされました。いまの版を確かめて、よければもう一度登録してください。" / "Another edition was registered or taken back while you were typing. Look at what is registered now; if your entries are still right, press the button again.",
        too_early: "施行日は、いま登録されている版の施行日より後にしてください。" / "It has to begin after the edition that is registered now.",
    }
}

/// What is typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct EditionForm {
    /// What the document is called.
    pub title: String,
    /// Which edition of it.
    pub edition: String,
    /// When it was adopted: year.
    pub adopted_year: String,
    /// … month.
    pub adopted_month: String,
    /// … day.
    pub adopted_day: String,
    /// From when it is in force: year.
    pub from_year: String,
    /// … month.
    pub from_month: String,
    /// … day.
    pub from_day: String,
    /// What it says, or what changed.
    pub summary: String,
    /// Where the document is.
    pub kept_at: String,
    /// The newest edition that was registered when the form was opened.
    pub newest: String,
}

impl EditionForm {
    /// The edition, or what is wrong; `after` is when the newest one begins.
    pub fn read(
        &self,
        after: Option<NaiveDate>,
        today: NaiveDate,
        language: Language,
    ) -> Result<NewEdition, FieldErrors> {
        let w = FormWords::of(language);
        let mut errors = FieldErrors::default();
        let title = errors.take("title", text::filled_line(&self.title, LONGEST_TITLE), language);
        let edition = errors.take("edition", text::filled_line(&self.edition, LONGEST_EDITION), language);
        let adopted_on = day(&mut errors, "adopted", [&self.adopted_year, &self.adopted_month, &self.adopted_day], w);
        let from = day(&mut errors, "from", [&self.from_year, &self.from_month, &self.from_day], w);
        let summary = errors.take("summary", text::paragraph(&self.summary, LONGEST_SUMMARY), language);
        let kept_at = errors.take("kept_at", text::line(&self.kept_at, LONGEST_PLACE), language);
        if let (Some(adopted), Some(from)) = (adopted_on, from) {
            if from < adopted {
                errors.add("from", w.before_adopted);
            } else if after.is_some_and(|after| from <= after) {
                errors.add("from", w.too_early);
            } else if today.checked_add_months(MONTHS_AHEAD).is_some_and(|latest| from > latest) {
                errors.add("from", w.too_far);
            }
        }
        match (adopted_on, from) {
            (Some(adopted_on), Some(from)) if errors.is_empty() => {
                Ok(NewEdition { title, edition, adopted_on, from, summary, kept_at })
            }
            _ => Err(errors),
        }
    }
}

fn day(errors: &mut FieldErrors, field: &'static str, typed: [&str; 3], w: &FormWords) -> Option<NaiveDate> {
    match TypedDate::read(typed) {
        // Before 2000 there was no CEPTOAR, and no rule of one.
        TypedDate::Day(day) if NaiveDate::from_ymd_opt(2000, 1, 1).is_some_and(|first| day >= first) => Some(day),
        TypedDate::Day(_) | TypedDate::Nothing | TypedDate::Wrong => {
            errors.add(field, w.day_wrong);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(adopted: [&str; 3], from: [&str; 3]) -> EditionForm {
        let [adopted_year, adopted_month, adopted_day] = adopted.map(str::to_owned);
        let [from_year, from_month, from_day] = from.map(str::to_owned);
        EditionForm {
            title: "情報の取扱いに関する規程".into(),
            edition: "第2版".into(),
            adopted_year,
            adopted_month,
            adopted_day,
            from_year,
            from_month,
            from_day,
            ..EditionForm::default()
        }
    }

    #[test]
    fn an_edition_follows_the_one_before_and_its_own_adoption() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let read = |form: EditionForm, after| form.read(after, day("2026-11-21"), Language::Ja);
        let at = |form, after| read(form, after).unwrap_err().at("from").to_owned();
        let good = typed(["２０２６", "１１", "１"], ["2026", "12", "1"]);
        assert_eq!(read(good.clone(), None).unwrap().from, day("2026-12-01"));
        assert!(read(good.clone(), Some(day("2026-11-30"))).is_ok());
        assert!(at(good, Some(day("2026-12-01"))).contains("より後"));
        assert!(at(typed(["2026", "11", "2"], ["2026", "11", "1"]), None).contains("以後"));
        assert!(at(typed(["2026", "11", "2"], ["2029", "11", "22"]), None).contains("3年"));
        assert!(at(typed(["2026", "11", "2"], ["2026", "2", "30"]), None).contains("年月日"));
        assert!(at(typed(["2026", "11", "2"], ["", "", ""]), None).contains("年月日"));
    }
}
