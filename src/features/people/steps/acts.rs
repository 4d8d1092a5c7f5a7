//! What is done to an account as a whole.

use sqlx::PgConnection;

use super::{Actor, Occasion, StepError, store, ticket};
use crate::features::access::action::PersonAction;
use crate::features::access::can;
use crate::features::access::people::PersonFacts;
use crate::features::accounts::tickets::Purpose;
use crate::kernel::ids::GrantRequestId;

/// An act on an account, as the pages offer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountAct {
    /// Suspend at once.
    Suspend,
    /// Lift the suspension.
    Lift,
    /// End every open session.
    EndSessions,
    /// Send a link to set a new password.
    StartReset,
    /// Send a link to enrol a new authenticator.
    StartRecovery,
    /// Ask for that, for a member of staff.
    AskRecovery,
    /// Send the invitation again.
    Resend,
}

impl AccountAct {
    /// The right it needs.
    #[must_use]
    pub fn right(self) -> PersonAction {
        match self {
            Self::Suspend => PersonAction::Suspend,
            Self::Lift => PersonAction::Lift,
            Self::EndSessions => PersonAction::EndSessions,
            Self::StartReset => PersonAction::StartReset,
            Self::StartRecovery => PersonAction::StartRecovery,
            Self::AskRecovery => PersonAction::AskRecovery,
            Self::Resend => PersonAction::Resend,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It is done.
    Done,
    /// A request waits for the second person.
    Asked(GrantRequestId),
}

/// Takes the act. Reasons are kept beside it and not in the trail.
///
/// # Errors
/// [`StepError`].
pub async fn take(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    act: AccountAct,
    person: &PersonFacts,
    reason: &str,
) -> Result<Done, StepError> {
    if !can(actor.viewer, act.right(), person) {
        return Err(StepError::NotFound);
    }
    let id = person.account_id;
    let (action, detail) = match act {
        AccountAct::Suspend => {
            let gone = store::suspend(tx, id, reason, actor.now).await?.ok_or(StepError::Overtaken)?;
            let told = tell_other_keepers(tx, actor, person).await?;
            // After the suspension, which takes back every letter to them that still waits.
            actor.tell_owner(tx, id, Occasion::Suspended).await?;
            let counts = serde_json::json!({
                "sessions": gone.sessions, "letters": gone.letters, "deliveries": gone.deliveries,
                "keepers_told": told });
            ("people.suspend", counts)
        }
        AccountAct::Lift => {
            if !store::lift(tx, id, reason, actor.now).await? {
                return Err(StepError::Overtaken);
            }
            actor.tell_owner(tx, id, Occasion::Lifted).await?;
            ("people.lift", serde_json::json!({}))
        }
        AccountAct::EndSessions => {
            let ended = store::end_sessions(tx, id, actor.now).await?;
            ("people.end_sessions", serde_json::json!({ "sessions": ended }))
        }
        AccountAct::StartReset => {
            let token = ticket(tx, id, Purpose::ResetPassword, actor.now).await?;
            tell(tx, actor, person, Occasion::Reset { token: &token }).await?;
            ("people.start_reset", serde_json::json!({}))
        }
        AccountAct::StartRecovery => {
            let token = ticket(tx, id, Purpose::Recover, actor.now).await?;
            tell(tx, actor, person, Occasion::Recovery { token: &token }).await?;
            ("people.start_recovery", serde_json::json!({}))
        }
        AccountAct::AskRecovery => {
            let request = store::ask_recovery(tx, id, reason, actor.now).await?;
            let subject = ("grant_request", request.to_string());
            actor.record(tx, "people.ask_recovery", subject, serde_json::json!({})).await?;
            return Ok(Done::Asked(request));
        }
        AccountAct::Resend => {
            super::invite_again(tx, actor, person).await?;
            return Ok(Done::Done);
        }
    };
    actor.record(tx, action, ("account", id.to_string()), detail).await?;
    Ok(Done::Done)
}

/// The emergency brake shuts somebody out whom others keep as well: they hear of it. Answers how many.
async fn tell_other_keepers(tx: &mut PgConnection, actor: Actor<'_>, person: &PersonFacts) -> Result<usize, StepError> {
    // Whoever may send a link keeps all of the person, and this is no brake.
    if can(actor.viewer, PersonAction::StartReset, person) {
        return Ok(0);
    }
    let name = store::addressee(tx, person.account_id).await?.map(|to| to.name).unwrap_or_default();
    let mut told = 0;
    for (keeper, to) in store::other_keepers(tx, person.account_id).await? {
        told += usize::from(actor.write(tx, keeper, &to, Occasion::Braked { name: &name }).await?);
    }
    Ok(told)
}

async fn tell(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    person: &PersonFacts,
    occasion: Occasion<'_>,
) -> Result<(), StepError> {
    if actor.tell(tx, person.account_id, occasion).await? { Ok(()) } else { Err(StepError::NoAddress) }
}
