//! SQL of accounts and sessions.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;

use crate::features::access::{Affiliation, Role};
use crate::kernel::ids::{AccountId, ContactId, OrganisationId, SessionId};
use crate::kernel::language::Language;

/// What sign-in needs to know of an account.
#[derive(Debug)]
pub struct SignInAccount {
    /// The account.
    pub account_id: AccountId,
    /// PHC string.
    pub password_hash: String,
    /// Suspended accounts never sign in.
    pub suspended: bool,
    /// Invented, and refused outside the demonstration.
    pub demonstration: bool,
}

/// A living session and its account.
#[derive(Debug)]
pub struct LiveSession {
    /// The session.
    pub session_id: SessionId,
    /// Its account.
    pub account_id: AccountId,
    /// The person's name.
    pub display_name: String,
    /// The account's language.
    pub language: Language,
    /// Whether the account is invented.
    pub demonstration: bool,
}

/// The account of a canonical sign-in name.
pub async fn find_for_sign_in(tx: &mut PgConnection, name: &str) -> sqlx::Result<Option<SignInAccount>> {
    let row = sqlx::query!(
        r#"select account_id as "account_id!", password_hash as "password_hash!",
                  suspended as "suspended!", demonstration as "demonstration!"
           from account_for_sign_in($1)"#,
        name
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|r| SignInAccount {
        account_id: AccountId(r.account_id),
        password_hash: r.password_hash,
        suspended: r.suspended,
        demonstration: r.demonstration,
    }))
}

/// Counts an attempt for `subject`; answers how many there were within `window`.
pub async fn charge_attempt(
    tx: &mut PgConnection,
    subject: &str,
    now: DateTime<Utc>,
    window: TimeDelta,
) -> sqlx::Result<i32> {
    sqlx::query_scalar!(r#"select charge_sign_in_attempt($1, $2, $3) as "n!""#, subject, now, interval(window))
        .fetch_one(tx)
        .await
}

/// Forgets the attempts of `subject`, after a success.
pub async fn forgive_attempts(tx: &mut PgConnection, subject: &str) -> sqlx::Result<()> {
    sqlx::query!("select forgive_sign_in_attempts($1)", subject).execute(tx).await.map(|_| ())
}

/// Opens a session. The transaction's viewer must be the account.
pub async fn open_session(
    tx: &mut PgConnection,
    account_id: AccountId,
    token_hash: &[u8],
    now: DateTime<Utc>,
    lifetime: TimeDelta,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into sessions (token_hash, account_id, opened_at, last_seen_at, expires_at) values ($1, $2, $3, $3, $4)",
        token_hash,
        account_id.0,
        now,
        now + lifetime
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Ends a session of the viewer.
pub async fn end_session(tx: &mut PgConnection, session_id: SessionId, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("update sessions set ended_at = $2 where session_id = $1 and ended_at is null", session_id.0, now)
        .execute(tx)
        .await
        .map(|_| ())
}

/// The session of a token, if it lives: not ended, not idle for too long, account not suspended.
pub async fn resume_session(
    tx: &mut PgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
    idle: TimeDelta,
) -> sqlx::Result<Option<LiveSession>> {
    let row = sqlx::query!(
        r#"select session_id as "session_id!", account_id as "account_id!", display_name as "display_name!",
                  language as "language!: Language", demonstration as "demonstration!"
           from resume_session($1, $2, $3)"#,
        token_hash,
        now,
        interval(idle)
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|r| LiveSession {
        session_id: SessionId(r.session_id),
        account_id: AccountId(r.account_id),
        display_name: r.display_name,
        language: r.language,
        demonstration: r.demonstration,
    }))
}

/// What the transaction's viewer is today.
pub async fn affiliations(tx: &mut PgConnection) -> sqlx::Result<Vec<Affiliation>> {
    let rows = sqlx::query!(
        r#"select f.role as "role: Role", f.organisation_id, f.ceptoar_id, f.contact_id,
                  coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from affiliations f
           left join organisation_names n on n.organisation_id = f.organisation_id and n.valid @> viewer_today()
           where f.account_id = viewer_account() and f.valid @> viewer_today()
           order by f.role, f.organisation_id"#
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Affiliation {
            role: r.role,
            organisation_id: OrganisationId(r.organisation_id),
            organisation_ja: r.ja,
            organisation_en: r.en,
            ceptoar_id: r.ceptoar_id,
            contact_id: r.contact_id.map(ContactId),
        })
        .collect())
}

fn interval(span: TimeDelta) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: span.num_microseconds().unwrap_or(i64::MAX) }
}
