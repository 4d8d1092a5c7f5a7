//! The second person: confirming, refusing, and the asker's own taking back.

use sqlx::PgConnection;

use super::{Actor, Occasion, StepError, send_enrolment, store, ticket};
use crate::features::access::action::RequestAction;
use crate::features::access::can;
use crate::features::accounts::tickets;
use crate::features::people::person::{Decision, GrantRequest, RequestPurpose};

/// The right that a decision needs.
#[must_use]
pub fn right(decision: Decision) -> RequestAction {
    match decision {
        Decision::Confirmed => RequestAction::Confirm,
        Decision::Refused => RequestAction::Refuse,
        Decision::Withdrawn => RequestAction::Withdraw,
    }
}

/// Decides about a request that waits. Of two at the same moment one is told that it was overtaken.
///
/// # Errors
/// [`StepError`].
pub async fn decide(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    request: &GrantRequest,
    decision: Decision,
) -> Result<(), StepError> {
    if !can(actor.viewer, right(decision), &request.facts) {
        return Err(StepError::NotFound);
    }
    let decided = store::decide(tx, request.id, decision, actor.now).await?.ok_or(StepError::Overtaken)?;
    let subject = ("grant_request", request.id.to_string());
    let detail = serde_json::json!({ "decision": decision.code(), "purpose": request.purpose.code() });
    actor.record(tx, "people.decide", subject, detail).await?;
    match decision {
        Decision::Refused | Decision::Withdrawn => return Ok(()),
        Decision::Confirmed => {}
    }
    let id = decided.account_id;
    match request.purpose {
        RequestPurpose::Recovery => {
            let token = ticket(tx, id, tickets::Purpose::Recover, actor.now).await?;
            if !actor.tell(tx, id, Occasion::Recovery { token: &token }).await? {
                return Err(StepError::NoAddress);
            }
        }
        RequestPurpose::Duty if decided.enrolled => {
            actor.tell(tx, id, Occasion::DutyGiven).await?;
        }
        RequestPurpose::Duty if decided.suspended => {}
        RequestPurpose::Duty => send_enrolment(tx, actor, id).await?,
    }
    Ok(())
}
