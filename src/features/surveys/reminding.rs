//! Firms that have not answered are reminded by themselves, some days before the due day. The worker does it.

pub mod store;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::letters::{About, letters};
use crate::kernel::clock::{Clock, is_daytime, japan_day};
use crate::platform::audit::{self, Event};
use crate::platform::rhythm;
use store::Due;

/// How often is looked. Days matter, not hours; what was missed while the portal stood still is made up for.
const EVERY: Duration = Duration::from_secs(30 * 60);

/// Reminds the silent firms of every survey that is due soon, once; answers how many letters went out.
///
/// # Errors
/// When the database cannot say which surveys run. A survey that fails is left to the next time.
pub async fn remind(pool: &PgPool, base_url: &str, now: DateTime<Utc>) -> anyhow::Result<usize> {
    let mut sent = 0;
    for due in store::due(pool, japan_day(now)).await? {
        match remind_about(pool, &due, base_url, now).await {
            Ok(letters) => sent += letters,
            // The other surveys' firms are waiting as well.
            Err(error) => tracing::warn!(survey = %due.survey_id, "firms cannot be reminded: {error:#}"),
        }
    }
    Ok(sent)
}

async fn remind_about(pool: &PgPool, due: &Due, base_url: &str, now: DateTime<Utc>) -> anyhow::Result<usize> {
    let about = About { survey: due.survey_id, ceptoar: &due.ceptoar, due_on: due.due_on, base_url };
    let mut tx = pool.begin().await?;
    let Some(sent) = store::remind(&mut tx, due, &letters(about, true)?, now).await? else { return Ok(0) };
    let id = due.survey_id.to_string();
    let detail = serde_json::json!({ "ceptoar": due.ceptoar_id, "occasion": "before", "letters": sent });
    audit::record(&mut tx, Event::done(now, "survey.remind", "survey", &id).detail(detail)).await?;
    tx.commit().await?;
    Ok(usize::try_from(sent).unwrap_or(0))
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
            tracing::warn!("firms cannot be reminded: {error:#}");
        }
    }
}
