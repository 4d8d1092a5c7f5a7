//! What would become of each row of a table: new, changed, unchanged or refused. Nothing is changed by asking.

mod member;
mod row;
mod window;

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::column::Column;
use super::known;
use super::mapping::Mapping;
use super::refusal::{Reason, Refusal};
use crate::features::directory::roster::changes::bulk::{Item, NewMember};
use crate::features::directory::roster::former::is_former;
use crate::features::directory::roster::sheet::Sheet;
use crate::features::directory::roster::store::CeptoarFacts;
use crate::kernel::text::folded;
use crate::platform::tables::Table;
use member::Member;
use row::RowReader;

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// A member or a window that is not there yet.
    New,
    /// Something is different.
    Changed,
    /// Everything is there already.
    Unchanged,
    /// It cannot be taken.
    Refused,
}

impl Fate {
    /// All of them, what needs looking at first.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Changed, Self::New, Self::Unchanged];

    /// The value in the database and in addresses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
        }
    }

    /// The fate of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fate| fate.code() == code)
    }
}

/// A cell that is to be different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellChange {
    /// Which column.
    pub column: Column,
    /// What the directory says now.
    pub before: String,
    /// What it is to say.
    pub after: String,
}

/// Whom a row is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The member's name.
    pub member: String,
    /// The window's.
    pub window: String,
    /// Whether the member is not there yet.
    pub joins: bool,
}

/// A row and what becomes of it.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The row, as spreadsheets number it.
    pub place: u32,
    /// Whose.
    pub organisation: Option<Uuid>,
    /// Whom it is about.
    pub subject: Subject,
    /// Whether the window, or the member, is not there yet.
    pub is_new: bool,
    /// Whether anything changes.
    pub changes: bool,
    /// What changes, as it is kept: fifty thousand rows of cells would take many times the room.
    pub cells: Box<str>,
    /// How many ways to reach somebody that tells.
    pub addresses: i32,
    /// What is wrong.
    pub refusals: Vec<Refusal>,
}

impl Planned {
    /// What becomes of it.
    #[must_use]
    pub fn fate(&self) -> Fate {
        match (self.refusals.is_empty(), self.is_new, !self.changes) {
            (false, _, _) => Fate::Refused,
            (true, true, _) => Fate::New,
            (true, false, false) => Fate::Changed,
            (true, false, true) => Fate::Unchanged,
        }
    }

    /// What is kept of it: the refusals, or else the changes.
    #[must_use]
    pub fn told(&self) -> String {
        if self.refusals.is_empty() {
            if self.changes { self.cells.to_string() } else { "[]".to_owned() }
        } else {
            serde_json::to_string(&self.refusals).unwrap_or_default()
        }
    }

    /// How many ways to reach somebody it tells.
    #[must_use]
    pub fn addresses(&self) -> i32 {
        if self.refusals.is_empty() { self.addresses } else { 0 }
    }
}

impl CellChange {
    /// Whether the directory's own address or number stands in it.
    #[must_use]
    pub fn tells_address(&self) -> bool {
        matches!(self.column, Column::Channel(..)) && !self.before.is_empty()
    }
}

/// What would become of a table.
#[derive(Debug, Default)]
pub struct Plan {
    /// Row by row.
    pub rows: Vec<Planned>,
    /// What is done to members that are there.
    pub items: Vec<Item>,
    /// Members that join.
    pub joinings: Vec<NewMember>,
}

impl Plan {
    /// How many rows have a fate.
    #[must_use]
    pub fn count(&self, fate: Fate) -> i32 {
        i32::try_from(self.rows.iter().filter(|row| row.fate() == fate).count()).unwrap_or(i32::MAX)
    }

    /// A word for all that it says: another plan of the same table has another one.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for row in &self.rows {
            hash.update(row.place.to_be_bytes());
            hash.update(row.fate().code());
            hash.update(row.organisation.unwrap_or_default());
            hash.update(row.told());
        }
        hex::encode(hash.finalize())
    }
}

/// What a table is held against.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The CEPTOAR.
    pub ceptoar: &'a CeptoarFacts,
    /// Its members.
    pub sheets: &'a [Sheet],
    /// The day from which it is to hold.
    pub day: NaiveDate,
    /// The present day.
    pub today: NaiveDate,
    /// Whether new members are invented.
    pub demonstration: bool,
    /// Whether the plan is to be carried out; otherwise only what becomes of the rows is kept.
    pub applies: bool,
}

/// Which member a row is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Known(usize),
    New(String),
}

/// Works out what would become of a table; its heads are in row `head`.
#[must_use]
pub fn plan(ground: Ground<'_>, table: &Table, head: u32, mapping: &Mapping) -> Plan {
    let mut planner = Planner::new(ground, mapping);
    for row in table.rows().filter(|row| row.number > head) {
        let reader = RowReader::new(row, mapping);
        if !reader.is_empty() {
            planner.take(reader);
        }
    }
    planner.finish()
}

