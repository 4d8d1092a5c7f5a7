//! Silent windows are asked again by themselves. The worker does it: it knows which rounds run and when they are due.

pub mod store;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::asking::{BATCH, write};
use super::occasion::Occasion;
use super::round::PAUSE;
use crate::kernel::clock::{Clock, is_daytime, japan_day};
use crate::platform::audit::{self, Event};
use crate::platform::rhythm;
use store::Running;

/// How often is looked. Days matter, not hours; what was missed while the portal stood still is made up for.
const EVERY: Duration = Duration::from_secs(30 * 60);

/// Asks the silent windows of every round again whose reminder is due, once; answers how many letters went out.
///
/// # Errors
/// When the database cannot say which rounds run. A round that fails is left to the next time.
pub async fn remind(pool: &PgPool, base_url: &str, now: DateTime<Utc>) -> anyhow::Result<usize> {
    let mut sent = 0;
    for round in store::running(pool).await? {
        match remind_in(pool, &round, base_url, now).await {
            Ok(letters) => sent += letters,
            // The other rounds' windows are waiting as well.
            Err(error) => tracing::warn!(round = %round.round_id, "windows cannot be asked again: {error:#}"),
        }
    }
    Ok(sent)
}

async fn remind_in(pool: &PgPool, round: &Running, base_url: &str, now: DateTime<Utc>) -> anyhow::Result<usize> {
    let today = japan_day(now);
    let known: Vec<Occasion> = round.reminded.iter().filter_map(|code| Occasion::from_code(code)).collect();
    let opened_on = japan_day(round.opened_at);
    let Some((occasion, on_day)) = Occasion::due(opened_on, round.due_on, today, &known) else { return Ok(0) };
    let mut tx = pool.begin().await?;
    if !store::begin(&mut tx, round, (occasion, on_day), now).await? {
        return Ok(0);
    }
    let silent = store::silent(&mut tx, round.round_id, today, now - PAUSE).await?;
    let mut letters = 0;
    for batch in silent.chunks(BATCH) {
        let linked = write(batch, round.due_on, Some(occasion), base_url)?;
        let asking = store::Asking { round_id: round.round_id, occasion, today, now };
        letters += store::ask_again(&mut tx, asking, batch, &linked).await?;
    }
    let id = round.round_id.to_string();
    let detail = serde_json::json!({
        "ceptoar": round.ceptoar_id, "occasion": occasion.code(), "windows": silent.len(), "letters": letters });
    audit::record(&mut tx, Event::done(now, "verification.remind", "verification_round", &id).detail(detail)).await?;
    tx.commit().await?;
    Ok(usize::try_from(letters).unwrap_or(0))
}

/// Looks again and again, for as long as the worker runs.
pub async fn keep(pool: PgPool, base_url: String, clock: Clock) {
    let mut rhythm = rhythm::of(EVERY);
    loop {
        rhythm.tick().await;
        if !is_daytime(clock.now()) {
            continue;
        }
        if let Err(error) = remind(&pool, &base_url, clock.now()).await {
            tracing::warn!("windows cannot be asked again: {error:#}");
        }
    }
}
