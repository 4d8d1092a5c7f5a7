//! What waits for its time, as tasks of the front page.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::store;
use super::waiting::Waiting;
use crate::features::advisories::paths;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_time;

crate::words! {
    /// Words of the tasks.
    pub struct ReleaseTaskWords {
        waits: "{number} は{time}に発出されます。それまで止められます" / "{number} is published at {time}; it can be stopped until then",
        late: "{number} は{time}に発出されるはずでしたが、まだ発出されていません。運用担当者に連絡してください" / "{number} was to be published at {time} and is not. Please tell whoever runs the portal",
    }
}

/// Text and address of each, the next first.
///
/// # Errors
/// The database's own.
pub async fn tasks(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    language: Language,
) -> sqlx::Result<Vec<(String, String)>> {
    Ok(store::waiting(tx).await?.iter().map(|waiting| task(waiting, now, language)).collect())
}

fn task(waiting: &Waiting, now: DateTime<Utc>, language: Language) -> (String, String) {
    let w = ReleaseTaskWords::of(language);
    // The worker looks every few seconds; a minute later something is wrong.
    let late = waiting.release_at + chrono::TimeDelta::minutes(1) < now;
    let words = [("number", waiting.number.as_str()), ("time", &long_time(waiting.release_at, language))];
    (fill(if late { w.late } else { w.waits }, &words), paths::show(waiting.advisory_id))
}
