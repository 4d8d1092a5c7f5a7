//! Making an account for a real person: the first ones come from the command line.

pub mod store;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgConnection;

use super::{demonstration, sign_in};
use crate::features::access::Role;
use crate::kernel::clock::japan_day;
use crate::kernel::ids::AccountId;
use crate::kernel::text;
use crate::platform::audit::{self, Event, Outcome};
use crate::platform::db::broken_constraint;
use crate::platform::security::password::PasswordHasher;

/// Fewest characters of a password that stands alone (OWASP ASVS 5.0, 6.2.1).
pub const SHORTEST_PASSWORD: usize = 15;
const LONGEST_PASSWORD: usize = 256;
const LONGEST_NAME: usize = 64;

/// Long enough and still among the first that anybody tries. Compared without case, spaces and hyphens.
const COMMON_PASSWORDS: [&str; 10] = [
    "passwordpassword",
    "password12345678",
    "123456789012345",
    "1234567890123456",
    "qwertyuiopasdfg",
    "qwertyuiopasdfghjkl",
    "1qaz2wsx3edc4rfv",
    "correcthorsebatterystaple",
    "administrator123",
    "thisismypassword",
];

/// Somebody who is to get an account.
#[derive(Debug)]
pub struct NewAccount {
    /// Sign-in name as typed.
    pub name: String,
    /// The person's name as shown.
    pub display_name: String,
    /// Their role.
    pub role: Role,
    /// The organisation, by its stable code.
    pub organisation_code: String,
    /// The CEPTOAR, for roles that are held in one.
    pub ceptoar: Option<String>,
    /// The first password.
    pub password: SecretString,
}

/// Why somebody gets no account.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// Sign-in names are typed: they stay plain.
    #[error("the name must be 1 to {LONGEST_NAME} letters, digits, hyphens, dots or underscores")]
    Name,
    /// Somebody has the name.
    #[error("the name {0} is taken")]
    NameTaken(String),
    /// Nothing that could be shown.
    #[error("the display name must be one line of 1 to {LONGEST_NAME} characters")]
    DisplayName,
    /// The password will not do.
    #[error("the password {0}")]
    Password(&'static str),
    /// No such organisation.
    #[error("no organisation has the code {0}")]
    Organisation(String),
    /// The role is not held there.
    #[error("the role {role} needs {needed}")]
    Place {
        /// Which role.
        role: &'static str,
        /// What would fit.
        needed: &'static str,
    },
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] crate::platform::security::password::HashingError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Makes the account with its affiliation and writes both down in the trail.
///
/// # Errors
/// [`EnrolmentError`] says what is wrong; nothing was made then, as long as the caller does not commit.
pub async fn enrol(
    tx: &mut PgConnection,
    hasher: &PasswordHasher,
    now: DateTime<Utc>,
    new: NewAccount,
) -> Result<AccountId, EnrolmentError> {
    let name = sign_in_name(&new.name)?;
    let display_name = text::line(&new.display_name, LONGEST_NAME).map_err(|_| EnrolmentError::DisplayName)?;
    if display_name.is_empty() {
        return Err(EnrolmentError::DisplayName);
    }
    check_password(new.password.expose_secret(), &name).map_err(EnrolmentError::Password)?;
    let today = japan_day(now);
    let place = store::find_place(tx, &new.organisation_code, new.ceptoar.as_deref(), today).await?;
    let place = place.ok_or_else(|| EnrolmentError::Organisation(new.organisation_code.clone()))?;
    if let Some(needed) = missing(new.role, &place) {
        return Err(EnrolmentError::Place { role: new.role.code(), needed });
    }
    let hash = hasher.hash(new.password).await?;
    let account_id = store::add_account(tx, &name, &display_name, &hash, now).await.map_err(|error| {
        if broken_constraint(&error) == Some("accounts_sign_in_name_key") {
            return EnrolmentError::NameTaken(name);
        }
        error.into()
    })?;
    store::add_affiliation(tx, account_id, new.role, &place, new.ceptoar.as_deref(), today).await?;
    let subject_id = account_id.to_string();
    let detail =
        serde_json::json!({ "role": new.role.code(), "organisation": new.organisation_code, "ceptoar": new.ceptoar });
    let event = Event {
        at: now,
        account: None,
        action: "account.add",
        outcome: Outcome::Done,
        subject_kind: "account",
        subject_id: &subject_id,
        detail,
        request_id: None,
    };
    audit::record(tx, event).await?;
    Ok(account_id)
}

