//! Changing the directory. A change holds from its day on, a correction says what was so all along; nothing is
//! overwritten, since the database keeps what was said before (migration …_directory_with_memory).

pub mod bulk;
pub mod correcting;
mod groups;
mod letters;
mod store;
mod withdrawal;

pub use withdrawal::withdraw;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::line::Line;
use super::sheet::{Channel, ChannelKind, Membership, Name, Sheet, WindowFacts};
use crate::features::access::Viewer;
use crate::features::access::directory::Standing;
use crate::kernel::email_address::EmailAddress;
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::platform::audit::{self, Event};
use crate::platform::db;

/// What is to be different.
#[derive(Debug, Clone)]
pub enum Alteration {
    /// The firm is called something else.
    Name(Name),
    /// It is a member as something else.
    Membership(Membership),
    /// It is no longer a member; the day is the first without it.
    Leaving,
    /// A new window.
    NewWindow(WindowFacts, Vec<Channel>),
    /// A window is another, or is reached in other ways.
    Window(ContactId, WindowFacts, Vec<Channel>),
    /// A window closes; the day is the first without it.
    WindowEnd(ContactId),
}

/// A firm that joins: what it is called, as what, and its first window.
#[derive(Debug, Clone)]
pub struct Joining {
    /// What it is called.
    pub name: Name,
    /// As what it is a member.
    pub membership: Membership,
    /// Its first window, since a member that nobody reaches is none.
    pub window: WindowFacts,
    /// How that is reached.
    pub channels: Vec<Channel>,
    /// Whether this is a portal of the demonstration.
    pub demonstration: bool,
}

/// A firm that comes back: as what, and its first window. What it is called goes on.
#[derive(Debug, Clone)]
pub struct Returning {
    /// As what it is a member.
    pub membership: Membership,
    /// Its first window, since those of before stay closed.
    pub window: WindowFacts,
    /// How that is reached.
    pub channels: Vec<Channel>,
}

/// From when, why, and in which words.
#[derive(Debug, Clone)]
pub struct Change {
    /// From which day on; a correction is of what holds on that day.
    pub on: NaiveDate,
    /// Whether it was so all along.
    pub correction: bool,
    /// Why.
    pub reason: String,
    /// What was said before, for the history.
    pub before: Vec<Line>,
    /// What is said from now on.
    pub after: Vec<Line>,
    /// The proposal of the firm that it comes of.
    pub proposal: Option<Uuid>,
}

/// Who changes, and when that is.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    /// Who.
    pub viewer: &'a Viewer,
    /// In whose name: the desk, or the firm.
    pub organisation: OrganisationId,
    /// The present.
    pub now: DateTime<Utc>,
    /// The request, for the trail.
    pub request_id: &'a str,
}

/// Why it cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Nothing of the kind holds on that day.
    #[error("nothing holds on that day")]
    NotOnThatDay,
    /// The firm is no member on that day.
    #[error("no member on that day")]
    NoMember,
    /// The only window of a member cannot close.
    #[error("the last window")]
    LastWindow,
    /// Something was built on the plan since, or it holds already.
    #[error("a plan that cannot be taken back")]
    NotOpen,
    /// Another period is in the way.
    #[error("periods overlap")]
    Overlap,
    /// The subgroup is not there on all of the days.
    #[error("no such subgroup on these days")]
    NoSubgroup,
    /// A name for days on which another CEPTOAR had the firm as well.
    #[error("the names of two CEPTOARs")]
    NotItsOwn,
    /// The database, or a letter.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        match db::broken_constraint(&error) {
            Some(name) if name.ends_with("_one_at_a_time") || name.ends_with("_no_overlap") => Self::Overlap,
            Some("memberships_in_subgroup") => Self::NoSubgroup,
            Some(_) | None => Self::Fault(error.into()),
        }
    }
}

