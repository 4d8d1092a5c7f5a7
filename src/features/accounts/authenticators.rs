//! サインインの方法: apps that show six digits, and recovery codes. Passkeys have a file of their own.

pub mod store;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::steps::SEALED_FOR;
use crate::features::access::{OpenedBy, Requirement};
use crate::kernel::ids::AccountId;
use crate::kernel::language::{Label, Language};
use crate::kernel::text;
use crate::platform::security::secret_key::SecretKey;
use crate::platform::security::totp::App;

/// How many recovery codes there are.
pub const CODES: usize = 10;
/// Letters and digits that are not taken for one another.
const CODE_ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const CODE_LENGTH: usize = 16;

/// The kind of an authenticator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    /// A passkey.
    Passkey,
    /// An app that shows six digits.
    Totp,
}

impl Kind {
    /// Whether it is enough by itself for what an account's roles ask.
    #[must_use]
    pub fn suffices(self, requirement: Requirement) -> bool {
        match self {
            Self::Passkey => OpenedBy::Passkey.suffices(requirement),
            Self::Totp => OpenedBy::PasswordTotp.suffices(requirement),
        }
    }
}

impl Label for Kind {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Passkey => language.pick("パスキー", "Passkey"),
            Self::Totp => language.pick("認証アプリ", "Authenticator app"),
        }
    }
}

/// Checks six digits, or a recovery code, and uses up what was right. The transaction's viewer is the owner.
///
/// # Errors
/// When the database fails or the secret cannot be read.
pub async fn prove(
    tx: &mut PgConnection,
    key: &SecretKey,
    account_id: AccountId,
    typed: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<OpenedBy>> {
    let typed = text::half_width(typed);
    // Without an app there are no codes to fall back from it either.
    let Some(stored) = store::app(tx, account_id).await? else { return Ok(None) };
    if let Some(code) = recovery_code(&typed) {
        let used = store::use_code(tx, account_id, &code_hash(key, account_id, &code), now).await?;
        return Ok(used.then_some(OpenedBy::RecoveryCode));
    }
    if stored.closed {
        return Ok(None);
    }
    let app = opened(key, account_id, stored.sealed_secret.as_deref().unwrap_or_default(), "")?;
    let Some(step) = app.step(&typed, now) else { return Ok(None) };
    // Used steps and all before them are over; the row is locked, so the second of two finds it used.
    if stored.last_step.is_none_or(|last| step <= last) {
        return Ok(None);
    }
    let first = store::use_step(tx, stored.authenticator_id, step, now).await?;
    Ok(first.then_some(OpenedBy::PasswordTotp))
}

/// The app of a sealed secret.
///
/// # Errors
/// When it cannot be read.
pub fn opened(key: &SecretKey, account_id: AccountId, sealed: &[u8], name: &str) -> anyhow::Result<App> {
    let secret = key.open(SEALED_FOR, account_id.0.as_bytes(), sealed)?;
    Ok(App::new(secret, "CEPTOAR Portal", name)?)
}

/// Makes ten new codes and forgets all earlier ones. They are shown now and never again.
///
/// # Errors
/// When the generator or the database fails.
pub async fn new_codes(tx: &mut PgConnection, key: &SecretKey, account_id: AccountId) -> anyhow::Result<Vec<String>> {
    let mut codes = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let mut bytes = [0; CODE_LENGTH];
        getrandom::fill(&mut bytes)?;
        // 256 is a multiple of 32: every letter is equally likely.
        codes.push(bytes.iter().map(|b| char::from(CODE_ALPHABET[usize::from(b % 32)])).collect::<String>());
    }
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| code_hash(key, account_id, code)).collect();
    store::replace_codes(tx, account_id, &hashes).await?;
    Ok(codes.iter().map(|code| grouped(code)).collect())
}

/// Whether what was typed is taken for a recovery code.
#[must_use]
pub fn reads_as_recovery_code(typed: &str) -> bool {
    recovery_code(&text::half_width(typed)).is_some()
}

/// The code behind what was typed, if it has the form of one.
fn recovery_code(typed: &str) -> Option<String> {
    let code: String = typed.to_uppercase().chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let fits = code.len() == CODE_LENGTH && code.bytes().all(|b| CODE_ALPHABET.contains(&b));
    fits.then_some(code)
}

/// 80 random bits under a key that is not in the database: whoever copies the database cannot search for them.
fn code_hash(key: &SecretKey, account_id: AccountId, code: &str) -> Vec<u8> {
    key.digest("recovery-code", format!("{account_id}:{code}").as_bytes())
}

fn grouped(code: &str) -> String {
    code.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group)).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        let code = "ABCD2345EFGH6789".to_owned();
        assert_eq!(grouped(&code), "ABCD-2345-EFGH-6789");
        for typed in ["ABCD-2345-EFGH-6789", "abcd 2345 efgh 6789", "abcd2345efgh6789"] {
            assert_eq!(recovery_code(typed), Some(code.clone()), "{typed}");
        }
        for typed in ["123456", "ABCD-2345-EFGH-678", "ABCD-2345-EFGH-6781"] {
            assert_eq!(recovery_code(typed), None, "{typed}");
        }
    }
}
