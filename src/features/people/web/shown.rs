//! Duties and periods in words, for all pages.

use chrono::NaiveDate;

use crate::features::access::action::DutyAction;
use crate::features::access::people::DutyFacts;
use crate::features::access::{Viewer, can};
use crate::features::people::person::{Duty, DutyTime};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{long_date, short_time};
use crate::platform::web::form::Choice;

crate::words! {
    /// Words of duties.
    pub struct DutyWords {
        window: "窓口 {position}" / "window {position}",
        from: "{from}から" / "from {from}",
        until: "{until}まで" / "until {until}",
        open: "終了日の定めなし" / "no end set",
        granted: "{at} {by}が登録" / "given {at} by {by}",
        confirmed: "{by}が承認" / "confirmed by {by}",
        ended: "{at} {by}が終了を登録" / "end set {at} by {by}",
        first: "ポータルの運用者が登録" / "set up by those who run the portal",
    }
}

/// A duty as shown.
#[derive(Debug)]
pub struct DutyRow {
    /// The role.
    pub role: &'static str,
    /// Organisation, CEPTOAR and window.
    pub place: String,
    /// When: code and word.
    pub time: (&'static str, &'static str),
    /// From when until when.
    pub period: String,
    /// Who gave it, confirmed it, ended it.
    pub history: Vec<String>,
    /// Why it was given.
    pub reason: String,
    /// Why it ended.
    pub end_reason: String,
    /// Where it is ended; empty where the viewer does not.
    pub end_href: String,
    /// Where the firm is changed.
    pub move_href: String,
}

/// Whether the viewer may see the duty: the code asks for each, whatever the database answered.
#[must_use]
pub fn sees(viewer: &Viewer, duty: &Duty) -> bool {
    can(viewer, DutyAction::See, &DutyFacts::of(Some(duty.account_id), duty.hat.clone()))
}

/// A duty in words.
#[must_use]
pub fn duty_row(duty: &Duty, today: NaiveDate, language: Language) -> DutyRow {
    let w = DutyWords::of(language);
    let mut history = Vec::new();
    let at = |at: Option<_>| at.map(short_time).unwrap_or_default();
    match &duty.granted_by {
        Some(by) => history.push(fill(w.granted, &[("at", &at(duty.granted_at)), ("by", by)])),
        None => history.push(w.first.to_owned()),
    }
    if let Some(by) = &duty.confirmed_by {
        history.push(fill(w.confirmed, &[("by", by)]));
    }
    if let Some(by) = &duty.ended_by {
        history.push(fill(w.ended, &[("at", &at(duty.ended_at)), ("by", by)]));
    }
    let time = duty.time(today);
    DutyRow {
        role: duty.hat.role.label(language),
        place: place(&duty.organisation, duty.ceptoar.as_ref(), duty.window.as_ref(), language),
        time: (time.code(), time.label(language)),
        period: match time {
            DutyTime::Never => String::new(),
            DutyTime::Present | DutyTime::Coming | DutyTime::Past => period(duty.begins_on, duty.ends_on, language),
        },
        history,
        reason: duty.reason.clone(),
        end_reason: duty.end_reason.clone(),
        end_href: String::new(),
        move_href: String::new(),
    }
}

/// Organisation, CEPTOAR and window in one line.
#[must_use]
pub fn place(
    organisation: &[String; 2],
    ceptoar: Option<&[String; 2]>,
    window: Option<&(String, i16)>,
    language: Language,
) -> String {
    let name = |[ja, en]: &[String; 2]| language.pick(ja, en).clone();
    let mut parts = vec![name(organisation)];
    parts.extend(ceptoar.map(name));
    if let Some((_, position)) = window {
        parts.push(fill(DutyWords::of(language).window, &[("position", &position.to_string())]));
    }
    parts.join(language.pick("・", ", "))
}

/// A period in words.
#[must_use]
pub fn period(from: Option<NaiveDate>, until: Option<NaiveDate>, language: Language) -> String {
    let w = DutyWords::of(language);
    let mut parts = Vec::new();
    parts.extend(from.map(|day| fill(w.from, &[("from", &long_date(day, language))])));
    match until {
        Some(day) => parts.push(fill(w.until, &[("until", &long_date(day, language))])),
        None => parts.push(language.pick("(", " (").to_owned() + w.open + ")"),
    }
    parts.join(language.pick("", " ")).trim().to_owned()
}

/// Choices of values with labels.
#[must_use]
pub fn choices<'a>(values: impl IntoIterator<Item = (&'a str, String)>, chosen: &str) -> Vec<Choice> {
    let choice = |(value, label): (&str, String)| Choice {
        value: value.to_owned(),
        label,
        explanation: String::new(),
        chosen: value == chosen,
    };
    values.into_iter().map(choice).collect()
}
