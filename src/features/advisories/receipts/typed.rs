//! What somebody typed about a receipt, and what is wrong with it.

use chrono::{DateTime, TimeZone, Timelike, Utc};

use super::code::{Code, NoCode};
use super::receipt::{Channel, NewReceipt};
use crate::kernel::clock::jst;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::short_time;
use crate::kernel::text;
use crate::platform::web::form::{FieldErrors, TypedDate, day_boxes, typed_time};

/// Longer names and duties are refused.
pub const LONGEST_NAME: usize = 100;
/// Longer remarks and reasons are refused.
pub const LONGEST_REMARK: usize = 200;

crate::words! {
    /// Messages at fields.
    pub struct TypedWords {
        choose: "受けた手段を選んでください。" / "Please choose the way it came.",
        day: "受けた日を、年・月・日の数字で入力してください。" / "Please give the day as year, month and day.",
        time: "受けた時刻を、0時00分から23時59分の間で入力してください。" / "Please give a time between 0:00 and 23:59.",
        ahead: "これからの時刻は記録できません。受けた日時を直してください(現在 {now})。" / "This is still to come. Please correct the time (it is {now}).",
        before: "発出({published})より前の日時は記録できません。受けた日時を直してください。" / "This is before the publication ({published}). Please correct the time.",
        code_form: "受領コードは、数字8桁で入力してください(例 1234-5678)。" / "The code has eight digits, such as 1234-5678.",
        code_slip: "受領コードの数字に誤りがあります。相手に、もう一度読み上げてもらってください。" / "There is a wrong digit in the code. Please have it read out again.",
        code_limit: "受領コードの誤りが続いたため、15分ほど受領コードを使えません。構成員が分かっていれば、受領コードを空欄にして記録できます。" / "There were too many wrong codes. Codes cannot be used for about a quarter of an hour. If you know the member, leave the field empty.",
        code_other: "この受領コードは、この情報提供のこの組織のものではありません。相手の組織と番号を確かめてください。コードが分からないときは、空欄のまま記録できます。" / "This code is not this member's for this advisory. Please check who is calling and the number. Without a code, leave the field empty.",
    }
}

/// The form as it was typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct EntryForm {
    /// By which way.
    pub channel: String,
    /// Who said so.
    pub answered_by: String,
    /// When: the year.
    pub on_year: String,
    /// The month.
    pub on_month: String,
    /// The day.
    pub on_day: String,
    /// The hour.
    pub on_hour: String,
    /// The minute.
    pub on_minute: String,
    /// The code of the sheet.
    pub receipt_code: String,
    /// What else there is to know.
    pub remark: String,
    /// Where to go afterwards.
    pub from: String,
    /// Pressed on the page of confirmation.
    pub confirmed: String,
    /// Pressed to go back to the form.
    pub again: String,
}

/// What a receipt is held against.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// When the item was published.
    pub published_at: DateTime<Utc>,
    /// The present.
    pub now: DateTime<Utc>,
    /// The member's code.
    pub code: Code,
}

impl EntryForm {
    /// The form as it is opened: it was just now.
    #[must_use]
    pub fn just_now(now: DateTime<Utc>) -> Self {
        let here = now.with_timezone(&jst());
        let [on_year, on_month, on_day] = day_boxes(here.date_naive());
        Self {
            on_year,
            on_month,
            on_day,
            on_hour: here.hour().to_string(),
            on_minute: format!("{:02}", here.minute()),
            ..Self::default()
        }
    }

    /// What the page of confirmation carries on.
    #[must_use]
    pub fn hidden(&self) -> Vec<(&'static str, String)> {
        [
            ("channel", &self.channel),
            ("answered_by", &self.answered_by),
            ("on_year", &self.on_year),
            ("on_month", &self.on_month),
            ("on_day", &self.on_day),
            ("on_hour", &self.on_hour),
            ("on_minute", &self.on_minute),
            ("receipt_code", &self.receipt_code),
            ("remark", &self.remark),
            ("from", &self.from),
        ]
        .map(|(name, value)| (name, value.clone()))
        .to_vec()
    }

