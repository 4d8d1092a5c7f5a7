//! Fields of the forms as data, so that one template shows them all.

use std::collections::HashMap;

use crate::kernel::language::{Label, Language, fill};
use crate::platform::web::form::Choice;

use crate::features::directory::roster::sheet::{ChannelKind, Hours};
use crate::features::directory::roster::spelling::MOST_WAYS;

/// How many ways to reach a window the form has room for.
pub const WAYS: usize = MOST_WAYS;

/// How many it shows at least; two more than are filled in.
const FEWEST: usize = 4;

/// The names of the fields of each way.
pub const KIND: [&str; WAYS] = ["kind_1", "kind_2", "kind_3", "kind_4", "kind_5", "kind_6"];
/// The names of the addresses and numbers.
pub const VALUE: [&str; WAYS] = ["value_1", "value_2", "value_3", "value_4", "value_5", "value_6"];
/// The names of the hours.
pub const HOURS: [&str; WAYS] = ["hours_1", "hours_2", "hours_3", "hours_4", "hours_5", "hours_6"];

/// What was typed, as it was typed; what no form has is refused before.
#[derive(Debug, Clone, Default)]
pub struct Typed(pub HashMap<String, String>);

impl Typed {
    /// What stands in a field.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Puts something into a field.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// A date in three boxes.
    #[must_use]
    pub fn date(&self, name: &str) -> [&str; 3] {
        ["year", "month", "day"].map(|part| self.0.get(&format!("{name}_{part}")).map_or("", String::as_str))
    }

    /// Puts a day into three boxes.
    pub fn set_date(&mut self, name: &str, day: chrono::NaiveDate) {
        use chrono::Datelike;
        self.set(&format!("{name}_year"), day.year().to_string());
        self.set(&format!("{name}_month"), day.month().to_string());
        self.set(&format!("{name}_day"), day.day().to_string());
    }
}

/// What a field looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// One line.
    Line,
    /// A short line for a number.
    Number,
    /// One of several, in a list.
    Select,
    /// One of several, all in sight.
    Radios,
    /// A box to tick.
    Check,
    /// A day.
    Day,
    /// The ways to reach a window.
    Ways,
}

/// A field.
#[derive(Debug, Clone)]
pub struct Field {
    /// What it looks like.
    pub control: Control,
    /// Its name.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// What to know about it.
    pub help: String,
    /// Whether it has to be filled in.
    pub required: bool,
    /// What stands in it.
    pub value: String,
    /// Year, month and day of a day.
    pub day: [String; 3],
    /// What there is to choose from.
    pub options: Vec<Choice>,
    /// The rows of the ways.
    pub ways: Vec<Way>,
}

/// A row of the ways.
#[derive(Debug, Clone)]
pub struct Way {
    /// Which row, counted from 1.
    pub number: usize,
    /// Which row, in words.
    pub row: String,
    /// What is in it.
    pub kinds: Vec<Choice>,
    /// The name of its value.
    pub value_name: &'static str,
    /// The address or number.
    pub value: String,
    /// When somebody is there.
    pub hours: Vec<Choice>,
}

impl Field {
    /// A field with what was typed.
    #[must_use]
    pub fn new(control: Control, name: &'static str, label: &'static str, typed: &Typed) -> Self {
        Self {
            control,
            name,
            label,
            help: String::new(),
            required: true,
            value: typed.get(name).to_owned(),
            day: typed.date(name).map(str::to_owned),
            options: Vec::new(),
            ways: Vec::new(),
        }
    }

    /// What to know about it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }

    /// It may stay empty.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    /// What there is to choose from: value and name.
    #[must_use]
    pub fn of(self, options: impl IntoIterator<Item = (String, String)>) -> Self {
        let value = self.value.clone();
        Self { options: options.into_iter().map(|(v, label)| choice(v, label, &value)).collect(), ..self }
    }

    /// The names of what it sends.
    #[must_use]
    pub fn sends(&self) -> Vec<String> {
        match self.control {
            Control::Line | Control::Number | Control::Select | Control::Radios | Control::Check => {
                vec![self.name.to_owned()]
            }
            Control::Day => ["year", "month", "day"].map(|part| format!("{}_{part}", self.name)).to_vec(),
            Control::Ways => KIND.iter().chain(&VALUE).chain(&HOURS).map(|name| (*name).to_owned()).collect(),
        }
    }
}

fn choice(value: String, label: String, chosen: &str) -> Choice {
    Choice { chosen: value == chosen, value, label, explanation: String::new() }
}

/// The ways to reach a window, as rows.
#[must_use]
pub fn ways(typed: &Typed, language: Language) -> Vec<Way> {
    let mut filled = (0..WAYS).filter(|i| !typed.get(VALUE[*i]).is_empty() || !typed.get(KIND[*i]).is_empty());
    let shown = filled.next_back().map_or(FEWEST, |last| (last + 3).clamp(FEWEST, WAYS));
    (0..shown)
        .map(|i| Way {
            number: i + 1,
            row: fill(language.pick("{n}番目", "{n}"), &[("n", &(i + 1).to_string())]),
            kinds: ChannelKind::ALL
                .map(|kind| choice(kind.code().to_owned(), kind.label(language).to_owned(), typed.get(KIND[i])))
                .to_vec(),
            value_name: VALUE[i],
            value: typed.get(VALUE[i]).to_owned(),
            hours: Hours::ALL
                .map(|hours| choice(hours.code().to_owned(), hours.label(language).to_owned(), typed.get(HOURS[i])))
                .to_vec(),
        })
        .collect()
}
