//! SQL of authenticators and recovery codes. The transaction's viewer is their owner.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Kind;
use crate::kernel::ids::AccountId;

/// An authenticator as its owner sees it.
#[derive(Debug, Clone)]
pub struct Authenticator {
    /// Which one.
    pub authenticator_id: Uuid,
    /// Passkey or app.
    pub kind: Kind,
    /// As the person calls it.
    pub name: String,
    /// When it was added.
    pub added_at: DateTime<Utc>,
    /// When it was last used.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A stored app.
#[derive(Debug)]
pub struct StoredApp {
    /// Which one.
    pub authenticator_id: Uuid,
    /// The encrypted secret.
    pub sealed_secret: Option<Vec<u8>>,
    /// The last step that was used.
    pub last_step: Option<i64>,
    /// Whether it takes no digits, after too many wrong ones.
    pub closed: bool,
}

/// All of an account, oldest first. They are locked, so that two removals cannot each leave the other one.
pub async fn list(tx: &mut PgConnection, account_id: AccountId) -> sqlx::Result<Vec<Authenticator>> {
    sqlx::query_as!(
        Authenticator,
        r#"select authenticator_id, kind as "kind: Kind", name, added_at, last_used_at from authenticators
           where account_id = $1 order by added_at, authenticator_id for update"#,
        account_id.0
    )
    .fetch_all(tx)
    .await
}

/// The app of an account, locked.
pub async fn app(tx: &mut PgConnection, account_id: AccountId) -> sqlx::Result<Option<StoredApp>> {
    sqlx::query_as!(
        StoredApp,
        r#"select authenticator_id, sealed_secret, last_step, closed_at is not null as "closed!" from authenticators
           where account_id = $1 and kind = 'totp' for update"#,
        account_id.0
    )
    .fetch_optional(tx)
    .await
}

/// Writes down which step was used last.
pub async fn use_step(tx: &mut PgConnection, app: Uuid, step: i64, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update authenticators set last_step = $2, last_used_at = $3 where authenticator_id = $1 and last_step < $2",
        app,
        step,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Closes the app; false when it is closed already, or there is none.
pub async fn close_app(tx: &mut PgConnection, account_id: AccountId, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update authenticators set closed_at = $2 where account_id = $1 and kind = 'totp' and closed_at is null",
        account_id.0,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Opens it again.
pub async fn reopen_app(tx: &mut PgConnection, account_id: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        "update authenticators set closed_at = null where account_id = $1 and closed_at is not null",
        account_id.0
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Adds an app, in place of an earlier one.
pub async fn add_app(
    tx: &mut PgConnection,
    account_id: AccountId,
    name: &str,
    sealed_secret: &[u8],
    step: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!("delete from authenticators where account_id = $1 and kind = 'totp'", account_id.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "insert into authenticators (account_id, kind, name, sealed_secret, last_step, added_at)
         values ($1, 'totp', $2, $3, $4, $5)",
        account_id.0,
        name,
        sealed_secret,
        step,
        now
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Adds a passkey.
pub async fn add_passkey(
    tx: &mut PgConnection,
    account_id: AccountId,
    name: &str,
    credential_id: &[u8],
    credential: &serde_json::Value,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into authenticators (account_id, kind, name, credential_id, credential, added_at)
         values ($1, 'passkey', $2, $3, $4, $5)",
        account_id.0,
        name,
        credential_id,
        credential,
        now
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// The passkeys of an account.
pub async fn passkeys(tx: &mut PgConnection, account_id: AccountId) -> sqlx::Result<Vec<(Uuid, serde_json::Value)>> {
    let rows = sqlx::query!(
        r#"select authenticator_id, credential as "credential!" from authenticators
           where account_id = $1 and kind = 'passkey' for update"#,
        account_id.0
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|r| (r.authenticator_id, r.credential)).collect())
}

/// Writes down that a passkey was used, and its counter.
pub async fn passkey_used(
    tx: &mut PgConnection,
    id: Uuid,
    credential: &serde_json::Value,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update authenticators set credential = $2, last_used_at = $3 where authenticator_id = $1",
        id,
        credential,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives an authenticator another name.
pub async fn rename(tx: &mut PgConnection, account_id: AccountId, id: Uuid, name: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update authenticators set name = $3 where authenticator_id = $2 and account_id = $1",
        account_id.0,
        id,
        name
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes one.
pub async fn remove(tx: &mut PgConnection, account_id: AccountId, id: Uuid) -> sqlx::Result<bool> {
    let done =
        sqlx::query!("delete from authenticators where authenticator_id = $2 and account_id = $1", account_id.0, id)
            .execute(tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes all, with the codes.
pub async fn remove_all(tx: &mut PgConnection, account_id: AccountId) -> sqlx::Result<()> {
    sqlx::query!("delete from authenticators where account_id = $1", account_id.0).execute(&mut *tx).await?;
    sqlx::query!("delete from recovery_codes where account_id = $1", account_id.0).execute(tx).await.map(|_| ())
}

/// Puts new codes in the place of all earlier ones.
pub async fn replace_codes(tx: &mut PgConnection, account_id: AccountId, hashes: &[Vec<u8>]) -> sqlx::Result<()> {
    sqlx::query!("delete from recovery_codes where account_id = $1", account_id.0).execute(&mut *tx).await?;
    sqlx::query!(
        "insert into recovery_codes (account_id, code_hash) select $1, h from unnest($2::bytea[]) h",
        account_id.0,
        hashes
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Uses a code up; false when it is none, or used.
pub async fn use_code(
    tx: &mut PgConnection,
    account_id: AccountId,
    hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update recovery_codes set used_at = $3 where account_id = $1 and code_hash = $2 and used_at is null",
        account_id.0,
        hash,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many codes are left.
pub async fn codes_left(tx: &mut PgConnection, account_id: AccountId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "n!" from recovery_codes where account_id = $1 and used_at is null"#,
        account_id.0
    )
    .fetch_one(tx)
    .await
}
