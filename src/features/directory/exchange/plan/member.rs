//! What the rows of one member say together.

use std::collections::HashMap;

use chrono::{Months, NaiveDate};
use uuid::Uuid;

use super::row::{RowReader, refusal};
use super::window::{self, About};
use super::{CellChange, Ground, Plan, Planned, Subject, known_firm};
use crate::features::directory::exchange::cells;
use crate::features::directory::exchange::column::Column;
use crate::features::directory::exchange::entry::{Entry, Firm, Window};
use crate::features::directory::exchange::known;
use crate::features::directory::exchange::mapping::Mapping;
use crate::features::directory::exchange::refusal::Reason;
use crate::features::directory::roster::changes::bulk::{Item, NewMember};
use crate::features::directory::roster::changes::{self, Alteration, Change, ChangeError};
use crate::features::directory::roster::sheet::{Channel, Membership, Name, Sheet, WindowFacts};
use crate::features::directory::roster::spelling::{self, LONGEST_NAME};
use crate::features::directory::roster::store::Subgroup;
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::kernel::language::Language;
use crate::kernel::text::folded;

/// A member and what the rows so far say of it.
pub(super) struct Member<'a> {
    ground: Ground<'a>,
    sheet: Option<&'a Sheet>,
    /// What the first row says, and which row that is.
    after: Option<(Firm, usize)>,
    claimed: Vec<ContactId>,
    changes: Vec<WindowChange>,
}

/// What the directory knows of a member on the day. Worked out for each row anew: a whole CEPTOAR of it would take
/// more memory than everything else together.
struct Was {
    firm: Option<Firm>,
    windows: Vec<(ContactId, Window)>,
}

/// A window that is to be new or different.
struct WindowChange {
    id: Option<ContactId>,
    facts: WindowFacts,
    channels: Vec<Channel>,
    row: usize,
    moved: bool,
}

impl<'a> Member<'a> {
    pub(super) fn known(ground: Ground<'a>, sheet: Option<&'a Sheet>) -> Self {
        Self { ground, sheet, after: None, claimed: Vec::new(), changes: Vec::new() }
    }

    fn was(&self) -> Was {
        Was {
            firm: self.sheet.and_then(|sheet| known_firm(self.ground, sheet)),
            windows: self.sheet.map(|sheet| known::windows(sheet, self.ground.day)).unwrap_or_default(),
        }
    }

    pub(super) fn new(ground: Ground<'a>) -> Self {
        Self::known(ground, None)
    }

    /// Takes a row; `row` is its place among all rows.
    pub(super) fn take(&mut self, mut reader: RowReader<'a>, everybodys: &HashMap<Uuid, usize>, row: usize) -> Planned {
        let was = self.was();
        let firm = self.firm(&mut reader, was.firm.as_ref());
        let about = window::about(&mut reader, &was.windows, &self.claimed, everybodys);
        let known = match about {
            Some(About::Known(id)) => was.windows.iter().find(|(window, _)| *window == id).cloned(),
            Some(About::New | About::Nothing) | None => None,
        };
        let (id, before) = known.map_or((None, None), |(id, window)| (Some(id), Some(window)));
        self.claimed.extend(id);
        let after = match about {
            Some(About::Known(_) | About::New) => {
                let next = self.next_position(&was.windows);
                Some(window::read(&mut reader, &firm, before.as_ref(), next))
            }
            Some(About::Nothing) | None => None,
        };
        if was.firm.is_none() && self.after.is_none() && about == Some(About::Nothing) {
            reader.refuse(Column::Name, Reason::NewWithoutWindow);
        }
        if let (Some(after), None) = (&after, id)
            && self.changes.iter().any(|c| c.id.is_none() && folded(&c.facts.label) == folded(&after.label))
        {
            reader.refuse(Column::Label, Reason::WindowTwice);
        }
        let blank = Firm::default();
        let present = Entry { firm: was.firm.clone().unwrap_or(blank), window: before };
        let meant = Entry { firm: firm.clone(), window: after.clone().or_else(|| present.window.clone()) };
        let cells = changed(&present, &meant);
        if let Some(after) = after {
            let moved = present.window.as_ref().is_none_or(|window| window.position != after.position);
            if id.is_none() && was.windows.len() + self.changes.len() >= MOST_WINDOWS {
                reader.refuse(Column::Label, Reason::TooManyWindows);
            } else if present.window.as_ref() != Some(&after) {
                let (facts, channels) = self.window(id, &after);
                self.changes.push(WindowChange { id, facts, channels, row, moved });
            }
        }
        if self.after.is_none() {
            self.after = Some((firm, row));
        }
        let shown = was.firm.as_ref().unwrap_or(&meant.firm);
        Planned {
            place: reader.number,
            organisation: shown.organisation_id,
            subject: Subject {
                member: shown.name.clone(),
                window: meant.window.as_ref().map(|window| window.label.clone()).unwrap_or_default(),
                joins: was.firm.is_none(),
            },
            is_new: was.firm.is_none() || about == Some(About::New),
            changes: !cells.is_empty(),
            addresses: i32::try_from(cells.iter().filter(|cell| cell.tells_address()).count()).unwrap_or(i32::MAX),
            cells: serde_json::to_string(&cells).unwrap_or_default().into(),
            refusals: reader.refusals,
        }
    }

