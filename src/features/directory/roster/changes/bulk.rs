//! Many changes at once, as a table brings them: by the rules and into the history of the single ones, in batches.

mod holding;
mod store;
mod windows;

use std::collections::HashMap;

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Actor, Alteration, Change, ChangeError, Written, letters};
use crate::features::directory::roster::line::{self, Line};
use crate::features::directory::roster::sheet::{Channel, Membership, Name, Sheet, WindowFacts};
use crate::features::directory::roster::store::CeptoarFacts;
use crate::kernel::email_address::EmailAddress;
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::platform::mail::letter::Letter;
use windows::Opening;

/// Changes that go to the database together.
const BATCH: usize = 1000;

/// A change of a member that is there.
#[derive(Debug, Clone)]
pub struct Item {
    /// Which member.
    pub organisation: OrganisationId,
    /// From which day on.
    pub on: NaiveDate,
    /// What is to be different.
    pub alteration: Alteration,
}

/// A firm that joins, with its windows.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// Which it will be.
    pub organisation: OrganisationId,
    /// Its first day.
    pub from: NaiveDate,
    /// What it is called.
    pub name: Name,
    /// As what it is a member.
    pub membership: Membership,
    /// The code of its subgroup.
    pub subgroup_code: String,
    /// Its windows; one at least.
    pub windows: Vec<(WindowFacts, Vec<Channel>)>,
    /// Whether this is a portal of the demonstration.
    pub demonstration: bool,
}

/// All that is done at once.
#[derive(Debug, Clone, Copy)]
pub struct Bulk<'a> {
    /// Under which number the history keeps it.
    pub import: Uuid,
    /// The CEPTOAR.
    pub ceptoar_id: &'a str,
    /// What is known of it.
    pub ceptoar: &'a CeptoarFacts,
    /// Why.
    pub reason: &'a str,
    /// The members as they are.
    pub sheets: &'a [Sheet],
    /// What happens to them.
    pub items: &'a [Item],
    /// Who joins.
    pub joinings: &'a [NewMember],
}

/// What stands in the history of one change.
struct Entry<'a> {
    organisation: OrganisationId,
    window: Option<ContactId>,
    written: Written,
    change: Change,
    import: Uuid,
    ceptoar_id: &'a str,
}

/// A letter about an address that comes or goes.
struct Told {
    window: ContactId,
    label: String,
    address: EmailAddress,
    letter: Letter,
}

/// Does all of it. Each change was checked against its member's sheet before.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn apply(tx: &mut PgConnection, actor: Actor<'_>, bulk: Bulk<'_>) -> Result<(), ChangeError> {
    super::store::announce(tx, bulk.import).await?;
    for joinings in bulk.joinings.chunks(BATCH) {
        join(tx, actor, bulk, joinings).await?;
    }
    let sheets: HashMap<OrganisationId, &Sheet> =
        bulk.sheets.iter().map(|sheet| (sheet.organisation_id, sheet)).collect();
    for step in Step::ALL {
        let items: Vec<&Item> = bulk.items.iter().filter(|item| step == Step::of(&item.alteration)).collect();
        for items in items.chunks(BATCH) {
            alter(tx, actor, bulk, step, items, &sheets).await?;
        }
    }
    Ok(())
}

/// What is done one after the other. Leaving comes last: who changes a window is judged by the membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Name,
    Membership,
    NewWindow,
    Window,
    Ending,
}

impl Step {
    const ALL: [Self; 5] = [Self::Name, Self::Membership, Self::NewWindow, Self::Window, Self::Ending];

    fn of(alteration: &Alteration) -> Self {
        match alteration {
            Alteration::Name(_) => Self::Name,
            Alteration::Membership(_) => Self::Membership,
            Alteration::NewWindow(..) => Self::NewWindow,
            Alteration::Window(..) => Self::Window,
            Alteration::Leaving | Alteration::WindowEnd(_) => Self::Ending,
        }
    }
}

async fn join(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    bulk: Bulk<'_>,
    joinings: &[NewMember],
) -> Result<(), ChangeError> {
    store::add_members(tx, bulk.ceptoar_id, joinings).await?;
    let openings: Vec<Opening<'_>> = joinings
        .iter()
        .flat_map(|new| {
            new.windows.iter().map(|(facts, channels)| Opening {
                organisation: new.organisation,
                contact: ContactId::random(),
                on: new.from,
                facts,
                channels,
            })
        })
        .collect();
    windows::store::add_windows(tx, bulk.ceptoar_id, &openings).await?;
    let mut entries = Vec::new();
    for new in joinings {
        let lines = [line::of_name(&new.name), line::of_membership(&new.membership, &new.subgroup_code)].concat();
        let written = Written { kind: "beginning", subject: "membership" };
        entries.push(bulk.entry(new.organisation, None, written, new.from, (Vec::new(), lines)));
    }
    for opening in &openings {
        let lines = line::of_window(opening.facts, &opening.channels.iter().collect::<Vec<_>>());
        let written = Written { kind: "beginning", subject: "window" };
        entries.push(bulk.entry(opening.organisation, Some(opening.contact), written, opening.on, (Vec::new(), lines)));
    }
    for entries in entries.chunks(BATCH) {
        store::record(tx, actor, entries).await?;
    }
    Ok(())
}

