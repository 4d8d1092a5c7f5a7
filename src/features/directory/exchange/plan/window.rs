//! What a row says of a window.

use std::collections::HashMap;

use uuid::Uuid;

use super::row::RowReader;
use crate::features::directory::exchange::cells;
use crate::features::directory::exchange::column::Column;
use crate::features::directory::exchange::entry::{Channels, Entry, Firm, Window};
use crate::features::directory::exchange::refusal::Reason;
use crate::features::directory::roster::sheet::{Channel, ChannelKind, Hours};
use crate::features::directory::roster::spelling::{LONGEST_LABEL, MOST_WAYS};
use crate::kernel::ids::ContactId;
use crate::kernel::text::folded;

/// Which window a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// None: the row is about the member alone.
    Nothing,
    /// One that is there.
    Known(ContactId),
    /// One to come.
    New,
}

/// Which window a row is about; `None` where that cannot be told.
pub(super) fn about(
    reader: &mut RowReader<'_>,
    windows: &[(ContactId, Window)],
    claimed: &[ContactId],
    everybodys: &HashMap<Uuid, usize>,
) -> Option<About> {
    let (id, label) = (reader.text(Column::Window), reader.text(Column::Label));
    let refuse = |reader: &mut RowReader<'_>, column, reason| {
        reader.refuse(column, reason);
        None
    };
    if !id.is_empty() {
        let Ok(id) = id.parse::<Uuid>() else { return refuse(reader, Column::Window, Reason::Number) };
        let id = ContactId(id);
        return if claimed.contains(&id) {
            refuse(reader, Column::Window, Reason::WindowTwice)
        } else if windows.iter().any(|(known, _)| *known == id) {
            Some(About::Known(id))
        } else if everybodys.contains_key(&id.0) {
            refuse(reader, Column::Window, Reason::OtherMember)
        } else {
            refuse(reader, Column::Window, Reason::UnknownNumber)
        };
    }
    if label.is_empty() {
        let has_ways = channels().any(|(kind, hours)| !reader.text(Column::Channel(kind, hours)).is_empty());
        return if has_ways { refuse(reader, Column::Label, Reason::NoWindowName) } else { Some(About::Nothing) };
    }
    let named: Vec<ContactId> =
        windows.iter().filter(|(_, window)| folded(window.label.trim()) == folded(label)).map(|(id, _)| *id).collect();
    match named[..] {
        [] => Some(About::New),
        [one] if claimed.contains(&one) => refuse(reader, Column::Label, Reason::WindowTwice),
        [one] => Some(About::Known(one)),
        [_, _, ..] => refuse(reader, Column::Label, Reason::WindowOfSeveral),
    }
}

fn channels() -> impl Iterator<Item = (ChannelKind, Hours)> {
    ChannelKind::ALL.into_iter().flat_map(|kind| Hours::ALL.map(|hours| (kind, hours)))
}

/// The window as the row has it. `next` is the place of a new one that names none.
pub(super) fn read(reader: &mut RowReader<'_>, firm: &Firm, before: Option<&Window>, next: i16) -> Window {
    let present = Entry { firm: firm.clone(), window: before.cloned() };
    let mut window = before.cloned().unwrap_or_else(|| Window {
        contact_id: None,
        position: next,
        label: String::new(),
        handler: false,
        language: "ja".to_owned(),
        channels: Channels::new(),
    });
    if let Some(label) = reader.read(Column::Label, &present, |cell| cells::line(cell, LONGEST_LABEL)) {
        window.label = label;
    }
    let position = |cell: &str| if cell.is_empty() { Ok(window.position) } else { cells::order(cell) };
    if let Some(position) = reader.read(Column::Position, &present, position) {
        window.position = position;
    }
    let known = if window.language == "en" { "en" } else { "ja" };
    let language = |cell: &str| if cell.is_empty() { Ok(known) } else { cells::language(cell) };
    if let Some(handler) = reader.read(Column::Handler, &present, cells::yes) {
        window.handler = handler;
    }
    if let Some(language) = reader.read(Column::Language, &present, language) {
        window.language = language.to_owned();
    }
    let mut last = None;
    for (kind, hours) in channels() {
        let column = Column::Channel(kind, hours);
        let Some(ways) = reader.read(column, &present, |cell| cells::ways(kind, cell)) else { continue };
        let essence = |ways: &[String]| ways.iter().map(|way| cells::essence(kind, way)).collect::<Vec<_>>();
        let known = window.channels.get(&(kind, hours)).map(Vec::as_slice).unwrap_or_default();
        if essence(&ways) == essence(known) {
            continue;
        }
        window.channels.insert((kind, hours), ways);
        window.channels.retain(|_, ways| !ways.is_empty());
        last = Some(column);
    }
    let count: usize = window.channels.values().map(Vec::len).sum();
    if let Some(column) = last.filter(|_| count > MOST_WAYS) {
        reader.refuse(column, Reason::TooManyWays);
    }
    let unread = reader.refusals.iter().any(|refusal| matches!(refusal.column, Column::Channel(..)));
    if count == 0 && !unread && (last.is_some() || before.is_none()) {
        reader.refuse(Column::Label, Reason::NoChannel);
    }
    window
}

/// The ways in their order: what is there keeps its place and its proof, what is new comes behind.
pub(super) fn merged(known: &[&Channel], wanted: &Channels) -> Vec<Channel> {
    let mut wanted = wanted.clone();
    let mut merged: Vec<Channel> = Vec::new();
    let proof = |kind: ChannelKind, value: &str| {
        let same = |c: &&&Channel| c.kind == kind && cells::essence(kind, &c.value) == cells::essence(kind, value);
        known.iter().find(same).and_then(|channel| channel.verified_on)
    };
    for channel in known {
        let Some(ways) = wanted.get_mut(&(channel.kind, channel.hours)).filter(|ways| !ways.is_empty()) else {
            continue;
        };
        let value = ways.remove(0);
        let verified_on = proof(channel.kind, &value);
        merged.push(Channel { kind: channel.kind, hours: channel.hours, verified_on, value });
    }
    for ((kind, hours), ways) in wanted {
        merged.extend(ways.into_iter().map(|value| {
            let verified_on = proof(kind, &value);
            Channel { kind, hours, verified_on, value }
        }));
    }
    merged
}
