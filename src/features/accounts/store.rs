//! SQL of accounts and sessions.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;

use crate::features::access::{Affiliation, OpenedBy, Role};
use crate::kernel::ids::{AccountId, ContactId, OrganisationId, SessionId};
use crate::kernel::language::Language;

/// What sign-in needs to know of an account.
#[derive(Debug)]
pub struct SignInAccount {
    /// The account.
    pub account_id: AccountId,
    /// PHC string; none until the person has chosen a password.
    pub password_hash: Option<String>,
    /// Suspended accounts never sign in.
    pub suspended: bool,
    /// Invented, and refused outside the demonstration.
    pub demonstration: bool,
    /// Whether it has an authenticator.
    pub equipped: bool,
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
    /// How it was opened.
    pub opened_by: OpenedBy,
    /// When the person last proved to be there.
    pub confirmed_at: DateTime<Utc>,
}

/// The account of a canonical sign-in name.
pub async fn find_for_sign_in(tx: &mut PgConnection, name: &str) -> sqlx::Result<Option<SignInAccount>> {
    let row = sqlx::query!(
        r#"select account_id as "account_id!", password_hash,
                  suspended as "suspended!", demonstration as "demonstration!", equipped as "equipped!"
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
        equipped: r.equipped,
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

/// Takes one attempt of `subject` back.
pub async fn take_back_attempt(tx: &mut PgConnection, subject: &str) -> sqlx::Result<()> {
    sqlx::query!("select take_back_sign_in_attempt($1)", subject).execute(tx).await.map(|_| ())
}

/// Opens a session. The transaction's viewer must be the account.
pub async fn open_session(
    tx: &mut PgConnection,
    account_id: AccountId,
    token_hash: &[u8],
    opened_by: OpenedBy,
    now: DateTime<Utc>,
    lifetime: TimeDelta,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into sessions (token_hash, account_id, opened_by, opened_at, last_seen_at, confirmed_at, expires_at)
         values ($1, $2, $3, $4, $4, $4, $5)",
        token_hash,
        account_id.0,
        opened_by.code(),
        now,
        now + lifetime
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Puts a confirmed session in the place of a living one of the viewer: another token, the same end.
/// False when the old one does not live any more.
pub async fn renew_session(
    tx: &mut PgConnection,
    session_id: SessionId,
    token_hash: &[u8],
    opened_by: OpenedBy,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let new = sqlx::query!(
        "insert into sessions (token_hash, account_id, opened_by, opened_at, last_seen_at, confirmed_at, expires_at)
         select $2, account_id, $3, opened_at, $4, $4, expires_at from sessions
         where session_id = $1 and ended_at is null",
        session_id.0,
        token_hash,
        opened_by.code(),
        now
    )
    .execute(&mut *tx)
    .await?;
    end_session(tx, session_id, now).await?;
    Ok(new.rows_affected() == 1)
}

/// Ends the viewer's sessions but one, and with them what they left under way; `None` ends all.
pub async fn end_other_sessions(
    tx: &mut PgConnection,
    account_id: AccountId,
    keep: Option<SessionId>,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let ended = sqlx::query!(
        "update sessions set ended_at = $3
         where account_id = $1 and session_id is distinct from $2 and ended_at is null",
        account_id.0,
        keep.map(|id| id.0),
        now
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("select end_own_links($1)", now).execute(tx).await?;
    Ok(ended.rows_affected())
}

/// Ends the session of a token that the browser held.
pub async fn end_session_of_token(tx: &mut PgConnection, token_hash: &[u8], now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("select end_session_of_token($1, $2)", token_hash, now).execute(tx).await.map(|_| ())
}

/// Remembers that a name signed in from an address.
pub async fn remember_place(tx: &mut PgConnection, subject: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("select remember_sign_in_place($1, $2)", subject, now).execute(tx).await.map(|_| ())
}

/// Whether a name signed in from an address since then.
pub async fn is_known_place(tx: &mut PgConnection, subject: &str, since: DateTime<Utc>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select is_sign_in_place($1, $2) as "known!""#, subject, since).fetch_one(tx).await
}

/// Removes what has no use any more.
pub async fn sweep(tx: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("select sweep_sign_in($1)", now).execute(tx).await.map(|_| ())
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
                  language as "language!: Language", demonstration as "demonstration!",
                  opened_by as "opened_by!: OpenedBy", confirmed_at as "confirmed_at!"
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
        opened_by: r.opened_by,
        confirmed_at: r.confirmed_at,
    }))
}

/// One's own account.
#[derive(Debug, Clone)]
pub struct OwnAccount {
    /// Canonical.
    pub sign_in_name: String,
    /// As shown to others.
    pub display_name: String,
    /// Where letters go.
    pub mail_address: Option<String>,
    /// For letters and pages.
    pub language: Language,
    /// PHC string.
    pub password_hash: Option<String>,
}

/// The account of the transaction's viewer.
pub async fn own_account(tx: &mut PgConnection, account_id: AccountId) -> sqlx::Result<OwnAccount> {
    sqlx::query_as!(
        OwnAccount,
        r#"select sign_in_name, display_name, mail_address, language as "language: Language", password_hash
           from accounts where account_id = $1"#,
        account_id.0
    )
    .fetch_one(tx)
    .await
}

/// Gives the transaction's viewer another password.
pub async fn set_own_password(tx: &mut PgConnection, password_hash: &str) -> sqlx::Result<()> {
    sqlx::query!("select set_own_password($1)", password_hash).execute(tx).await.map(|_| ())
}

/// Gives the transaction's viewer another mail address.
pub async fn set_own_address(tx: &mut PgConnection, address: &str) -> sqlx::Result<()> {
    sqlx::query!("select set_own_address($1)", address).execute(tx).await.map(|_| ())
}

/// Whom a forgotten password belongs to.
#[derive(Debug, Clone)]
pub struct Forgetful {
    /// The account.
    pub account_id: AccountId,
    /// The person's name.
    pub display_name: String,
    /// Where the letter goes.
    pub mail_address: String,
    /// In which language.
    pub language: Language,
}

/// The account of a canonical name, if it has a password and an address and is not suspended.
pub async fn find_for_letter(tx: &mut PgConnection, name: &str) -> sqlx::Result<Option<Forgetful>> {
    sqlx::query_as!(
        Forgetful,
        r#"select account_id as "account_id!: AccountId", display_name as "display_name!",
                  mail_address as "mail_address!", language as "language!: Language"
           from account_for_letter($1)"#,
        name
    )
    .fetch_optional(tx)
    .await
}

/// One of one's own sessions.
#[derive(Debug, Clone)]
pub struct OwnSession {
    /// Which one.
    pub session_id: SessionId,
    /// How it was opened.
    pub opened_by: OpenedBy,
    /// When.
    pub opened_at: DateTime<Utc>,
    /// When it was last seen.
    pub last_seen_at: DateTime<Utc>,
}

/// The living sessions of the transaction's viewer, the latest first.
pub async fn own_sessions(
    tx: &mut PgConnection,
    account_id: AccountId,
    now: DateTime<Utc>,
    idle: TimeDelta,
) -> sqlx::Result<Vec<OwnSession>> {
    sqlx::query_as!(
        OwnSession,
        r#"select session_id as "session_id: SessionId", opened_by as "opened_by: OpenedBy", opened_at, last_seen_at
           from sessions
           where account_id = $1 and ended_at is null and expires_at > $2 and last_seen_at > $3
           order by last_seen_at desc, session_id"#,
        account_id.0,
        now,
        now - idle
    )
    .fetch_all(tx)
    .await
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
