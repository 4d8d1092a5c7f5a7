//! What is typed into a sheet: the fields as texts, read into the cells of the map and written from them.

pub mod profile;

use std::collections::BTreeMap;

use crate::features::feature_map::edition::{Activity, Bilingual, Ceptoar, Channel, Count, Month, Secretariat};
pub use crate::features::feature_map::vocabulary::{unit, units};
use crate::features::follow_up::changes::Effective;
use crate::kernel::language::Language;
use crate::kernel::text::{self, half_width};
use crate::platform::web::form::{FieldErrors, TypedDate, day_boxes, value_of};
use chrono::{Datelike, NaiveDate};

crate::words! {
    /// Messages at the fields of a sheet.
    pub struct FillingWords {
        number: "数は、0から9,999,999までの数字で入力してください。" / "Please enter a number from 0 to 9,999,999.",
        no_unit: "単位を選んでください。" / "Please choose the unit.",
        no_number: "数を入力するか、単位の選択を外してください。" / "Please enter the number, or take the unit out.",
        twice: "同じ単位が2回あります。1つにまとめてください。" / "The same unit stands there twice. Please make one of the two.",
        month: "年(西暦)と月を数字で入力してください。例: 2007年4月" / "Please enter year and month as numbers, for example 2007 and 4.",
        day: "年(西暦)・月・日を数字で入力してください。例: 2027年2月1日" / "Please enter year, month and day as numbers, for example 2027, 2 and 1.",
        no_japanese: "英語だけでは保存できません。日本語の文章も入力するか、英語を消してください。" / "Please write the Japanese as well, or take the English out.",
        no_organisation: "この部署の組織名を入力してください。" / "Please enter the organisation of this department.",
    }
}

/// Rows for secretariats.
pub const DESKS: usize = 3;
/// Rows for numbers.
pub const COUNTS: usize = 4;

const ORG: [&str; DESKS] = ["org_1", "org_2", "org_3"];
const ORG_EN: [&str; DESKS] = ["org_en_1", "org_en_2", "org_en_3"];
const DEPARTMENT: [&str; DESKS] = ["department_1", "department_2", "department_3"];
const DEPARTMENT_EN: [&str; DESKS] = ["department_en_1", "department_en_2", "department_en_3"];
const COUNT: [&str; COUNTS] = ["count_1", "count_2", "count_3", "count_4"];
const COUNT_UNIT: [&str; COUNTS] = ["count_unit_1", "count_unit_2", "count_unit_3", "count_unit_4"];

/// A form as it was typed: field by field; a box that can be ticked several times stands there several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed(Vec<(String, String)>);

/// What was typed, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The cells.
    pub ceptoar: Ceptoar,
    /// From which day changes hold.
    pub effective: Effective,
    /// What the desk says to those who check.
    pub remark: String,
}

impl Typed {
    /// A form as it came.
    #[must_use]
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// A field; empty where it was not sent.
    #[must_use]
    pub fn at(&self, field: &str) -> &str {
        value_of(&self.0, field)
    }

    /// The n-th field of rows, counted from one: `row("org", 2)` is `org_2`.
    #[must_use]
    pub fn row(&self, field: &str, n: &usize) -> &str {
        self.at(&format!("{field}_{n}"))
    }

    /// Whether a box of a group is ticked.
    #[must_use]
    pub fn has(&self, field: &str, value: &str) -> bool {
        self.0.iter().any(|(name, typed)| name == field && typed == value)
    }

    /// Whether a field is one of the sheet's own, and not a button, a version or a token.
    #[must_use]
    pub fn is_of_sheet(field: &str) -> bool {
        !matches!(field, "act" | "version" | "form_token" | "profile")
    }

    fn set(&mut self, field: &str, value: impl Into<String>) {
        self.0.push((field.to_owned(), value.into()));
    }

    fn set_day(&mut self, field: &str, day: Option<NaiveDate>) {
        let boxes = day.map(day_boxes).unwrap_or_default();
        for (part, value) in ["year", "month", "day"].into_iter().zip(boxes) {
            self.set(&format!("{field}_{part}"), value);
        }
    }

    fn set_month(&mut self, field: &str, month: Option<Month>) {
        let parts = month.map(|m| [m.year.to_string(), m.month.to_string()]).unwrap_or_default();
        for (part, value) in ["year", "month"].into_iter().zip(parts) {
            self.set(&format!("{field}_{part}"), value);
        }
    }

    fn set_text(&mut self, field: &str, text: Option<&Bilingual>) {
        self.set(field, text.map(|t| t.ja.clone()).unwrap_or_default());
        // English that only repeats the Japanese was never typed.
        let en = text.filter(|t| t.en != t.ja).map(|t| t.en.clone()).unwrap_or_default();
        self.set(&format!("{field}_en"), en);
    }

