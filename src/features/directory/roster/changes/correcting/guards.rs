//! What has to be true of a corrected sheet. Of past days only what would be nonsense is refused: a membership without a
//! name, a window outside the membership. That nobody could be reached then may have been so; from today on it must not be.

use chrono::NaiveDate;

use super::Obstacle;
use crate::features::access::directory::Standing;
use crate::features::directory::roster::sheet::{Period, Sheet};

/// Looks at the sheet as it would be. What was so before already stands in nobody's way.
pub(super) fn look(old: &Sheet, new: &Sheet, today: NaiveDate) -> Result<(), Obstacle> {
    if is_nameless(new) && !is_nameless(old) {
        return Err(Obstacle::NoName);
    }
    let (was, is) = (days(old), days(new));
    for window in &new.windows {
        let life = window.life();
        let fitted = old.window(window.contact_id).is_none_or(|old| covers(&was, old.life()));
        if fitted && !covers(&is, life) {
            let label = window.facts.last().map(|fact| fact.value.label.clone()).unwrap_or_default();
            return Err(Obstacle::Outside(label, life));
        }
    }
    // A partner body may be met in meetings alone.
    if new.standing == Standing::Partner {
        return Ok(());
    }
    let ends = new.windows.iter().flat_map(|window| &window.facts).filter_map(|fact| fact.valid.until);
    let begins = is.iter().filter_map(|period| period.from);
    let unreached = |sheet: &Sheet, day: NaiveDate| {
        sheet.membership_on(day).is_some() && sheet.windows.iter().all(|window| window.on(day).is_none())
    };
    let mut days = std::iter::once(today).chain(ends.chain(begins).filter(|day| *day > today));
    match days.find(|day| unreached(new, *day) && !unreached(old, *day)) {
        Some(day) => Err(Obstacle::NoWindow(day)),
        None => Ok(()),
    }
}

/// Whether it is a member before it has a name.
fn is_nameless(sheet: &Sheet) -> bool {
    let Some(named) = sheet.names.first().and_then(|name| name.valid.from) else { return false };
    sheet.memberships.iter().any(|fact| fact.valid.from.is_none_or(|from| from < named))
}

/// The days on which it is what it is, in as few periods as there are.
fn days(sheet: &Sheet) -> Vec<Period> {
    let mut all: Vec<Period> = sheet.memberships.iter().map(|fact| fact.valid).collect();
    all.sort_by_key(|period| period.from);
    let mut merged: Vec<Period> = Vec::new();
    for period in all {
        match merged.last_mut() {
            Some(last) if last.until.is_none_or(|until| period.from.is_none_or(|from| from <= until)) => {
                last.until = last.until.zip(period.until).map(|(a, b)| a.max(b));
            }
            Some(_) | None => merged.push(period),
        }
    }
    merged
}

fn covers(days: &[Period], inner: Period) -> bool {
    days.iter().any(|outer| {
        let begins = outer.from.is_none_or(|first| inner.from.is_some_and(|from| first <= from));
        begins && outer.until.is_none_or(|end| inner.until.is_some_and(|until| until <= end))
    })
}
