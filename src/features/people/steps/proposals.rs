//! The consent of the firm (docs/decisions/0022): a secretariat proposes, and one of the firm confirms. Where the firm
//! has nobody to ask, the secretariat names the first person, and the firm's windows are told.

use sqlx::PgConnection;

use super::{Actor, Occasion, StepError, detail_of, store};
use crate::features::access::action::DutyAction;
use crate::features::access::can;
use crate::features::access::people::{DutyFacts, Hat};
use crate::features::people::form::{NewDuty, NewPerson};
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

/// The trail's detail of a duty that is given at once. Where a secretariat gave it to a firm that has nobody to ask,
/// it says so, and the firm's windows get a letter: somebody there has to learn who speaks for them.
pub(super) async fn without_consent(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    hat: &Hat,
    name: &str,
) -> Result<serde_json::Value, StepError> {
    let mut detail = detail_of(hat);
    if !hat.role.is_members() || actor.viewer.keeps_firm_of(hat) {
        return Ok(detail);
    }
    let windows = store::firm_windows(tx, hat).await?;
    for (window, to) in &windows {
        // The letter belongs to the window: suspending the person named does not take it back.
        actor.write(tx, AccountId(window.0), to, Occasion::FirstNamed { name }).await?;
    }
    if let Some(detail) = detail.as_object_mut() {
        detail.insert("nobody_to_ask".into(), true.into());
        detail.insert("windows_told".into(), windows.len().into());
    }
    Ok(detail)
}