/// Makes the change, writes down what it was, and tells whom it concerns.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn apply(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    sheet: &Sheet,
    change: &Change,
    alteration: &Alteration,
) -> Result<(), ChangeError> {
    let window = match alteration {
        Alteration::Window(id, ..) | Alteration::WindowEnd(id) => Some(*id),
        Alteration::NewWindow(..) => Some(ContactId::random()),
        Alteration::Name(_) | Alteration::Membership(_) | Alteration::Leaving => None,
    };
    check(sheet, change, alteration)?;
    let on = change.on;
    let id = Uuid::new_v4();
    store::announce(tx, id).await?;
    match alteration {
        Alteration::Name(name) => store::rename(tx, sheet.organisation_id, change, name).await?,
        Alteration::Membership(membership) => {
            store::alter_membership(tx, &sheet.ceptoar_id, sheet.organisation_id, change, membership).await?;
        }
        Alteration::Leaving => store::end_membership(tx, &sheet.ceptoar_id, sheet.organisation_id, on).await?,
        Alteration::NewWindow(facts, channels) => {
            let contact = window.unwrap_or_else(ContactId::random);
            store::add_window(tx, &sheet.ceptoar_id, sheet.organisation_id, contact, on, facts, channels).await?;
        }
        Alteration::Window(contact, facts, channels) => {
            store::alter_window(tx, *contact, change, facts).await?;
            store::alter_channels(tx, *contact, change, channels).await?;
        }
        Alteration::WindowEnd(contact) => store::end_window(tx, *contact, on).await?,
    }
    let about = About { window, ..About::member(&sheet.ceptoar_id, sheet.organisation_id) };
    record(tx, actor, id, about, change, alteration.into()).await?;
    tell(tx, actor, concerned(sheet, window, change.on, alteration), change.on).await
}

/// Takes a new firm in; answers which it is.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn join(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    change: &Change,
    joining: &Joining,
) -> Result<OrganisationId, ChangeError> {
    let organisation = OrganisationId::random();
    let contact = ContactId::random();
    let id = Uuid::new_v4();
    store::announce(tx, id).await?;
    store::add_member(tx, ceptoar_id, organisation, change.on, joining).await?;
    store::add_window(tx, ceptoar_id, organisation, contact, change.on, &joining.window, &joining.channels).await?;
    let what = Written { kind: "beginning", subject: "membership" };
    record(tx, actor, id, About::member(ceptoar_id, organisation), change, what).await?;
    let come = addresses(mails(joining.channels.iter()), false);
    tell(tx, actor, vec![(contact, &joining.window, come)], change.on).await?;
    Ok(organisation)
}

/// Takes a former member in again: the same organisation, with a membership more. Its first day may lie on days on which
/// another CEPTOAR had the firm: a firm may belong to two, and when it came back is this desk's own record. Only from
/// today on a membership gives a say over the name, and that is what `may_return` looks at.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn rejoin(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    sheet: &Sheet,
    change: &Change,
    returning: &Returning,
) -> Result<(), ChangeError> {
    let (ceptoar_id, organisation) = (&sheet.ceptoar_id, sheet.organisation_id);
    if sheet.memberships.iter().any(|fact| fact.valid.until.is_none_or(|until| until > change.on)) {
        return Err(ChangeError::Overlap);
    }
    let contact = ContactId::random();
    let id = Uuid::new_v4();
    store::announce(tx, id).await?;
    store::insert_membership(tx, ceptoar_id, organisation, change.on, None, &returning.membership).await?;
    store::add_window(tx, ceptoar_id, organisation, contact, change.on, &returning.window, &returning.channels).await?;
    let what = Written { kind: "beginning", subject: "membership" };
    record(tx, actor, id, About::member(ceptoar_id, organisation), change, what).await?;
    let come = addresses(mails(returning.channels.iter()), false);
    tell(tx, actor, vec![(contact, &returning.window, come)], change.on).await
}

/// Whether a former member may be taken in again: not where it is another CEPTOAR's meanwhile.
///
/// # Errors
/// The database's own.
pub async fn may_return(tx: &mut PgConnection, ceptoar_id: &str, organisation: OrganisationId) -> sqlx::Result<bool> {
    store::may_return(tx, ceptoar_id, organisation).await
}

/// Writes down a change of what a partner body is to a CEPTOAR, and tells the triggers which change it is.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn record_partnership(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    (ceptoar_id, organisation): (&str, OrganisationId),
    change: &Change,
    kind: &'static str,
) -> Result<(), ChangeError> {
    let id = Uuid::new_v4();
    store::announce(tx, id).await?;
    let what = Written { kind, subject: "partnership" };
    record(tx, actor, id, About::member(ceptoar_id, organisation), change, what).await
}

/// Writes down a change of a group, or of a member's part in it, and tells the triggers which change it is.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn record_group(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    (ceptoar_id, group, organisation): (&str, &str, Option<OrganisationId>),
    change: &Change,
    kind: &'static str,
) -> Result<(), ChangeError> {
    let id = Uuid::new_v4();
    store::announce(tx, id).await?;
    let subject = if organisation.is_some() { "group_member" } else { "group" };
    let about = About { ceptoar_id, organisation, window: None, group: Some(group) };
    record(tx, actor, id, about, change, Written { kind, subject }).await
}

