//! Held files are shown to the scanner, again and again until it has said something of each.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::scan::{Finding, Scanner};
use super::store::{self, StoreError};
use crate::kernel::clock::Clock;
use crate::platform::rhythm;

/// How often is looked: whoever attached a file waits for it.
const EVERY: Duration = Duration::from_secs(3);
/// After this time a file that could not be looked at is tried again.
const AGAIN: TimeDelta = TimeDelta::minutes(5);

/// The files that could not be looked at, and since when they are left out: they keep no other one back.
#[derive(Debug, Default)]
pub struct LeftOut {
    files: Vec<Uuid>,
    since: Option<DateTime<Utc>>,
}

impl LeftOut {
    fn begin_again_in_time(&mut self, now: DateTime<Utc>) {
        if self.since.is_none_or(|since| now - since >= AGAIN) {
            *self = Self { files: Vec::new(), since: Some(now) };
        }
    }
}

/// Shows the scanner what is held, the oldest first; answers how many files it settled. Where nobody is there to look, the
/// round ends.
///
/// # Errors
/// When the database fails.
pub async fn settle_held(
    pool: &PgPool,
    scanner: &Scanner,
    left_out: &mut LeftOut,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    left_out.begin_again_in_time(now);
    let mut settled = 0;
    let mut tx = pool.acquire().await?;
    let waiting = store::waiting(&mut tx, &left_out.files).await?;
    metrics::gauge!("portal_files_held").set(u32::try_from(waiting.len() + left_out.files.len()).unwrap_or(u32::MAX));
    for id in waiting {
        let finding = match store::held(&mut tx, id).await {
            Ok(Some(content)) => scanner.scan(&content).await,
            // Settled or destroyed meanwhile, or nothing is there that could be looked at.
            Ok(None) => Finding::NotScanned,
            Err(StoreError::Seal(error)) => {
                tracing::error!(%id, %error, "a held file does not open");
                Finding::NotScanned
            }
            Err(error) => return Err(error),
        };
        match finding {
            Finding::Clean | Finding::Harmful | Finding::Unreadable => {
                settled += usize::from(store::settle(&mut tx, id, finding, now).await?);
            }
            Finding::NotScanned => left_out.files.push(id),
            Finding::OutOfReach => break,
        }
    }
    Ok(settled)
}

/// Looks again and again, for as long as the worker runs.
pub async fn keep(pool: PgPool, scanner: Scanner, clock: Clock) {
    let mut rhythm = rhythm::of(EVERY);
    let mut left_out = LeftOut::default();
    loop {
        rhythm.tick().await;
        if let Err(error) = settle_held(&pool, &scanner, &mut left_out, clock.now()).await {
            tracing::error!("held files cannot be looked at: {error:#}");
        }
    }
}
