//! Passkeys: what is asked of a browser, and what its answer proves. Each question is kept in the database
//! for five minutes and answered once.

pub mod store;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::PgConnection;
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey, PasskeyAuthentication, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Webauthn, WebauthnBuilder,
};

use super::authenticators;
use crate::kernel::ids::AccountId;
use crate::platform::config::Config;
use crate::platform::db::broken_constraint;

const LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// What a page hands to the browser.
#[derive(Debug, Serialize)]
pub struct Question {
    /// Sent back with the answer.
    pub ceremony: Uuid,
    /// The options, as browsers define them.
    #[serde(rename = "publicKey")]
    pub public_key: Value,
}

/// Whom a passkey proved to be there.
#[derive(Debug, Clone, Copy)]
pub struct Proved {
    /// The account.
    pub account_id: AccountId,
    /// Whether it is invented.
    pub demonstration: bool,
}

/// The portal as passkeys know it: the host of its address, and nothing else can ask for them.
#[derive(Debug)]
pub struct RelyingParty(Webauthn);

impl RelyingParty {
    /// The one of this portal. Passkeys belong to a name; a demonstration under a bare loopback address
    /// has them under `localhost`. `None`: the portal's address is a number.
    #[must_use]
    pub fn of(config: &Config) -> Option<Self> {
        let origin = origin(config)?;
        let host = origin.domain()?.to_owned();
        WebauthnBuilder::new(&host, &origin).ok()?.rp_name("CEPTOAR Portal").build().ok().map(Self)
    }

    /// Where passkeys work, for people who opened another address.
    #[must_use]
    pub fn host(config: &Config) -> Option<String> {
        origin(config).filter(|url| url.domain().is_some()).map(|url| url.origin().ascii_serialization())
    }

    /// Asks a browser to make a passkey for an account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_to_enrol(
        &self,
        tx: &mut PgConnection,
        account_id: AccountId,
        names: (&str, &str),
        now: DateTime<Utc>,
    ) -> anyhow::Result<Question> {
        let there = passkeys(tx, account_id).await?.into_iter().map(|(_, key)| key.cred_id().clone()).collect();
        let (options, state) = self.0.start_passkey_registration(account_id.0, names.0, names.1, Some(there))?;
        let mut options = serde_json::to_value(options)?["publicKey"].take();
        // Found without a name where the key can keep one; older keys still serve after the name.
        options["authenticatorSelection"]["residentKey"] = "preferred".into();
        keep(tx, "enrol", Some(account_id), &state, options, now).await
    }

    /// Takes the new passkey of an account; false when the answer does not fit the question.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn enrol(
        &self,
        tx: &mut PgConnection,
        account_id: AccountId,
        name: &str,
        answer: &Answer,
        now: DateTime<Utc>,
    ) -> anyhow::Result<bool> {
        let Some(state) = take::<PasskeyRegistration>(tx, answer, "enrol", Some(account_id), now).await? else {
            return Ok(false);
        };
        let Some(credential) = answer.read::<RegisterPublicKeyCredential>() else { return Ok(false) };
        let passkey = match self.0.finish_passkey_registration(&credential, &state) {
            Ok(passkey) => passkey,
            Err(error) => return Ok(refused(&error)),
        };
        let stored = serde_json::to_value(&passkey)?;
        match authenticators::store::add_passkey(tx, account_id, name, passkey.cred_id(), &stored, now).await {
            Ok(()) => Ok(true),
            Err(error) if broken_constraint(&error) == Some("authenticators_credential_key") => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks a browser who is there, by any passkey of this portal that it knows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_who(&self, tx: &mut PgConnection, now: DateTime<Utc>) -> anyhow::Result<Question> {
        let (options, state) = self.0.start_discoverable_authentication()?;
        let options = serde_json::to_value(options)?["publicKey"].take();
        keep(tx, "discover", None, &state, options, now).await
    }

    /// Whom the answer proves to be there. The transaction has no viewer; the use is written down by
    /// [`note_use`] in one of the account's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn who(
        &self,
        tx: &mut PgConnection,
        answer: &Answer,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Option<(Proved, Used)>> {
        let Some(state) = take::<DiscoverableAuthentication>(tx, answer, "discover", None, now).await? else {
            return Ok(None);
        };
        let Some(credential) = answer.read::<PublicKeyCredential>() else { return Ok(None) };
        let Ok((account, credential_id)) = self.0.identify_discoverable_authentication(&credential) else {
            return Ok(None);
        };
        let Some(stored) = store::find(tx, credential_id).await?.filter(|s| s.account_id.0 == account) else {
            return Ok(None);
        };
        let passkey: Passkey = serde_json::from_value(stored.credential)?;
        match self.0.finish_discoverable_authentication_v2(&credential, state, &passkey) {
            Ok(result) => {
                let proved = Proved { account_id: stored.account_id, demonstration: stored.demonstration };
                Ok(Some((proved, Used::new(stored.authenticator_id, passkey, &result)?)))
            }
            Err(error) => {
                refused(&error);
                Ok(None)
            }
        }
    }

    /// Asks a browser for one of the passkeys of an account; `None` when it has none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_again(
        &self,
        tx: &mut PgConnection,
        account_id: AccountId,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Option<Question>> {
        let keys: Vec<Passkey> = passkeys(tx, account_id).await?.into_iter().map(|(_, key)| key).collect();
        if keys.is_empty() {
            return Ok(None);
        }
        let (options, state) = self.0.start_passkey_authentication(&keys)?;
        let options = serde_json::to_value(options)?["publicKey"].take();
        keep(tx, "confirm", Some(account_id), &state, options, now).await.map(Some)
    }

    /// Whether the answer proves that the account's person is there; the transaction's viewer is the account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn confirm(
        &self,
        tx: &mut PgConnection,
        account_id: AccountId,
        answer: &Answer,
        now: DateTime<Utc>,
    ) -> anyhow::Result<bool> {
        let Some(state) = take::<PasskeyAuthentication>(tx, answer, "confirm", Some(account_id), now).await? else {
            return Ok(false);
        };
        let Some(credential) = answer.read::<PublicKeyCredential>() else { return Ok(false) };
        let result = match self.0.finish_passkey_authentication(&credential, &state) {
            Ok(result) => result,
            Err(error) => return Ok(refused(&error)),
        };
        // It may have been removed since the question.
        let key = passkeys(tx, account_id).await?.into_iter().find(|(_, key)| key.cred_id() == result.cred_id());
        let Some((id, key)) = key else { return Ok(false) };
        note_use(tx, &Used::new(id, key, &result)?, now).await
    }
}

