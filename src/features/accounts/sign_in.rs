//! Signing in: one answer for unknown names, wrong passwords and suspended accounts, in the same
//! time, and a throttle that is charged before anything is looked up.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

use super::store;
use crate::kernel::ids::AccountId;
use crate::kernel::text;
use crate::platform::audit::{self, Event, Outcome};
use crate::platform::db::Db;
use crate::platform::security::password::PasswordHasher;
use crate::platform::security::token::Token;

/// A session ends twelve hours after it was opened at the latest.
pub const SESSION_LIFETIME: TimeDelta = TimeDelta::hours(12);
/// … and half an hour after the last request.
pub const SESSION_IDLE: TimeDelta = TimeDelta::minutes(30);

const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Attempts from one address for any name, for one name from one address, for one name from anywhere.
const LIMITS: [i32; 3] = [100, 10, 50];

/// Somebody who wants in.
#[derive(Debug)]
pub struct Attempt {
    /// What was typed as the name.
    pub name: String,
    /// What was typed as the password.
    pub password: SecretString,
    /// Where it comes from.
    pub address: IpAddr,
    /// The request, for the trail.
    pub request_id: String,
}

/// How an attempt ended.
#[derive(Debug)]
pub enum Answer {
    /// The token of the new session.
    Welcome(Token),
    /// Name or password is wrong; nobody learns which.
    Unknown,
    /// Too many attempts; try again after a quarter of an hour.
    TooMany,
}

/// The form in which sign-in names are stored and counted.
#[must_use]
pub fn canonical(name: &str) -> String {
    // Twice: small letters may come with marks that have an order of their own.
    text::half_width(&text::half_width(name).to_lowercase())
}

/// What is looked up for a typed name: no stored name has control characters, and the database takes no NUL.
fn looked_up(name: &str) -> String {
    canonical(name).replace(char::is_control, "")
}

/// Tries to sign in.
///
/// # Errors
/// When the database or the hasher fails; nothing was opened then.
pub async fn sign_in(
    db: &Db,
    hasher: &PasswordHasher,
    demonstration: bool,
    now: DateTime<Utc>,
    attempt: Attempt,
) -> anyhow::Result<Answer> {
    let name = looked_up(&attempt.name);
    let subjects = throttle_subjects(&name, attempt.address);
    // Charged and committed on its own: a failure later must not give the attempt back.
    let mut tx = db.begin(None, now).await?;
    let mut too_many = false;
    for (subject, limit) in subjects.iter().zip(LIMITS) {
        // An address that is over its limit is not counted against anybody's name: else one stranger
        // could keep a named person out.
        too_many = store::charge_attempt(&mut tx, subject, now, WINDOW).await? > limit;
        if too_many {
            break;
        }
    }
    let account = if too_many { None } else { store::find_for_sign_in(&mut tx, &name).await? };
    tx.commit().await?;
    if too_many {
        refuse(db, now, &name, &attempt.request_id, "throttled").await?;
        return Ok(Answer::TooMany);
    }

    let stored = account.as_ref().map(|a| a.password_hash.clone());
    let matches = hasher.verify(attempt.password, stored).await?;
    let account = account.filter(|a| matches && !a.suspended && (demonstration || !a.demonstration));
    let Some(account) = account else {
        refuse(db, now, &name, &attempt.request_id, "unknown").await?;
        return Ok(Answer::Unknown);
    };
    let token = open(db, now, account.account_id, &attempt.request_id).await?;
    let mut tx = db.begin(None, now).await?;
    store::forgive_attempts(&mut tx, &subjects[1]).await?;
    tx.commit().await?;
    Ok(Answer::Welcome(token))
}

/// Opens a session for a demonstration account without a password. The caller has checked that this
/// portal is a demonstration.
///
/// # Errors
/// When the database fails.
pub async fn sign_in_to_demonstration(
    db: &Db,
    now: DateTime<Utc>,
    name: &str,
    request_id: &str,
) -> anyhow::Result<Option<Token>> {
    let mut tx = db.begin(None, now).await?;
    let account = store::find_for_sign_in(&mut tx, &looked_up(name)).await?;
    tx.commit().await?;
    match account.filter(|a| a.demonstration && !a.suspended) {
        Some(account) => Ok(Some(open(db, now, account.account_id, request_id).await?)),
        None => Ok(None),
    }
}

async fn open(db: &Db, now: DateTime<Utc>, account_id: AccountId, request_id: &str) -> anyhow::Result<Token> {
    let token = Token::random()?;
    let mut tx = db.begin(Some(account_id), now).await?;
    store::open_session(&mut tx, account_id, &token.hash(), now, SESSION_LIFETIME).await?;
    audit::record(
        &mut tx,
        Event {
            at: now,
            account: Some(account_id),
            action: "session.open",
            outcome: Outcome::Done,
            subject_kind: "account",
            subject_id: &account_id.to_string(),
            detail: serde_json::json!({}),
            request_id: Some(request_id),
        },
    )
    .await?;
    tx.commit().await?;
    Ok(token)
}

/// The trail names the attempt by a hash: people type passwords into the name field.
async fn refuse(db: &Db, now: DateTime<Utc>, name: &str, request_id: &str, reason: &str) -> sqlx::Result<()> {
    let mut tx = db.begin(None, now).await?;
    audit::record(
        &mut tx,
        Event {
            at: now,
            account: None,
            action: "session.open",
            outcome: Outcome::Refused,
            subject_kind: "sign_in_name",
            subject_id: &digest(name),
            detail: serde_json::json!({ "reason": reason }),
            request_id: Some(request_id),
        },
    )
    .await?;
    tx.commit().await
}

fn throttle_subjects(name: &str, address: IpAddr) -> [String; 3] {
    let name = digest(name);
    [format!("address:{address}"), format!("pair:{name}:{address}"), format!("name:{name}")]
}

fn digest(name: &str) -> String {
    hex::encode(&Sha256::digest(name)[..16])
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn one_name_has_one_form() {
        assert_eq!(canonical(" Analyst "), "analyst");
        // One form, however often it is made: a throttle counts by it.
        for name in ["i\u{321}\u{307}", "\u{130}\u{321}", "\u{A8}a"] {
            assert_eq!(canonical(&canonical(name)), canonical(name), "{name:?}");
        }
        assert_eq!(canonical("ＡＮＡＬＹＳＴ"), "analyst");
    }
}
