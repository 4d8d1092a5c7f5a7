//! What no desk decides about in time goes on by itself: silence at a desk must leave no firm unwarned.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::store::{self, TimeUp};
use crate::kernel::clock::Clock;
use crate::platform::audit::{self, Event};
use crate::platform::rhythm;

/// How often is looked: minutes matter.
const EVERY: Duration = Duration::from_secs(15);

/// Lets go on what is due; answers how many that were.
///
/// # Errors
/// When the database fails; nothing has gone on then.
pub async fn forward(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<usize> {
    let mut tx = pool.begin().await?;
    let (stuck, gone): (Vec<TimeUp>, Vec<TimeUp>) =
        store::time_up(&mut tx, now).await?.into_iter().partition(|item| item.problem.is_some());
    for item in &stuck {
        let (id, ceptoar, code) = (item.advisory_id, &item.ceptoar_id, item.problem.as_deref().unwrap_or_default());
        tracing::error!("advisory {id} cannot go on at the desk of {ceptoar} though its time is up: {code}");
    }
    for item in &gone {
        let subject = item.advisory_id.to_string();
        let detail = serde_json::json!({ "ceptoar": item.ceptoar_id, "decision": "time_up" });
        audit::record(&mut tx, Event::done(now, "relay.time_up", "advisory", &subject).detail(detail)).await?;
    }
    tx.commit().await?;
    metrics::gauge!("portal_relays_stuck").set(u32::try_from(stuck.len()).unwrap_or(u32::MAX));
    Ok(gone.len())
}

/// Looks again and again, for as long as the worker runs.
pub async fn keep(pool: PgPool, clock: Clock) {
    let mut rhythm = rhythm::of(EVERY);
    loop {
        rhythm.tick().await;
        if let Err(error) = forward(&pool, clock.now()).await {
            tracing::error!("items that desks did not decide about cannot go on: {error:#}");
        }
    }
}
