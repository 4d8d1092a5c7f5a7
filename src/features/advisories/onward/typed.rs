//! What somebody typed about passing on, and what is wrong with it.

use super::report::{Count, MOST, NewReport};
use crate::kernel::language::Language;
use crate::kernel::text::{self, half_width};
use crate::platform::web::form::FieldErrors;

/// Longer names and duties are refused.
const LONGEST_NAME: usize = 100;
/// Longer remarks are refused.
const LONGEST_REMARK: usize = 200;

crate::words! {
    /// Messages at fields.
    pub struct TypedWords {
        told: "伝えた数を、0以上の数字で入力してください。" / "Please give how many were told, in digits.",
        behind: "伝える先の数を、1以上1,000,000以下の数字で入力してください。" / "Please give how many there are in all, from 1 to 1,000,000.",
        more: "伝えた数が、伝える先の数より多くなっています。どちらかを直してください。" / "More were told than there are. Please correct one of the numbers.",
    }
}

/// The form as it was typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct ReportForm {
    /// Businesses told.
    pub told: String,
    /// Businesses behind the hub.
    pub behind: String,
    /// Who told the desk.
    pub answered_by: String,
    /// What else there is to know.
    pub remark: String,
}

impl ReportForm {
    /// The report that was meant. Of a desk it says who told it; a hub tells for itself.
    ///
    /// # Errors
    /// What is wrong, field by field.
    pub fn read(&self, own: bool, language: Language) -> Result<NewReport, FieldErrors> {
        let w = TypedWords::of(language);
        let mut errors = FieldErrors::default();
        let told = number(&self.told).filter(|told| *told >= 0);
        let behind = number(&self.behind).filter(|behind| (1..=MOST).contains(behind));
        if told.is_none() {
            errors.add("told", w.told);
        }
        if behind.is_none() {
            errors.add("behind", w.behind);
        }
        let count = told.zip(behind).map(|(told, behind)| Count { told, behind });
        if count.is_some_and(|count| count.told > count.behind) {
            errors.add("told", w.more);
        }
        let answered_by = match own {
            true => String::new(),
            false => errors.take("answered_by", text::filled_line(&self.answered_by, LONGEST_NAME), language),
        };
        let remark = errors.take("remark", text::line(&self.remark, LONGEST_REMARK), language);
        match count.filter(|_| errors.is_empty()) {
            Some(count) => Ok(NewReport { count, answered_by, remark }),
            None => Err(errors),
        }
    }
}

/// 1,350 and １３５０ are the same number.
fn number(typed: &str) -> Option<i32> {
    half_width(typed).replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(told: &str, behind: &str) -> ReportForm {
        ReportForm { told: told.into(), behind: behind.into(), ..ReportForm::default() }
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (told, behind) in [("212", "220"), ("２１２", "２２０"), (" 212 ", "220"), ("0", "1"), ("1,350", "1,350")]
        {
            let report = form(told, behind).read(true, Language::Ja);
            assert!(report.is_ok(), "{told} {behind}: {report:?}");
        }
        let whole = form("１，３５０", "1350").read(true, Language::Ja).unwrap();
        assert_eq!(whole.count, Count { told: 1350, behind: 1350 });
    }

    #[test]
    fn what_cannot_be_is_said_at_its_field() {
        let at = |told, behind| {
            let errors = form(told, behind).read(true, Language::Ja).unwrap_err();
            [errors.at("told"), errors.at("behind")].map(|message| !message.is_empty())
        };
        assert_eq!(at("221", "220"), [true, false]);
        assert_eq!(at("", "220"), [true, false]);
        assert_eq!(at("-1", "220"), [true, false]);
        assert_eq!(at("1", "0"), [false, true]);
        assert_eq!(at("1", "1000001"), [false, true]);
        assert_eq!(at("x", "99999999999999999999"), [true, true]);
    }

    #[test]
    fn a_desk_says_who_told_it_and_a_hub_does_not() {
        let errors = form("1", "2").read(false, Language::Ja).unwrap_err();
        assert!(!errors.at("answered_by").is_empty());
        let told = ReportForm { answered_by: "当直 佐藤".into(), ..form("1", "2") };
        assert_eq!(told.read(false, Language::Ja).unwrap().answered_by, "当直 佐藤");
        assert_eq!(told.read(true, Language::Ja).unwrap().answered_by, "");
    }
}
