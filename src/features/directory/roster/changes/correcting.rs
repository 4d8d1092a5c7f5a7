//! Correcting what is said of a period, of the past, of today or of a day to come: what was so all along, in which days.
//! The whole sheet as it would be is worked out first, and looked at; only what differs is written.

mod guards;
mod store;

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{About, Actor, Change, ChangeError, Concerned, Written, addresses, mails, record, tell};
use crate::features::access::directory::Standing;
pub use crate::features::directory::roster::periods::Obstacle;
use crate::features::directory::roster::periods::replaced;
use crate::features::directory::roster::sheet::{Channel, Dated, Membership, Name, Period, Sheet, Window, WindowFacts};
use crate::features::directory::roster::steps::{self, Rows, Step};
use crate::kernel::ids::ContactId;

pub use store::may_name;

/// What is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// What it is called.
    Name,
    /// As what it is a member.
    Membership,
    /// One of its windows.
    Window(ContactId),
}

/// What was so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It was called that.
    Name(Name),
    /// It was a member as that.
    Membership(Membership),
    /// The window was like that, and was reached in these ways.
    Window(WindowFacts, Vec<Channel>),
}

/// A correction of what is said of a day.
#[derive(Debug, Clone)]
pub struct Correction {
    /// A day of the period that is corrected.
    pub day: NaiveDate,
    /// Of what.
    pub subject: Subject,
    /// What was so, and from when until when; `None` where it never became so, and what came before went on.
    pub to: Option<(Said, Period)>,
}

/// The sheet as it would be, and the rows of the windows that differ.
#[derive(Debug, Clone)]
pub struct Corrected {
    /// Everything, with the correction in it.
    pub sheet: Sheet,
    /// The rows of the windows that differ.
    pub rows: Vec<(ContactId, Rows)>,
}

/// What the sheet says with the correction in it.
///
/// # Errors
/// Why it cannot be so.
pub fn corrected(sheet: &Sheet, correction: &Correction, today: NaiveDate) -> Result<Corrected, Obstacle> {
    let mut new = Corrected { sheet: sheet.clone(), rows: Vec::new() };
    let Correction { day, subject, to } = correction;
    match (subject, to) {
        (Subject::Name, None) => new.sheet.names = replaced(&sheet.names, *day, None, name_of)?,
        (Subject::Name, Some((Said::Name(name), valid))) => {
            new.sheet.names = replaced(&sheet.names, *day, Some((name.clone(), *valid)), name_of)?;
        }
        (Subject::Membership, _) if sheet.standing != Standing::Member => return Err(Obstacle::NotOnThatDay),
        (Subject::Membership, None) => {
            new.sheet.memberships = replaced(&sheet.memberships, *day, None, nameless)?;
        }
        (Subject::Membership, Some((Said::Membership(membership), valid))) => {
            let to = Some((membership.clone(), *valid));
            new.sheet.memberships = replaced(&sheet.memberships, *day, to, nameless)?;
            along(sheet, &mut new, *day, *valid)?;
        }
        (Subject::Window(id), to) => window(sheet, &mut new, *id, *day, to.as_ref())?,
        (Subject::Name | Subject::Membership, Some(_)) => return Err(Obstacle::NotOnThatDay),
    }
    guards::look(sheet, &new.sheet, today)?;
    Ok(new)
}

fn name_of(name: &Name) -> String {
    name.ja.clone()
}

fn nameless(_: &Membership) -> String {
    String::new()
}

/// A window with one of its steps another one, or gone.
fn window(
    sheet: &Sheet,
    new: &mut Corrected,
    id: ContactId,
    day: NaiveDate,
    to: Option<&(Said, Period)>,
) -> Result<(), Obstacle> {
    let known = steps::of(sheet.window(id).ok_or(Obstacle::NotOnThatDay)?);
    let step = known.iter().find(|step| step.valid.holds_on(day)).ok_or(Obstacle::NotOnThatDay)?;
    let to = match to {
        None => None,
        Some((Said::Window(facts, channels), valid)) => {
            Some((another(&step.value, facts.clone(), channels.clone()), *valid))
        }
        Some(_) => return Err(Obstacle::NotOnThatDay),
    };
    let steps = replaced(&known, day, to, |step| step.facts.value.label.clone())?;
    put(new, id, steps::rows(&steps));
    Ok(())
}

/// A step that says something else. Ways that stay as they are stay the same rows.
fn another(step: &Step, facts: WindowFacts, channels: Vec<Channel>) -> Step {
    let same = step.channels.len() == channels.len() && step.channels.iter().zip(&channels).all(|(k, c)| k.value == *c);
    let row = |value| Dated { fact_id: Uuid::nil(), valid: step.facts.valid, value };
    Step {
        facts: Dated { value: facts, ..step.facts.clone() },
        channels: if same { step.channels.clone() } else { channels.into_iter().map(row).collect() },
    }
}

/// Puts the rows of a window into the sheet.
fn put(new: &mut Corrected, id: ContactId, rows: Rows) {
    if let Some(window) = new.sheet.windows.iter_mut().find(|window| window.contact_id == id) {
        window.facts.clone_from(&rows.facts);
        window.channels = rows.channels.iter().map(|(_, row)| row.clone()).collect();
    }
    new.rows.push((id, rows));
}

