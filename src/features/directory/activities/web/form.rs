//! The form of an entry: what is typed, and what it says.

use chrono::{Datelike, NaiveDate};

use crate::features::directory::activities::activity::{Activity, Content, PartWords, is_address};
use crate::features::directory::activities::kind::Kind;
use crate::features::directory::activities::tally::FIRST_YEAR;
use crate::kernel::clock::fiscal_year;
use crate::kernel::language::{Label, Language};
use crate::kernel::text::{self, half_width};
use crate::platform::web::form::{Choice, FieldErrors, TypedDate, value_of};

const LONGEST_LINE: usize = 200;
const LONGEST_TEXT: usize = 2000;
const LONGEST_LINK: usize = 300;
const LONGEST_REASON: usize = 500;
const LARGEST: i32 = 1_000_000;
/// The numbers of an entry, as the form names them.
const NUMBERS: [&str; 4] = ["joined", "received", "passed_on", "withheld"];

crate::words! {
    /// Words of the form.
    pub struct FormWords {
        title_help: "例: 2026年度セプター訓練" / "For instance: CEPTOAR drill of FY2026",
        from: "実施日(期間の場合は最初の日)" / "Day, or the first day",
        to: "最後の日" / "Last day",
        to_help: "1日で終わった活動は、空欄のままにしてください。" / "Leave it empty where it was one day.",
        kinds_help: "当てはまるものをすべて選んでください。年度の集計に使います。" / "Tick all that apply. The totals of the year count them.",
        done_help: "何を行い、何が分かったかを、数文で書いてください。構成員も読みます。" / "What was done and what came of it, in a few sentences. Members read it too.",
        organiser_help: "他の団体が開いたものに参加した場合。" / "Where others held it.",
        numbers: "件数・参加数(分かる場合)" / "Numbers, where known",
        numbers_help: "例: 3件を受け取り、1件を展開し、2件は構成員に既報のため見送った場合は、3、1、2。" / "For instance 3, 1 and 2: three came in, one was passed on, two were left out because members had them already.",
        rest: "その他" / "The rest",
        link_help: "「https://」で始まるアドレス。" / "An address that begins with https://.",
        correction: "訂正の理由" / "Why it is corrected",
        correction_help: "記録の間違いや不足を直す理由。訂正前の内容も残ります。" / "What was wrong or missing. What it said before is kept.",
        day_wrong: "正しい年月日を入力してください。" / "Please enter a proper date.",
        too_early: "2005年4月1日以後の日付を入力してください。" / "Please enter a day from 1 April 2005 on.",
        ahead: "今日までの日付を入力してください。これから行う活動は、始まってから記録してください。" / "It has to have begun. Please record it once it has.",
        backwards: "最後の日は、最初の日以後にしてください。" / "The last day cannot be before the first.",
        two_years: "最後の日は、最初の日と同じ年度(3月31日まで)にしてください。年度をまたぐ活動は、年度ごとに分けて記録してください。" / "Both days have to be in one fiscal year, to 31 March. Please make an entry for each year.",
        no_kind: "活動の種類を1つ以上選んでください。" / "Please tick at least one kind.",
        number_wrong: "0から1,000,000までの整数で入力してください。分からない場合は空欄にしてください。" / "A whole number from 0 to 1,000,000, please; nothing where it is not known.",
        no_received: "展開した件数や見送った件数を入力する場合は、受け取った件数も入力してください。" / "Please enter how many were received as well.",
        too_many: "展開した件数と見送った件数の合計が、受け取った件数より多くなっています。どちらかを直してください。" / "More were passed on and left out than received. Please correct one of them.",
        link_wrong: "「https://」で始まる、半角のアドレスを入力してください。" / "Please enter a plain address that begins with https://.",
    }
}

/// What was typed: names and values as they came.
#[derive(Debug, Clone, Default)]
pub struct Typed(Vec<(String, String)>);

