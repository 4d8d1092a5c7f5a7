//! Giving an account an authenticator: the first, one more, or one in place of those that were lost.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::authenticators::{self, Kind};
use super::guesses;
use super::letters::{self, Change, Occasion};
use super::passkeys::{Answer, RelyingParty};
use super::sessions::{self, Arrival};
use super::steps::store::Step;
use super::steps::{self, StepPurpose};
use super::store::{self, OwnAccount};
use crate::features::access::OpenedBy;
use crate::features::access::strength::required_by;
use crate::kernel::email_address::EmailAddress;
use crate::kernel::ids::AccountId;
use crate::platform::audit::{self, Event};
use crate::platform::config::Config;
use crate::platform::mail::outbox::{AccountAddressee, enqueue_account_letter};
use crate::platform::security::secret_key::SecretKey;
use crate::platform::security::token::Token;

/// What somebody offers as their new authenticator.
#[derive(Debug)]
pub enum Offer<'a> {
    /// A browser's answer, and what the key is to be called.
    Passkey(&'a RelyingParty, &'a Answer, &'a str),
    /// The six digits that the app shows.
    App(&'a str),
}

/// What came of it.
#[derive(Debug)]
pub enum Equipped {
    /// Done. A session was opened unless there was one; codes come with an app.
    Done {
        /// The new session.
        session: Option<Token>,
        /// The recovery codes, shown once.
        codes: Vec<String>,
    },
    /// The digits or the key's answer are wrong; the step goes on.
    Wrong,
    /// This account needs a passkey.
    NotAllowed,
    /// Too many tries, or somebody was faster.
    Over,
}

/// Finishes an enrolment. The transaction's viewer is the account; nothing is kept unless the caller commits,
/// which it does for [`Equipped::Done`] alone.
///
/// # Errors
/// When the database fails.
pub async fn equip(
    tx: &mut PgConnection,
    config: &Config,
    key: &SecretKey,
    step: &Step,
    offer: Offer<'_>,
    arrival: &Arrival,
    now: DateTime<Utc>,
) -> anyhow::Result<Equipped> {
    let account_id = step.account_id;
    let kind = match offer {
        Offer::Passkey(..) => Kind::Passkey,
        Offer::App(_) => Kind::Totp,
    };
    if !kind.suffices(required_by(&store::affiliations(tx).await?)) {
        return Ok(Equipped::NotAllowed);
    }
    if !step.purpose.enrols() || !steps::store::claim(tx, step.step_id, now).await? {
        return Ok(Equipped::Over);
    }
    if step.purpose == StepPurpose::Recover {
        authenticators::store::remove_all(tx, account_id).await?;
    }
    let taken = match offer {
        Offer::Passkey(party, answer, name) => party.enrol(tx, account_id, name, answer, now).await?,
        Offer::App(typed) => add_app(tx, key, step, typed, now).await?,
    };
    if !taken {
        return Ok(Equipped::Wrong);
    }
    let codes = match kind {
        Kind::Passkey => Vec::new(),
        Kind::Totp => authenticators::new_codes(tx, key, account_id).await?,
    };
    // Whoever sat in another session with the old means is out.
    store::end_other_sessions(tx, account_id, step.session_id, now).await?;
    let session = match (step.purpose, kind) {
        (StepPurpose::Add | StepPurpose::SecondFactor, Kind::Passkey | Kind::Totp) => None,
        (StepPurpose::Enrol | StepPurpose::Recover, Kind::Passkey) => {
            Some(sessions::open(tx, account_id, OpenedBy::Passkey, arrival, now).await?)
        }
        (StepPurpose::Enrol | StepPurpose::Recover, Kind::Totp) => {
            Some(sessions::open(tx, account_id, OpenedBy::PasswordTotp, arrival, now).await?)
        }
    };
    let change = match (step.purpose, kind) {
        (StepPurpose::Recover, Kind::Passkey | Kind::Totp) => Change::Recovered,
        (StepPurpose::Enrol | StepPurpose::Add | StepPurpose::SecondFactor, Kind::Passkey) => Change::PasskeyAdded,
        (StepPurpose::Enrol | StepPurpose::Add | StepPurpose::SecondFactor, Kind::Totp) => Change::AppAdded,
    };
    tell(tx, config, account_id, change, now).await?;
    record(tx, account_id, "authenticator.add", kind, step.purpose, &arrival.request_id, now).await?;
    Ok(Equipped::Done { session, codes })
}

async fn add_app(
    tx: &mut PgConnection,
    key: &SecretKey,
    step: &Step,
    typed: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<bool> {
    let sealed = step.sealed_secret.as_deref().unwrap_or_default();
    let app = authenticators::opened(key, step.account_id, sealed, &step.sign_in_name)?;
    // The code typed here counts as used: it does not open a session as well.
    let Some(used) = app.step(&crate::kernel::text::half_width(typed), now) else { return Ok(false) };
    authenticators::store::add_app(tx, step.account_id, "", sealed, used, now).await?;
    // Guesses at the app before it say nothing about this one.
    guesses::reopen(tx, step.account_id).await?;
    Ok(true)
}

async fn record(
    tx: &mut PgConnection,
    account_id: AccountId,
    action: &'static str,
    kind: Kind,
    purpose: StepPurpose,
    request_id: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let kind = match kind {
        Kind::Passkey => "passkey",
        Kind::Totp => "totp",
    };
    let subject_id = account_id.to_string();
    let event = Event::done(now, action, "account", &subject_id).by(account_id).request(request_id);
    audit::record(tx, event.detail(serde_json::json!({ "kind": kind, "by": purpose.code() }))).await
}

/// Tells the viewer by mail what was changed about their sign-in, if they have an address.
///
/// # Errors
/// When the letter cannot be made or queued.
pub async fn tell(
    tx: &mut PgConnection,
    config: &Config,
    account_id: AccountId,
    change: Change,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let own: OwnAccount = store::own_account(tx, account_id).await?;
    let Some(address) = own.mail_address.as_deref().and_then(|a| EmailAddress::parse(a).ok()) else { return Ok(()) };
    let letter = letters::factor_changed(&Occasion::new(config, &own.display_name, own.language), change)?;
    let to = AccountAddressee { account_id, address: &address, name: &own.display_name };
    enqueue_account_letter(tx, &to, &letter, now).await?;
    Ok(())
}

/// Tells the viewer that a recovery code was used, and how many are left.
///
/// # Errors
/// When the letter cannot be made or queued.
pub async fn tell_code_used(
    tx: &mut PgConnection,
    config: &Config,
    account_id: AccountId,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let left = authenticators::store::codes_left(tx, account_id).await?;
    tell(tx, config, account_id, Change::CodeUsed(u32::try_from(left).unwrap_or(0)), now).await
}
