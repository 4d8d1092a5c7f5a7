//! Signing in: one answer for unknown names, wrong passwords and suspended accounts, for the same work,
//! and a throttle that is charged before anything is looked up. A right password alone opens nothing.

use secrecy::SecretString;

use super::guesses::{self, Guess};
use super::letters::Change;
use super::passkeys::{self, Answer as PasskeyAnswer, RelyingParty};
use super::sessions::{self, Arrival};
use super::steps::store::Step;
use super::steps::{self, StepPurpose};
use super::throttle::{self, Allowed, Counted, NameAndPlace};
use super::{authenticators, equipping, store};
use crate::features::access::OpenedBy;
use crate::features::access::strength::required_by;
use crate::kernel::text;
use crate::platform::audit::{self, Event};
use crate::platform::security::token::Token;
use crate::platform::web::state::AppState;

/// Somebody who wants in by name and password.
#[derive(Debug)]
pub struct Attempt {
    /// What was typed as the name.
    pub name: String,
    /// What was typed as the password.
    pub password: SecretString,
}

/// How an attempt ended.
#[derive(Debug)]
pub enum Answer {
    /// The token of the new session: an invented account of the demonstration without authenticators.
    Welcome(Token),
    /// The password is right; the token of the step to the second proof.
    Second(Token),
    /// The password is right, and the account has nothing to prove it further with.
    Unequipped,
    /// Name or password is wrong; nobody learns which.
    Unknown,
    /// Too many attempts; try again after a quarter of an hour.
    TooMany,
}

/// How a second proof ended.
#[derive(Debug)]
pub enum Second {
    /// The token of the new session.
    Welcome(Token),
    /// Not the right code or key.
    Wrong,
    /// Right, but not strong enough for what this account is.
    TooWeak,
    /// The app takes no digits, after too many wrong ones within a week.
    Closed,
    /// Too many tries.
    TooMany,
}

/// The form in which sign-in names are stored and counted.
#[must_use]
pub fn canonical(name: &str) -> String {
    // Twice: small letters may come with marks that have an order of their own.
    text::half_width(&text::half_width(name).to_lowercase())
}

/// What is looked up for a typed name: no stored name has control characters, and the database takes no NUL.
#[must_use]
pub fn looked_up(name: &str) -> String {
    canonical(name).replace(char::is_control, "")
}

/// Tries a name and a password.
///
/// # Errors
/// When the database or the hasher fails; nothing was opened then.
pub async fn sign_in(state: &AppState, attempt: Attempt, arrival: &Arrival) -> anyhow::Result<Answer> {
    let _turn = state.hasher.turn().await?;
    let now = state.clock.now();
    let name = looked_up(&attempt.name);
    // Charged and committed on its own: a failure later must not give the attempt back.
    let mut tx = state.db.begin(None, now).await?;
    let allowed = NameAndPlace::new(&name, arrival.address).charge(&mut tx, now).await?;
    let account = match allowed {
        Allowed::Yes | Allowed::RightOnly { .. } => store::find_for_sign_in(&mut tx, &name).await?,
        Allowed::No { .. } => None,
    };
    tx.commit().await?;
    match allowed {
        Allowed::RightOnly { first: true, .. } | Allowed::No { first: true } => {
            refuse(state, &name, &arrival.request_id, "throttled").await?;
        }
        Allowed::Yes | Allowed::RightOnly { first: false, .. } | Allowed::No { first: false } => {}
    }
    if matches!(allowed, Allowed::No { .. }) {
        return Ok(Answer::TooMany);
    }
    let stored = account.as_ref().and_then(|a| a.password_hash.clone());
    let matches = state.hasher.verify(attempt.password, stored).await?;
    let demonstration = state.config.is_demonstration();
    let account = account.filter(|a| matches && !a.suspended && (demonstration || !a.demonstration));
    let account = match (allowed, account) {
        (Allowed::Yes | Allowed::RightOnly { known: true, .. }, Some(account)) => account,
        (Allowed::Yes, None) => {
            refuse(state, &name, &arrival.request_id, "unknown").await?;
            return Ok(Answer::Unknown);
        }
        (Allowed::RightOnly { known: false, .. } | Allowed::No { .. }, Some(_))
        | (Allowed::RightOnly { .. } | Allowed::No { .. }, None) => return Ok(Answer::TooMany),
    };
    if !account.equipped && !account.demonstration {
        refuse(state, &name, &arrival.request_id, "unequipped").await?;
        return Ok(Answer::Unequipped);
    }
    let mut tx = state.db.begin(Some(account.account_id), now).await?;
    let answer = if account.equipped {
        let purpose = StepPurpose::SecondFactor;
        Answer::Second(steps::open(&mut tx, &state.secret_key, account.account_id, purpose, None, now).await?)
    } else {
        let opened_by = OpenedBy::Demonstration;
        Answer::Welcome(sessions::open(&mut tx, account.account_id, opened_by, arrival, now).await?)
    };
    tx.commit().await?;
    Ok(answer)
}

