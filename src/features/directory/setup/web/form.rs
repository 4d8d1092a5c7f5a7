//! The form of a fact.

use chrono::{Datelike, Months, NaiveDate};

use crate::features::directory::setup::fact::{Content, Fact, Group, Subject};
use crate::kernel::language::{Label, Language};
use crate::kernel::text::{self, half_width};
use crate::platform::web::form::{Choice, FieldErrors, TypedDate};

const LONGEST: usize = 500;
/// English takes more letters.
const LONGEST_ENGLISH: usize = 2000;
/// Nothing is planned further ahead.
const MONTHS_AHEAD: Months = Months::new(36);

crate::words! {
    /// Words of the form.
    pub struct FormWords {
        subject: "記録する内容" / "What it is about",
        since: "いつ・いつから" / "When, or since when",
        since_help: "日が分からない場合は、年と月だけを入力してください。3年先までの予定も入力できます。" / "Where the day is not known, year and month will do. It can be planned, up to three years ahead.",
        until: "いつまで(情報の種別・機能・支援・連絡網だけ)" / "Until when (types, functions, services and networks only)",
        until_help: "いまも続いているものは、空欄のままにしてください。" / "Leave it empty while it goes on.",
        remark: "補足・文章" / "Remark or text",
        remark_help: "合意した相手、文書の名前、対象の範囲など(500字まで)。構成員への支援は、名称・提供者・申込みの方法を、既存の連絡網は、名称・運営者・届く範囲を書きます。概要の文章は、公表される文そのものをここに書きます(1000字まで)。" / "With whom, by which document, how far (500 characters). Of something for members: its name, who provides it, how to ask for it; of a network: its name, who keeps it, how far it reaches. Of a section of the profile: the text as it is to be published (1,000 characters).",
        remark_en: "概要の文章(英語)" / "Text of the section in English",
        remark_en_help: "英語の概要にも載せる場合だけ入力してください。" / "Only where the English profile is to have it.",
        remark_missing: "支援・連絡網・概要には、文章を入力してください。" / "Please say which service or network it is, or write the text of the section.",
        no_english: "英語の欄は、概要の文章だけに使います。空欄にしてください。" / "Only a section of the profile has a text in English. Please leave it empty.",
        correction: "訂正の理由" / "Why it is corrected",
        gone: "この記録は取り消されています。" / "This entry was taken back.",
        correct_help: "記録の間違いを直します。種別の共有や、機能・支援・連絡網を終えたときも、終わりの日をここで入力します。概要の文章を新しくするときは、訂正ではなく、いつからかを添えて新しく記録してください。" / "Puts right what was wrong. Where a type, a function, a service or a network came to its end, enter its last day here. A new text of a section is no correction: record it anew with its day.",
        withdraw_help: "誤って記録したときに使います。記録は消えずに残ります。" / "For what was recorded by mistake. It stays on record as such.",
        subject_missing: "記録する内容を選んでください。" / "Please choose what it is about.",
        day_wrong: "正しい年月(日)を入力してください。" / "Please enter a proper year and month, and a proper day where it is known.",
        too_early: "2000年以後の年月を入力してください。" / "Please enter 2000 or later.",
        too_far: "3年より先の予定は記録できません。" / "At most three years ahead.",
        backwards: "終わりの日は、始まりの日以後にしてください。" / "It cannot end before it begins.",
        no_end: "整備の段階と概要の文章には、終わりの日がありません。空欄にしてください。" / "Neither a step nor a section of the profile has an end. Please leave it empty.",
        twice: "同じ内容が、同じ期間にすでに記録されています。期間を直すか、いまある記録を訂正してください。" / "This is on record for these days already. Please change the days, or correct the entry that is there.",
        same: "訂正前と同じ内容です。変えるところがなければ、訂正は要りません。" / "It says the same as before. Nothing needs correcting.",
    }
}

/// What is typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct FactForm {
    /// Which version it is made from.
    pub version: String,
    /// What it is about.
    pub subject: String,
    /// When, or since when: year.
    pub since_year: String,
    /// … month.
    pub since_month: String,
    /// … day, where it is known.
    pub since_day: String,
    /// Until when: year.
    pub until_year: String,
    /// … month.
    pub until_month: String,
    /// … day.
    pub until_day: String,
    /// With whom, by what; of a section its text.
    pub remark: String,
    /// The text in English.
    pub remark_en: String,
    /// Why it is corrected.
    pub correction: String,
    /// Why it is taken back.
    pub reason: String,
}

impl FactForm {
    /// What the form of a fact begins with.
    #[must_use]
    pub fn of(fact: &Fact) -> Self {
        let content = &fact.content;
        let day = |day: NaiveDate| [day.year().to_string(), day.month().to_string(), day.day().to_string()];
        let [since_year, since_month, since_day] = day(content.from_on);
        let [until_year, until_month, until_day] = content.until_on.map(day).unwrap_or_default();
        Self {
            version: fact.version.to_string(),
            subject: content.subject.code().to_owned(),
            since_year,
            since_month,
            since_day: if content.day_known { since_day } else { String::new() },
            until_year,
            until_month,
            until_day,
            remark: content.remark.clone(),
            remark_en: content.remark_en.clone(),
            correction: String::new(),
            reason: String::new(),
        }
    }