async fn alter(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    bulk: Bulk<'_>,
    step: Step,
    items: &[&Item],
    sheets: &HashMap<OrganisationId, &Sheet>,
) -> Result<(), ChangeError> {
    // The history first: what is said there is what was so before.
    let mut entries = Vec::new();
    let mut told = Vec::new();
    let mut openings = Vec::new();
    for item in items {
        let Some(sheet) = sheets.get(&item.organisation) else { return Err(ChangeError::NoMember) };
        let window = match &item.alteration {
            Alteration::Window(id, ..) | Alteration::WindowEnd(id) => Some(*id),
            Alteration::NewWindow(facts, channels) => {
                let contact = ContactId::random();
                openings.push(Opening { organisation: item.organisation, contact, on: item.on, facts, channels });
                Some(contact)
            }
            Alteration::Name(_) | Alteration::Membership(_) | Alteration::Leaving => None,
        };
        let lines = lines(sheet, bulk.ceptoar, item);
        entries.push(bulk.entry(item.organisation, window, (&item.alteration).into(), item.on, lines));
        told.extend(letters_of(sheet, window, item)?);
    }
    match step {
        Step::Name => store::rename(tx, items).await?,
        Step::Membership => store::alter_memberships(tx, bulk.ceptoar_id, items).await?,
        Step::NewWindow => windows::store::add_windows(tx, bulk.ceptoar_id, &openings).await?,
        Step::Window => {
            windows::store::alter_windows(tx, items).await?;
            windows::store::alter_channels(tx, items).await?;
        }
        Step::Ending => store::end(tx, bulk.ceptoar_id, items).await?,
    }
    store::record(tx, actor, &entries).await?;
    store::tell(tx, &told, actor.now).await?;
    Ok(())
}

impl<'a> Bulk<'a> {
    fn entry(
        &self,
        organisation: OrganisationId,
        window: Option<ContactId>,
        written: Written,
        on: NaiveDate,
        (before, after): (Vec<Line>, Vec<Line>),
    ) -> Entry<'a> {
        let change = Change { on, correction: false, reason: self.reason.to_owned(), before, after, proposal: None };
        Entry { organisation, window, written, change, import: self.import, ceptoar_id: self.ceptoar_id }
    }
}

/// What is said before and after.
fn lines(sheet: &Sheet, ceptoar: &CeptoarFacts, item: &Item) -> (Vec<Line>, Vec<Line>) {
    let on = item.on;
    let of_membership =
        |membership: &Membership| line::of_membership(membership, ceptoar.code_of(membership.subgroup.as_deref()));
    let of_window = |id: ContactId, day: NaiveDate| {
        sheet.window(id).and_then(|w| Some(line::of_window(&w.on(day)?.value, &w.channels_on(day)))).unwrap_or_default()
    };
    let eve = on.pred_opt().unwrap_or(on);
    match &item.alteration {
        Alteration::Name(name) => {
            let before = sheet.name_on(on).map(|fact| line::of_name(&fact.value));
            (before.unwrap_or_default(), line::of_name(name))
        }
        Alteration::Membership(membership) => {
            let before = sheet.membership_on(on).map(|fact| of_membership(&fact.value));
            (before.unwrap_or_default(), of_membership(membership))
        }
        Alteration::Leaving => {
            (sheet.membership_on(eve).map(|fact| of_membership(&fact.value)).unwrap_or_default(), Vec::new())
        }
        Alteration::NewWindow(facts, channels) => {
            (Vec::new(), line::of_window(facts, &channels.iter().collect::<Vec<_>>()))
        }
        Alteration::Window(id, facts, channels) => {
            (of_window(*id, on), line::of_window(facts, &channels.iter().collect::<Vec<_>>()))
        }
        Alteration::WindowEnd(id) => (of_window(*id, eve), Vec::new()),
    }
}

/// The letters to addresses that a change adds or takes away, as for single changes.
fn letters_of(sheet: &Sheet, window: Option<ContactId>, item: &Item) -> Result<Vec<Told>, ChangeError> {
    let mut told = Vec::new();
    for (contact, facts, addresses) in super::concerned(sheet, window, item.on, &item.alteration) {
        for (address, gone) in addresses {
            let letter = letters::letter(facts, item.on, gone).map_err(anyhow::Error::from)?;
            told.push(Told { window: contact, label: facts.label.clone(), address, letter });
        }
    }
    Ok(told)
}
