//! What somebody typed about measures, and what is wrong with it.

use chrono::NaiveDate;

use super::measure::{Measure, NewReport, Said};
use crate::kernel::language::Language;
use crate::kernel::text;
use crate::platform::web::form::{FieldErrors, FieldWords, TypedDate};

/// Longer names and duties are refused.
const LONGEST_NAME: usize = 100;
/// Longer remarks are refused.
const LONGEST_REMARK: usize = 200;

crate::words! {
    /// Messages at fields.
    pub struct TypedWords {
        choose: "対応の状況を選択してください。" / "Please choose how far you are.",
        planned: "対応の予定日を、今日以降の日付で入力してください。" / "Please give the day for which it is planned, from today on.",
        not_planned: "予定日は、「対応予定」のときだけ入力できます。ほかの状況のときは消してください。" / "A day goes with “Planned” only. Please clear it.",
    }
}

/// The form as it was typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct ReportForm {
    /// How far.
    pub measure: String,
    /// The year of the plan.
    pub planned_year: String,
    /// The month.
    pub planned_month: String,
    /// The day.
    pub planned_day: String,
    /// Who told the desk.
    pub answered_by: String,
    /// What else there is to know.
    pub remark: String,
}

impl ReportForm {
    /// The report that was meant. Of a desk it says who told it; a member tells for itself.
    ///
    /// # Errors
    /// What is wrong, field by field.
    pub fn read(&self, own: bool, today: NaiveDate, language: Language) -> Result<NewReport, FieldErrors> {
        let w = TypedWords::of(language);
        let mut errors = FieldErrors::default();
        let measure = Measure::from_code(&self.measure);
        if measure.is_none() {
            errors.add("measure", w.choose);
        }
        let planned = TypedDate::read([&self.planned_year, &self.planned_month, &self.planned_day]);
        let planned_on = match (measure == Some(Measure::Planned), planned) {
            (true, TypedDate::Day(day)) if day >= today => Some(day),
            (true, TypedDate::Day(_) | TypedDate::Nothing) => {
                errors.add("planned", w.planned);
                None
            }
            (false, TypedDate::Day(_)) => {
                errors.add("planned", w.not_planned);
                None
            }
            (_, TypedDate::Wrong) => {
                errors.add("planned", FieldWords::of(language).day);
                None
            }
            (false, TypedDate::Nothing) => None,
        };
        let answered_by = match own {
            true => String::new(),
            false => errors.take("answered_by", text::filled_line(&self.answered_by, LONGEST_NAME), language),
        };
        let remark = errors.take("remark", text::line(&self.remark, LONGEST_REMARK), language);
        match measure.filter(|_| errors.is_empty()) {
            Some(measure) => Ok(NewReport { said: Said { measure, planned_on }, answered_by, remark }),
            None => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(measure: &str, day: [&str; 3]) -> ReportForm {
        let [year, month, day] = day.map(str::to_owned);
        let (planned_year, planned_month, planned_day) = (year, month, day);
        ReportForm { measure: measure.into(), planned_year, planned_month, planned_day, ..ReportForm::default() }
    }

    #[test]
    fn a_plan_has_a_day_and_nothing_else_has() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let read = |measure, day| form(measure, day).read(true, today, Language::Ja);
        for (measure, day) in [("done", [""; 3]), ("planned", ["２０２６", "11", "21"]), ("not_concerned", [""; 3])]
        {
            assert!(read(measure, day).is_ok(), "{measure}");
        }
        for (measure, day, field) in [
            ("", [""; 3], "measure"),
            ("x", [""; 3], "measure"),
            ("planned", [""; 3], "planned"),
            ("planned", ["2026", "11", "20"], "planned"),
            ("planned", ["2026", "2", "30"], "planned"),
            ("done", ["2026", "12", "1"], "planned"),
            ("done", ["x", "", ""], "planned"),
        ] {
            assert!(!read(measure, day).unwrap_err().at(field).is_empty(), "{measure} {day:?}");
        }
        assert!(!form("done", [""; 3]).read(false, today, Language::En).unwrap_err().at("answered_by").is_empty());
    }
}
