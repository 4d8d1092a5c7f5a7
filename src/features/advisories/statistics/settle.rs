//! Keeps the numbers of items that have come to rest, so that ten years need not be counted whenever somebody looks.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::store;
use crate::kernel::clock::Clock;
use crate::platform::rhythm;

/// How often is looked. Until then an item is counted whenever somebody looks.
const EVERY: Duration = Duration::from_secs(60);
/// How many at once: whoever acknowledges one of them waits for so long.
const AT_ONCE: i32 = 20;

/// Counts what has come to rest; answers how many items that were.
///
/// # Errors
/// When the database fails; what was counted before that is kept.
pub async fn settle(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<i32> {
    let mut all = 0;
    loop {
        let settled = store::settle(pool, now, AT_ONCE).await?;
        all += settled;
        if settled < AT_ONCE {
            return Ok(all);
        }
    }
}

/// Looks again and again, for as long as the worker runs.
pub async fn keep(pool: PgPool, clock: Clock) {
    let mut rhythm = rhythm::of(EVERY);
    loop {
        rhythm.tick().await;
        if let Err(error) = settle(&pool, clock.now()).await {
            tracing::error!("the numbers of items that have come to rest cannot be kept: {error:#}");
        }
    }
}
