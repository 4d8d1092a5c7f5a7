//! When an approved item leaves: at once, after a while in which it can be stopped, or at a time.

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use serde::Deserialize;

use crate::kernel::clock::{in_japan, jst};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_time;
use crate::platform::web::form::{FieldErrors, FieldWords, TypedDate, day_boxes, typed_time};

/// For how many minutes an item can be kept.
pub const MINUTES: [u16; 3] = [10, 30, 60];
/// How many days ahead an item can be approved.
const DAYS_AHEAD: i64 = 31;

crate::words! {
    /// Words of the choice.
    pub struct WhenWords {
        now: "今すぐ発出する" / "Publish now",
        after: "{n}分後に発出する(それまで止められます)" / "Publish in {n} minutes (it can be stopped until then)",
        at: "日時を決めて発出する(それまで止められます)" / "Publish at a time (it can be stopped until then)",
        in_minutes: "承認の{n}分後" / "{n} minutes after the approval",
        choose: "いつ発出するかを選択してください。" / "Please choose when it is to be published.",
        time: "時刻を、0時0分から23時59分までの数字で入力してください。" / "Please enter a time between 0:00 and 23:59.",
        past: "発出の日時は、今より後を入力してください。" / "Please give a time that is still to come.",
        far: "発出の日時は、31日以内を入力してください。" / "Please give a time within 31 days.",
    }
}

/// When an approved item leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At once.
    Now,
    /// So many minutes after the approval.
    After(u16),
    /// At an instant.
    At(DateTime<Utc>),
}

impl When {
    /// The value that the approver's form carries.
    #[must_use]
    pub fn code(self) -> String {
        match self {
            Self::Now => "now".to_owned(),
            Self::After(minutes) => minutes.to_string(),
            Self::At(at) => at.format("%FT%TZ").to_string(),
        }
    }

    /// The choice of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        if code == "now" {
            return Some(Self::Now);
        }
        if let Some(minutes) = code.parse().ok().filter(|minutes| MINUTES.contains(minutes)) {
            return Some(Self::After(minutes));
        }
        DateTime::parse_from_rfc3339(code).ok().map(|at| Self::At(at.to_utc()))
    }

    /// The instant, for somebody who approves now.
    #[must_use]
    pub fn instant(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Now => now,
            Self::After(minutes) => now + TimeDelta::minutes(minutes.into()),
            Self::At(at) => at,
        }
    }

    /// In words; empty for at once.
    #[must_use]
    pub fn in_words(self, language: Language) -> String {
        match self {
            Self::Now => String::new(),
            Self::After(minutes) => fill(WhenWords::of(language).in_minutes, &[("n", &minutes.to_string())]),
            Self::At(at) => long_time(at, language),
        }
    }

    /// What is wrong with it now; empty where nothing is.
    #[must_use]
    pub fn problem(self, now: DateTime<Utc>, language: Language) -> &'static str {
        let w = WhenWords::of(language);
        match self {
            Self::At(at) if at <= now => w.past,
            Self::At(at) if at > now + TimeDelta::days(DAYS_AHEAD) => w.far,
            Self::Now | Self::After(_) | Self::At(_) => "",
        }
    }
}

/// The choice as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct WhenForm {
    /// `now`, minutes, or `at`.
    pub release: String,
    /// The year.
    pub release_at_year: String,
    /// The month.
    pub release_at_month: String,
    /// The day.
    pub release_at_day: String,
    /// The hour.
    pub release_at_hour: String,
    /// The minute.
    pub release_at_minute: String,
}

impl WhenForm {
    /// The form that means a choice.
    #[must_use]
    pub fn of(when: When) -> Self {
        match when {
            When::Now => Self::default(),
            When::After(_) => Self { release: when.code(), ..Self::default() },
            When::At(at) => {
                let here = at.with_timezone(&jst());
                let [year, month, day] = day_boxes(here.date_naive());
                let (hour, minute) = (here.hour().to_string(), here.minute().to_string());
                Self {
                    release: "at".to_owned(),
                    release_at_year: year,
                    release_at_month: month,
                    release_at_day: day,
                    release_at_hour: hour,
                    release_at_minute: minute,
                }
            }
        }
    }