/// Tries the six digits or a recovery code, after the password.
///
/// # Errors
/// When the database fails.
pub async fn prove_by_code(state: &AppState, step: &Step, typed: &str, arrival: &Arrival) -> anyhow::Result<Second> {
    if too_many_proofs(state, step).await? {
        return Ok(Second::TooMany);
    }
    let now = state.clock.now();
    let account_id = step.account_id;
    let guess = guesses::charge(state, account_id, typed, &arrival.request_id).await?;
    if guess == Guess::Closed {
        refuse(state, &step.sign_in_name, &arrival.request_id, "closed").await?;
        return Ok(Second::Closed);
    }
    let mut tx = state.db.begin(Some(account_id), now).await?;
    let Some(opened_by) = authenticators::prove(&mut tx, &state.secret_key, account_id, typed, now).await? else {
        drop(tx);
        refuse(state, &step.sign_in_name, &arrival.request_id, "code").await?;
        note_wrong_second(state, step).await?;
        guesses::wrong(state, account_id, guess, &arrival.request_id).await?;
        return Ok(Second::Wrong);
    };
    guesses::right(&mut tx, account_id, opened_by).await?;
    if opened_by == OpenedBy::RecoveryCode {
        equipping::tell_code_used(&mut tx, &state.config, account_id, now).await?;
    }
    if !opened_by.suffices(required_by(&store::affiliations(&mut tx).await?)) {
        // The code stays used: it was right, and somebody may have seen it.
        tx.commit().await?;
        refuse(state, &step.sign_in_name, &arrival.request_id, "too_weak").await?;
        return Ok(Second::TooWeak);
    }
    if !steps::store::end(&mut tx, step.step_id, now).await? {
        return Ok(Second::Wrong);
    }
    let token = sessions::open(&mut tx, account_id, opened_by, arrival, now).await?;
    tx.commit().await?;
    Ok(Second::Welcome(token))
}

/// Tries a passkey of the account, after the password.
///
/// # Errors
/// When the database fails.
pub async fn prove_by_passkey(
    state: &AppState,
    party: &RelyingParty,
    step: &Step,
    answer: &PasskeyAnswer,
    arrival: &Arrival,
) -> anyhow::Result<Second> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(step.account_id), now).await?;
    if !party.confirm(&mut tx, step.account_id, answer, now).await?
        || !steps::store::end(&mut tx, step.step_id, now).await?
    {
        tx.commit().await?;
        refuse(state, &step.sign_in_name, &arrival.request_id, "passkey").await?;
        note_wrong_second(state, step).await?;
        return Ok(Second::Wrong);
    }
    guesses::right(&mut tx, step.account_id, OpenedBy::Passkey).await?;
    let token = sessions::open(&mut tx, step.account_id, OpenedBy::Passkey, arrival, now).await?;
    tx.commit().await?;
    Ok(Second::Welcome(token))
}

/// Signs in by a passkey alone. No name is typed, so no name's counter can stop it.
///
/// # Errors
/// When the database fails.
pub async fn sign_in_by_passkey(
    state: &AppState,
    party: &RelyingParty,
    answer: &PasskeyAnswer,
    arrival: &Arrival,
) -> anyhow::Result<Second> {
    let now = state.clock.now();
    let mut tx = state.db.begin(None, now).await?;
    let too_many = throttle::charge(&mut tx, Counted::Passkey(arrival.address), now).await?;
    let proved = if too_many { None } else { party.who(&mut tx, answer, now).await? };
    tx.commit().await?;
    if too_many {
        return Ok(Second::TooMany);
    }
    let Some((proved, used)) = proved.filter(|(p, _)| state.config.is_demonstration() || !p.demonstration) else {
        refuse(state, "", &arrival.request_id, "passkey").await?;
        return Ok(Second::Wrong);
    };
    let mut tx = state.db.begin(Some(proved.account_id), now).await?;
    if !passkeys::note_use(&mut tx, &used, now).await? {
        return Ok(Second::Wrong);
    }
    guesses::right(&mut tx, proved.account_id, OpenedBy::Passkey).await?;
    let token = sessions::open(&mut tx, proved.account_id, OpenedBy::Passkey, arrival, now).await?;
    tx.commit().await?;
    Ok(Second::Welcome(token))
}

/// Opens a session for a demonstration account without a password. The caller has checked that this
/// portal is a demonstration.
///
/// # Errors
/// When the database fails.
pub async fn sign_in_to_demonstration(
    state: &AppState,
    name: &str,
    arrival: &Arrival,
) -> anyhow::Result<Option<Token>> {
    let now = state.clock.now();
    let mut tx = state.db.begin(None, now).await?;
    let account = store::find_for_sign_in(&mut tx, &looked_up(name)).await?;
    tx.commit().await?;
    let Some(account) = account.filter(|a| a.demonstration && !a.suspended) else { return Ok(None) };
    let mut tx = state.db.begin(Some(account.account_id), now).await?;
    let token = sessions::open(&mut tx, account.account_id, OpenedBy::Demonstration, arrival, now).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// Charges a try in the step and for the account, before anything is compared.
async fn too_many_proofs(state: &AppState, step: &Step) -> anyhow::Result<bool> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(step.account_id), now).await?;
    let goes_on = steps::store::charge(&mut tx, step.step_id, steps::MOST_ATTEMPTS).await?;
    let too_many = throttle::charge(&mut tx, Counted::SecondProof(step.account_id), now).await?;
    tx.commit().await?;
    Ok(too_many || !goes_on)
}

/// After several wrong second proofs the person hears that somebody knows their password, once in each window.
async fn note_wrong_second(state: &AppState, step: &Step) -> anyhow::Result<()> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(step.account_id), now).await?;
    if throttle::charge_wrong_second(&mut tx, step.account_id, now).await? {
        equipping::tell(&mut tx, &state.config, step.account_id, Change::PasswordKnown, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The trail names the attempt by a hash: people type passwords into the name field.
async fn refuse(state: &AppState, name: &str, request_id: &str, reason: &str) -> sqlx::Result<()> {
    let now = state.clock.now();
    let mut tx = state.db.begin(None, now).await?;
    let digest = throttle::digest(name);
    let event = Event::refused(now, "session.open", "sign_in_name", &digest).request(request_id);
    audit::record(&mut tx, event.detail(serde_json::json!({ "reason": reason }))).await?;
    tx.commit().await
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
