//! What no desk decides about in time goes on by itself: silence at a desk must leave no firm unwarned.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::store;
use crate::kernel::clock::Clock;
use crate::platform::audit::{self, Event};

/// How often is looked: minutes matter.
const EVERY: Duration = Duration::from_secs(15);

/// Lets go on what is due; answers how many that were.
///
/// # Errors
/// When the database fails; nothing has gone on then.
pub async fn forward(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<usize> {
    let mut tx = pool.begin().await?;
    let due = store::time_up(&mut tx, now).await?;
    for (id, ceptoar) in &due {
        let subject = id.to_string();
        let detail = serde_json::json!({ "ceptoar": ceptoar, "decision": "time_up" });
        audit::record(&mut tx, Event::done(now, "relay.time_up", "advisory", &subject).detail(detail)).await?;
    }
    tx.commit().await?;
    Ok(due.len())
}

/// Looks again and again, for as long as the worker runs.
pub async fn keep(pool: PgPool, clock: Clock) {
    let mut rhythm = tokio::time::interval(EVERY);
    rhythm.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rhythm.tick().await;
        if let Err(error) = forward(&pool, clock.now()).await {
            tracing::error!("items that desks did not decide about cannot go on: {error:#}");
        }
    }
}
