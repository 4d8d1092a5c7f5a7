//! Changing what a body is to a CEPTOAR. What was said before stays in the directory's memory.

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::partner::{Kind, Partner, Partnership};
use super::store;
use crate::features::directory::roster::changes::{self, Actor, Change, ChangeError};
use crate::features::directory::roster::periods::Obstacle;
use crate::features::directory::roster::sheet::{Dated, Name, Period};
use crate::kernel::ids::OrganisationId;

/// A body that becomes a partner.
#[derive(Debug, Clone)]
pub struct Joining {
    /// What it is called.
    pub name: Name,
    /// What sort of body.
    pub kind: Kind,
    /// What it is to the CEPTOAR at first.
    pub partnership: Partnership,
    /// Whether this is a portal of the demonstration.
    pub demonstration: bool,
}

/// Takes a new body in; answers which it is.
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
    let body = (joining.kind, joining.demonstration);
    store::add(tx, ceptoar_id, organisation, body, (change.on, &joining.name), &joining.partnership).await?;
    changes::record_partnership(tx, actor, (ceptoar_id, organisation), change, "beginning").await?;
    Ok(organisation)
}

/// A further role.
///
/// # Errors
/// [`ChangeError`], also where the body has that role already; the caller gives the transaction up then.
pub async fn add_role(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    partner: &Partner,
    change: &Change,
    partnership: &Partnership,
) -> Result<(), ChangeError> {
    let organisation = partner.organisation_id;
    changes::record_partnership(tx, actor, (ceptoar_id, organisation), change, "beginning").await?;
    Ok(store::add_role(tx, ceptoar_id, organisation, change.on, partnership).await?)
}

/// Ends a role; with the last one the windows close.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn end(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    partner: &Partner,
    change: &Change,
    ended: &Dated<Partnership>,
) -> Result<(), ChangeError> {
    let organisation = partner.organisation_id;
    changes::record_partnership(tx, actor, (ceptoar_id, organisation), change, "ending").await?;
    store::end(tx, ceptoar_id, ended.fact_id, change.on).await?;
    if goes_for_good(partner, ended, change.on) {
        changes::close_windows(tx, actor, ceptoar_id, organisation, change.on).await?;
    }
    Ok(())
}

/// What stands in the way of a correction of a role: another period of the same role, or a day that is missing.
///
/// # Errors
/// That.
pub fn look(
    partner: &Partner,
    known: &Dated<Partnership>,
    to: Option<&(Partnership, Period)>,
) -> Result<(), (Obstacle, Option<Dated<Partnership>>)> {
    let Some((partnership, valid)) = to else { return Ok(()) };
    if valid.from.is_none() && known.valid.from.is_some() {
        return Err((Obstacle::NoBeginning, None));
    }
    if valid.from.zip(valid.until).is_some_and(|(from, until)| from >= until) {
        return Err((Obstacle::Reversed, None));
    }
    if known.valid.until.is_none() && valid.until.is_some() {
        return Err((Obstacle::GoesOn, None));
    }
    let before = |end: Option<NaiveDate>, from: Option<NaiveDate>| end.zip(from).is_some_and(|(end, from)| end <= from);
    let meets = |other: Period| !before(other.until, valid.from) && !before(valid.until, other.from);
    let mut others = partner.partnerships.iter().filter(|fact| fact.fact_id != known.fact_id);
    match others.find(|fact| fact.value.role == partnership.role && meets(fact.valid)) {
        Some(other) => Err((Obstacle::After(String::new(), other.valid), Some(other.clone()))),
        None => Ok(()),
    }
}

/// Corrects a role. Where the body is nothing to the CEPTOAR any more from an earlier day on, its windows close with it.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn correct(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    (ceptoar_id, partner): (&str, &Partner),
    change: &Change,
    known: &Dated<Partnership>,
    to: Option<&(Partnership, Period)>,
) -> Result<(), ChangeError> {
    let organisation = partner.organisation_id;
    changes::record_partnership(tx, actor, (ceptoar_id, organisation), change, "correction").await?;
    let is = to.map(|(_, valid)| *valid);
    let partnership = to.map_or(&known.value, |(partnership, _)| partnership);
    store::correct(tx, (ceptoar_id, known.fact_id), partnership, is).await?;
    let others = || partner.partnerships.iter().filter(|fact| fact.fact_id != known.fact_id).map(|fact| fact.valid);
    let (was, is) = (end_of(others().chain([known.valid])), end_of(others().chain(is)));
    match is {
        // With no role left nothing says from when on: its windows were never of this CEPTOAR's partner.
        End::Never => changes::close_windows(tx, actor, ceptoar_id, organisation, change.on).await,
        End::On(day) if was != is && was.is_after(day) => {
            changes::close_windows(tx, actor, ceptoar_id, organisation, day).await
        }
        End::On(_) | End::None => Ok(()),
    }
}

/// When a body is nothing to the CEPTOAR any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It has no role at all.
    Never,
    /// The first day without one.
    On(NaiveDate),
    /// It goes on.
    None,
}

impl End {
    fn is_after(self, day: NaiveDate) -> bool {
        match self {
            Self::Never => false,
            Self::On(other) => other > day,
            Self::None => true,
        }
    }
}

fn end_of(periods: impl Iterator<Item = Period>) -> End {
    periods.fold(End::Never, |end, period| match (end, period.until) {
        (End::None, _) | (_, None) => End::None,
        (End::On(known), Some(until)) => End::On(known.max(until)),
        (End::Never, Some(until)) => End::On(until),
    })
}

/// Whether the body is nothing to the CEPTOAR any more, from that day on.
fn goes_for_good(partner: &Partner, ended: &Dated<Partnership>, on: NaiveDate) -> bool {
    let mut others = partner.partnerships.iter().filter(|fact| fact.fact_id != ended.fact_id);
    !others.any(|fact| fact.valid.until.is_none_or(|until| until > on))
}