    /// The member as a row has it.
    fn firm(&self, reader: &mut RowReader<'_>, before: Option<&Firm>) -> Firm {
        let blank = || {
            let unit = match &self.ground.ceptoar.units[..] {
                [only] => only.clone(),
                _ => String::new(),
            };
            Firm { unit, ..Firm::default() }
        };
        // The further rows of a new member need not say again what its first one says.
        let first = || self.after.as_ref().map(|(firm, _)| firm.clone());
        let mut firm = before.cloned().or_else(first).unwrap_or_else(blank);
        let present = Entry { firm: before.cloned().unwrap_or_default(), window: None };
        let name = |cell: &str| cells::line(cell, LONGEST_NAME);
        let optional = |cell: &str| if cell.is_empty() { Ok(String::new()) } else { name(cell) };
        let reading = |cell: &str| name(cell).and_then(|line| spelling::reading(&line).ok_or(Reason::Reading));
        if let Some(name) = reader.read(Column::Name, &present, name) {
            firm.name = name;
        }
        if let Some(reading) = reader.read(Column::Reading, &present, reading) {
            firm.reading = reading;
        }
        if let Some(english) = reader.read(Column::English, &present, optional) {
            firm.english = english;
        }
        let ceptoar = self.ground.ceptoar;
        let unit = |cell: &str| one_of(ceptoar.units.iter(), cell, Reason::Unit);
        let subgroup = |cell: &str| {
            if cell.is_empty() {
                return Ok(String::new());
            }
            one_of(ceptoar.subgroups_from(self.ground.day).map(|known| &known.code), cell, Reason::Subgroup)
        };
        if let Some(kind) = reader.read(Column::Kind, &present, cells::member_kind) {
            firm.kind = kind;
        }
        if let Some(unit) = reader.read(Column::Unit, &present, unit) {
            firm.unit = unit;
        }
        if let Some(subgroup) = reader.read(Column::Subgroup, &present, subgroup) {
            firm.subgroup = subgroup;
        }
        if let Some(hub) = reader.read(Column::Hub, &present, cells::yes) {
            firm.hub = hub;
        }
        self.days(reader, &present, before, &mut firm);
        // Whoever joined before the subgroup began cannot have joined it then.
        let joined = firm.joined.filter(|_| before.is_none());
        let chosen = ceptoar.subgroups_from(self.ground.day).find(|known| known.code == firm.subgroup);
        if joined.zip(chosen).is_some_and(|(joined, chosen)| !chosen.valid.holds_on(joined)) {
            reader.refuse(Column::Subgroup, Reason::Subgroup);
        }
        match &self.after {
            // A new member's first row says everything; the others must not say anything else.
            Some((first, _)) => {
                for column in FIRM {
                    let said = reader.refusals.iter().any(|refusal| refusal.column == column);
                    if !said && cell_of(first, column) != cell_of(&firm, column) {
                        reader.refuse(column, Reason::Contradiction);
                    }
                }
            }
            None if before.is_none() => self.complete(reader, &firm),
            None => {}
        }
        firm
    }

    /// What a new member cannot be without.
    fn complete(&self, reader: &mut RowReader<'_>, firm: &Firm) {
        for (column, missing) in [
            (Column::Name, firm.name.is_empty()),
            (Column::Reading, firm.reading.is_empty()),
            (Column::Unit, firm.unit.is_empty()),
        ] {
            if missing && !reader.refusals.iter().any(|refusal| refusal.column == column) {
                reader.refuse(column, Reason::Missing);
            }
        }
    }