/// What began or ended with the membership begins or ends with it still: its windows, and the name it joined under.
fn along(sheet: &Sheet, new: &mut Corrected, day: NaiveDate, valid: Period) -> Result<(), Obstacle> {
    let Some(place) = sheet.memberships.iter().position(|fact| fact.valid.holds_on(day)) else { return Ok(()) };
    let Some(was) = sheet.memberships.get(place).map(|fact| fact.valid) else { return Ok(()) };
    let began = place.checked_sub(1).and_then(|i| sheet.memberships.get(i)).is_none_or(|f| f.valid.until != was.from);
    let ended = sheet.memberships.get(place + 1).is_none_or(|next| next.valid.from != was.until);
    let first = was.from.filter(|_| began && was.from != valid.from);
    let last = was.until.filter(|_| ended && was.until != valid.until);
    if let (Some(first), Some(name)) = (first, new.sheet.names.first_mut())
        && name.valid.from == Some(first)
        && valid.from.is_none_or(|from| from < first)
    {
        name.valid.from = valid.from;
    }
    for window in &sheet.windows {
        let life = window.life();
        let (begins, ends) = (first.is_some() && life.from == first, last.is_some() && life.until == last);
        if !begins && !ends {
            continue;
        }
        let mut steps = steps::of(window);
        if let Some(step) = steps.first_mut().filter(|_| begins) {
            step.valid.from = valid.from;
        }
        if let Some(step) = steps.last_mut().filter(|_| ends) {
            step.valid.until = valid.until;
        }
        if let Some(step) = steps.iter().find(|s| s.valid.from.zip(s.valid.until).is_some_and(|(a, b)| a >= b)) {
            let label = step.value.facts.value.label.clone();
            return Err(Obstacle::Outside(label, life));
        }
        put(new, window.contact_id, steps::rows(&steps));
    }
    Ok(())
}

/// Corrects, writes down what was said and what was so, and tells whose mails are others from today on.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn correct(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    (sheet, corrected): (&Sheet, &Corrected),
    change: &Change,
    (subject, today): (Subject, NaiveDate),
) -> Result<(), ChangeError> {
    let id = Uuid::new_v4();
    super::store::announce(tx, id).await?;
    if subject == Subject::Membership && reopens(sheet, &corrected.sheet, today) {
        let returns = super::store::may_return(tx, &sheet.ceptoar_id, sheet.organisation_id).await?;
        returns.then_some(()).ok_or(ChangeError::NotOpen)?;
    }
    store::write(tx, sheet, corrected).await?;
    let (subject, window) = match subject {
        Subject::Name => ("name", None),
        Subject::Membership => ("membership", None),
        Subject::Window(window) => ("window", Some(window)),
    };
    let about = About { window, ..About::member(&sheet.ceptoar_id, sheet.organisation_id) };
    record(tx, actor, id, about, change, Written { kind: "correction", subject }).await?;
    for (concerned, on) in concerned(sheet, &corrected.sheet, today) {
        tell(tx, actor, vec![concerned], on).await?;
    }
    Ok(())
}

/// Whether somebody who had left is a member again from today on.
fn reopens(old: &Sheet, new: &Sheet, today: NaiveDate) -> bool {
    let is_or_will_be =
        |sheet: &Sheet| sheet.memberships.iter().any(|fact| fact.valid.until.is_none_or(|until| until > today));
    is_or_will_be(new) && !is_or_will_be(old)
}

/// Whose mails are others from today on, and from which day. What is corrected of past days alone reaches nobody's mails,
/// so nobody is told.
fn concerned<'a>(old: &'a Sheet, new: &'a Sheet, today: NaiveDate) -> Vec<(Concerned<'a>, NaiveDate)> {
    let ahead = |window: Option<&Window>| -> Vec<(String, Period)> {
        let open = window.into_iter().flat_map(|window| &window.channels);
        let open = open.filter(|channel| channel.valid.until.is_none_or(|until| until > today));
        open.flat_map(|channel| {
            let from = channel.valid.from.unwrap_or(today).max(today);
            let days = Period { from: Some(from), until: channel.valid.until };
            mails(std::iter::once(&channel.value)).into_iter().map(move |mail| (mail, days))
        })
        .collect()
    };
    let mut all = Vec::new();
    for window in &new.windows {
        let (was, is) = (ahead(old.window(window.contact_id)), ahead(Some(window)));
        let Some(facts) = window.on(today).or(window.facts.last()) else { continue };
        let differs = |these: &[(String, Period)], those: &[(String, Period)], gone| {
            let told = these.iter().filter_map(|(mail, days)| {
                let on = first_without(*days, those.iter().filter(|(known, _)| known == mail).map(|(_, days)| *days))?;
                Some(((window.contact_id, &facts.value, addresses(vec![mail.clone()], gone)), on))
            });
            told.collect::<Vec<(Concerned<'a>, NaiveDate)>>()
        };
        all.extend(differs(&was, &is, true));
        all.extend(differs(&is, &was, false));
    }
    all
}

/// The first of the days that no other period holds; `None` where they hold all.
fn first_without(days: Period, others: impl Iterator<Item = Period> + Clone) -> Option<NaiveDate> {
    let mut day = days.from?;
    loop {
        if days.until.is_some_and(|until| day >= until) {
            return None;
        }
        match others.clone().find(|other| other.holds_on(day)) {
            None => return Some(day),
            Some(other) => day = other.until?,
        }
    }
}
