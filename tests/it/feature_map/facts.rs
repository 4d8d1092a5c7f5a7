//! The reference files as they stand, read without the program.

use scraper::{Html, Selector};
use toml::{Table, Value as Fact};

use crate::support::{Client, Reply, TestApp};

pub const EDITIONS: [(&str, &str); 3] = [
    ("2007-03-31", include_str!("../../../data/reference/editions/2007-03-31.toml")),
    ("2011-03-31", include_str!("../../../data/reference/editions/2011-03-31.toml")),
    ("2018-04-24", include_str!("../../../data/reference/editions/2018-04-24.toml")),
];
pub const PROFILES: [&str; 3] = [
    include_str!("../../../data/reference/profiles/2007-03-31.toml"),
    include_str!("../../../data/reference/profiles/2011-03-31.toml"),
    include_str!("../../../data/reference/profiles/2018-04-24.toml"),
];

pub fn facts(text: &str) -> Table {
    text.parse().unwrap()
}

pub fn list<'a>(table: &'a Table, key: &str) -> Vec<&'a Table> {
    table.get(key).and_then(Fact::as_array).into_iter().flatten().filter_map(Fact::as_table).collect()
}

pub fn text<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key).and_then(Fact::as_str)
}

/// The counts of a CEPTOAR, however its edition writes them.
pub fn counts(ceptoar: &Table) -> Vec<&Table> {
    [list(ceptoar, "count"), list(ceptoar, "counts")].concat()
}

/// Organisation and department of each secretariat, however the edition writes them.
pub fn secretariats(ceptoar: &Table) -> Vec<(&str, Option<&str>)> {
    let plain = ceptoar.get("secretariats").and_then(Fact::as_array).into_iter().flatten().filter_map(Fact::as_str);
    let full = list(ceptoar, "secretariat").into_iter().map(|s| (text(s, "org").unwrap(), text(s, "unit")));
    full.chain(plain.map(|organisation| (organisation, None))).collect()
}

/// A fact in the language of the page.
pub struct Tongue {
    pub english: Option<Table>,
}

impl Tongue {
    pub fn both() -> [Self; 2] {
        let english = include_str!("../../../data/reference/english.toml").parse().unwrap();
        [Self { english: None }, Self { english: Some(english) }]
    }

    pub fn visitor(&self, app: &TestApp) -> Client {
        if self.english.is_some() { app.visitor().in_english() } else { app.visitor() }
    }

    pub fn say(&self, kind: &str, ja: &str) -> String {
        let Some(english) = &self.english else { return ja.to_owned() };
        english[kind][ja].as_str().unwrap().to_owned()
    }

    pub fn channel(&self, code: &str) -> String {
        let english: Table = include_str!("../../../data/reference/english.toml").parse().unwrap();
        english["channel"][code][if self.english.is_some() { "en" } else { "ja" }].as_str().unwrap().to_owned()
    }

    pub fn pick(&self, ja: &str, en: &str) -> String {
        if self.english.is_some() { en } else { ja }.to_owned()
    }

    pub fn month(&self, month: &str) -> String {
        let (year, month) = month.split_once('-').unwrap();
        let month: u32 = month.parse().unwrap();
        let names = ["January", "March", "April", "September"];
        let name = names[[1, 3, 4, 9].iter().position(|m| *m == month).unwrap()];
        self.pick(&format!("{year}年{month}月"), &format!("{name} {year}"))
    }

    pub fn confidence(&self, code: &str) -> String {
        match code {
            "certain" => self.pick("確実", "Certain"),
            "likely" => self.pick("推定", "Likely"),
            "unsure" => self.pick("未確定", "Unsure"),
            other => panic!("{other}"),
        }
    }
}

/// A page, parsed once.
pub struct PageOf(pub Html);

impl PageOf {
    pub fn new(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.body);
        Self(Html::parse_document(&reply.body))
    }

    pub fn all(&self, selector: &str) -> Vec<String> {
        let words = |e: scraper::ElementRef| e.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
        self.0.select(&Selector::parse(selector).unwrap()).map(words).collect()
    }

    pub fn one(&self, selector: &str) -> String {
        let mut found = self.all(selector);
        assert_eq!(found.len(), 1, "{selector}: {found:?}");
        found.remove(0)
    }

    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let selector = Selector::parse(selector).unwrap();
        self.0.select(&selector).map(|e| e.attr(name).unwrap_or_default().to_owned()).collect()
    }
}
