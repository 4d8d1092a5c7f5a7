//! What the worker asks: which surveys are due soon, and the letters.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::kernel::clock::japan_day;
use crate::platform::mail::letter::Letters;

/// A survey that is due soon.
#[derive(Debug, Clone)]
pub struct Due {
    /// Which.
    pub survey_id: Uuid,
    /// Whose.
    pub ceptoar_id: String,
    /// The CEPTOAR's name in Japanese and English.
    pub ceptoar: [String; 2],
    /// Until when answers are wanted.
    pub due_on: NaiveDate,
}

/// The surveys whose firms are to be reminded on a day.
pub async fn due(pool: &PgPool, day: NaiveDate) -> sqlx::Result<Vec<Due>> {
    let rows = sqlx::query!(
        r#"select survey_id as "survey_id!", ceptoar_id as "ceptoar_id!", ja as "ja!", en as "en!", due_on as "due_on!"
           from survey_reminders_due($1)"#,
        day
    );
    let rows = rows.fetch_all(pool).await?.into_iter().map(|r| Due {
        survey_id: r.survey_id,
        ceptoar_id: r.ceptoar_id,
        ceptoar: [r.ja, r.en],
        due_on: r.due_on,
    });
    Ok(rows.collect())
}

/// Reminds its silent firms; `None` where another process does, or it is over.
pub async fn remind(
    tx: &mut PgConnection,
    due: &Due,
    letters: &Letters,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "select survey_remind($1, $2, $3, $4, $5, $6, $7)",
        due.survey_id,
        due.due_on,
        &letters.subjects,
        &letters.bodies,
        &letters.hashes,
        japan_day(now),
        now
    )
    .fetch_one(tx)
    .await
}
