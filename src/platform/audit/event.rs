//! One event, and writing it.

use chrono::{DateTime, TimeDelta, Utc};
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

impl Outcome {
    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
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

impl<'a> Event<'a> {
    /// Something that was done to a thing: `Event::done(now, "advisory.publish", "advisory", &id)`.
    #[must_use]
    pub fn done(at: DateTime<Utc>, action: &'static str, subject_kind: &'static str, subject_id: &'a str) -> Self {
        Self {
            at,
            account: None,
            action,
            outcome: Outcome::Done,
            subject_kind,
            subject_id,
            detail: serde_json::json!({}),
            request_id: None,
        }
    }

    /// Something that was tried and refused.
    #[must_use]
    pub fn refused(at: DateTime<Utc>, action: &'static str, subject_kind: &'static str, subject_id: &'a str) -> Self {
        Self { outcome: Outcome::Refused, ..Self::done(at, action, subject_kind, subject_id) }
    }

    /// Who did it. Without this it was the program, or nobody who is signed in.
    #[must_use]
    pub fn by(self, account: AccountId) -> Self {
        Self { account: Some(account), ..self }
    }

    /// The request it happened in.
    #[must_use]
    pub fn request(self, id: &'a str) -> Self {
        Self { request_id: Some(id), ..self }
    }

    /// Codes, ids and counts that explain it.
    #[must_use]
    pub fn detail(self, detail: serde_json::Value) -> Self {
        Self { detail, ..self }
    }
}

/// Adds one row.
///
/// # Errors
/// When the row cannot be written; the caller's transaction must then fail as well.
pub async fn record(tx: &mut PgConnection, event: Event<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into audit_events
           (occurred_at, account_id, action, outcome, subject_kind, subject_id, detail, request_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        event.at,
        event.account.map(|id| id.0),
        event.action,
        event.outcome.code(),
        event.subject_kind,
        event.subject_id,
        event.detail,
        event.request_id
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds one row unless the same account has done the very same within the hour before: readings, which would
/// otherwise bury everything else. The same is the same action on the same thing with the same details. Two that
/// come at once take turns, so that only the first is written.
///
/// # Errors
/// When the row cannot be written; the caller's transaction must then fail as well.
pub async fn record_once_an_hour(tx: &mut PgConnection, event: Event<'_>) -> sqlx::Result<()> {
    let turn = format!("{:?} {} {}", event.account, event.action, event.subject_id);
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", turn).execute(&mut *tx).await?;
    let known = sqlx::query_scalar!(
        r#"select exists (
             select from audit_events e
             where e.account_id = $1 and e.occurred_at > $2 and e.action = $3 and e.outcome = $4
               and e.subject_kind = $5 and e.subject_id = $6 and e.detail = $7) as "known!""#,
        event.account.map(|id| id.0),
        event.at - TimeDelta::hours(1),
        event.action,
        event.outcome.code(),
        event.subject_kind,
        event.subject_id,
        event.detail
    )
    .fetch_one(&mut *tx)
    .await?;
    if known { Ok(()) } else { record(tx, event).await }
}