    /// The fields of a sheet.
    #[must_use]
    pub fn of(c: &Ceptoar, effective: &Effective, remark: &str) -> Self {
        let mut typed = Self::default();
        typed.set_text("name", c.name.as_ref());
        typed.set_day("name_on", effective.name);
        for i in 0..DESKS {
            let desk = c.secretariats.get(i);
            let texts = [
                (ORG[i], ORG_EN[i], desk.map(|s| &s.organisation)),
                (DEPARTMENT[i], DEPARTMENT_EN[i], desk.and_then(|s| s.unit.as_ref())),
            ];
            for (field, field_en, text) in texts {
                typed.set(field, text.map(|t| t.ja.clone()).unwrap_or_default());
                typed.set(field_en, text.filter(|t| t.en != t.ja).map(|t| t.en.clone()).unwrap_or_default());
            }
        }
        typed.set_day("desk_on", effective.desk);
        for i in 0..COUNTS {
            let count = c.counts.get(i);
            typed.set(COUNT[i], count.map(|n| n.value.to_string()).unwrap_or_default());
            typed.set(COUNT_UNIT[i], count.map(|n| n.unit.ja.clone()).unwrap_or_default());
        }
        typed.set_day("counts_on", effective.counts);
        typed.set_text("breakdown", c.breakdown.as_ref());
        typed.set("reach", c.reach.first().map(|n| n.value.to_string()).unwrap_or_default());
        typed.set("reach_unit", c.reach.first().map(|n| n.unit.ja.clone()).unwrap_or_default());
        typed.set_text("handled", c.handled.as_ref());
        for channel in &c.channels {
            typed.set("channel", channel_code(*channel));
        }
        typed.set_month("operation", c.operation_start);
        typed.set_month("rule", c.rule_established);
        typed.set_profile(&c.profile);
        typed.set("remark", remark);
        typed
    }

    /// Reads the fields over the cells that the sheet had: what no field is for stays as it was. `offered` are the
    /// activities that can be ticked.
    ///
    /// # Errors
    /// What cannot be read, at its field.
    pub fn read(&self, before: &Ceptoar, offered: &[Activity], language: Language) -> Result<Filled, FieldErrors> {
        let mut reader = Reader { typed: self, before, language, errors: FieldErrors::default() };
        let name = reader.text("name", "name_en", 100);
        let name_on = reader.day("name_on");
        let secretariats = reader.desks();
        let desk_on = reader.day("desk_on");
        let counts = reader.counts();
        let counts_on = reader.day("counts_on");
        let breakdown = reader.text("breakdown", "breakdown_en", 500);
        let reach = reader.reach();
        let handled = reader.text("handled", "handled_en", 200);
        let channels = self.channels(&before.channels);
        let operation_start = reader.month("operation");
        let rule_established = reader.month("rule");
        let profile = reader.profile(offered);
        let remark = text::paragraph(self.at("remark"), 1000);
        let remark = reader.errors.take("remark", remark, language);
        if !reader.errors.is_empty() {
            return Err(reader.errors);
        }
        let count_display = before.count_display.clone().filter(|_| counts == before.counts);
        let ceptoar = Ceptoar {
            name,
            secretariats,
            counts,
            count_display,
            breakdown,
            reach,
            handled,
            channels,
            operation_start,
            rule_established,
            profile,
            ..before.clone()
        };
        Ok(Filled { ceptoar, effective: Effective { name: name_on, desk: desk_on, counts: counts_on }, remark })
    }

    /// The channels that are ticked: those of before in their order, then the others.
    fn channels(&self, before: &[Channel]) -> Vec<Channel> {
        let stays = |c: &Channel| !Channel::OF_MAPS.contains(c) || self.has("channel", channel_code(*c));
        let mut channels: Vec<Channel> = before.iter().copied().filter(stays).collect();
        let ticked = Channel::OF_MAPS.into_iter().filter(|c| self.has("channel", channel_code(*c)));
        for channel in ticked {
            if !channels.contains(&channel) {
                channels.push(channel);
            }
        }
        channels
    }

    /// Fields in which this form and another differ, with what the other has, in the order of the form.
    #[must_use]
    pub fn differing<'a>(&self, other: &'a Self) -> Vec<(&'a str, String)> {
        let all = |form: &Self| {
            let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (name, value) in &form.0 {
                values.entry(name.clone()).or_default().push(value.trim().replace("\r\n", "\n"));
            }
            values
        };
        let (own, others) = (all(self), all(other));
        let mut found: Vec<(&str, String)> = Vec::new();
        for (name, _) in &other.0 {
            let there = others.get(name).map(|values| values.join(" ")).unwrap_or_default();
            let here = own.get(name).map(|values| values.join(" ")).unwrap_or_default();
            if here != there && !found.iter().any(|(known, _)| known == name) {
                found.push((name, there));
            }
        }
        found
    }
}