fn origin(config: &Config) -> Option<Url> {
    let mut origin = Url::parse(&config.base_url()).ok()?;
    let loopback = match origin.host()? {
        url::Host::Domain(_) => false,
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
    };
    if loopback && config.is_demonstration() {
        origin.set_host(Some("localhost")).ok()?;
    }
    Some(origin)
}

/// A passkey that was used, with its counter as it is now.
#[derive(Debug)]
pub struct Used {
    id: Uuid,
    credential: Value,
}

impl Used {
    fn new(id: Uuid, mut passkey: Passkey, result: &AuthenticationResult) -> anyhow::Result<Self> {
        passkey.update_credential(result);
        Ok(Self { id, credential: serde_json::to_value(passkey)? })
    }
}

/// Writes the use of a passkey down; false when it was removed meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn note_use(tx: &mut PgConnection, used: &Used, now: DateTime<Utc>) -> anyhow::Result<bool> {
    Ok(authenticators::store::passkey_used(tx, used.id, &used.credential, now).await?)
}

/// What a browser answered.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The question's id.
    pub ceremony: String,
    /// The credential, as JSON.
    pub credential: String,
}

impl Answer {
    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.credential).ok()
    }
}

/// Uses a question up whose answer was wrong and whose transaction is not kept.
///
/// # Errors
/// When the database fails.
pub async fn burn(
    tx: &mut PgConnection,
    answer: &Answer,
    account_id: AccountId,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    take::<Value>(tx, answer, "enrol", Some(account_id), now).await.map(|_| ())
}

async fn passkeys(tx: &mut PgConnection, account_id: AccountId) -> anyhow::Result<Vec<(Uuid, Passkey)>> {
    let rows = authenticators::store::passkeys(tx, account_id).await?;
    rows.into_iter().map(|(id, key)| Ok((id, serde_json::from_value(key)?))).collect()
}

async fn keep(
    tx: &mut PgConnection,
    kind: &str,
    account_id: Option<AccountId>,
    state: &impl Serialize,
    public_key: Value,
    now: DateTime<Utc>,
) -> anyhow::Result<Question> {
    let ceremony = store::keep(tx, kind, account_id, &serde_json::to_value(state)?, now + LIFETIME).await?;
    Ok(Question { ceremony, public_key })
}

async fn take<T: DeserializeOwned>(
    tx: &mut PgConnection,
    answer: &Answer,
    kind: &str,
    account_id: Option<AccountId>,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<T>> {
    let Ok(ceremony) = answer.ceremony.parse::<Uuid>() else { return Ok(None) };
    let state = store::take(tx, ceremony, kind, account_id, now).await?;
    Ok(state.map(serde_json::from_value).transpose()?)
}

/// A wrong answer is the visitor's affair; the log says which, for those who look for the cause.
fn refused(error: &webauthn_rs::prelude::WebauthnError) -> bool {
    tracing::info!(cause = %error, "a passkey's answer was refused");
    false
}
