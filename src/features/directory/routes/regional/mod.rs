//! 地方機関: authorities on the road of a CEPTOAR that look after its members or a group of them, such as the bureaux of a
//! ministry and prefectures. They get what one of their members gets, at once, and answer for themselves (decision 0059).

pub mod store;
pub mod web;

use uuid::Uuid;

use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::sheet::{Name, Period};
use crate::kernel::language::Language;

/// An office on the road.
#[derive(Debug, Clone)]
pub struct RegionalOffice {
    /// The row.
    pub fact_id: Uuid,
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// The group of members that it looks after, in Japanese and English; none where it looks after all.
    pub part: Option<[String; 2]>,
    /// Since when, until when.
    pub valid: Period,
}

impl RegionalOffice {
    /// The members that it looks after, in words.
    #[must_use]
    pub fn part(&self, language: Language) -> String {
        part(self.part.as_ref(), language)
    }

    /// In lines.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let [ja, en] = &self.name;
        let name = Line { code: "regional".to_owned(), ja: ja.clone(), en: en.clone() };
        vec![name, Line::told("regional_part", |language| self.part(language))]
    }
}

/// An office that begins to look after members.
#[derive(Debug, Clone)]
pub struct Beginning {
    /// What it is called.
    pub name: Name,
    /// The group and what it is called in Japanese and English; none for all members.
    pub group: Option<(String, [String; 2])>,
    /// Whether this is a portal of the demonstration.
    pub demonstration: bool,
}

impl Beginning {
    /// In lines.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let Name { ja, en, reading } = &self.name;
        let en = if en.is_empty() { ja } else { en };
        let name = Line { code: "regional".to_owned(), ja: ja.clone(), en: en.clone() };
        let group = self.group.as_ref().map(|(_, name)| name);
        let part = Line::told("regional_part", |language| part(group, language));
        vec![name, Line::same("reading", reading), part]
    }
}

fn part(group: Option<&[String; 2]>, language: Language) -> String {
    match group {
        Some([ja, en]) => language.pick(ja, en).clone(),
        None => language.pick("すべての構成員", "All members").to_owned(),
    }
}
