//! Half-done sign-ins and enrolments: what was proved so far is held by a cookie of its own, and opens
//! nothing but the next step.

pub mod store;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use crate::kernel::ids::{AccountId, SessionId};
use crate::platform::security::secret_key::SecretKey;
use crate::platform::security::token::Token;
use crate::platform::security::totp::App;

/// Codes tried in one step.
pub const MOST_ATTEMPTS: i32 = 10;
/// What secrets of apps are sealed for.
pub const SEALED_FOR: &str = "totp";

/// What a step leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum StepPurpose {
    /// The password was right; the second proof is missing.
    SecondFactor,
    /// The first authenticator.
    Enrol,
    /// Another authenticator in place of all earlier ones.
    Recover,
    /// One more authenticator of somebody signed in.
    Add,
}

impl StepPurpose {
    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SecondFactor => "second_factor",
            Self::Enrol => "enrol",
            Self::Recover => "recover",
            Self::Add => "add",
        }
    }

    /// Whether an authenticator is enrolled in it.
    #[must_use]
    pub fn enrols(self) -> bool {
        match self {
            Self::SecondFactor => false,
            Self::Enrol | Self::Recover | Self::Add => true,
        }
    }

    fn lifetime(self) -> TimeDelta {
        match self {
            Self::SecondFactor => TimeDelta::minutes(10),
            Self::Enrol | Self::Recover | Self::Add => TimeDelta::minutes(30),
        }
    }
}

/// Opens a step; the transaction's viewer is the account. Steps that enrol have the secret of an app at hand.
///
/// # Errors
/// When the generator or the database fails.
pub async fn open(
    tx: &mut PgConnection,
    key: &SecretKey,
    account_id: AccountId,
    purpose: StepPurpose,
    session: Option<SessionId>,
    now: DateTime<Utc>,
) -> anyhow::Result<Token> {
    let token = Token::random()?;
    let sealed = match purpose.enrols() {
        true => Some(key.seal(SEALED_FOR, account_id.0.as_bytes(), &App::fresh_secret()?)?),
        false => None,
    };
    let until = now + purpose.lifetime();
    store::open(tx, account_id, &token.hash(), purpose, session, sealed.as_deref(), until).await?;
    Ok(token)
}
