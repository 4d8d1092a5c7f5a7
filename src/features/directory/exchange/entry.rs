//! A row as it is meant: a member, and one of its windows.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::cells::essence;
use super::column::Column;
use crate::features::directory::roster::sheet::{ChannelKind, Hours, MemberKind};
use crate::kernel::language::{Label, Language};

/// A member of the CEPTOAR.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Firm {
    /// Its management number; a new one has none.
    pub organisation_id: Option<Uuid>,
    /// Name in Japanese.
    pub name: String,
    /// How it is read.
    pub reading: String,
    /// Name in English.
    pub english: String,
    /// As what it belongs to the CEPTOAR.
    pub kind: MemberKind,
    /// The unit it is counted in.
    pub unit: String,
    /// The code of its subgroup; empty for none.
    pub subgroup: String,
    /// Passes items on.
    pub hub: bool,
    /// First day.
    pub joined: Option<NaiveDate>,
    /// Last day.
    pub left: Option<NaiveDate>,
}

/// Ways to reach a window, by kind and hours.
pub type Channels = BTreeMap<(ChannelKind, Hours), Vec<String>>;

/// A window of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Its management number; a new one has none.
    pub contact_id: Option<Uuid>,
    /// Its place in the order.
    pub position: i16,
    /// What it is called.
    pub label: String,
    /// May receive items limited to designated handlers.
    pub handler: bool,
    /// `ja` or `en`.
    pub language: String,
    /// The ways to reach it.
    pub channels: Channels,
}

/// A row. A member without a window has one row as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The member.
    pub firm: Firm,
    /// The window.
    pub window: Option<Window>,
}

impl Firm {
    /// The text of a cell as the portal writes it; empty where the column is about windows.
    #[must_use]
    pub fn cell(&self, column: Column, language: Language) -> String {
        let day = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
        match column {
            Column::Organisation => self.organisation_id.map_or_else(String::new, |id| id.to_string()),
            Column::Name => self.name.clone(),
            Column::Reading => self.reading.clone(),
            Column::English => self.english.clone(),
            // A member without a name is none yet, and is of no kind.
            Column::Kind if self.name.is_empty() => String::new(),
            Column::Kind => self.kind.label(language).to_owned(),
            Column::Unit => self.unit.clone(),
            Column::Subgroup => self.subgroup.clone(),
            // A member without a name is none yet, and says neither yes nor no.
            Column::Hub if self.name.is_empty() => String::new(),
            Column::Hub => yes_no(self.hub, language),
            Column::Joined => day(self.joined),
            Column::Left => day(self.left),
            Column::Window
            | Column::Position
            | Column::Label
            | Column::Handler
            | Column::Language
            | Column::Channel(..) => String::new(),
        }
    }
}

impl Entry {
    /// The text of a cell as the portal writes it.
    #[must_use]
    pub fn cell(&self, column: Column, language: Language) -> String {
        match column {
            Column::Organisation
            | Column::Name
            | Column::Reading
            | Column::English
            | Column::Kind
            | Column::Unit
            | Column::Subgroup
            | Column::Hub
            | Column::Joined
            | Column::Left => self.firm.cell(column, language),
            Column::Window
            | Column::Position
            | Column::Label
            | Column::Handler
            | Column::Language
            | Column::Channel(..) => {
                self.window.as_ref().map_or_else(String::new, |window| window.cell(column, language))
            }
        }
    }

    /// Whether two rows mean the same in a column.
    #[must_use]
    pub fn same(&self, other: &Self, column: Column) -> bool {
        match column {
            Column::Channel(kind, hours) => {
                let ways = |entry: &Self| -> Vec<String> {
                    let ways = entry.window.as_ref().and_then(|window| window.channels.get(&(kind, hours)));
                    ways.into_iter().flatten().map(|way| essence(kind, way)).collect()
                };
                ways(self) == ways(other)
            }
            _ => self.cell(column, Language::Ja) == other.cell(column, Language::Ja),
        }
    }
}

impl Window {
    fn cell(&self, column: Column, language: Language) -> String {
        match column {
            Column::Window => self.contact_id.map_or_else(String::new, |id| id.to_string()),
            Column::Position => self.position.to_string(),
            Column::Label => self.label.clone(),
            Column::Handler => yes_no(self.handler, language),
            Column::Language => match Language::from_code(&self.language) {
                Language::Ja => language.pick("日本語", "Japanese").to_owned(),
                Language::En => language.pick("英語", "English").to_owned(),
            },
            Column::Channel(kind, hours) => {
                self.channels.get(&(kind, hours)).map_or_else(String::new, |ways| ways.join("; "))
            }
            Column::Organisation
            | Column::Name
            | Column::Reading
            | Column::English
            | Column::Kind
            | Column::Unit
            | Column::Subgroup
            | Column::Hub
            | Column::Joined
            | Column::Left => String::new(),
        }
    }
}

fn yes_no(yes: bool, language: Language) -> String {
    if yes { language.pick("はい", "Yes") } else { language.pick("いいえ", "No") }.to_owned()
}
