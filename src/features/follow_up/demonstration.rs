//! The follow-up that a demonstration begins with: open, so that visitors can go through it.

use chrono::{DateTime, Days, Utc};
use sqlx::{Connection, PgConnection};

use super::opening::{self, Opening};
use super::store;
use crate::features::feature_map::edition::Bilingual;
use crate::kernel::clock::{fiscal_year, japan_day};

/// How long the invented desks have.
const DAYS: u64 = 21;

/// Opens a follow-up in the name of the demonstration's analyst, where there was never one.
///
/// # Errors
/// When the database fails.
pub async fn open_one(owner: &mut PgConnection, base_url: &str, now: DateTime<Utc>) -> anyhow::Result<()> {
    if store::is_any(owner).await? {
        return Ok(());
    }
    let today = japan_day(now);
    let mut tx = owner.begin().await?;
    if let Some(analyst) = store::look_as(&mut tx, "analyst", now).await? {
        let opening = Opening {
            fiscal_year: fiscal_year(today),
            due_on: today.checked_add_days(Days::new(DAYS)).unwrap_or(today),
            plan: Bilingual {
                ja: "重要インフラのサイバーセキュリティに係る行動計画".to_owned(),
                en: "Cybersecurity Policy for Critical Infrastructure Protection".to_owned(),
            },
        };
        opening::open(&mut tx, analyst, &opening, base_url, now).await?;
    }
    tx.commit().await?;
    Ok(())
}