fn sign_in_name(typed: &str) -> Result<String, EnrolmentError> {
    let name = sign_in::canonical(typed);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '@');
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
        return Err(EnrolmentError::Name);
    }
    Ok(name)
}

/// Length counts, and what everybody tries first does not. No rules about kinds of characters.
fn check_password(password: &str, name: &str) -> Result<(), &'static str> {
    let length = password.chars().count();
    if length < SHORTEST_PASSWORD {
        return Err("must have at least 15 characters");
    }
    if length > LONGEST_PASSWORD {
        return Err("must have at most 256 characters");
    }
    if password.chars().any(char::is_control) {
        return Err("must not have control characters");
    }
    let folded: String = password.to_lowercase().chars().filter(|c| !matches!(c, ' ' | '-' | '_')).collect();
    let without_name = folded.replace(&name.replace(['-', '_'], ""), "");
    if without_name.chars().count() < SHORTEST_PASSWORD / 2 {
        return Err("must not be the sign-in name");
    }
    let distinct: std::collections::HashSet<char> = folded.chars().collect();
    if distinct.len() < 5 || COMMON_PASSWORDS.contains(&folded.as_str()) || password == demonstration::PASSWORD {
        return Err("is among the first that anybody would try");
    }
    Ok(())
}

/// What the role would need of its place, if the place does not have it.
fn missing(role: Role, place: &store::Place) -> Option<&'static str> {
    let (fits, needed) = match role {
        Role::NiscAnalyst | Role::NiscApprover | Role::Auditor | Role::SystemAdmin => {
            (place.kind == "central" && !place.ceptoar_named, "the centre (nisc) as its organisation, and no CEPTOAR")
        }
        Role::MinistryLiaison => {
            (place.kind == "ministry" && !place.ceptoar_named, "a ministry as its organisation, and no CEPTOAR")
        }
        Role::Secretariat | Role::Coordinator => {
            (place.keeps_desk, "a CEPTOAR and the organisation that is its secretariat today")
        }
        Role::MemberPoc | Role::MemberReader | Role::HubMember | Role::MemberAdmin => {
            (place.is_member, "a CEPTOAR and an organisation that is a member of it today")
        }
        Role::CouncilDelegate | Role::WgChair | Role::CouncilObserver => {
            (place.ceptoar_exists, "the CEPTOAR that it speaks for")
        }
    };
    (!fits).then_some(needed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_not_what_everybody_tries() {
        for (password, good) in [
            ("fourteen chars", false),
            ("fifteen letters", true),
            ("ながいながいあいことばをきめました", true),
            ("aaaaaaaaaaaaaaaaaaaa", false),
            ("Password-Password", false),
            ("correct horse battery staple", false),
            ("ceptoar-demonstration", false),
            ("sato-hanako-sato-hanako", false),
            ("sato.hanako-2026", false),
            ("line\nbreak in the middle", false),
        ] {
            let name = if password.contains('.') { "sato.hanako" } else { "sato-hanako" };
            assert_eq!(check_password(password, name).is_ok(), good, "{password:?}");
        }
        assert!(check_password(&"longer than long ".repeat(20), "x").is_err());
    }

    #[test]
    fn sign_in_names_are_plain() {
        assert_eq!(sign_in_name(" Ｓato-01 ").expect("a name"), "sato-01");
        for typed in ["", "佐藤", "a b", "a\tb", &"a".repeat(65)] {
            assert!(sign_in_name(typed).is_err(), "{typed:?}");
        }
    }
}
