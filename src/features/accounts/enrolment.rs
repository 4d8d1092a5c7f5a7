//! Making an account for a real person: the first ones come from the command line.

pub mod store;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::sign_in;
use crate::features::access::Role;
use crate::kernel::clock::japan_day;
use crate::kernel::email_address::{EmailAddress, EmailAddressError};
use crate::kernel::ids::AccountId;
use crate::kernel::text;
use crate::platform::audit::{self, Event};
use crate::platform::db::broken_constraint;

const LONGEST_NAME: usize = 64;

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
    /// Where letters about the account go.
    pub mail_address: String,
    /// The window that the person answers for: its position among the organisation's, or its id.
    pub window: Option<String>,
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
    /// Letters need an address.
    #[error("the mail address {0}")]
    MailAddress(EmailAddressError),
    /// Only a member's point of contact answers for a window, and only for its own.
    #[error(
        "the organisation has no such window today (give its position, 1 for the first, or its id), or the role answers for none"
    )]
    Window,
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
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Makes the account with its affiliation and writes both down in the trail.
///
/// # Errors
/// [`EnrolmentError`] says what is wrong; nothing was made then, as long as the caller does not commit.
pub async fn enrol(tx: &mut PgConnection, now: DateTime<Utc>, new: NewAccount) -> Result<AccountId, EnrolmentError> {
    let name = sign_in_name(&new.name)?;
    let display_name = text::line(&new.display_name, LONGEST_NAME).map_err(|_| EnrolmentError::DisplayName)?;
    if display_name.is_empty() {
        return Err(EnrolmentError::DisplayName);
    }
    let address = EmailAddress::parse(&new.mail_address).map_err(EnrolmentError::MailAddress)?;
    let today = japan_day(now);
    let place = store::find_place(tx, &new.organisation_code, new.ceptoar.as_deref(), today).await?;
    let place = place.ok_or_else(|| EnrolmentError::Organisation(new.organisation_code.clone()))?;
    if let Some(needed) = missing(new.role, &place) {
        return Err(EnrolmentError::Place { role: new.role.code(), needed });
    }
    let window = match &new.window {
        None => None,
        Some(_) if !new.role.acknowledges() => return Err(EnrolmentError::Window),
        Some(window) => {
            let found = store::find_window(tx, place.organisation_id, new.ceptoar.as_deref(), window, today).await?;
            Some(found.ok_or(EnrolmentError::Window)?)
        }
    };
    let account_id = store::add_account(tx, &name, &display_name, address.as_str(), now).await.map_err(|error| {
        if broken_constraint(&error) == Some("accounts_sign_in_name_key") {
            return EnrolmentError::NameTaken(name);
        }
        error.into()
    })?;
    store::add_affiliation(tx, account_id, new.role, &place, new.ceptoar.as_deref(), window, today).await?;
    let subject_id = account_id.to_string();
    let detail =
        serde_json::json!({ "role": new.role.code(), "organisation": new.organisation_code, "ceptoar": new.ceptoar });
    audit::record(tx, Event::done(now, "account.add", "account", &subject_id).detail(detail)).await?;
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
    fn sign_in_names_are_plain() {
        assert_eq!(sign_in_name(" Ｓato-01 ").expect("a name"), "sato-01");
        for typed in ["", "佐藤", "a b", "a\tb", &"a".repeat(65)] {
            assert!(sign_in_name(typed).is_err(), "{typed:?}");
        }
    }
}
