//! Tickets: links that go to a person by mail and are used once. The link holds the token, the database
//! its hash; what each is good for stands in its purpose.

pub mod store;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use crate::kernel::ids::AccountId;
use crate::platform::security::token::Token;

/// What a ticket is good for, and for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Purpose {
    /// Choose the first password and authenticator.
    Enrol,
    /// Choose another password; authenticators stay, and nobody is signed in by it.
    ResetPassword,
    /// With the password: enrol another authenticator in place of the lost ones.
    Recover,
    /// Confirm one's own new mail address.
    Address,
}

impl Purpose {
    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Enrol => "enrol",
            Self::ResetPassword => "reset_password",
            Self::Recover => "recover",
            Self::Address => "address",
        }
    }

    /// How long such a ticket lives.
    #[must_use]
    pub fn lifetime(self) -> TimeDelta {
        match self {
            Self::Enrol => TimeDelta::hours(72),
            Self::ResetPassword | Self::Recover | Self::Address => TimeDelta::minutes(30),
        }
    }
}

/// The path of a ticket; links in letters are the base URL and this.
#[must_use]
pub fn path(token: &Token) -> String {
    format!("/ticket/{}", token.reveal())
}

/// Issues a ticket in place of any older one of this account and purpose; for a forgotten password, which anybody may
/// say they have, up to three live beside each other, and using one ends all. Whether the transaction's viewer
/// may is decided by the database; the caller has asked `can` before.
///
/// # Errors
/// [`sqlx::Error::RowNotFound`] where it is not possible: a suspended account, one that has authenticators
/// already (enrol) or no password yet (recover, reset), or not the viewer's to help; or three links for a forgotten
/// password live already.
pub async fn issue(
    tx: &mut PgConnection,
    account_id: AccountId,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> sqlx::Result<Token> {
    issue_for(tx, account_id, purpose, None, now).await
}

/// Issues the ticket that confirms a new mail address of the viewer's own.
///
/// # Errors
/// As [`issue`].
pub async fn issue_address(
    tx: &mut PgConnection,
    account_id: AccountId,
    address: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Token> {
    issue_for(tx, account_id, Purpose::Address, Some(address), now).await
}

async fn issue_for(
    tx: &mut PgConnection,
    account_id: AccountId,
    purpose: Purpose,
    new_address: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<Token> {
    let token = Token::random().map_err(|error| sqlx::Error::Configuration(Box::new(error)))?;
    if store::issue(tx, account_id, purpose, &token.hash(), new_address, now).await? {
        Ok(token)
    } else {
        Err(sqlx::Error::RowNotFound)
    }
}
