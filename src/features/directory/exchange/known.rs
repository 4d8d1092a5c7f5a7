//! What the directory knows of a CEPTOAR's members on a day, in the form of the table.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::entry::{Entry, Firm, Window};
use crate::features::directory::roster::sheet::{Channel, Sheet, Window as KnownWindow};
use crate::features::directory::roster::store::CeptoarFacts;
use crate::kernel::ids::ContactId;

/// A member on a day; `None` where the firm is no member then.
#[must_use]
pub fn firm(sheet: &Sheet, ceptoar: &CeptoarFacts, day: NaiveDate) -> Option<Firm> {
    let membership = sheet.membership_on(day)?;
    let name = sheet.name_on(day)?;
    Some(Firm {
        organisation_id: Some(sheet.organisation_id.0),
        name: name.value.ja.clone(),
        reading: name.value.reading.clone(),
        english: name.value.en.clone(),
        kind: membership.value.kind,
        unit: membership.value.unit.clone(),
        subgroup: ceptoar.code_of(membership.value.subgroup.as_deref()).to_owned(),
        hub: membership.value.hub,
        joined: joined(sheet, day),
        left: left(sheet, day),
    })
}

/// The first day of the membership that holds on a day: what it is a member as may have changed since.
fn joined(sheet: &Sheet, day: NaiveDate) -> Option<NaiveDate> {
    let mut first = sheet.membership_on(day)?.valid.from;
    while let Some(from) = first {
        match sheet.memberships.iter().find(|m| m.valid.until == Some(from)) {
            Some(before) => first = before.valid.from,
            None => break,
        }
    }
    first
}

/// The last day of the membership that holds on a day, as far as it is known.
fn left(sheet: &Sheet, day: NaiveDate) -> Option<NaiveDate> {
    let mut end = sheet.membership_on(day)?.valid.until;
    while let Some(until) = end {
        match sheet.memberships.iter().find(|m| m.valid.from == Some(until)) {
            Some(after) => end = after.valid.until,
            None => break,
        }
    }
    end.and_then(|until| until.pred_opt())
}

/// The windows of a member that are open on a day, in order.
#[must_use]
pub fn windows(sheet: &Sheet, day: NaiveDate) -> Vec<(ContactId, Window)> {
    let mut windows: Vec<_> =
        sheet.windows.iter().filter_map(|window| Some((window.contact_id, on(window, day)?))).collect();
    windows.sort_by_key(|(id, window)| (window.position, id.0));
    windows
}

fn on(window: &KnownWindow, day: NaiveDate) -> Option<Window> {
    let facts = &window.on(day)?.value;
    Some(Window {
        contact_id: Some(window.contact_id.0),
        position: facts.position,
        label: facts.label.clone(),
        handler: facts.handler,
        language: facts.language.code().to_owned(),
        channels: cells(window.channels_on(day)),
    })
}

fn cells(channels: Vec<&Channel>) -> super::entry::Channels {
    let mut cells: super::entry::Channels = BTreeMap::new();
    for channel in channels {
        cells.entry((channel.kind, channel.hours)).or_default().push(channel.value.clone());
    }
    cells
}

/// The rows of the table: one for each window, and one for a member that has none.
#[must_use]
pub fn entries(sheets: &[Sheet], ceptoar: &CeptoarFacts, day: NaiveDate) -> Vec<Entry> {
    let mut firms: Vec<(Firm, &Sheet)> =
        sheets.iter().filter_map(|sheet| Some((firm(sheet, ceptoar, day)?, sheet))).collect();
    firms.sort_by(|(a, _), (b, _)| (&a.reading, a.organisation_id).cmp(&(&b.reading, b.organisation_id)));
    let rows = |(firm, sheet): (Firm, &Sheet)| {
        let windows = windows(sheet, day);
        if windows.is_empty() {
            return vec![Entry { firm, window: None }];
        }
        windows.into_iter().map(|(_, window)| Entry { firm: firm.clone(), window: Some(window) }).collect()
    };
    firms.into_iter().flat_map(rows).collect()
}