/// The code of a channel in forms.
#[must_use]
pub fn channel_code(channel: Channel) -> &'static str {
    match channel {
        Channel::Mail => "mail",
        Channel::Phone => "phone",
        Channel::Mobile => "mobile",
        Channel::Satellite => "satellite",
        Channel::Fax => "fax",
        Channel::Web => "web",
        Channel::EMeetingRoom => "e_meeting_room",
        Channel::MeetingBody => "meeting_body",
        Channel::BulletinBoard => "bulletin_board",
        Channel::FaceToFace => "face_to_face",
    }
}

struct Reader<'a> {
    typed: &'a Typed,
    before: &'a Ceptoar,
    language: Language,
    errors: FieldErrors,
}

impl Reader<'_> {
    /// A text and its English; without English the Japanese stands for both.
    fn text(&mut self, field: &'static str, field_en: &'static str, limit: usize) -> Option<Bilingual> {
        let ja = text::line(self.typed.at(field), limit);
        let ja = self.errors.take(field, ja, self.language);
        let en = text::line(self.typed.at(field_en), limit * 2);
        let en = self.errors.take(field_en, en, self.language);
        (!ja.is_empty()).then(|| Bilingual { en: if en.is_empty() { ja.clone() } else { en }, ja })
    }

    fn day(&mut self, field: &'static str) -> Option<NaiveDate> {
        let part = |part: &str| self.typed.at(&format!("{field}_{part}"));
        match TypedDate::read([part("year"), part("month"), part("day")]) {
            TypedDate::Nothing => None,
            TypedDate::Day(day) if (1990..=2100).contains(&day.year()) => Some(day),
            TypedDate::Day(_) | TypedDate::Wrong => {
                self.errors.add(field, FillingWords::of(self.language).day);
                None
            }
        }
    }

    fn month(&mut self, field: &'static str) -> Option<Month> {
        let part = |part: &str| half_width(self.typed.at(&format!("{field}_{part}")));
        let (year, month) = (part("year"), part("month"));
        if year.is_empty() && month.is_empty() {
            return None;
        }
        let read = year.parse().ok().filter(|y| (1990..=2100).contains(y)).zip(month.parse().ok());
        let read = read.filter(|(_, month)| (1..=12).contains(month)).map(|(year, month)| Month { year, month });
        if read.is_none() {
            self.errors.add(field, FillingWords::of(self.language).month);
        }
        read
    }

    fn desks(&mut self) -> Vec<Secretariat> {
        let mut desks = Vec::new();
        for i in 0..DESKS {
            let organisation = self.text(ORG[i], ORG_EN[i], 100);
            let unit = self.text(DEPARTMENT[i], DEPARTMENT_EN[i], 100);
            let Some(organisation) = organisation else {
                if unit.is_some() {
                    self.errors.add(ORG[i], FillingWords::of(self.language).no_organisation);
                }
                continue;
            };
            let kind = self.before.secretariats.iter().find(|s| s.organisation.ja == organisation.ja);
            desks.push(Secretariat { organisation, unit, kind: kind.and_then(|s| s.kind.clone()) });
        }
        desks
    }

    fn number(&mut self, field: &'static str, unit_field: &'static str) -> Option<(u32, Bilingual)> {
        let w = FillingWords::of(self.language);
        let typed = half_width(self.typed.at(field)).replace(',', "");
        let chosen = self.typed.at(unit_field);
        let known = units().iter().any(|unit| unit.ja == chosen)
            || self.before.counts.iter().chain(&self.before.reach).any(|c| c.unit.ja == chosen);
        let number = typed.parse::<u32>().ok().filter(|n| *n <= 9_999_999);
        match (typed.is_empty(), number, chosen.is_empty()) {
            (true, _, true) => None,
            (true, _, false) => {
                self.errors.add(field, w.no_number);
                None
            }
            (false, None, _) => {
                self.errors.add(field, w.number);
                None
            }
            (false, Some(number), _) if known => Some((number, unit(chosen))),
            (false, Some(_), _) => {
                self.errors.add(unit_field, w.no_unit);
                None
            }
        }
    }

    fn counts(&mut self) -> Vec<Count> {
        let mut counts: Vec<Count> = Vec::new();
        for i in 0..COUNTS {
            let Some((value, unit)) = self.number(COUNT[i], COUNT_UNIT[i]) else { continue };
            if counts.iter().any(|c| c.unit.ja == unit.ja) {
                self.errors.add(COUNT_UNIT[i], FillingWords::of(self.language).twice);
                continue;
            }
            counts.push(like(&self.before.counts, value, unit));
        }
        counts
    }

    fn reach(&mut self) -> Vec<Count> {
        let first = self.number("reach", "reach_unit").map(|(value, unit)| like(&self.before.reach, value, unit));
        first.into_iter().chain(self.before.reach.iter().skip(1).cloned()).collect()
    }
}

/// A number with what is said beside the one before in the same unit.
fn like(before: &[Count], value: u32, unit: Bilingual) -> Count {
    match before.iter().find(|count| count.unit.ja == unit.ja) {
        Some(count) => Count { value, ..count.clone() },
        None => Count { unit, value, of: None, includes_observers: None, hub: false },
    }
}

#[cfg(test)]
mod tests;