/// Writes down a change of something that the CEPTOAR as a whole has, as `relay_rule` or `route`, and tells the triggers
/// which change it is.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn record_of_ceptoar(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    change: &Change,
    (kind, subject): (&'static str, &'static str),
) -> Result<(), ChangeError> {
    let id = Uuid::new_v4();
    store::announce(tx, id).await?;
    let about = About { ceptoar_id, organisation: None, window: None, group: None };
    record(tx, actor, id, about, change, Written { kind, subject }).await
}

/// Closes all windows that an organisation keeps for a CEPTOAR, from a day on.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn close_windows(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    organisation: OrganisationId,
    on: NaiveDate,
) -> Result<(), ChangeError> {
    let sheet = super::store::sheet(tx, ceptoar_id, organisation, true).await?;
    store::close_all(tx, ceptoar_id, organisation, on).await?;
    tell(tx, actor, concerned(&sheet, None, on, &Alteration::Leaving), on).await
}

/// Changes of one member come one after the other, and none while a whole table is applied to its CEPTOAR.
///
/// # Errors
/// The database's own.
pub async fn wait_for_turn(tx: &mut PgConnection, ceptoar_id: &str, organisation: OrganisationId) -> sqlx::Result<()> {
    store::wait_beside_others(tx, ceptoar_id).await?;
    store::wait_for_turn(tx, &organisation.to_string()).await
}

/// Joinings of one CEPTOAR come one after the other.
///
/// # Errors
/// The database's own.
pub async fn wait_to_join(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<()> {
    store::wait_beside_others(tx, ceptoar_id).await?;
    store::wait_for_turn(tx, ceptoar_id).await
}

/// Waits until nobody changes anything in a CEPTOAR, and lets nobody begin.
///
/// # Errors
/// The database's own.
pub async fn wait_for_all(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<()> {
    store::wait_for_all(tx, ceptoar_id).await
}

/// Whether it can be, seen from what the sheet says.
///
/// # Errors
/// Why it cannot.
pub fn check(sheet: &Sheet, change: &Change, alteration: &Alteration) -> Result<(), ChangeError> {
    let is_member = sheet.membership_on(change.on).is_some();
    let last_day = change.on.pred_opt().unwrap_or(change.on);
    match alteration {
        // Who has left keeps the name that it left with; what was wrong all along is corrected for its days.
        Alteration::Name(_) if sheet.memberships.iter().all(|m| m.valid.until.is_some_and(|end| end <= change.on)) => {
            Err(ChangeError::NoMember)
        }
        Alteration::Name(_) => known(sheet.names.iter().any(|fact| fact.valid.holds_on(change.on))),
        Alteration::Membership(_) => known(is_member),
        Alteration::Leaving => known(sheet.membership_on(last_day).is_some() && is_member),
        Alteration::NewWindow(..) if !is_member => Err(ChangeError::NoMember),
        Alteration::NewWindow(..) => Ok(()),
        Alteration::Window(..) if !is_member => Err(ChangeError::NoMember),
        Alteration::Window(id, ..) => known(sheet.window(*id).is_some_and(|window| window.on(change.on).is_some())),
        Alteration::WindowEnd(id) if leaves_nobody(sheet, *id, change.on) => Err(ChangeError::LastWindow),
        Alteration::WindowEnd(id) => {
            let Some(window) = sheet.window(*id) else { return Err(ChangeError::NotOnThatDay) };
            let goes_on = window.life().until.is_none_or(|until| until > change.on);
            known(window.on(last_day).is_some() && goes_on)
        }
    }
}

fn known(known: bool) -> Result<(), ChangeError> {
    if known { Ok(()) } else { Err(ChangeError::NotOnThatDay) }
}

/// Whether there would be a day, from this one on, on which the member has no window: also when another one closes.
fn leaves_nobody(sheet: &Sheet, closed: ContactId, on: NaiveDate) -> bool {
    // A partner body may be met in meetings alone.
    if sheet.standing == Standing::Partner {
        return false;
    }
    let others: Vec<_> = sheet.windows.iter().filter(|window| window.contact_id != closed).collect();
    let ends = others.iter().flat_map(|window| &window.facts).filter_map(|fact| fact.valid.until);
    std::iter::once(on)
        .chain(ends.filter(|end| *end > on))
        .any(|day| sheet.membership_on(day).is_some() && others.iter().all(|window| window.on(day).is_none()))
}

/// How a change is written down.
#[derive(Debug, Clone, Copy)]
struct Written {
    kind: &'static str,
    subject: &'static str,
}

impl From<&Alteration> for Written {
    fn from(alteration: &Alteration) -> Self {
        match alteration {
            Alteration::Name(_) => Self { kind: "change", subject: "name" },
            Alteration::Membership(_) => Self { kind: "change", subject: "membership" },
            Alteration::Leaving => Self { kind: "ending", subject: "membership" },
            Alteration::NewWindow(..) => Self { kind: "beginning", subject: "window" },
            Alteration::Window(..) => Self { kind: "change", subject: "window" },
            Alteration::WindowEnd(_) => Self { kind: "ending", subject: "window" },
        }
    }
}

/// What a change is about.
#[derive(Debug, Clone, Copy)]
struct About<'a> {
    ceptoar_id: &'a str,
    /// Nobody, where it is about a group as a whole.
    organisation: Option<OrganisationId>,
    window: Option<ContactId>,
    group: Option<&'a str>,
}

impl<'a> About<'a> {
    fn member(ceptoar_id: &'a str, organisation: OrganisationId) -> Self {
        Self { ceptoar_id, organisation: Some(organisation), window: None, group: None }
    }
}

async fn record(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    id: Uuid,
    about: About<'_>,
    change: &Change,
    what: Written,
) -> Result<(), ChangeError> {
    let kind = if change.correction { "correction" } else { what.kind };
    store::record(tx, store::Row { id, kind, subject: what.subject, about, actor }, change).await?;
    let (of, subject) = match about.organisation {
        Some(organisation) => ("organisation", organisation.to_string()),
        None => ("ceptoar", about.ceptoar_id.to_owned()),
    };
    let detail = serde_json::json!({
        "ceptoar": about.ceptoar_id, "kind": kind, "subject": what.subject, "window": about.window.map(|w| w.0),
        "group": about.group, "on": change.on });
    let event = Event::done(actor.now, "directory.change", of, &subject)
        .by(actor.viewer.account_id)
        .request(actor.request_id)
        .detail(detail);
    audit::record(tx, event).await.map_err(anyhow::Error::from)?;
    Ok(())
}

/// Whoever reads an old or a new mail address of a window learns that it was changed: one of them did not ask for it.
async fn tell(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    concerned: Vec<Concerned<'_>>,
    on: NaiveDate,
) -> Result<(), ChangeError> {
    for (contact, facts, addresses) in concerned {
        for (address, gone) in addresses {
            letters::send(tx, contact, &address, facts, on, gone, actor.now).await?;
        }
    }
    Ok(())
}

/// A window, what it is like, and the addresses that come or go; `true` for those that go.
type Concerned<'a> = (ContactId, &'a WindowFacts, Vec<(EmailAddress, bool)>);