    /// When it joined, and its last day.
    fn days(&self, reader: &mut RowReader<'_>, present: &Entry, before: Option<&Firm>, firm: &mut Firm) {
        let day = |cell: &str| if cell.is_empty() { Ok(None) } else { cells::day(cell).map(Some) };
        let latest = self.ground.today.checked_add_months(Months::new(36)).unwrap_or(self.ground.today);
        let near =
            |day: NaiveDate| day <= latest && NaiveDate::from_ymd_opt(1990, 1, 1).is_none_or(|first| day >= first);
        if let Some(Some(joined)) = reader.read(Column::Joined, present, day) {
            if before.is_none() && !near(joined) {
                reader.refuse(Column::Joined, Reason::FarDay);
            } else if before.is_some_and(|before| before.joined != Some(joined)) {
                reader.refuse(Column::Joined, Reason::NotByTable);
            }
            firm.joined = Some(joined);
        }
        if before.is_none() && firm.joined.is_none() {
            firm.joined = Some(self.ground.day);
        }
        if let Some(left) = reader.read(Column::Left, present, day)
            && left != firm.left
        {
            let later = |left: NaiveDate| firm.left.is_some_and(|known| known < left);
            match left {
                Some(left) if firm.joined.is_some_and(|joined| left < joined) => {
                    reader.refuse(Column::Left, Reason::DaysReversed);
                }
                Some(left) if !near(left) => reader.refuse(Column::Left, Reason::FarDay),
                Some(left) if before.is_some() && left >= self.ground.day && !later(left) => {}
                Some(_) | None => reader.refuse(Column::Left, Reason::NotByTable),
            }
            firm.left = left;
        }
    }

    /// The first place behind all windows, those of the table among them.
    fn next_position(&self, windows: &[(ContactId, Window)]) -> i16 {
        let known = windows.iter().map(|(_, window)| window.position);
        known.chain(self.changes.iter().map(|c| c.facts.position)).max().unwrap_or(0).saturating_add(1)
    }

    /// What all of that means, and whether it can be.
    pub(super) fn finish(self, mapping: &Mapping, rows: &mut [Planned], plan: &mut Plan) {
        self.orders(mapping, rows);
        let Some((firm, first)) = &self.after else { return };
        let first = *first;
        let items = match self.sheet {
            Some(sheet) => self.items(sheet, firm, first),
            None => {
                plan.joinings.extend(self.joining(firm).filter(|_| self.ground.applies));
                return;
            }
        };
        let Some(sheet) = self.sheet else { return };
        for (row, column, item) in items {
            let change = Change {
                on: item.on,
                correction: false,
                reason: String::new(),
                before: Vec::new(),
                after: Vec::new(),
                proposal: None,
            };
            let checked = changes::check(sheet, &change, &item.alteration);
            match (checked, rows.get_mut(row)) {
                (Ok(()), _) if !self.ground.applies => {}
                (Ok(()), _) => plan.items.push(item),
                (Err(error), Some(row)) => row.refusals.push(refusal(mapping, row.place, column, reason(&error))),
                (Err(_), None) => {}
            }
        }
    }

    /// No two windows of a member in one place.
    fn orders(&self, mapping: &Mapping, rows: &mut [Planned]) {
        let windows = self.was().windows;
        let untouched = windows.iter().filter(|(id, _)| self.changes.iter().all(|c| c.id != Some(*id)));
        let untouched: Vec<i16> = untouched.map(|(_, window)| window.position).collect();
        for (place, change) in self.changes.iter().enumerate() {
            let position = change.facts.position;
            let others = self.changes.iter().enumerate().filter(|(other, _)| *other != place);
            let taken = untouched.contains(&position) || others.into_iter().any(|(_, c)| c.facts.position == position);
            if let Some(row) = rows.get_mut(change.row).filter(|_| change.moved && taken) {
                row.refusals.push(refusal(mapping, row.place, Column::Position, Reason::OrderTwice));
            }
        }
    }

    fn name(firm: &Firm) -> Name {
        Name { ja: firm.name.clone(), en: firm.english.clone(), reading: firm.reading.clone() }
    }

