//! SQL of tickets.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Purpose;
use crate::kernel::ids::AccountId;
use crate::kernel::language::Language;

/// A living ticket and the account it is for.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// The account.
    pub account_id: AccountId,
    /// What it is good for.
    pub purpose: Purpose,
    /// The account's sign-in name.
    pub sign_in_name: String,
    /// The person's name.
    pub display_name: String,
    /// PHC string, where a password was chosen.
    pub password_hash: Option<String>,
    /// Where the person gets letters.
    pub mail_address: Option<String>,
    /// The address that it confirms.
    pub new_address: Option<String>,
    /// The account's language.
    pub language: Language,
    /// Whether the account is invented.
    pub demonstration: bool,
}

/// Stores a ticket if that is possible.
pub async fn issue(
    tx: &mut PgConnection,
    account_id: AccountId,
    purpose: Purpose,
    token_hash: &[u8],
    new_address: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select issue_account_ticket($1, $2, $3, $4, $5, $6) as "issued!""#,
        token_hash,
        account_id.0,
        purpose.code(),
        new_address,
        now,
        now + purpose.lifetime()
    )
    .fetch_one(tx)
    .await
}

/// The ticket of a token, if it lives.
pub async fn find(tx: &mut PgConnection, token_hash: &[u8], now: DateTime<Utc>) -> sqlx::Result<Option<Ticket>> {
    sqlx::query_as!(
        Ticket,
        r#"select account_id as "account_id!: AccountId", purpose as "purpose!: Purpose", sign_in_name as "sign_in_name!",
                  display_name as "display_name!", password_hash, mail_address, new_address,
                  language as "language!: Language", demonstration as "demonstration!"
           from account_ticket($1, $2)"#,
        token_hash,
        now
    )
    .fetch_optional(tx)
    .await
}

/// Uses a ticket up; false when somebody was faster.
pub async fn use_up(
    tx: &mut PgConnection,
    token_hash: &[u8],
    purpose: Purpose,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select use_account_ticket($1, $2, $3) as "used!""#, token_hash, purpose.code(), now)
        .fetch_one(tx)
        .await
}