    /// The receipt that was meant.
    ///
    /// # Errors
    /// What is wrong at which field.
    pub fn read(&self, bounds: Bounds, language: Language) -> Result<NewReceipt, FieldErrors> {
        let w = TypedWords::of(language);
        let mut errors = FieldErrors::default();
        let channel = Channel::from_code(&self.channel);
        if channel.is_none() {
            errors.add("channel", w.choose);
        }
        let answered_by = errors.take("answered_by", text::filled_line(&self.answered_by, LONGEST_NAME), language);
        let happened_at = self.happened_at(bounds, language, &mut errors);
        let with_code = self.code(bounds.code, language, &mut errors);
        let remark = errors.take("remark", text::line(&self.remark, LONGEST_REMARK), language);
        match (channel, happened_at) {
            (Some(channel), Some(happened_at)) if errors.is_empty() => {
                Ok(NewReceipt { channel, with_code, answered_by, remark, happened_at })
            }
            (_, _) => Err(errors),
        }
    }

    fn happened_at(&self, bounds: Bounds, language: Language, errors: &mut FieldErrors) -> Option<DateTime<Utc>> {
        let w = TypedWords::of(language);
        let TypedDate::Day(day) = TypedDate::read([&self.on_year, &self.on_month, &self.on_day]) else {
            errors.add("on", w.day);
            return None;
        };
        let time = typed_time([&self.on_hour, &self.on_minute]);
        let Some(at) = time.and_then(|time| jst().from_local_datetime(&day.and_time(time)).single()) else {
            errors.add("on", w.time);
            return None;
        };
        let at = at.to_utc();
        // What is typed knows no seconds.
        if at > bounds.now {
            errors.add("on", fill(w.ahead, &[("now", &short_time(bounds.now))]));
        } else if at < to_the_minute(bounds.published_at) {
            errors.add("on", fill(w.before, &[("published", &short_time(bounds.published_at))]));
        }
        Some(at)
    }

    fn code(&self, own: Code, language: Language, errors: &mut FieldErrors) -> bool {
        if self.receipt_code.trim().is_empty() {
            return false;
        }
        match Code::parse(&self.receipt_code) {
            Ok(code) if code == own => return true,
            Ok(_) => errors.add("receipt_code", TypedWords::of(language).code_other),
            Err(problem) => errors.add("receipt_code", no_code(problem, language)),
        }
        false
    }
}

/// What is wrong with something that is no code, and what to do.
#[must_use]
pub fn no_code(problem: NoCode, language: Language) -> &'static str {
    let w = TypedWords::of(language);
    match problem {
        NoCode::Form => w.code_form,
        NoCode::Slip => w.code_slip,
    }
}

fn to_the_minute(at: DateTime<Utc>) -> DateTime<Utc> {
    at.with_second(0).and_then(|at| at.with_nanosecond(0)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::{AdvisoryId, OrganisationId};
    use crate::platform::security::secret_key::SecretKey;

    fn bounds() -> Bounds {
        let key = SecretKey::parse(&SecretKey::generate().unwrap()).unwrap();
        Bounds {
            published_at: "2026-11-21T12:25:30Z".parse().unwrap(),
            now: "2026-11-21T13:30:20Z".parse().unwrap(),
            code: Code::of(&key, AdvisoryId::random(), "water", OrganisationId::random()),
        }
    }

    fn form(bounds: Bounds) -> EntryForm {
        EntryForm { channel: "phone".into(), answered_by: "当直".into(), ..EntryForm::just_now(bounds.now) }
    }

    #[test]
    fn a_form_that_is_opened_says_now_and_is_right() {
        let bounds = bounds();
        let told = form(bounds).read(bounds, Language::Ja).unwrap();
        assert_eq!(told.happened_at, "2026-11-21T13:30:00Z".parse::<DateTime<Utc>>().unwrap());
        assert!(!told.with_code);
        let with_code = EntryForm { receipt_code: bounds.code.spoken(), ..form(bounds) };
        assert!(with_code.read(bounds, Language::Ja).unwrap().with_code);
    }

    #[test]
    fn the_minute_of_the_publication_counts_and_nothing_before_or_ahead() {
        let bounds = bounds();
        let at = |hour: &str, minute: &str| {
            let form = EntryForm { on_hour: hour.into(), on_minute: minute.into(), ..form(bounds) };
            form.read(bounds, Language::Ja).err().map(|errors| errors.at("on").to_owned())
        };
        assert_eq!(at("21", "25"), None, "published at 21:25:30");
        assert_eq!(at("２２", "３０"), None);
        assert!(at("21", "24").unwrap().contains("発出"));
        assert!(at("22", "31").unwrap().contains("これから"));
        for (hour, minute) in [("24", "00"), ("", ""), ("x", "1"), ("-1", "0")] {
            assert!(at(hour, minute).unwrap().contains("時刻"), "{hour}:{minute}");
        }
    }
}