struct Planner<'a> {
    ground: Ground<'a>,
    mapping: &'a Mapping,
    by_id: HashMap<Uuid, usize>,
    by_name: HashMap<String, Vec<usize>>,
    by_window: HashMap<Uuid, usize>,
    /// Names of members that are, or are to be.
    taken: HashSet<String>,
    /// Names of members that are none any more.
    former: HashSet<String>,
    members: Vec<Member<'a>>,
    places: HashMap<Key, usize>,
    rows: Vec<Planned>,
}

impl<'a> Planner<'a> {
    fn new(ground: Ground<'a>, mapping: &'a Mapping) -> Self {
        let (mut by_id, mut by_window) = (HashMap::new(), HashMap::new());
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, sheet) in ground.sheets.iter().enumerate() {
            if sheet.membership_on(ground.day).is_none() {
                continue;
            }
            by_id.insert(sheet.organisation_id.0, place);
            let open = sheet.windows.iter().filter(|window| window.on(ground.day).is_some());
            by_window.extend(open.map(|window| (window.contact_id.0, place)));
            if let Some(name) = sheet.name_on(ground.day) {
                by_name.entry(folded(name.value.ja.trim())).or_default().push(place);
            }
        }
        Self {
            ground,
            mapping,
            by_id,
            by_name,
            by_window,
            taken: taken(ground),
            former: former(ground),
            members: Vec::new(),
            places: HashMap::new(),
            rows: Vec::new(),
        }
    }

    fn take(&mut self, mut reader: RowReader<'a>) {
        let Some(key) = self.key(&mut reader) else {
            let subject = Subject { member: reader.text(Column::Name).to_owned(), ..Subject::default() };
            self.rows.push(reader.refused(subject));
            return;
        };
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None => {
                let member = match &key {
                    Key::Known(sheet) => Member::known(self.ground, self.ground.sheets.get(*sheet)),
                    Key::New(name) => {
                        if self.taken.contains(name) {
                            reader.refuse(Column::Name, Reason::NotOnThatDay);
                        } else if self.former.contains(name) {
                            reader.refuse(Column::Name, Reason::FormerMember);
                        }
                        Member::new(self.ground)
                    }
                };
                self.members.push(member);
                self.places.insert(key, self.members.len() - 1);
                self.members.len() - 1
            }
        };
        let Some(member) = self.members.get_mut(place) else { return };
        let row = member.take(reader, &self.by_window, self.rows.len());
        self.rows.push(row);
    }

    /// Which member a row is about; `None` where that cannot be told, and the reader says why.
    fn key(&self, reader: &mut RowReader<'_>) -> Option<Key> {
        let (id, window) = (reader.text(Column::Organisation), reader.text(Column::Window));
        if id.starts_with('例') || id.to_lowercase().starts_with("example") {
            reader.refuse(Column::Organisation, Reason::Example);
            return None;
        }
        let (column, number, known) = match (id.is_empty(), window.is_empty()) {
            (false, _) => (Column::Organisation, id, &self.by_id),
            (true, false) => (Column::Window, window, &self.by_window),
            (true, true) => return self.key_by_name(reader),
        };
        let Ok(number) = number.parse::<Uuid>() else {
            reader.refuse(column, Reason::Number);
            return None;
        };
        let found = known.get(&number).map(|place| Key::Known(*place));
        if found.is_none() {
            reader.refuse(column, Reason::UnknownNumber);
        }
        found
    }

    fn key_by_name(&self, reader: &mut RowReader<'_>) -> Option<Key> {
        let name = reader.text(Column::Name);
        if name.is_empty() {
            reader.refuse(Column::Name, Reason::Missing);
            return None;
        }
        let name = folded(name);
        match self.by_name.get(&name).map(Vec::as_slice) {
            Some([place]) => Some(Key::Known(*place)),
            Some(_) => {
                reader.refuse(Column::Name, Reason::NameOfSeveral);
                None
            }
            None => Some(Key::New(name)),
        }
    }

    fn finish(mut self) -> Plan {
        let mut plan = Plan::default();
        for member in self.members {
            member.finish(self.mapping, &mut self.rows, &mut plan);
        }
        plan.rows = self.rows;
        plan
    }
}

/// The names under which somebody is, or is to be, a member from the day on.
fn taken(ground: Ground<'_>) -> HashSet<String> {
    let goes_on = |until: Option<NaiveDate>| until.is_none_or(|until| until > ground.day);
    let members = ground.sheets.iter().filter(|sheet| sheet.memberships.iter().any(|m| goes_on(m.valid.until)));
    let names = members.flat_map(|sheet| &sheet.names).filter(|fact| goes_on(fact.valid.until));
    names.map(|fact| folded(fact.value.ja.trim())).collect()
}

/// The names that former members ever had: who comes back is the same organisation, and a table cannot say whether it is.
fn former(ground: Ground<'_>) -> HashSet<String> {
    let members = ground.sheets.iter().filter(|sheet| is_former(sheet, ground.day));
    members.flat_map(|sheet| &sheet.names).map(|fact| folded(fact.value.ja.trim())).collect()
}

/// The member as the directory knows it on the day.
fn known_firm(ground: Ground<'_>, sheet: &Sheet) -> Option<super::entry::Firm> {
    known::firm(sheet, ground.ceptoar, ground.day)
}