impl Typed {
    /// What came with a form.
    #[must_use]
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// What the form of an entry begins with.
    #[must_use]
    pub fn of(activity: &Activity) -> Self {
        let content = &activity.content;
        let number = |n: Option<i32>| n.map(|n| n.to_string()).unwrap_or_default();
        let mut pairs: Vec<(String, String)> = [
            ("version", activity.version.to_string()),
            ("title", content.title.clone()),
            ("title_en", content.title_en.clone()),
            ("done", content.done.clone()),
            ("organiser", content.organiser.clone()),
            ("joined", number(content.joined)),
            ("received", number(content.received)),
            ("passed_on", number(content.passed_on)),
            ("withheld", number(content.withheld)),
            ("link", content.link.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let mut day = |name: &str, day: NaiveDate| {
            for (unit, part) in
                [("year", day.year().to_string()), ("month", day.month().to_string()), ("day", day.day().to_string())]
            {
                pairs.push((format!("{name}_{unit}"), part));
            }
        };
        day("began", content.from_on);
        if content.to_on != content.from_on {
            day("ended", content.to_on);
        }
        pairs.extend(content.kinds.iter().map(|kind| ("activity".to_owned(), kind.code().to_owned())));
        Self(pairs)
    }

    /// The value of a field.
    #[must_use]
    pub fn at(&self, name: &str) -> &str {
        value_of(&self.0, name)
    }

    /// The version that the form was made from.
    #[must_use]
    pub fn version(&self) -> i32 {
        self.at("version").parse().unwrap_or(0)
    }

    /// The same on top of another version.
    #[must_use]
    pub fn on_version(mut self, version: i32) -> Self {
        self.0.retain(|(name, _)| name != "version");
        self.0.push(("version".to_owned(), version.to_string()));
        self
    }

    /// The kinds to tick.
    #[must_use]
    pub fn kinds(&self, language: Language) -> Vec<Choice> {
        let ticked = self.ticked();
        Kind::ALL
            .into_iter()
            .map(|kind| Choice {
                value: kind.code().to_owned(),
                label: kind.label(language).to_owned(),
                explanation: kind.explanation(language).to_owned(),
                chosen: ticked.contains(&kind),
            })
            .collect()
    }

    fn ticked(&self) -> Vec<Kind> {
        let typed = |kind: &Kind| self.0.iter().any(|(name, value)| name == "activity" && value == kind.code());
        Kind::ALL.into_iter().filter(typed).collect()
    }

    /// The entry, or what is wrong.
    pub fn read(&self, today: NaiveDate, language: Language) -> Result<Content, FieldErrors> {
        let w = FormWords::of(language);
        let mut errors = FieldErrors::default();
        let title = errors.take("title", text::filled_line(self.at("title"), LONGEST_LINE), language);
        let days = self.days(today, &mut errors, w);
        let kinds = self.ticked();
        if kinds.is_empty() {
            errors.add("activity", w.no_kind);
        }
        let done = errors.take("done", text::paragraph(self.at("done"), LONGEST_TEXT), language);
        if done.is_empty() {
            errors.take("done", Err(text::TextProblem::Empty), language);
        }
        let organiser = errors.take("organiser", text::line(self.at("organiser"), LONGEST_LINE), language);
        let [joined, received, passed_on, withheld] = NUMBERS.map(|name| self.number(name, &mut errors, w));
        if errors.at("received").is_empty() {
            self.weigh([received, passed_on, withheld], &mut errors, w);
        }
        let link = self.link(&mut errors, language);
        let title_en = errors.take("title_en", text::line(self.at("title_en"), LONGEST_LINE), language);
        match days {
            Some((from_on, to_on)) if errors.is_empty() => Ok(Content {
                title,
                title_en,
                from_on,
                to_on,
                kinds,
                done,
                organiser,
                joined,
                received,
                passed_on,
                withheld,
                link,
            }),
            _ => Err(errors),
        }
    }

    /// Why it is corrected.
    pub fn reason(&self, errors: &mut FieldErrors, language: Language) -> String {
        errors.take("correction", text::filled_line(self.at("correction"), LONGEST_REASON), language)
    }

    /// Why it is taken back.
    pub fn withdrawal_reason(&self, errors: &mut FieldErrors, language: Language) -> String {
        errors.take("reason", text::filled_line(self.at("reason"), LONGEST_REASON), language)
    }

    fn date(&self, name: &str) -> TypedDate {
        let part = |unit: &str| self.at(&format!("{name}_{unit}"));
        TypedDate::read([part("year"), part("month"), part("day")])
    }

    fn days(&self, today: NaiveDate, errors: &mut FieldErrors, w: &FormWords) -> Option<(NaiveDate, NaiveDate)> {
        let from = match self.date("began") {
            TypedDate::Day(day) => day,
            TypedDate::Nothing | TypedDate::Wrong => {
                errors.add("began", w.day_wrong);
                return None;
            }
        };
        let to = match self.date("ended") {
            TypedDate::Day(day) => day,
            TypedDate::Nothing => from,
            TypedDate::Wrong => {
                errors.add("ended", w.day_wrong);
                return None;
            }
        };
        if from > today {
            errors.add("began", w.ahead);
        } else if fiscal_year(from) < FIRST_YEAR {
            errors.add("began", w.too_early);
        } else if to < from {
            errors.add("ended", w.backwards);
        } else if fiscal_year(to) != fiscal_year(from) {
            errors.add("ended", w.two_years);
        }
        Some((from, to))
    }

    fn number(&self, name: &'static str, errors: &mut FieldErrors, w: &FormWords) -> Option<i32> {
        let typed = half_width(self.at(name)).replace(',', "");
        if typed.is_empty() {
            return None;
        }
        let number = typed.parse().ok().filter(|number| (0..=LARGEST).contains(number));
        if number.is_none() {
            errors.add(name, w.number_wrong);
        }
        number
    }

    fn weigh(&self, [received, passed_on, withheld]: [Option<i32>; 3], errors: &mut FieldErrors, w: &FormWords) {
        let told = passed_on.unwrap_or(0) + withheld.unwrap_or(0);
        match received {
            Some(received) if told > received => errors.add("received", w.too_many),
            None if passed_on.is_some() || withheld.is_some() => errors.add("received", w.no_received),
            Some(_) | None => {}
        }
    }

    fn link(&self, errors: &mut FieldErrors, language: Language) -> String {
        let link = errors.take("link", text::line(self.at("link"), LONGEST_LINK), language);
        if !link.is_empty() && !is_address(&link) {
            errors.add("link", FormWords::of(language).link_wrong);
        }
        link
    }
}

/// What the template of the form needs.
#[derive(Debug)]
pub struct EntryForm {
    /// What the fields are called.
    pub p: &'static PartWords,
    /// Words of the form.
    pub w: &'static FormWords,
    /// What was typed.
    pub typed: Typed,
    /// The kinds to tick.
    pub kinds: Vec<Choice>,
    /// What is wrong.
    pub errors: FieldErrors,
}

impl EntryForm {
    /// The form with what was typed and what is wrong with it.
    #[must_use]
    pub fn new(typed: Typed, errors: FieldErrors, language: Language) -> Self {
        Self { p: PartWords::of(language), w: FormWords::of(language), kinds: typed.kinds(language), typed, errors }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(more: &[(&str, &str)]) -> Typed {
        let mut pairs = vec![
            ("title", "セプター訓練"),
            ("began_year", "２０２６"),
            ("began_month", "9"),
            ("began_day", "10"),
            ("activity", "drill"),
            ("done", "届いた。"),
        ];
        pairs.retain(|(name, _)| !more.iter().any(|(known, _)| known == name));
        pairs.extend(more);
        Typed::new(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn wrong(more: &[(&str, &str)]) -> Vec<&'static str> {
        let read = typed(more).read("2026-11-21".parse().unwrap(), Language::Ja);
        read.map_or_else(|errors| errors.iter().map(|(field, _)| field).collect(), |_| Vec::new())
    }

    fn to<'a>(year: &'a str, month: &'a str, day: &'a str) -> [(&'static str, &'a str); 3] {
        [("ended_year", year), ("ended_month", month), ("ended_day", day)]
    }

    #[test]
    fn an_entry_is_of_one_year_and_has_begun() {
        assert_eq!(wrong(&[]), [""; 0]);
        assert_eq!(wrong(&to("2027", "3", "31")), [""; 0]);
        assert_eq!(wrong(&to("2027", "4", "1")), ["ended"]);
        assert_eq!(wrong(&to("2026", "9", "9")), ["ended"]);
        assert_eq!(wrong(&to("2026", "9", "")), ["ended"]);
        assert_eq!(wrong(&[("began_month", "12")]), ["began"]);
        assert_eq!(wrong(&[("began_year", "2004")]), ["began"]);
        assert_eq!(wrong(&[("began_day", "31")]), ["began"]);
    }

    #[test]
    fn numbers_agree_with_each_other() {
        let numbers = |received, passed_on, withheld| {
            wrong(&[("received", received), ("passed_on", passed_on), ("withheld", withheld)])
        };
        assert_eq!(numbers("3", "1", "２"), [""; 0]);
        assert_eq!(numbers("1,000", "", ""), [""; 0]);
        assert_eq!(numbers("2", "1", "2"), ["received"]);
        assert_eq!(numbers("", "1", ""), ["received"]);
        assert_eq!(numbers("-1", "", ""), ["received"]);
        assert_eq!(numbers("3", "a", "1000001"), ["passed_on", "withheld"]);
    }

    #[test]
    fn kinds_texts_and_links_are_asked_for_and_looked_at() {
        assert_eq!(wrong(&[("activity", "nonsense"), ("done", " "), ("title", "")]), ["title", "activity", "done"]);
        assert_eq!(wrong(&[("link", "javascript:alert(1)")]), ["link"]);
        assert_eq!(wrong(&[("link", "https://www.example.go.jp/a")]), [""; 0]);
    }

    #[test]
    fn a_form_made_from_an_entry_says_the_same() {
        let read = typed(&to("2026", "9", "12")).read("2026-11-21".parse().unwrap(), Language::Ja).unwrap();
        let activity = Activity {
            activity_id: uuid::Uuid::nil(),
            version: 4,
            fiscal_year: 2026,
            content: read.clone(),
            correction: String::new(),
            recorded_at: "2026-11-21T00:00:00Z".parse().unwrap(),
            taken_back_at: None,
        };
        let again = Typed::of(&activity);
        assert_eq!(again.version(), 4);
        assert_eq!(again.read("2026-11-21".parse().unwrap(), Language::Ja).unwrap(), read);
    }
}
