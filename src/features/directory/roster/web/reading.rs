//! From what was typed to what is meant.

use chrono::{Months, NaiveDate};

use super::fields::{HOURS, KIND, Typed, VALUE};
use crate::features::directory::roster::sheet::{
    Channel, ChannelKind, Hours, MemberKind, Membership, Name, WindowFacts,
};
use crate::features::directory::roster::spelling::{self, LONGEST_LABEL, LONGEST_NAME};
use crate::features::directory::roster::store::CeptoarFacts;
use crate::kernel::email_address::EmailAddress;
use crate::kernel::language::Language;
use crate::kernel::text;
use crate::platform::web::form::{FieldErrors, FieldWords, TypedDate};

/// The longest reason.
pub const LONGEST_REASON: usize = 200;

crate::words! {
    /// Messages at fields.
    pub struct ReadingWords {
        day_empty: "日付を入力してください。" / "Please enter the day.",
        far: "3年より先の日は指定できません。" / "A day more than three years ahead is not possible.",
        old: "1990年より前の日は指定できません。" / "A day before 1990 is not possible.",
        choose: "選択してください。" / "Please choose.",
        no_subgroup: "そのサブグループは、適用日にはありません。ほかのサブグループを選ぶか、適用日を直してください。" / "There is no such subgroup on that day. Choose another one, or change the day.",
        reading: "よみは、ひらがなで入力してください。" / "Please enter the reading in hiragana.",
        position: "連絡の順は、1から99までの数字で入力してください。" / "Please enter the order as a number from 1 to 99.",
        no_way: "連絡手段を一つ以上入力してください。連絡のつかない窓口は登録できません。" / "Please enter at least one way to reach the window.",
        mail: "メールアドレスを「name@example.jp」の形で、半角で入力してください。" / "Please enter a mail address such as name@example.jp.",
        number: "電話番号を、数字とハイフンで入力してください(例: 03-0000-0000)。" / "Please enter the number in digits and hyphens, such as 03-0000-0000.",
        web: "「https://」で始まるアドレスを入力してください。" / "Please enter an address that begins with https://.",
        way_kind: "連絡手段の種類を選択してください。" / "Please choose the kind.",
        way_twice: "同じ連絡先が二度入力されています。片方を消してください。" / "This is entered twice. Please remove one.",
        correction_reason: "訂正の理由を入力してください。" / "Please give the reason for the correction.",
    }
}

/// Reads fields, and remembers what is wrong with them.
#[derive(Debug)]
pub struct Reader<'a> {
    typed: &'a Typed,
    language: Language,
    today: NaiveDate,
    /// What is wrong so far.
    pub errors: FieldErrors,
}

impl<'a> Reader<'a> {
    /// Reads what was typed.
    #[must_use]
    pub fn new(typed: &'a Typed, language: Language, today: NaiveDate) -> Self {
        Self { typed, language, today, errors: FieldErrors::default() }
    }

