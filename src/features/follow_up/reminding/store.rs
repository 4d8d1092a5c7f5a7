//! What the worker asks: who is late, and the reminder itself.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::features::feature_map::edition::Bilingual;
use crate::features::follow_up::occasion::Occasion;
use crate::platform::mail::letter::Letters;

/// A desk that has its sheet still.
#[derive(Debug, Clone)]
pub struct Late {
    /// Of which follow-up.
    pub follow_up_id: Uuid,
    /// Its fiscal year.
    pub fiscal_year: i32,
    /// Whose desk.
    pub ceptoar_id: String,
    /// The CEPTOAR's name.
    pub name: Bilingual,
    /// When the sheet is due.
    pub due_on: NaiveDate,
    /// Codes of the occasions on which it was written to.
    pub reminded: Vec<String>,
}

/// Every desk that has its sheet still.
pub async fn late(pool: &PgPool, today: NaiveDate) -> sqlx::Result<Vec<Late>> {
    let rows = sqlx::query!(
        r#"select follow_up_id as "follow_up_id!", fiscal_year as "fiscal_year!", ceptoar_id as "ceptoar_id!", ja as "ja!",
                  en as "en!", due_on as "due_on!", reminded as "reminded!" from follow_up_late($1)"#,
        today
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Late {
            follow_up_id: r.follow_up_id,
            fiscal_year: i32::from(r.fiscal_year),
            ceptoar_id: r.ceptoar_id,
            name: Bilingual { ja: r.ja, en: r.en },
            due_on: r.due_on,
            reminded: r.reminded,
        })
        .collect())
}

/// Reminds a desk; how many letters, or nothing where another process did it.
pub async fn remind(
    tx: &mut PgConnection,
    late: &Late,
    (occasion, on_day): (Occasion, NaiveDate),
    letters: &Letters,
    (today, now): (NaiveDate, DateTime<Utc>),
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "select follow_up_remind($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        late.follow_up_id,
        late.ceptoar_id,
        occasion.code(),
        on_day,
        &letters.subjects,
        &letters.bodies,
        &letters.hashes,
        today,
        now
    )
    .fetch_one(tx)
    .await
}
