//! An entry: what was done, when, and what it was.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::kind::Kind;
use crate::kernel::language::{Label, Language};
use crate::kernel::period::{long_date, thousands};

/// What an entry says. Named as the columns, so that older versions read the same.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Content {
    /// What it was, in a line.
    pub title: String,
    /// The same in English, where the desk wrote it.
    pub title_en: String,
    /// The day, or the first one.
    pub from_on: NaiveDate,
    /// The last day.
    pub to_on: NaiveDate,
    /// Of which kinds it is, in their order.
    pub kinds: Vec<Kind>,
    /// What was done.
    pub done: String,
    /// Who held it, where that was somebody else.
    pub organiser: String,
    /// How many members took part.
    pub joined: Option<i32>,
    /// How many items came in.
    pub received: Option<i32>,
    /// How many of them were passed on.
    pub passed_on: Option<i32>,
    /// How many were left out, as when members had them already.
    pub withheld: Option<i32>,
    /// Where more stands.
    pub link: String,
}

/// An entry as it stands.
#[derive(Debug, Clone)]
pub struct Activity {
    /// Which.
    pub activity_id: Uuid,
    /// Which version.
    pub version: i32,
    /// The fiscal year that it counts in.
    pub fiscal_year: i32,
    /// What it says.
    pub content: Content,
    /// Why the newest version says something else, or why it was taken back.
    pub correction: String,
    /// When this version was written.
    pub recorded_at: DateTime<Utc>,
    /// When it was taken back.
    pub taken_back_at: Option<DateTime<Utc>>,
}

/// What an entry said before.
#[derive(Debug, Clone)]
pub struct Version {
    /// What it said.
    pub content: Content,
    /// Until when.
    pub ended_at: DateTime<Utc>,
    /// Why it had been corrected to say so; empty for the first.
    pub correction: String,
}

crate::words! {
    /// What the parts of an entry are called.
    pub struct PartWords {
        title: "件名" / "Title",
        title_en: "件名(英語)" / "Title in English",
        days: "実施日" / "When",
        kinds: "活動の種類" / "Kinds",
        done: "内容" / "What was done",
        organiser: "主催" / "Held by",
        joined: "参加した構成員の数" / "Members that took part",
        received: "受け取った情報の件数" / "Items received",
        passed_on: "うち構成員に展開した件数" / "Of these, passed on",
        withheld: "うち展開を見送った件数" / "Of these, left out",
        link: "関連するページ" / "Related page",
        span: "{from}から{to}まで" / "{from} to {to}",
    }
}

impl Content {
    /// Whether the address can be a link: of the web, encrypted, of a plain host, and with no name in front of it.
    #[must_use]
    pub fn leads_out(&self) -> bool {
        is_address(&self.link)
    }

    /// The title in a language; Japanese where there is no other.
    #[must_use]
    pub fn title(&self, language: Language) -> &str {
        match language {
            Language::En if !self.title_en.is_empty() => &self.title_en,
            Language::En | Language::Ja => &self.title,
        }
    }

    /// The day or the days, in words.
    #[must_use]
    pub fn days(&self, language: Language) -> String {
        let from = long_date(self.from_on, language);
        if self.from_on == self.to_on {
            return from;
        }
        let w = PartWords::of(language);
        crate::kernel::language::fill(w.span, &[("from", &from), ("to", &long_date(self.to_on, language))])
    }

    /// Every part with its name, as people read it; empty ones too, in the order of the form.
    #[must_use]
    pub fn parts(&self, language: Language) -> Vec<(&'static str, String)> {
        let w = PartWords::of(language);
        let number = |n: Option<i32>| n.map_or_else(String::new, |n| thousands(n.into()));
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.label(language)).collect();
        vec![
            (w.title, self.title.clone()),
            (w.title_en, self.title_en.clone()),
            (w.days, self.days(language)),
            (w.kinds, kinds.join(language.pick("、", ", "))),
            (w.done, self.done.clone()),
            (w.organiser, self.organiser.clone()),
            (w.joined, number(self.joined)),
            (w.received, number(self.received)),
            (w.passed_on, number(self.passed_on)),
            (w.withheld, number(self.withheld)),
            (w.link, self.link.clone()),
        ]
    }

    /// Name, value here and value there of each part in which two contents differ.
    #[must_use]
    pub fn differing(&self, other: &Self, language: Language) -> Vec<(&'static str, String, String)> {
        let pairs = self.parts(language).into_iter().zip(other.parts(language));
        pairs.filter(|(a, b)| a.1 != b.1).map(|((name, here), (_, there))| (name, here, there)).collect()
    }
}

/// Whether a text is an address that a page may lead to.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.starts_with("https://")
        && text.is_ascii()
        && url::Url::parse(text)
            .is_ok_and(|url| url.has_host() && url.username().is_empty() && url.password().is_none())
}

#[cfg(test)]
pub mod tests {
    //! An entry to begin from.

    use super::*;

    /// A drill on a day in September 2026.
    pub fn drill() -> Content {
        let day = "2026-09-10".parse().unwrap();
        Content {
            title: "セプター訓練".into(),
            title_en: String::new(),
            from_on: day,
            to_on: day,
            kinds: vec![Kind::Drill],
            done: "全構成員に届いた。".into(),
            organiser: String::new(),
            joined: Some(1_602),
            received: None,
            passed_on: None,
            withheld: None,
            link: String::new(),
        }
    }

    #[test]
    fn a_day_is_one_day_and_a_period_two() {
        let mut entry = drill();
        assert_eq!(entry.days(Language::Ja), "2026年9月10日(木)");
        entry.to_on = "2026-09-11".parse().unwrap();
        assert_eq!(entry.days(Language::Ja), "2026年9月10日(木)から2026年9月11日(金)まで");
        assert_eq!(entry.title(Language::En), "セプター訓練");
    }

    #[test]
    fn only_plain_addresses_lead_out() {
        assert!(is_address("https://www.example.go.jp/a?b=c"));
        for text in [
            "",
            "http://www.example.go.jp/",
            "https://",
            "https://bank.example@evil.example/",
            "javascript:0",
            "https://exаmple.com/",
            "//www.example.go.jp/",
            "ftp://www.example.go.jp/",
        ] {
            assert!(!is_address(text), "{text}");
        }
    }

    #[test]
    fn only_what_differs_is_told() {
        let entry = drill();
        assert_eq!(entry.differing(&entry, Language::Ja), []);
        let other = Content { joined: None, kinds: vec![Kind::Drill, Kind::Meeting], ..drill() };
        let told = entry.differing(&other, Language::Ja);
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[1], ("参加した構成員の数", "1,602".to_owned(), String::new()));
    }
}