    /// What can be chosen.
    #[must_use]
    pub fn subjects(&self, language: Language) -> Vec<Choice> {
        Subject::ALL
            .into_iter()
            .map(|subject| Choice {
                value: subject.code().to_owned(),
                label: subject.label(language).to_owned(),
                explanation: String::new(),
                chosen: self.subject == subject.code(),
            })
            .collect()
    }

    /// The fact, or what is wrong.
    pub fn read(&self, today: NaiveDate, language: Language) -> Result<Content, FieldErrors> {
        let w = FormWords::of(language);
        let mut errors = FieldErrors::default();
        let subject = Subject::from_code(&self.subject);
        if subject.is_none() {
            errors.add("subject", w.subject_missing);
        }
        let from = self.from(&mut errors, w, today);
        let until_on = self.until(&mut errors, w);
        if let (Some((from, _)), Some(until)) = (from, until_on)
            && until < from
        {
            errors.add("until", w.backwards);
        }
        let group = subject.map(Subject::group);
        if until_on.is_some() && group.is_some_and(|group| !group.ends()) {
            errors.add("until", w.no_end);
        }
        let longest = group.map_or(LONGEST, Group::longest);
        let remark = errors.take("remark", text::paragraph(&self.remark, longest), language);
        let remark_en = errors.take("remark_en", text::paragraph(&self.remark_en, LONGEST_ENGLISH), language);
        let section = group == Some(Group::Profile);
        if group.is_some_and(Group::needs_text) && remark.is_empty() && errors.at("remark").is_empty() {
            errors.add("remark", w.remark_missing);
        }
        if !section && group.is_some() && !remark_en.is_empty() {
            errors.add("remark_en", w.no_english);
        }
        match (subject, from) {
            (Some(subject), Some((from_on, day_known))) if errors.is_empty() => {
                Ok(Content { subject, from_on, day_known, until_on, remark, remark_en })
            }
            _ => Err(errors),
        }
    }

    fn from(&self, errors: &mut FieldErrors, w: &FormWords, today: NaiveDate) -> Option<(NaiveDate, bool)> {
        let day_known = !half_width(&self.since_day).is_empty();
        let day = if day_known { &self.since_day } else { "1" };
        let TypedDate::Day(day) = TypedDate::read([&self.since_year, &self.since_month, day]) else {
            errors.add("since", w.day_wrong);
            return None;
        };
        if day.year() < 2000 {
            errors.add("since", w.too_early);
        } else if today.checked_add_months(MONTHS_AHEAD).is_some_and(|latest| day > latest) {
            errors.add("since", w.too_far);
        }
        Some((day, day_known))
    }

    fn until(&self, errors: &mut FieldErrors, w: &FormWords) -> Option<NaiveDate> {
        match TypedDate::read([&self.until_year, &self.until_month, &self.until_day]) {
            TypedDate::Day(day) if (2000..2100).contains(&day.year()) => Some(day),
            TypedDate::Nothing => None,
            TypedDate::Day(_) | TypedDate::Wrong => {
                errors.add("until", w.day_wrong);
                None
            }
        }
    }

    /// A reason that was typed, or the message at its field.
    pub fn why(field: &'static str, typed: &str, errors: &mut FieldErrors, language: Language) -> String {
        errors.take(field, text::filled_line(typed, LONGEST), language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(subject: &str, since: [&str; 3], until: [&str; 3]) -> Vec<&'static str> {
        let [since_year, since_month, since_day] = since.map(str::to_owned);
        let [until_year, until_month, until_day] = until.map(str::to_owned);
        let form = FactForm {
            subject: subject.into(),
            since_year,
            since_month,
            since_day,
            until_year,
            until_month,
            until_day,
            ..FactForm::default()
        };
        let read = form.read("2026-11-21".parse().unwrap(), Language::Ja);
        read.map_or_else(|errors| errors.iter().map(|(field, _)| field).collect(), |_| Vec::new())
    }

    #[test]
    fn a_month_will_do_and_a_step_has_no_end() {
        const NO: [&str; 3] = ["", "", ""];
        assert_eq!(wrong("intake_crime", ["２００７", "4", ""], NO), [""; 0]);
        assert_eq!(wrong("intake_crime", ["2007", "4", "2"], ["2020", "3", "31"]), [""; 0]);
        assert_eq!(wrong("intake_crime", ["2007", "4", "2"], ["2007", "4", "1"]), ["until"]);
        assert_eq!(wrong("step_rules", ["2007", "3", ""], ["2020", "3", "31"]), ["until"]);
        assert_eq!(wrong("step_rules", ["2029", "11", ""], NO), [""; 0]);
        assert_eq!(wrong("step_rules", ["2029", "12", ""], NO), ["since"]);
        assert_eq!(wrong("step_rules", ["2007", "", ""], NO), ["since"]);
        assert_eq!(wrong("function_sharing", ["2007", "4", "2"], ["2020", "3", "31"]), [""; 0]);
        assert_eq!(wrong("profile_traits", ["2007", "4", "2"], ["2020", "3", "31"]), ["until", "remark"]);
        assert_eq!(wrong("service_advice", ["2007", "4", "2"], NO), ["remark"]);
        assert_eq!(wrong("network_disaster", ["2007", "4", "2"], ["2020", "3", "31"]), ["remark"]);
        assert_eq!(wrong("dance", ["1999", "1", ""], ["2020", "2", "30"]), ["subject", "since", "until"]);
    }
}
