//! SQL of the queue's page. Everything is asked of functions that ask for the right again.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::features::access::Viewer;
use crate::features::access::action::QueueAction;
use crate::features::access::can;

/// Domains that the page shows: those where the most waits.
pub const DOMAINS: i32 = 20;

/// The queue as a whole. Times are seconds from now, by the database's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Standing {
    /// Copies that wait.
    pub waiting: i64,
    /// Copies that a worker holds.
    pub sending: i64,
    /// Of those that wait, how many were tried and come again later.
    pub to_retry: i64,
    /// When the first of them comes.
    pub next_try_in: Option<f64>,
    /// How long the oldest has waited.
    pub oldest_for: Option<f64>,
    /// Sent within the last minute.
    pub sent_minute: i64,
    /// … the last five.
    pub sent_five: i64,
    /// … the last hour.
    pub sent_hour: i64,
    /// Refused, or come back, within a day.
    pub refused_day: i64,
    /// Given up within a day.
    pub expired_day: i64,
}

/// How the queue stands; `None` for who may not see it.
pub async fn standing(tx: &mut PgConnection) -> sqlx::Result<Option<Standing>> {
    sqlx::query_as!(
        Standing,
        r#"select waiting as "waiting!", sending as "sending!", to_retry as "to_retry!", next_try_in, oldest_for,
                  sent_minute as "sent_minute!", sent_five as "sent_five!", sent_hour as "sent_hour!",
                  refused_day as "refused_day!", expired_day as "expired_day!"
           from mail_queue_state()"#
    )
    .fetch_optional(tx)
    .await
}

/// What waits for the mail servers of one domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// The domain.
    pub domain: String,
    /// Copies that wait.
    pub waiting: i64,
    /// … of which were tried before.
    pub to_retry: i64,
    /// When the first of those comes.
    pub next_try_in: Option<f64>,
    /// How many domains there are.
    pub domains: i64,
}

/// Where the most waits.
pub async fn domains(tx: &mut PgConnection) -> sqlx::Result<Vec<Domain>> {
    sqlx::query_as!(
        Domain,
        r#"select domain as "domain!", waiting as "waiting!", to_retry as "to_retry!", next_try_in, domains as "domains!"
           from mail_queue_domains($1)"#,
        DOMAINS
    )
    .fetch_all(tx)
    .await
}

/// A worker that was heard of lately.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerSeen {
    /// Its name in the log.
    pub worker_id: Uuid,
    /// When it was heard of last.
    pub seen_for: f64,
    /// How the relay failed it, if it did.
    pub trouble: Option<String>,
    /// Whether the relay refuses us.
    pub ours: bool,
    /// Since when.
    pub trouble_for: Option<f64>,
    /// When it tries next.
    pub next_try_in: Option<f64>,
}

/// Workers of the last minutes, the latest first.
pub async fn workers(tx: &mut PgConnection) -> sqlx::Result<Vec<WorkerSeen>> {
    sqlx::query_as!(
        WorkerSeen,
        r#"select worker_id as "worker_id!", seen_for as "seen_for!", trouble, ours as "ours!", trouble_for, next_try_in
           from mail_queue_workers()"#
    )
    .fetch_all(tx)
    .await
}

/// A pause that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Which one.
    pub pause_id: Uuid,
    /// Why.
    pub reason: String,
    /// The person who paused.
    pub begun_by: String,
    /// Since when.
    pub begun_at: DateTime<Utc>,
}

/// The pause that holds, for whom it concerns.
pub async fn pause(tx: &mut PgConnection, viewer: &Viewer) -> sqlx::Result<Option<Pause>> {
    if !can(viewer, QueueAction::KnowOfPause, &()) {
        return Ok(None);
    }
    sqlx::query_as!(
        Pause,
        r#"select pause_id as "pause_id!", reason as "reason!", begun_by as "begun_by!", begun_at as "begun_at!"
           from mail_pause_now()"#
    )
    .fetch_optional(tx)
    .await
}

/// Pauses the queue; `None` where it is paused already.
pub async fn begin_pause(tx: &mut PgConnection, reason: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select mail_pause_begin($1)", reason).fetch_one(tx).await
}

/// Ends a pause; whether it still held.
pub async fn end_pause(tx: &mut PgConnection, pause: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select mail_pause_end($1) as "ended!""#, pause).fetch_one(tx).await
}

/// Lets everything that waits for its next try be tried at once; answers how many.
pub async fn retry_now(tx: &mut PgConnection, domain: Option<&str>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select mail_retry_now($1) as "count!""#, domain).fetch_one(tx).await
}
