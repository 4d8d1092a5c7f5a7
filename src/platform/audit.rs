//! 操作履歴: every change and every refusal, written in the transaction that it belongs to.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::kernel::ids::AccountId;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
}

/// One row of the trail. Details hold codes, ids and counts; no texts, names or addresses.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// When, by the portal's clock.
    pub at: DateTime<Utc>,
    /// Who; `None` when nobody is signed in.
    pub account: Option<AccountId>,
    /// What, as `noun.verb`.
    pub action: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// The kind of thing it was done to.
    pub subject_kind: &'static str,
    /// Which one.
    pub subject_id: &'a str,
    /// Codes and counts that explain it.
    pub detail: serde_json::Value,
    /// The request it happened in.
    pub request_id: Option<&'a str>,
}

/// Adds one row.
///
/// # Errors
/// When the row cannot be written; the caller's transaction must then fail as well.
pub async fn record(tx: &mut PgConnection, event: Event<'_>) -> sqlx::Result<()> {
    let outcome = match event.outcome {
        Outcome::Done => "done",
        Outcome::Refused => "refused",
    };
    sqlx::query!(
        "insert into audit_events
           (occurred_at, account_id, action, outcome, subject_kind, subject_id, detail, request_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        event.at,
        event.account.map(|id| id.0),
        event.action,
        outcome,
        event.subject_kind,
        event.subject_id,
        event.detail,
        event.request_id
    )
    .execute(tx)
    .await?;
    Ok(())
}
