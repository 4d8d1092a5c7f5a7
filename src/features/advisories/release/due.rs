//! What was approved for a time leaves when it has come.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::store;
use super::waiting::Outcome;
use crate::kernel::clock::Clock;
use crate::platform::audit::{self, Event};
use crate::platform::rhythm;

/// How often is looked: people watch the clock.
const EVERY: Duration = Duration::from_secs(5);

/// Publishes what is due; answers how many items that were.
///
/// # Errors
/// When the database fails; nothing has left then.
pub async fn release(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<usize> {
    let mut tx = pool.begin().await?;
    let (mut released, mut stuck) = (0, 0);
    for item in store::release_due(&mut tx, now).await? {
        let id = item.advisory_id;
        let Some(outcome) = item.outcome else {
            let code = item.problem.unwrap_or_default();
            tracing::error!("advisory {id} cannot be published though its time has come: {code}");
            stuck += 1;
            continue;
        };
        let subject = id.to_string();
        let detail = serde_json::json!({
            "approved_by": item.approved_by.to_string(), "recipients": item.queued, "changed": item.changed,
            "late": outcome == Outcome::Late,
        });
        audit::record(&mut tx, Event::done(now, outcome.action(), "advisory", &subject).detail(detail)).await?;
        released += 1;
    }
    tx.commit().await?;
    metrics::gauge!("portal_releases_stuck").set(f64::from(stuck));
    Ok(released)
}

/// Looks again and again, for as long as the worker runs.
pub async fn keep(pool: PgPool, clock: Clock) {
    let mut rhythm = rhythm::of(EVERY);
    loop {
        rhythm.tick().await;
        if let Err(error) = release(&pool, clock.now()).await {
            metrics::gauge!("portal_releases_stuck").set(1.0);
            tracing::error!("items that wait for their time cannot be published: {error:#}");
        }
    }
}
