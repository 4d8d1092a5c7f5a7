//! What is due about silence is done by itself. The worker looks; however many look, each step is taken once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::errand::Errand;
use super::letters::{LetterColumns, Sender};
use super::store;
use crate::kernel::clock::Clock;
use crate::platform::audit::{self, Event};
use crate::platform::rhythm;

/// How often is looked: minutes matter.
const EVERY: Duration = Duration::from_secs(15);
/// Rungs of CEPTOARs that are taken in one transaction.
const BATCH: i32 = 20;
/// Transactions in one look; what is left is for the next.
const MOST: usize = 200;

/// Takes every step that is due, and queues its letters; answers how many letters leave.
///
/// # Errors
/// When the database fails; what was taken until then stays so, and nothing is half done.
pub async fn take(pool: &PgPool, sender: &Sender, now: DateTime<Utc>) -> sqlx::Result<i64> {
    let mut queued = 0;
    for _ in 0..MOST {
        let mut tx = pool.begin().await?;
        if !store::is_due(&mut tx, now).await? {
            break;
        }
        let errands = store::take(&mut tx, now, BATCH).await?;
        let mut letters = LetterColumns::default();
        let mut written: Vec<&Errand> = Vec::new();
        for errand in &errands {
            match letters.write(errand, sender) {
                Ok(()) => written.push(errand),
                // The others wait for theirs.
                Err(error) => tracing::error!("a letter about advisory {} cannot be made: {error}", errand.advisory_id),
            }
        }
        if !written.is_empty() {
            queued += store::send(&mut tx, &letters, &written, now).await?;
        }
        for errand in written {
            let subject = errand.advisory_id.to_string();
            let ceptoars: Vec<&str> = errand.lines.iter().map(|line| line.ceptoar_id.as_str()).collect();
            let detail = serde_json::json!({ "reader": errand.reader.code(), "ceptoars": ceptoars,
                "recipients": errand.recipients, "letters": errand.copies.contacts.len() });
            audit::record(&mut tx, Event::done(now, "advisory.escalate", "advisory", &subject).detail(detail)).await?;
        }
        tx.commit().await?;
    }
    Ok(queued)
}

/// Looks again and again, for as long as the worker runs.
pub async fn keep(pool: PgPool, sender: Sender, clock: Clock) {
    let mut rhythm = rhythm::of(EVERY);
    loop {
        rhythm.tick().await;
        if let Err(error) = take(&pool, &sender, clock.now()).await {
            tracing::error!("nothing can be done about silence: {error:#}");
        }
    }
}
