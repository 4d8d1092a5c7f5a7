//! The consent of the firm (docs/decisions/0022): a secretariat proposes, and one of the firm confirms. Where the firm
//! has nobody to ask, the secretariat names the first person, and the firm's windows are told.

use sqlx::PgConnection;

use super::{Actor, Occasion, StepError, detail_of, store};
use crate::features::access::action::DutyAction;
use crate::features::access::people::{DutyFacts, Hat};
use crate::features::access::{Role, can};
use crate::features::people::form::{NewDuty, NewPerson};
use crate::features::people::letters::Naming;
use crate::features::people::store::{place, windows};
use crate::kernel::ids::{AccountId, GrantRequestId};

/// Who is proposed.
#[derive(Debug, Clone, Copy)]
pub enum Whom<'a> {
    /// Somebody known by address, with or without an account.
    New(&'a NewPerson),
    /// Somebody with an account, whom the viewer keeps.
    Known(AccountId),
}

/// Proposes somebody to a firm, and writes to those of the firm who decide.
///
/// # Errors
/// [`StepError`].
pub async fn propose(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    facts: &DutyFacts,
    whom: Whom<'_>,
    duty: &NewDuty,
) -> Result<GrantRequestId, StepError> {
    if !can(actor.viewer, DutyAction::Propose, facts) {
        return Err(StepError::NotFound);
    }
    let request = store::propose(tx, whom, duty, actor.config.is_demonstration(), actor.now).await?;
    for (keeper, to) in store::request_keepers(tx, request).await? {
        actor.write(tx, keeper, &to, Occasion::Proposed { request }).await?;
    }
    actor.record(tx, "people.propose", ("grant_request", request.to_string()), detail_of(&duty.hat)).await?;
    Ok(request)
}

/// Refuses what a desk may not name alone: somebody of whom no window would hear, and a keeper of a firm that is in
/// another CEPTOAR too, whose people and items that keeper would reach.
///
/// # Errors
/// [`StepError::FirstWindow`] and [`StepError::FirstKeeper`].
pub(super) async fn may_be_first(tx: &mut PgConnection, actor: Actor<'_>, hat: &Hat) -> Result<(), StepError> {
    if !hat.role.is_members() || actor.viewer.keeps_firm_of(hat) {
        return Ok(());
    }
    if hat.role == Role::MemberAdmin && store::firm_elsewhere(tx, hat).await? {
        return Err(StepError::FirstKeeper);
    }
    if store::firm_windows(tx, hat).await?.iter().all(|(_, to)| to.address.is_none()) {
        return Err(StepError::FirstWindow);
    }
    Ok(())
}

/// The trail's detail of a duty that is given at once. Where a secretariat gave it to a firm that has nobody to ask,
/// it says so, and the firm's windows get a letter: somebody there has to learn who speaks for them.
pub(super) async fn without_consent(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    duty: &NewDuty,
    person: AccountId,
) -> Result<serde_json::Value, StepError> {
    let hat = &duty.hat;
    let mut detail = detail_of(hat);
    if !hat.role.is_members() || actor.viewer.keeps_firm_of(hat) {
        return Ok(detail);
    }
    let windows_told = tell_windows(tx, actor, duty, person).await?;
    if let Some(detail) = detail.as_object_mut() {
        detail.insert("nobody_to_ask".into(), true.into());
        detail.insert("windows_told".into(), windows_told.into());
    }
    Ok(detail)
}

/// Writes to the firm's windows whom the desk named. What it says is what the portal stores, and not what was typed:
/// the name of an account that exists already may be quite another one.
async fn tell_windows(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    duty: &NewDuty,
    person: AccountId,
) -> Result<usize, StepError> {
    let hat = &duty.hat;
    let named = store::addressee(tx, person).await?.ok_or(StepError::NotFound)?;
    let ceptoar_id = hat.ceptoar_id.as_deref().unwrap_or_default();
    let at = place(tx, hat.organisation_id, ceptoar_id).await?.ok_or(StepError::NotFound)?;
    let answers_for = windows(tx, hat.organisation_id, ceptoar_id).await?;
    let answers_for = answers_for.into_iter().find(|w| Some(w.contact_id) == duty.window).map(|w| w.label);
    let naming = Naming {
        name: &named.name,
        address: named.address.as_ref().map_or("-", |address| address.as_str()),
        role: hat.role,
        ceptoar: &at.ceptoar,
        window: answers_for.as_deref().unwrap_or("-"),
    };
    let mut told = 0;
    for (window, to) in store::firm_windows(tx, hat).await? {
        // The letter belongs to the window: suspending the person named does not take it back.
        told += usize::from(actor.write(tx, AccountId(window.0), &to, Occasion::FirstNamed(naming)).await?);
    }
    Ok(told)
}
