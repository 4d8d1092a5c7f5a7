//! What the worker asks: which rounds run, who is silent, and the asking itself.

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::features::directory::verification::asking::Linked;
use crate::features::directory::verification::occasion::Occasion;
use crate::features::directory::verification::store::{PRIORITY, ToAsk};
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::kernel::language::Language;

/// A round that runs.
#[derive(Debug, Clone)]
pub struct Running {
    /// Which.
    pub round_id: Uuid,
    /// Of which CEPTOAR.
    pub ceptoar_id: String,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// Until when answers are wanted.
    pub due_on: NaiveDate,
    /// Codes of the reminders that went out.
    pub reminded: Vec<String>,
}

/// Every round that runs.
pub async fn running(pool: &PgPool) -> sqlx::Result<Vec<Running>> {
    sqlx::query_as!(
        Running,
        r#"select round_id as "round_id!", ceptoar_id as "ceptoar_id!", opened_at as "opened_at!", due_on as "due_on!",
                  reminded as "reminded!" from verification_running()"#
    )
    .fetch_all(pool)
    .await
}

/// Takes a reminder on; `false` where another process has it, or the round is over.
pub async fn begin(
    tx: &mut PgConnection,
    round: &Running,
    (occasion, on_day): (Occasion, NaiveDate),
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select verification_begin_reminder($1, $2, $3, $4) as "begun!""#,
        round.round_id,
        occasion.code(),
        on_day,
        now
    )
    .fetch_one(tx)
    .await
}

/// The windows of a round that have said nothing, or nothing of a number that is unproven.
pub async fn silent(
    tx: &mut PgConnection,
    round_id: Uuid,
    today: NaiveDate,
    asked_before: DateTime<Utc>,
) -> sqlx::Result<Vec<ToAsk>> {
    let rows = sqlx::query!(
        r#"select contact_id as "contact_id!: ContactId", organisation_id as "organisation_id!: OrganisationId", ja as "ja!",
                  en as "en!", label as "label!", language as "language!", address as "address!", numbers_alone as "numbers_alone!"
           from verification_silent($1, $2, $3)"#,
        round_id,
        today,
        asked_before
    )
    .fetch_all(tx)
    .await?;
    let rows = rows.into_iter().map(|r| ToAsk {
        contact_id: r.contact_id,
        organisation_id: r.organisation_id,
        organisation: [r.ja, r.en],
        label: r.label,
        language: Language::from_code(&r.language),
        address: Some(r.address),
        asked_lately: None,
        numbers_alone: r.numbers_alone,
    });
    Ok(rows.collect())
}

/// Which reminder of which round, and when.
#[derive(Debug, Clone, Copy)]
pub struct Asking {
    /// The round.
    pub round_id: Uuid,
    /// Why.
    pub occasion: Occasion,
    /// The present day.
    pub today: NaiveDate,
    /// The present.
    pub now: DateTime<Utc>,
}

/// Asks a batch of windows again; answers how many letters went out.
pub async fn ask_again(
    tx: &mut PgConnection,
    asking: Asking,
    batch: &[ToAsk],
    linked: &[Option<Linked>],
) -> sqlx::Result<i32> {
    let letters: Vec<(&ToAsk, &Linked)> =
        batch.iter().zip(linked).filter_map(|(window, linked)| Some((window, linked.as_ref()?))).collect();
    let texts = |of: fn(&(&ToAsk, &Linked)) -> String| letters.iter().map(of).collect::<Vec<String>>();
    sqlx::query_scalar!(
        r#"select verification_ask_again($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as "asked!""#,
        asking.round_id,
        asking.occasion.code(),
        &letters.iter().map(|(window, _)| window.contact_id.0).collect::<Vec<_>>(),
        &texts(|(window, _)| window.address.clone().unwrap_or_default()),
        &texts(|(_, linked)| linked.letter.subject().to_owned()),
        &texts(|(_, linked)| linked.letter.body().to_owned()),
        &letters.iter().map(|(_, l)| Sha256::digest(l.letter.body().as_bytes()).to_vec()).collect::<Vec<_>>(),
        &letters.iter().map(|(_, linked)| linked.token_hash.clone()).collect::<Vec<_>>(),
        PRIORITY,
        asking.today,
        asking.now
    )
    .fetch_one(tx)
    .await
}
