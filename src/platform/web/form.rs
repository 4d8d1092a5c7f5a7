//! Forms: all-text values that survive, and messages that sit at their fields.

use chrono::{Datelike, NaiveDate, NaiveTime};

use crate::kernel::language::{Label, Language, fill};
use crate::kernel::text::{TextProblem, half_width};

crate::words! {
    /// Messages at fields.
    pub struct FieldWords {
        empty: "入力してください。" / "Please fill this in.",
        too_long: "{limit}文字以内で入力してください(現在{found}文字)。" / "At most {limit} characters, please (now {found}).",
        control: "使えない文字(制御文字)が含まれています。消して入力し直してください。" / "There is a control character in it. Please remove it and type it again.",
        day: "暦にある年月日を、数字で入力してください(例 2026 年 4 月 30 日)。" / "Please enter a day that exists, in digits (for example 2026, 4, 30).",
        direction: "文字の並びを変える特殊な文字が含まれています。消して入力し直してください。" / "There is a character that changes the direction of writing. Please remove it and type it again.",
    }
}

/// One option of a select, a radio group or a group of check boxes (templates/macros/form.html).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// What it means, below it; may be empty.
    pub explanation: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The options of a closed set, each called by its label, without explanations. `chosen`: the code of the one that is chosen.
#[must_use]
pub fn choices<T: Label + Copy>(
    all: &[T],
    code: fn(T) -> &'static str,
    chosen: &str,
    language: Language,
) -> Vec<Choice> {
    let choice = |value: &T| Choice {
        value: code(*value).to_owned(),
        label: value.label(language).to_owned(),
        explanation: String::new(),
        chosen: code(*value) == chosen,
    };
    all.iter().map(choice).collect()
}

/// A day as its three boxes show it: year, month and day.
#[must_use]
pub fn day_boxes(day: NaiveDate) -> [String; 3] {
    [day.year().to_string(), day.month().to_string(), day.day().to_string()]
}

/// One line of the error summary on top of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorLine {
    /// The field it leads to.
    pub field: &'static str,
    /// The message.
    pub message: String,
}

/// Messages at fields, in the order in which the form was read: the summary lists them as the page does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(&'static str, String)>);

impl FieldErrors {
    /// Whether all fields are right.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts a message at a field; the first one stays.
    pub fn add(&mut self, field: &'static str, message: impl Into<String>) {
        if self.at(field).is_empty() {
            self.0.push((field, message.into()));
        }
    }

    /// The message at a field; empty where it is right.
    #[must_use]
    pub fn at(&self, field: &str) -> &str {
        self.iter().find(|(known, _)| *known == field).map_or("", |(_, message)| message)
    }

    /// Field and message of each error, for the summary on top.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(field, message)| (*field, message.as_str()))
    }

    /// The lines of the error summary.
    #[must_use]
    pub fn lines(&self) -> Vec<ErrorLine> {
        self.iter().map(|(field, message)| ErrorLine { field, message: message.to_owned() }).collect()
    }

    /// The parsed value, or an empty one with the message at its field.
    pub fn take(&mut self, field: &'static str, parsed: Result<String, TextProblem>, language: Language) -> String {
        parsed.unwrap_or_else(|problem| {
            self.add(field, text_problem(problem, language));
            String::new()
        })
    }
}

/// A date typed into three boxes: year, month, day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypedDate {
    /// All boxes are empty.
    Nothing,
    /// A day.
    Day(NaiveDate),
    /// Something that is no day.
    Wrong,
}

impl TypedDate {
    /// Reads the boxes; full-width digits are digits.
    #[must_use]
    pub fn read(parts: [&str; 3]) -> Self {
        let parts = parts.map(half_width);
        if parts.iter().all(String::is_empty) {
            return Self::Nothing;
        }
        let [year, month, day] = &parts;
        match (year.parse(), month.parse(), day.parse()) {
            (Ok(year), Ok(month), Ok(day)) => NaiveDate::from_ymd_opt(year, month, day).map_or(Self::Wrong, Self::Day),
            (_, _, _) => Self::Wrong,
        }
    }
}

/// A time of day typed into two boxes, hour and minute; full-width digits are digits.
#[must_use]
pub fn typed_time(parts: [&str; 2]) -> Option<NaiveTime> {
    let [hour, minute] = parts.map(|part| half_width(part).trim().parse().ok());
    NaiveTime::from_hms_opt(hour?, minute?, 0)
}

/// The first value of a field in a form as it came; empty where it was not sent.
#[must_use]
pub fn value_of<'a>(typed: &'a [(String, String)], field: &str) -> &'a str {
    typed.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value)
}

/// The message for a text that cannot be taken.
#[must_use]
pub fn text_problem(problem: TextProblem, language: Language) -> String {
    let w = FieldWords::of(language);
    match problem {
        TextProblem::Empty => w.empty.to_owned(),
        TextProblem::TooLong { limit, found } => {
            fill(w.too_long, &[("limit", &limit.to_string()), ("found", &found.to_string())])
        }
        TextProblem::ControlCharacter => w.control.to_owned(),
        TextProblem::DirectionMark => w.direction.to_owned(),
    }
}