/// Whom a change concerns who may not know of it. `window` is the one that opens.
fn concerned<'a>(
    sheet: &'a Sheet,
    window: Option<ContactId>,
    on: NaiveDate,
    alteration: &'a Alteration,
) -> Vec<Concerned<'a>> {
    match alteration {
        Alteration::Name(_) | Alteration::Membership(_) => Vec::new(),
        Alteration::NewWindow(facts, channels) => {
            let come = |contact| (contact, facts, addresses(mails(channels.iter()), false));
            window.map(come).into_iter().collect()
        }
        Alteration::Window(contact, _, channels) => differing(sheet, *contact, on, channels).into_iter().collect(),
        Alteration::WindowEnd(contact) => differing(sheet, *contact, on, &[]).into_iter().collect(),
        // With its membership all windows of a firm end.
        Alteration::Leaving => {
            sheet.windows.iter().filter_map(|window| differing(sheet, window.contact_id, on, &[])).collect()
        }
    }
}

/// The addresses of a window that come or go.
fn differing<'a>(sheet: &'a Sheet, contact: ContactId, on: NaiveDate, after: &[Channel]) -> Option<Concerned<'a>> {
    let window = sheet.window(contact)?;
    let before = mails(window.channels_on(on).into_iter());
    let after = mails(after.iter());
    let facts = window.on(on).or(window.facts.last())?;
    let gone = before.iter().filter(|a| !after.contains(a)).cloned().collect();
    let come = after.iter().filter(|a| !before.contains(a)).cloned().collect();
    Some((contact, &facts.value, [addresses(gone, true), addresses(come, false)].concat()))
}

fn addresses(mails: Vec<String>, gone: bool) -> Vec<(EmailAddress, bool)> {
    mails.iter().filter_map(|a| Some((EmailAddress::parse(a).ok()?, gone))).collect()
}

fn mails<'a>(channels: impl Iterator<Item = &'a Channel>) -> Vec<String> {
    channels.filter(|c| c.kind == ChannelKind::Mail).map(|c| c.value.to_lowercase()).collect()
}
