//! A walk along the road: what would become of an item that was published at some hour, before there is one.

use chrono::{DateTime, NaiveDate, Timelike, Utc};
use serde::Deserialize;

use crate::features::directory::roster::web::as_of::{AsOfWords, is_within};
use crate::features::sharing::verdict::Verdict;
use crate::kernel::clock::{in_japan, japan_day, jst};
use crate::kernel::language::Language;
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};
use crate::kernel::stage::Stage;
use crate::platform::web::form::{FieldErrors, FieldWords, TypedDate, day_boxes, typed_time};

crate::words! {
    /// What can be wrong with the form.
    pub struct WalkErrors {
        time: "時刻を、0時0分から23時59分までの数字で入力してください。" / "Please enter a time between 0:00 and 23:59.",
        level: "情報共有レベルを選択してください。" / "Please choose a level.",
        scope: "取扱者の範囲を選択してください。" / "Please choose who may handle it.",
    }
}

/// What can be walked: RED goes to persons by name, so it has no road.
pub const LEVELS: [SharingLevel; 4] =
    [SharingLevel::AmberStrict, SharingLevel::Amber, SharingLevel::Green, SharingLevel::Clear];
/// To whom it can go.
pub const SCOPES: [HandlerScope; 2] = [HandlerScope::Handlers, HandlerScope::Organisation];

/// An item of which only this is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walk {
    /// When it is published.
    pub at: DateTime<Utc>,
    /// Its level.
    pub level: SharingLevel,
    /// Who may handle it.
    pub scope: HandlerScope,
    /// Whether it is an early warning.
    pub urgent: bool,
}

impl Walk {
    /// The kind of item, as the sharing rules know it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        if self.urgent { "early_warning" } else { "alert" }
    }

    /// The day in Japan on which it is published.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        japan_day(self.at)
    }
}

/// What was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct WalkForm {
    /// The year.
    pub on_year: String,
    /// The month.
    pub on_month: String,
    /// The day.
    pub on_day: String,
    /// The hour.
    pub on_hour: String,
    /// The minute.
    pub on_minute: String,
    /// The level.
    pub level: String,
    /// Who may handle it.
    pub scope: String,
    /// `true` for an early warning.
    pub urgent: String,
}

impl WalkForm {
    /// The form as it is first shown: an ordinary item of this minute.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        let here = now.with_timezone(&jst());
        let [on_year, on_month, on_day] = day_boxes(japan_day(now));
        Self {
            on_year,
            on_month,
            on_day,
            on_hour: here.hour().to_string(),
            on_minute: here.minute().to_string(),
            level: SharingLevel::Green.code().to_owned(),
            scope: HandlerScope::Organisation.code().to_owned(),
            urgent: String::new(),
        }
    }

    /// Whether nothing was asked for yet.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        [&self.on_year, &self.on_month, &self.on_day, &self.on_hour, &self.on_minute, &self.level, &self.scope]
            .into_iter()
            .all(String::is_empty)
    }

    /// Reads it.
    ///
    /// # Errors
    /// Messages at the fields.
    pub fn parse(&self, today: NaiveDate, language: Language) -> Result<Walk, FieldErrors> {
        let w = WalkErrors::of(language);
        let mut errors = FieldErrors::default();
        let at = self.instant(today, language, &mut errors);
        let level = SharingLevel::from_code(&self.level).filter(|level| LEVELS.contains(level));
        let scope = HandlerScope::from_code(&self.scope).filter(|scope| SCOPES.contains(scope));
        if level.is_none() {
            errors.add("level", w.level);
        }
        if scope.is_none() {
            errors.add("scope", w.scope);
        }
        match (at, level, scope) {
            (Some(at), Some(level), Some(scope)) => Ok(Walk { at, level, scope, urgent: self.urgent == "true" }),
            (_, _, _) => Err(errors),
        }
    }

    fn instant(&self, today: NaiveDate, language: Language, errors: &mut FieldErrors) -> Option<DateTime<Utc>> {
        let w = WalkErrors::of(language);
        let day = match TypedDate::read([&self.on_year, &self.on_month, &self.on_day]) {
            TypedDate::Day(day) if is_within(day, today) => day,
            TypedDate::Day(_) => {
                errors.add("on", AsOfWords::of(language).bounds);
                return None;
            }
            TypedDate::Nothing | TypedDate::Wrong => {
                errors.add("on", FieldWords::of(language).day);
                return None;
            }
        };
        let at = typed_time([&self.on_hour, &self.on_minute]).and_then(|time| in_japan(day, time));
        if at.is_none() {
            errors.add("on", w.time);
        }
        at
    }
}

/// How many windows at a hop get one verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The hop.
    pub stage: Stage,
    /// What the rules say.
    pub verdict: Verdict,
    /// How many windows (bodies, where they keep none).
    pub windows: i64,
    /// Of how many bodies.
    pub bodies: i64,
    /// How many minutes the desk has to decide before; none where it goes on at once.
    pub minutes: Option<i16>,
}

/// A body that the item would not reach by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// At which hop.
    pub stage: Stage,
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// Why.
    pub verdicts: Vec<Verdict>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use proptest::prelude::*;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 21, 12, 10, 0).single().expect("a time")
    }

    fn fields(change: impl FnOnce(&mut WalkForm)) -> Vec<&'static str> {
        let mut form = WalkForm::at(now());
        change(&mut form);
        let errors = form.parse(japan_day(now()), Language::Ja).err().unwrap_or_default();
        errors.lines().into_iter().map(|line| line.field).collect()
    }

    #[test]
    fn the_form_as_shown_is_an_item_of_this_minute() {
        let walk = WalkForm::at(now()).parse(japan_day(now()), Language::Ja).expect("a walk");
        assert_eq!((walk.at, walk.level, walk.urgent), (now(), SharingLevel::Green, false));
        assert_eq!(walk.kind(), "alert");
        assert!(WalkForm::default().is_untouched() && !WalkForm::at(now()).is_untouched());
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        assert_eq!(fields(|form| form.on_hour = "２１".into()), [""; 0]);
        assert_eq!(fields(|form| form.on_hour = "24".into()), ["on"]);
        assert_eq!(fields(|form| form.on_day = "31".into()), ["on"], "no such day in November");
        assert_eq!(fields(|form| form.on_year = "1989".into()), ["on"]);
        assert_eq!(fields(|form| form.level = "RED".into()), ["level"], "RED has no road");
        assert_eq!(fields(|form| form.scope = "named".into()), ["scope"]);
    }

    proptest! {
        #[test]
        fn nothing_typed_makes_it_panic(part in "\\PC{0,40}", place in 0usize..8) {
            let mut form = WalkForm::at(now());
            let fields = [&mut form.on_year, &mut form.on_month, &mut form.on_day, &mut form.on_hour,
                          &mut form.on_minute, &mut form.level, &mut form.scope, &mut form.urgent];
            *fields.into_iter().nth(place).expect("a field") = part;
            let _ = form.parse(japan_day(now()), Language::En);
        }
    }
}
