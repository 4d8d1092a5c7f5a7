//! SQL of follow-ups and their sheets.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::changes::StoredChange;
use super::prefill::Prefilled;
use crate::features::feature_map::edition::{Bilingual, Edition};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::AccountId;
use crate::platform::mail::letter::Letters;

/// A follow-up.
#[derive(Debug, Clone)]
pub struct FollowUp {
    /// Its id.
    pub follow_up_id: Uuid,
    /// The fiscal year of the map.
    pub fiscal_year: i32,
    /// The day of reference.
    pub as_of: NaiveDate,
    /// The edition it started from.
    pub base_edition: String,
    /// When the sheets are due.
    pub due_on: NaiveDate,
    /// The action plan in force.
    pub plan: Bilingual,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When its edition was published.
    pub published_at: Option<DateTime<Utc>>,
}

/// Every follow-up, the newest first.
pub async fn follow_ups(tx: &mut PgConnection) -> sqlx::Result<Vec<FollowUp>> {
    let rows = sqlx::query!(
        "select follow_up_id, fiscal_year, as_of, base_edition, due_on, plan_ja, plan_en, opened_at, published_at
         from follow_ups order by fiscal_year desc"
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| FollowUp {
            follow_up_id: r.follow_up_id,
            fiscal_year: i32::from(r.fiscal_year),
            as_of: r.as_of,
            base_edition: r.base_edition,
            due_on: r.due_on,
            plan: Bilingual { ja: r.plan_ja, en: r.plan_en },
            opened_at: r.opened_at,
            published_at: r.published_at,
        })
        .collect())
}

/// The follow-up of a year.
pub async fn follow_up(tx: &mut PgConnection, fiscal_year: i32) -> sqlx::Result<Option<FollowUp>> {
    Ok(follow_ups(tx).await?.into_iter().find(|f| f.fiscal_year == fiscal_year))
}

/// Opens a follow-up; `false` where the year has one, or another one is open.
pub async fn open(tx: &mut PgConnection, f: &FollowUp, by: AccountId) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into follow_ups (follow_up_id, fiscal_year, as_of, base_edition, due_on, plan_ja, plan_en, opened_by, opened_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
        f.follow_up_id,
        i16::try_from(f.fiscal_year).unwrap_or_default(),
        f.as_of,
        f.base_edition,
        f.due_on,
        f.plan.ja,
        f.plan.en,
        by.0,
        f.opened_at
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Adds a sheet.
pub async fn insert_sheet(
    tx: &mut PgConnection,
    follow_up_id: Uuid,
    position: i16,
    sheet: &Prefilled,
    changes: &[StoredChange],
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let content = serde_json::to_value(&sheet.ceptoar)?;
    sqlx::query!(
        "insert into follow_up_sheets (follow_up_id, ceptoar_id, position, content, prefill, older, changes, edited_at)
         values ($1, $2, $3, $4, $4, $5, $6, $7)",
        follow_up_id,
        sheet.ceptoar.id,
        position,
        content,
        serde_json::to_value(&sheet.older)?,
        serde_json::to_value(changes)?,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Who keeps a desk, for the centre.
#[derive(Debug, Clone)]
pub struct DeskPerson {
    /// Whose desk.
    pub ceptoar_id: String,
    /// The person's name.
    pub name: String,
    /// Whether letters reach them.
    pub has_mail: bool,
}

/// Everybody who keeps a desk of a follow-up.
pub async fn desk_people(tx: &mut PgConnection, follow_up_id: Uuid) -> sqlx::Result<Vec<DeskPerson>> {
    sqlx::query_as!(
        DeskPerson,
        r#"select ceptoar_id as "ceptoar_id!", display_name as "name!", has_mail as "has_mail!" from follow_up_desks($1)"#,
        follow_up_id
    )
    .fetch_all(tx)
    .await
}

/// Writes to a desk; how many letters, or nothing where that was done today.
pub async fn tell(
    tx: &mut PgConnection,
    follow_up_id: Uuid,
    ceptoar_id: &str,
    occasion: &str,
    letters: &Letters,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "select follow_up_tell($1, $2, $3, $4, $5, $6)",
        follow_up_id,
        ceptoar_id,
        occasion,
        &letters.subjects,
        &letters.bodies,
        &letters.hashes
    )
    .fetch_one(tx)
    .await
}

/// Publishes the edition of a follow-up; `false` where that cannot be done (any more).
pub async fn publish(tx: &mut PgConnection, follow_up_id: Uuid, edition: &Edition) -> anyhow::Result<bool> {
    let done = sqlx::query_scalar!("select follow_up_publish($1, $2)", follow_up_id, serde_json::to_value(edition)?)
        .fetch_one(tx)
        .await?;
    Ok(done.unwrap_or(false))
}

/// Whether there was ever a follow-up. For the owner: a demonstration begins with one.
pub async fn is_any(owner: &mut PgConnection) -> sqlx::Result<bool> {
    let any = sqlx::query_scalar!(r#"select exists (select from follow_ups) as "any!""#).fetch_one(owner).await?;
    Ok(any)
}

/// Lets an invented account look in the owner's transaction, as if it had signed in; `None` where there is no such one.
pub async fn look_as(owner: &mut PgConnection, name: &str, now: DateTime<Utc>) -> sqlx::Result<Option<AccountId>> {
    let id = sqlx::query_scalar!("select account_id from accounts where sign_in_name = $1 and demonstration", name)
        .fetch_optional(&mut *owner)
        .await?;
    let Some(id) = id else { return Ok(None) };
    sqlx::query!(
        "select set_config('portal.account', $1, true) as account, set_config('portal.today', $2, true) as today,
                set_config('portal.now', $3, true) as now",
        id.to_string(),
        japan_day(now).to_string(),
        now.to_rfc3339()
    )
    .fetch_one(owner)
    .await?;
    Ok(Some(AccountId(id)))
}
