//! SQL of passkey ceremonies.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::kernel::ids::AccountId;

/// A passkey and its owner, for somebody not signed in.
#[derive(Debug)]
pub struct StoredPasskey {
    /// The authenticator.
    pub authenticator_id: Uuid,
    /// Whose.
    pub account_id: AccountId,
    /// Public key and counter.
    pub credential: serde_json::Value,
    /// Whether the account is invented.
    pub demonstration: bool,
}

/// Keeps what was asked of a browser.
pub async fn keep(
    tx: &mut PgConnection,
    kind: &str,
    account_id: Option<AccountId>,
    state: &serde_json::Value,
    until: DateTime<Utc>,
) -> sqlx::Result<Uuid> {
    let account = account_id.map(|id| id.0);
    sqlx::query_scalar!(r#"select keep_passkey_ceremony($1, $2, $3, $4) as "id!""#, kind, account, state, until)
        .fetch_one(tx)
        .await
}

/// Takes it back, once.
pub async fn take(
    tx: &mut PgConnection,
    ceremony: Uuid,
    kind: &str,
    account_id: Option<AccountId>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<serde_json::Value>> {
    let account = account_id.map(|id| id.0);
    sqlx::query_scalar!("select take_passkey_ceremony($1, $2, $3, $4) as state", ceremony, kind, account, now)
        .fetch_one(tx)
        .await
}

/// Whose passkey it is.
pub async fn find(tx: &mut PgConnection, credential_id: &[u8]) -> sqlx::Result<Option<StoredPasskey>> {
    sqlx::query_as!(
        StoredPasskey,
        r#"select authenticator_id as "authenticator_id!", account_id as "account_id!: AccountId",
                  credential as "credential!", demonstration as "demonstration!"
           from passkey_for_sign_in($1)"#,
        credential_id
    )
    .fetch_optional(tx)
    .await
}