    fn membership(&self, firm: &Firm) -> Membership {
        let on_day = |known: &&Subgroup| known.valid.holds_on(self.ground.day) && known.code == firm.subgroup;
        let subgroup = self.ground.ceptoar.subgroups.iter().find(on_day);
        Membership {
            kind: firm.kind,
            unit: firm.unit.clone(),
            subgroup: subgroup.map(|known| known.subgroup_id.clone()),
            hub: firm.hub,
        }
    }

    fn items(&self, sheet: &Sheet, firm: &Firm, first: usize) -> Vec<(usize, Column, Item)> {
        let Some(before) = &self.was().firm else { return Vec::new() };
        let on = self.ground.day;
        let mut items = Vec::new();
        let mut add = |row, column, on, alteration| {
            items.push((row, column, Item { organisation: sheet.organisation_id, on, alteration }));
        };
        let (was, is) = (Self::name(before), Self::name(firm));
        if was != is {
            let column = if was.ja == is.ja { Column::Reading } else { Column::Name };
            add(first, column, on, Alteration::Name(is));
        }
        let (was, is) = (self.membership(before), self.membership(firm));
        if was != is {
            add(first, Column::Unit, on, Alteration::Membership(is));
        }
        for change in &self.changes {
            let (facts, channels) = (change.facts.clone(), change.channels.clone());
            let alteration = match change.id {
                Some(id) => Alteration::Window(id, facts, channels),
                None => Alteration::NewWindow(facts, channels),
            };
            add(change.row, Column::Label, on, alteration);
        }
        if let Some(left) = firm.left.filter(|left| before.left != Some(*left)) {
            add(first, Column::Left, left.succ_opt().unwrap_or(left), Alteration::Leaving);
        }
        items
    }

    fn window(&self, id: Option<ContactId>, after: &Window) -> (WindowFacts, Vec<Channel>) {
        let known = id.zip(self.sheet).and_then(|(id, sheet)| sheet.window(id));
        let known = known.map(|window| window.channels_on(self.ground.day)).unwrap_or_default();
        let facts = WindowFacts {
            position: after.position,
            label: after.label.clone(),
            handler: after.handler,
            language: Language::from_code(&after.language),
        };
        (facts, window::merged(&known, &after.channels))
    }

    fn joining(&self, firm: &Firm) -> Option<NewMember> {
        let windows: Vec<_> =
            self.changes.iter().map(|change| (change.facts.clone(), change.channels.clone())).collect();
        (!windows.is_empty()).then(|| NewMember {
            organisation: OrganisationId::random(),
            from: firm.joined.unwrap_or(self.ground.day),
            name: Self::name(firm),
            subgroup_code: firm.subgroup.clone(),
            membership: self.membership(firm),
            windows,
            demonstration: self.ground.demonstration,
        })
    }
}

/// As many as there are places in the order.
const MOST_WINDOWS: usize = 99;

/// The columns that say something of the member.
const FIRM: [Column; 9] = [
    Column::Name,
    Column::Reading,
    Column::English,
    Column::Kind,
    Column::Unit,
    Column::Subgroup,
    Column::Hub,
    Column::Joined,
    Column::Left,
];

fn cell_of(firm: &Firm, column: Column) -> String {
    firm.cell(column, Language::Ja)
}

fn one_of<'a>(known: impl Iterator<Item = &'a String>, cell: &str, otherwise: Reason) -> Result<String, Reason> {
    let wanted = folded(cell.trim());
    if wanted.is_empty() {
        return Err(Reason::Missing);
    }
    known.into_iter().find(|known| folded(known) == wanted).cloned().ok_or(otherwise)
}

/// The cells that differ.
fn changed(present: &Entry, meant: &Entry) -> Vec<CellChange> {
    let differs = |column: &Column| !present.same(meant, *column);
    let change = |column: Column| CellChange {
        column,
        before: present.cell(column, Language::Ja),
        after: meant.cell(column, Language::Ja),
    };
    Column::all().into_iter().filter(differs).map(change).collect()
}

/// Why the directory's own rules refuse something.
fn reason(error: &ChangeError) -> Reason {
    match error {
        ChangeError::NotOnThatDay
        | ChangeError::NoMember
        | ChangeError::LastWindow
        | ChangeError::NotOpen
        | ChangeError::Overlap
        | ChangeError::NoSubgroup
        | ChangeError::NotItsOwn
        | ChangeError::Fault(_) => Reason::NotOnThatDay,
    }
}