    /// Names and values, as an address carries them.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, &str); 6] {
        [
            ("release", &self.release),
            ("release_at_year", &self.release_at_year),
            ("release_at_month", &self.release_at_month),
            ("release_at_day", &self.release_at_day),
            ("release_at_hour", &self.release_at_hour),
            ("release_at_minute", &self.release_at_minute),
        ]
    }

    /// Reads it; nothing typed means at once.
    ///
    /// # Errors
    /// Messages at the fields.
    pub fn parse(&self, now: DateTime<Utc>, language: Language) -> Result<When, FieldErrors> {
        let w = WhenWords::of(language);
        let mut errors = FieldErrors::default();
        let when = match self.release.as_str() {
            "" => Some(When::Now),
            "at" => self.instant(language, &mut errors).map(When::At),
            code => {
                let chosen = When::from_code(code).filter(|when| !matches!(when, When::At(_)));
                if chosen.is_none() {
                    errors.add("release", w.choose);
                }
                chosen
            }
        };
        if let Some(problem) = when.map(|when| when.problem(now, language)).filter(|problem| !problem.is_empty()) {
            errors.add("release_at", problem);
        }
        when.filter(|_| errors.is_empty()).ok_or(errors)
    }

    fn instant(&self, language: Language, errors: &mut FieldErrors) -> Option<DateTime<Utc>> {
        let day = match TypedDate::read([&self.release_at_year, &self.release_at_month, &self.release_at_day]) {
            TypedDate::Day(day) => day,
            TypedDate::Nothing | TypedDate::Wrong => {
                errors.add("release_at", FieldWords::of(language).day);
                return None;
            }
        };
        let time = typed_time([&self.release_at_hour, &self.release_at_minute]);
        let at = time.and_then(|time| in_japan(day, time));
        if at.is_none() {
            errors.add("release_at", WhenWords::of(language).time);
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-21T12:10:00Z";

    fn typed(release: &str, parts: [&str; 5]) -> WhenForm {
        let [year, month, day, hour, minute] = parts.map(str::to_owned);
        WhenForm {
            release: release.to_owned(),
            release_at_year: year,
            release_at_month: month,
            release_at_day: day,
            release_at_hour: hour,
            release_at_minute: minute,
        }
    }

    #[test]
    fn codes_round_trip() {
        let at = When::At("2026-11-24T00:30:00Z".parse().unwrap());
        for when in [When::Now, When::After(10), When::After(60), at] {
            assert_eq!(When::from_code(&when.code()), Some(when));
        }
        for wrong in ["", "11", "-10", "at", "2026-11-24", "2026-11-24T00:30"] {
            assert_eq!(When::from_code(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_time_is_japans_and_still_to_come() {
        let now = NOW.parse().unwrap();
        let read = |release, parts| typed(release, parts).parse(now, Language::Ja);
        assert_eq!(read("", [""; 5]), Ok(When::Now));
        assert_eq!(read("30", [""; 5]), Ok(When::After(30)));
        let tuesday = When::At("2026-11-24T00:30:00Z".parse().unwrap());
        assert_eq!(read("at", ["２０２６", "11", "24", "9", "30"]), Ok(tuesday));
        for (wrong, field) in [
            (typed("15", [""; 5]), "release"),
            (typed("2026-11-24T00:30:00Z", [""; 5]), "release"),
            (typed("at", [""; 5]), "release_at"),
            (typed("at", ["2026", "2", "30", "9", "30"]), "release_at"),
            (typed("at", ["2026", "11", "24", "24", "0"]), "release_at"),
            (typed("at", ["2026", "11", "21", "21", "10"]), "release_at"),
            (typed("at", ["2027", "1", "1", "9", "0"]), "release_at"),
        ] {
            let errors = wrong.parse(now, Language::Ja).unwrap_err();
            assert!(!errors.at(field).is_empty(), "{wrong:?}");
        }
    }
}
