//! Opening a follow-up: a sheet for every CEPTOAR of the day, and a letter to each desk.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::assembling::last_day;
use super::changes::{Effective, changes};
use super::letters::{About, Reason, letters};
use super::occasion::Occasion;
use super::prefill::prefill;
use super::store::{self, FollowUp};
use crate::features::feature_map::edition::{Bilingual, Edition};
use crate::features::feature_map::of_day::store as of_day;
use crate::features::feature_map::store as editions_store;
use crate::kernel::clock::japan_day;
use crate::kernel::ids::AccountId;

/// A follow-up to open.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The fiscal year of the map.
    pub fiscal_year: i32,
    /// When the sheets are due.
    pub due_on: NaiveDate,
    /// The action plan in force.
    pub plan: Bilingual,
}

/// What came of opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Sheets.
    pub sheets: usize,
    /// Letters to the desks.
    pub letters: usize,
}

/// Opens a follow-up; `None` where one is open, or the year has one or an edition already.
///
/// # Errors
/// When the database fails, or there is no edition to start from.
pub async fn open(
    tx: &mut PgConnection,
    by: AccountId,
    opening: &Opening,
    base_url: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<Opened>> {
    let editions = editions_store::editions(tx).await?;
    let as_of = last_day(opening.fiscal_year);
    let Some(last) = editions.last().filter(|last| last.as_of < as_of) else { return Ok(None) };
    let follow_up = FollowUp {
        follow_up_id: Uuid::new_v4(),
        fiscal_year: opening.fiscal_year,
        as_of,
        base_edition: last.id.clone(),
        due_on: opening.due_on,
        plan: opening.plan.clone(),
        opened_at: now,
        published_at: None,
    };
    if !store::open(tx, &follow_up, by).await? {
        return Ok(None);
    }
    let sheets = fill(tx, &follow_up, &editions, now).await?;
    let mut sent = 0;
    for (ceptoar_id, name) in &sheets {
        let about = About { year: opening.fiscal_year, ceptoar_id, name, due_on: opening.due_on, base_url };
        let texts = letters(about, Reason::Occasion(Occasion::Opened))?;
        let told = store::tell(tx, follow_up.follow_up_id, ceptoar_id, Occasion::Opened.code(), &texts).await?;
        sent += usize::try_from(told.unwrap_or(0)).unwrap_or(0);
    }
    Ok(Some(Opened { sheets: sheets.len(), letters: sent }))
}

/// A sheet for every CEPTOAR of the directory; answers whose.
async fn fill(
    tx: &mut PgConnection,
    follow_up: &FollowUp,
    editions: &[Edition],
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<(String, Bilingual)>> {
    let Some(last) = editions.last() else { return Ok(Vec::new()) };
    let sectors = of_day::sectors(tx, follow_up.as_of).await?;
    let mut sheets = Vec::new();
    let today = of_day::for_sheets(tx, japan_day(now), follow_up.as_of).await?;
    for (position, facts) in today.into_iter().enumerate() {
        let prefilled = prefill(editions, &facts);
        let changes = changes(last, &sectors, &prefilled.ceptoar, &Effective::default());
        store::insert_sheet(tx, follow_up.follow_up_id, i16::try_from(position)?, &prefilled, &changes, now).await?;
        let name = facts.name.unwrap_or_else(|| Bilingual { ja: facts.id.clone(), en: facts.id.clone() });
        sheets.push((facts.id, name));
    }
    Ok(sheets)
}
