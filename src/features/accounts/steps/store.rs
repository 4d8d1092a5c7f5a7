//! SQL of half-done sign-ins.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StepPurpose;
use crate::kernel::ids::{AccountId, SessionId};

/// A living step and its account.
#[derive(Debug, Clone)]
pub struct Step {
    /// The step.
    pub step_id: Uuid,
    /// The account.
    pub account_id: AccountId,
    /// What it leads to.
    pub purpose: StepPurpose,
    /// The session that it was opened from.
    pub session_id: Option<SessionId>,
    /// The app that is being enrolled.
    pub sealed_secret: Option<Vec<u8>>,
    /// The account's sign-in name.
    pub sign_in_name: String,
    /// The person's name.
    pub display_name: String,
    /// Whether the account is invented.
    pub demonstration: bool,
}

/// Stores a step.
pub async fn open(
    tx: &mut PgConnection,
    account_id: AccountId,
    token_hash: &[u8],
    purpose: StepPurpose,
    session: Option<SessionId>,
    sealed_secret: Option<&[u8]>,
    until: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into sign_in_steps (token_hash, account_id, purpose, session_id, sealed_secret, expires_at)
         values ($1, $2, $3, $4, $5, $6)",
        token_hash,
        account_id.0,
        purpose.code(),
        session.map(|id| id.0),
        sealed_secret,
        until
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// The step of a token, if it lives.
pub async fn find(tx: &mut PgConnection, token_hash: &[u8], now: DateTime<Utc>) -> sqlx::Result<Option<Step>> {
    sqlx::query_as!(
        Step,
        r#"select step_id as "step_id!", account_id as "account_id!: AccountId", purpose as "purpose!: StepPurpose",
                  session_id as "session_id: SessionId", sealed_secret, sign_in_name as "sign_in_name!",
                  display_name as "display_name!", demonstration as "demonstration!"
           from sign_in_step($1, $2)"#,
        token_hash,
        now
    )
    .fetch_optional(tx)
    .await
}

/// Counts a try in the step; false when there were too many.
pub async fn charge(tx: &mut PgConnection, step: Uuid, most: i32) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update sign_in_steps set attempts = attempts + 1 where step_id = $1 and ended_at is null and attempts < $2",
        step,
        most
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the step; false when somebody was faster.
pub async fn end(tx: &mut PgConnection, step: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let done =
        sqlx::query!("update sign_in_steps set ended_at = $2 where step_id = $1 and ended_at is null", step, now)
            .execute(tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a step of the viewer's for its enrolment, and ends all links and steps that are under way beside it.
/// False when it is over: somebody was faster, the account has an authenticator already, or the session that it
/// was opened from is not strong enough for the roles of today.
pub async fn claim(tx: &mut PgConnection, step: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select claim_enrolment($1, $2) as "claimed!""#, step, now).fetch_one(tx).await
}
