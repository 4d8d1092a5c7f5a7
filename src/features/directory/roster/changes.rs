//! Changing the directory. A change holds from its day on, a correction says what was so all along; nothing is
//! overwritten, since the database keeps what was said before (migration …_directory_with_memory).

mod letters;
mod store;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::line::Line;
use super::sheet::{Channel, ChannelKind, Membership, Name, Sheet, WindowFacts};
use crate::features::access::Viewer;
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
    /// Another period is in the way.
    #[error("periods overlap")]
    Overlap,
    /// The database, or a letter.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        match db::broken_constraint(&error) {
            Some(name) if name.ends_with("_one_at_a_time") || name.ends_with("_no_overlap") => Self::Overlap,
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
    let on = guarded(sheet, change, alteration)?;
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
    record(tx, actor, id, (&sheet.ceptoar_id, sheet.organisation_id, window), change, alteration.into()).await?;
    tell(tx, actor, sheet, change, alteration).await
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
    record(tx, actor, id, (ceptoar_id, organisation, None), change, what).await?;
    Ok(organisation)
}

/// The day of the change, or why it cannot be.
fn guarded(sheet: &Sheet, change: &Change, alteration: &Alteration) -> Result<NaiveDate, ChangeError> {
    let member = sheet.membership_on(change.on).is_some();
    match alteration {
        Alteration::Name(_) => {}
        Alteration::Membership(_) | Alteration::Leaving if !member => return Err(ChangeError::NotOnThatDay),
        Alteration::NewWindow(..) | Alteration::Window(..) if !member => return Err(ChangeError::NoMember),
        Alteration::WindowEnd(id) => {
            let others = sheet.windows.iter().filter(|w| w.contact_id != *id && w.on(change.on).is_some());
            if member && others.count() == 0 {
                return Err(ChangeError::LastWindow);
            }
        }
        Alteration::Membership(_) | Alteration::Leaving | Alteration::NewWindow(..) | Alteration::Window(..) => {}
    }
    Ok(change.on)
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

async fn record(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    id: Uuid,
    (ceptoar_id, organisation, window): (&str, OrganisationId, Option<ContactId>),
    change: &Change,
    what: Written,
) -> Result<(), ChangeError> {
    let kind = if change.correction { "correction" } else { what.kind };
    let row = store::Row { id, kind, subject: what.subject, organisation, ceptoar_id, window, actor };
    store::record(tx, row, change).await?;
    let subject = organisation.to_string();
    let detail = serde_json::json!({
        "ceptoar": ceptoar_id, "kind": kind, "subject": what.subject, "window": window.map(|w| w.0), "on": change.on });
    let event = Event::done(actor.now, "directory.change", "organisation", &subject)
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
    sheet: &Sheet,
    change: &Change,
    alteration: &Alteration,
) -> Result<(), ChangeError> {
    let (contact, after): (ContactId, &[Channel]) = match alteration {
        Alteration::Window(contact, _, channels) => (*contact, channels),
        Alteration::WindowEnd(contact) => (*contact, &[]),
        Alteration::Name(_) | Alteration::Membership(_) | Alteration::Leaving | Alteration::NewWindow(..) => return Ok(()),
    };
    let Some(window) = sheet.window(contact) else { return Ok(()) };
    let before = mails(window.channels_on(change.on).into_iter());
    let after = mails(after.iter());
    let Some(facts) = window.on(change.on).or(window.facts.last()) else { return Ok(()) };
    for address in before.iter().filter(|a| !after.contains(a)).chain(after.iter().filter(|a| !before.contains(a))) {
        let Ok(address) = EmailAddress::parse(address) else { continue };
        let gone = before.iter().any(|b| b == address.as_str());
        letters::send(tx, contact, &address, &facts.value, change.on, gone, actor.now).await?;
    }
    Ok(())
}

fn mails<'a>(channels: impl Iterator<Item = &'a Channel>) -> Vec<String> {
    channels.filter(|c| c.kind == ChannelKind::Mail).map(|c| c.value.to_lowercase()).collect()
}
