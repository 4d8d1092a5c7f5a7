//! Reminders that come by themselves. The worker sends them: it knows who is late and nothing of what is typed.

pub mod store;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::letters::{About, Reason, letters};
use super::occasion::Occasion;
use crate::kernel::clock::{Clock, is_daytime, japan_day};
use crate::platform::audit::{self, Event};
use crate::platform::rhythm;

/// How often is looked. Days matter, not hours; what was missed while the portal stood still is made up for.
const EVERY: Duration = Duration::from_secs(30 * 60);

/// Reminds every desk whose reminder is due, once; answers how many letters went out.
///
/// # Errors
/// When the database fails. What was sent before is sent.
pub async fn remind(pool: &PgPool, base_url: &str, now: DateTime<Utc>) -> anyhow::Result<usize> {
    let today = japan_day(now);
    let mut sent = 0;
    for late in store::late(pool, today).await? {
        let known: Vec<Occasion> = late.reminded.iter().filter_map(|code| Occasion::from_code(code)).collect();
        let Some((occasion, on_day)) = Occasion::due(late.due_on, today, &known) else { continue };
        let about = About {
            year: late.fiscal_year,
            ceptoar_id: &late.ceptoar_id,
            name: &late.name,
            due_on: late.due_on,
            base_url,
        };
        let texts = letters(about, Reason::Occasion(occasion))?;
        let mut tx = pool.begin().await?;
        if let Some(letters) = store::remind(&mut tx, &late, (occasion, on_day), &texts, (today, now)).await? {
            let id = late.follow_up_id.to_string();
            let detail = serde_json::json!({
                "ceptoar": late.ceptoar_id, "occasion": occasion.code(), "letters": letters });
            audit::record(&mut tx, Event::done(now, "follow_up.remind", "follow_up", &id).detail(detail)).await?;
            sent += usize::try_from(letters).unwrap_or(0);
        }
        tx.commit().await?;
    }
    Ok(sent)
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
            tracing::warn!("desks cannot be reminded of the follow-up: {error:#}");
        }
    }
}