    fn words(&self) -> &'static ReadingWords {
        ReadingWords::of(self.language)
    }

    fn line(&mut self, field: &'static str, limit: usize) -> String {
        self.errors.take(field, text::filled_line(self.typed.get(field), limit), self.language)
    }

    fn optional_line(&mut self, field: &'static str, limit: usize) -> String {
        if self.typed.get(field).trim().is_empty() { String::new() } else { self.line(field, limit) }
    }

    /// A day that has to be there.
    pub fn day(&mut self, field: &'static str) -> NaiveDate {
        let w = self.words();
        let latest = self.today.checked_add_months(Months::new(36)).unwrap_or(self.today);
        let earliest = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap_or(self.today);
        match TypedDate::read(self.typed.date(field)) {
            TypedDate::Day(day) if day > latest => self.errors.add(field, w.far),
            TypedDate::Day(day) if day < earliest => self.errors.add(field, w.old),
            TypedDate::Day(day) => return day,
            TypedDate::Nothing => self.errors.add(field, w.day_empty),
            TypedDate::Wrong => self.errors.add(field, FieldWords::of(self.language).day),
        }
        self.today
    }

    /// Whether it was so all along.
    pub fn is_correction(&mut self) -> bool {
        match self.typed.get("nature") {
            "change" => false,
            "correction" => true,
            _ => {
                self.errors.add("nature", self.words().choose);
                false
            }
        }
    }

    /// Why; has to be there for a correction.
    pub fn reason(&mut self, needed: bool) -> String {
        let reason = self.optional_line("reason", LONGEST_REASON);
        if needed && reason.is_empty() {
            self.errors.add("reason", self.words().correction_reason);
        }
        reason
    }

    /// Why; has to be there.
    pub fn needed_reason(&mut self) -> String {
        self.line("reason", LONGEST_REASON)
    }

    /// What the firm is called.
    pub fn name(&mut self) -> Name {
        let ja = self.line("ja", LONGEST_NAME);
        let line = self.line("reading", LONGEST_NAME);
        let reading = spelling::reading(&line).unwrap_or_else(|| {
            self.errors.add("reading", self.words().reading);
            line
        });
        Name { ja, en: self.optional_line("en", LONGEST_NAME), reading }
    }

    /// The day in a field, for what depends on it; what is wrong with it is said where it is read.
    #[must_use]
    pub fn day_or_today(&self, field: &'static str) -> NaiveDate {
        match TypedDate::read(self.typed.date(field)) {
            TypedDate::Day(day) => day,
            TypedDate::Nothing | TypedDate::Wrong => self.today,
        }
    }

    /// As what it is a member on a day.
    pub fn membership(&mut self, ceptoar: &CeptoarFacts, day: NaiveDate) -> Membership {
        let unit = self.typed.get("unit").to_owned();
        if !ceptoar.units.contains(&unit) {
            self.errors.add("unit", self.words().choose);
        }
        let subgroup = Some(self.typed.get("subgroup").to_owned()).filter(|s| !s.is_empty());
        match subgroup.as_ref().map(|id| ceptoar.subgroup(id)) {
            Some(None) => self.errors.add("subgroup", self.words().choose),
            Some(Some(known)) if !known.valid.holds_on(day) => self.errors.add("subgroup", self.words().no_subgroup),
            Some(Some(_)) | None => {}
        }
        // Without an answer it is of full right, as a form of before sends it.
        let kind = match self.typed.get("member_kind") {
            "" => Some(MemberKind::Full),
            code => MemberKind::from_code(code),
        };
        if kind.is_none() {
            self.errors.add("member_kind", self.words().choose);
        }
        Membership { kind: kind.unwrap_or_default(), unit, subgroup, hub: self.typed.get("hub") == "true" }
    }

    /// What a window is like.
    pub fn window(&mut self) -> WindowFacts {
        let position = match text::half_width(self.typed.get("position")).parse() {
            Ok(position @ 1..=99) => position,
            Ok(_) | Err(_) => {
                self.errors.add("position", self.words().position);
                1
            }
        };
        let label = self.line("label", LONGEST_LABEL);
        let language = match self.typed.get("language") {
            code @ ("ja" | "en") => Language::from_code(code),
            _ => {
                self.errors.add("language", self.words().choose);
                Language::Ja
            }
        };
        WindowFacts { position, label, handler: self.typed.get("handler") == "true", language }
    }

    /// How it is reached. What is as it was keeps the day of its last proof.
    pub fn channels(&mut self, before: &[&Channel]) -> Vec<Channel> {
        let mut channels: Vec<Channel> = Vec::new();
        for (i, field) in VALUE.into_iter().enumerate() {
            if self.typed.get(field).trim().is_empty() {
                continue;
            }
            let Some(mut channel) = self.channel(i) else { continue };
            channel.verified_on =
                before.iter().find(|b| b.kind == channel.kind && b.value == channel.value).and_then(|b| b.verified_on);
            if channels.iter().any(|c| c.kind == channel.kind && c.value == channel.value && c.hours == channel.hours) {
                self.errors.add(field, self.words().way_twice);
            }
            channels.push(channel);
        }
        if channels.is_empty() && VALUE.iter().all(|field| self.errors.at(field).is_empty()) {
            self.errors.add(VALUE[0], self.words().no_way);
        }
        channels
    }

    fn channel(&mut self, i: usize) -> Option<Channel> {
        let Some(kind) = ChannelKind::from_code(self.typed.get(KIND[i])) else {
            self.errors.add(VALUE[i], self.words().way_kind);
            return None;
        };
        let typed = self.typed.get(VALUE[i]);
        let (value, wrong) = match kind {
            ChannelKind::Mail => (EmailAddress::parse(typed).ok().map(|a| a.as_str().to_owned()), self.words().mail),
            ChannelKind::Phone | ChannelKind::Mobile | ChannelKind::Satellite | ChannelKind::Fax => {
                (spelling::telephone(typed), self.words().number)
            }
            ChannelKind::Web => (spelling::web_address(typed), self.words().web),
        };
        if value.is_none() {
            self.errors.add(VALUE[i], wrong);
        }
        let hours = Hours::from_code(self.typed.get(HOURS[i])).unwrap_or(Hours::Always);
        value.map(|value| Channel { kind, value, hours, verified_on: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_without_a_way_is_refused_and_a_way_without_change_keeps_its_proof() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
        let mut typed = Typed::default();
        let mut reader = Reader::new(&typed, Language::Ja, today);
        assert!(reader.channels(&[]).is_empty());
        assert!(!reader.errors.at("value_1").is_empty());
        typed.set("kind_2", "mail");
        typed.set("value_2", "window@bank.example");
        typed.set("hours_2", "off_hours");
        typed.set("kind_3", "phone");
        typed.set("value_3", "03-0000-0000");
        let known = Channel {
            kind: ChannelKind::Mail,
            value: "window@bank.example".into(),
            hours: Hours::Always,
            verified_on: Some(today),
        };
        let mut reader = Reader::new(&typed, Language::Ja, today);
        let channels = reader.channels(&[&known]);
        assert!(reader.errors.is_empty());
        assert_eq!(channels.iter().map(|c| c.verified_on).collect::<Vec<_>>(), [Some(today), None]);
        assert_eq!(channels[0].hours, Hours::OffHours);
    }
}
