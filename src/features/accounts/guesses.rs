//! Guessing six digits over weeks: a quarter of an hour's limit alone would leave whoever knows the password a few
//! hundred tries a day, for ever. After twenty wrong ones within a week the app is closed (docs/decisions/0016).

use sqlx::PgConnection;

use super::authenticators::{self, store};
use super::letters::Change;
use super::{equipping, throttle};
use crate::features::access::OpenedBy;
use crate::kernel::ids::AccountId;
use crate::platform::audit::{self, Event, Outcome};
use crate::platform::web::state::AppState;

/// What is about to be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// A recovery code: 80 random bits are not guessed.
    RecoveryCode,
    /// Six digits; whether a wrong one closes the app.
    Digits {
        /// It is the last one of the week.
        last: bool,
    },
    /// The app is closed, and no digits are looked at.
    Closed,
}

/// Counts a try, and commits that before anything is compared.
///
/// # Errors
/// When the database fails or the letter cannot be made.
pub async fn charge(state: &AppState, account_id: AccountId, typed: &str, request_id: &str) -> anyhow::Result<Guess> {
    if authenticators::reads_as_recovery_code(typed) {
        return Ok(Guess::RecoveryCode);
    }
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(account_id), now).await?;
    if store::app(&mut tx, account_id).await?.is_some_and(|app| app.closed) {
        return Ok(Guess::Closed);
    }
    let count = throttle::charge_code(&mut tx, account_id, now).await?;
    // The portal may have stopped between the last guess and its closing: nothing is refused without being told.
    let closed = count > throttle::CODES_A_WEEK;
    if closed {
        close(&mut tx, state, account_id, request_id).await?;
    }
    tx.commit().await?;
    Ok(if closed { Guess::Closed } else { Guess::Digits { last: count == throttle::CODES_A_WEEK } })
}

/// After a wrong answer: the last guess closes the app, its owner is told, and the trail says so.
///
/// # Errors
/// When the database fails or the letter cannot be made.
pub async fn wrong(state: &AppState, account_id: AccountId, guess: Guess, request_id: &str) -> anyhow::Result<()> {
    match guess {
        Guess::Digits { last: true } => {}
        Guess::Digits { last: false } | Guess::RecoveryCode | Guess::Closed => return Ok(()),
    }
    let mut tx = state.db.begin(Some(account_id), state.clock.now()).await?;
    close(&mut tx, state, account_id, request_id).await?;
    tx.commit().await?;
    Ok(())
}

/// Closes the app, once, with letter and trail.
async fn close(tx: &mut PgConnection, state: &AppState, account_id: AccountId, request_id: &str) -> anyhow::Result<()> {
    let now = state.clock.now();
    if !store::close_app(tx, account_id, now).await? {
        return Ok(());
    }
    equipping::tell(tx, &state.config, account_id, Change::AppClosed, now).await?;
    let event = Event {
        at: now,
        account: Some(account_id),
        action: "authenticator.close",
        outcome: Outcome::Done,
        subject_kind: "account",
        subject_id: &account_id.to_string(),
        detail: serde_json::json!({ "wrong_codes": throttle::CODES_A_WEEK }),
        request_id: Some(request_id),
    };
    audit::record(tx, event).await?;
    Ok(())
}

/// After a right answer: digits are no guess; a passkey or a recovery code opens the app again. The transaction's
/// viewer is the owner.
///
/// # Errors
/// When the database fails.
pub async fn right(tx: &mut PgConnection, account_id: AccountId, by: OpenedBy) -> sqlx::Result<()> {
    match by {
        OpenedBy::PasswordTotp => throttle::take_back_code(tx, account_id).await,
        OpenedBy::RecoveryCode | OpenedBy::Passkey => reopen(tx, account_id).await,
        OpenedBy::Demonstration => Ok(()),
    }
}

/// Opens the app, or gives a new one a fresh count.
///
/// # Errors
/// When the database fails.
pub async fn reopen(tx: &mut PgConnection, account_id: AccountId) -> sqlx::Result<()> {
    store::reopen_app(tx, account_id).await?;
    throttle::forgive_codes(tx, account_id).await
}
