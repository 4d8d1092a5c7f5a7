//! Held files are shown to the scanner, again and again until it has said something of each.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::scan::{Finding, Scanner};
use super::store::{self, StoreError};
use crate::kernel::clock::Clock;

/// How often is looked: whoever attached a file waits for it.
const EVERY: Duration = Duration::from_secs(3);

/// Shows the scanner what is held, the oldest first; answers how many files it settled. A scanner that does not answer
/// is asked again another time. A file that cannot be opened stays held and keeps no other one back.
///
/// # Errors
/// When the database fails.
pub async fn settle_held(pool: &PgPool, scanner: &Scanner, now: DateTime<Utc>) -> Result<usize, StoreError> {
    let mut settled = 0;
    let mut tx = pool.acquire().await?;
    let waiting = store::waiting(&mut tx).await?;
    metrics::gauge!("portal_files_held").set(u32::try_from(waiting.len()).unwrap_or(u32::MAX));
    for id in waiting {
        let content = match store::held(&mut tx, id).await {
            Ok(Some(content)) => content,
            // Settled or destroyed meanwhile.
            Ok(None) => continue,
            Err(StoreError::Seal(error)) => {
                tracing::error!(%id, %error, "a held file does not open");
                continue;
            }
            Err(error) => return Err(error),
        };
        let finding = scanner.scan(&content).await;
        if finding == Finding::NotScanned {
            break;
        }
        settled += usize::from(store::settle(&mut tx, id, finding, now).await?);
    }
    Ok(settled)
}

/// Looks again and again, for as long as the worker runs.
pub async fn keep(pool: PgPool, scanner: Scanner, clock: Clock) {
    let mut rhythm = tokio::time::interval(EVERY);
    rhythm.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rhythm.tick().await;
        if let Err(error) = settle_held(&pool, &scanner, clock.now()).await {
            tracing::error!("held files cannot be looked at: {error:#}");
        }
    }
}
