//! Changing what a body is to a CEPTOAR. What was said before stays in the directory's memory.

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::partner::{Kind, Partner, Partnership};
use super::store;
use crate::features::directory::roster::changes::{self, Actor, Change, ChangeError};
use crate::features::directory::roster::sheet::{Dated, Name};
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

/// Whether the body is nothing to the CEPTOAR any more, from that day on.
fn goes_for_good(partner: &Partner, ended: &Dated<Partnership>, on: NaiveDate) -> bool {
    let mut others = partner.partnerships.iter().filter(|fact| fact.fact_id != ended.fact_id);
    !others.any(|fact| fact.valid.until.is_none_or(|until| until > on))
}
