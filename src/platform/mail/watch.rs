//! What workers and those who run the portal say to each other: how the relay is, whether to pause, whether to try now.

use sqlx::PgPool;
use uuid::Uuid;

use super::pause::Trouble;

/// What a worker is told when it says how it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orders {
    /// Somebody paused the queue.
    pub paused: bool,
    /// Somebody asked not to wait for the next try.
    pub try_now: bool,
}

/// Writes down that the worker lives and how the relay failed it, if it did; forgets workers that were long silent.
///
/// # Errors
/// When the database cannot be reached.
pub async fn report(pool: &PgPool, worker: Uuid, trouble: Option<Trouble>) -> sqlx::Result<Orders> {
    sqlx::query_as!(
        Orders,
        r#"with known as (select try_now from mail_workers where worker_id = $1),
           gone as (delete from mail_workers where seen_at < now() - interval '1 day' and worker_id <> $1),
           said as (
             insert into mail_workers as w (worker_id, trouble, ours, trouble_since, next_try_at)
             values ($1, $2::text, $3, case when $2::text is null then null else now() end,
                     now() + make_interval(secs => $4::float8))
             on conflict (worker_id) do update
             set seen_at = now(), trouble = excluded.trouble, ours = excluded.ours, next_try_at = excluded.next_try_at,
                 trouble_since = case when excluded.trouble is null then null else coalesce(w.trouble_since, now()) end,
                 try_now = false)
           select coalesce((select try_now from known), false) as "try_now!",
                  exists (select from mail_pauses where ended_at is null) as "paused!""#,
        worker,
        trouble.map(|t| t.reply.to_string()),
        trouble.is_some_and(|t| t.ours),
        trouble.map(|t| t.remaining.as_secs_f64())
    )
    .fetch_one(pool)
    .await
}
