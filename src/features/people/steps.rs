//! The steps: each asks `can` with facts read in its own transaction, writes by the id it asked about, tells the
//! person, and writes the trail. The database asks the same again.

pub mod acts;
pub mod decisions;
pub mod proposals;
pub mod store;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use sqlx::PgConnection;

use super::form::{NewDuty, NewPerson};
use super::letters::{self, Occasion};
use super::person::{Duty, Person};
use super::steps::store::Addressee;
use crate::features::access::action::{DutyAction, PersonAction};
use crate::features::access::people::{DutyFacts, Hat, PersonFacts};
use crate::features::access::{Viewer, can};
use crate::features::accounts::letters::LetterFault;
use crate::features::accounts::store::charge_attempt;
use crate::features::accounts::tickets;
use crate::kernel::clock::japan_day;
use crate::kernel::ids::{AccountId, AffiliationId, GrantRequestId};
use crate::platform::audit::{self, Event};
use crate::platform::config::Config;
use crate::platform::db::broken_constraint;
use crate::platform::security::token::Token;

/// Letters within an hour to one person, and by one person.
const LETTERS_TO_ONE: i32 = 5;
const LETTERS_BY_ONE: i32 = 60;

/// Who takes a step, when, and in which portal.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    /// Who.
    pub viewer: &'a Viewer,
    /// When.
    pub now: DateTime<Utc>,
    /// In which request.
    pub request_id: &'a str,
    /// Of this portal.
    pub config: &'a Config,
}

/// Why a step could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// Not there, or not for this viewer.
    #[error("not there")]
    NotFound,
    /// The role is not held in that place, or not on that day.
    #[error("the role is not held there")]
    Place,
    /// The period lies in the past, or ends before it begins.
    #[error("the period makes no sense")]
    Period,
    /// Several accounts have the address.
    #[error("several accounts have this address")]
    AddressShared,
    /// The person has this very duty at that time.
    #[error("already held")]
    AlreadyHeld,
    /// A desk alone names no keeper of a firm that is in another CEPTOAR too.
    #[error("a keeper of a firm in several CEPTOARs")]
    FirstKeeper,
    /// No window of the firm would hear whom the desk names.
    #[error("no window to be told")]
    FirstWindow,
    /// Whoever asked lost the right to ask.
    #[error("whoever asked may not any more")]
    AskerGone,
    /// The account's address is another one than when it was asked.
    #[error("the address has changed")]
    AddressChanged,
    /// Somebody of a higher rank suspended.
    #[error("suspended by somebody of a higher rank")]
    Rank,
    /// Nobody else active holds the role.
    #[error("nobody else holds the role")]
    LastOne,
    /// Too many letters to one person, or by one person.
    #[error("too many letters")]
    TooManyLetters,
    /// Somebody else was faster, or it has been done.
    #[error("overtaken")]
    Overtaken,
    /// The account has no mail address, so that no link can be sent.
    #[error("no mail address")]
    NoAddress,
    /// The database failed.
    #[error(transparent)]
    Database(sqlx::Error),
    /// A letter could not be made.
    #[error(transparent)]
    Letter(#[from] LetterFault),
}

impl From<sqlx::Error> for StepError {
    fn from(error: sqlx::Error) -> Self {
        match broken_constraint(&error) {
            Some("people_place") => return Self::Place,
            Some("people_period") => return Self::Period,
            Some("people_one_address") => return Self::AddressShared,
            Some("people_address") => return Self::AddressChanged,
            Some("people_rank") => return Self::Rank,
            Some("people_last") => return Self::LastOne,
            Some("people_first_keeper") => return Self::FirstKeeper,
            Some("people_first_window") => return Self::FirstWindow,
            Some("people_asker") => return Self::AskerGone,
            Some("affiliations_once") => return Self::AlreadyHeld,
            Some("grant_requests_one_recovery" | "people_proposed") => return Self::Overtaken,
            Some(_) | None => {}
        }
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        // The second wall refused: for the viewer there is no such thing.
        if code.is_some_and(|code| code == "42501") { Self::NotFound } else { Self::Database(error) }
    }
}

impl Actor<'_> {
    /// Writes one row of the trail.
    async fn record(
        &self,
        tx: &mut PgConnection,
        action: &'static str,
        subject: (&'static str, String),
        detail: serde_json::Value,
    ) -> sqlx::Result<()> {
        let event = Event::done(self.now, action, subject.0, &subject.1);
        audit::record(tx, event.by(self.viewer.account_id).request(self.request_id).detail(detail)).await
    }

    /// Sends somebody a letter about their own account, if it has an address and is not suspended.
    async fn tell(&self, tx: &mut PgConnection, account: AccountId, occasion: Occasion<'_>) -> Result<bool, StepError> {
        let Some(to) = store::addressee(tx, account).await? else { return Ok(false) };
        if to.suspended {
            return Ok(false);
        }
        self.write(tx, account, &to, occasion).await
    }

    /// Tells the owner that their account was shut or opened, suspended or not. Only letters to this person count: or
    /// whoever suspends would write to many others first, so that this one letter goes beyond their own limit.
    async fn tell_owner(
        &self,
        tx: &mut PgConnection,
        account: AccountId,
        occasion: Occasion<'_>,
    ) -> Result<bool, StepError> {
        let Some(to) = store::addressee(tx, account).await? else { return Ok(false) };
        let key = format!("shut-letters-to:{account}");
        if charge_attempt(tx, &key, self.now, TimeDelta::hours(1)).await? > LETTERS_TO_ONE {
            return Ok(false);
        }
        letters::send(tx, account, &to, occasion, self.config, self.now).await
    }

    /// Writes to somebody whose address is known, within the limits.
    async fn write(
        &self,
        tx: &mut PgConnection,
        account: AccountId,
        to: &Addressee,
        occasion: Occasion<'_>,
    ) -> Result<bool, StepError> {
        if self.over_the_limit(tx, account).await? {
            return match occasion {
                // What is taken away is taken away at once, with or without a letter.
                Occasion::DutyEnded { .. } | Occasion::Braked { .. } | Occasion::Suspended | Occasion::Lifted => {
                    Ok(false)
                }
                Occasion::DutyGiven
                | Occasion::Proposed { .. }
                | Occasion::FirstNamed(_)
                | Occasion::Invitation { .. }
                | Occasion::Reset { .. }
                | Occasion::Recovery { .. } => Err(StepError::TooManyLetters),
            };
        }
        letters::send(tx, account, to, occasion, self.config, self.now).await
    }
}

impl Actor<'_> {
    /// Counts a letter; true when there were too many to this person, or by this actor, within the hour.
    async fn over_the_limit(&self, tx: &mut PgConnection, account: AccountId) -> sqlx::Result<bool> {
        let (to, by) = (format!("letters-to:{account}"), format!("letters-by:{}", self.viewer.account_id));
        let hour = TimeDelta::hours(1);
        Ok(charge_attempt(tx, &to, self.now, hour).await? > LETTERS_TO_ONE
            || charge_attempt(tx, &by, self.now, hour).await? > LETTERS_BY_ONE)
    }
}

/// Codes and ids of a duty, for the trail.
fn detail_of(hat: &Hat) -> serde_json::Value {
    serde_json::json!({ "role": hat.role.code(), "organisation": hat.organisation_id, "ceptoar": hat.ceptoar_id })
}

/// What came of naming somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// The duty is given.
    Given(AccountId),
    /// The firm is asked; the duty is given when one of its own confirms.
    Proposed(GrantRequestId),
}

/// Invites somebody by address. Whoever has an account already gets one more duty, and the answer is the same.
/// Where the firm has somebody of its own, a secretariat's invitation is a proposal.
///
/// # Errors
/// [`StepError`]; nothing was done then, as long as the caller does not commit.
pub async fn invite(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    person: &NewPerson,
    duty: &NewDuty,
) -> Result<Named, StepError> {
    let firm_answers = store::firm_answers(tx, &duty.hat, None, Some(&person.mail_address)).await?;
    let facts = DutyFacts { account_id: None, hat: duty.hat.clone(), firm_answers };
    if !can(actor.viewer, DutyAction::Give, &facts) {
        return proposals::propose(tx, actor, &facts, proposals::Whom::New(person), duty).await.map(Named::Proposed);
    }
    proposals::may_be_first(tx, actor, &duty.hat).await?;
    let invited = store::invite(tx, person, duty, actor.config.is_demonstration(), actor.now).await?;
    let id = invited.account_id;
    if invited.enrolled {
        actor.tell(tx, id, Occasion::DutyGiven).await?;
    } else if !invited.suspended {
        send_enrolment(tx, actor, id).await?;
    }
    let detail = proposals::without_consent(tx, actor, duty, id).await?;
    actor.record(tx, "people.invite", ("account", id.to_string()), detail).await?;
    Ok(Named::Given(id))
}

/// A token for a link; the older one of that purpose dies. Where it is not possible things have changed meanwhile.
async fn ticket(
    tx: &mut PgConnection,
    id: AccountId,
    purpose: tickets::Purpose,
    now: DateTime<Utc>,
) -> Result<Token, StepError> {
    match tickets::issue(tx, id, purpose, now).await {
        Ok(token) => Ok(token),
        Err(sqlx::Error::RowNotFound) => Err(StepError::Overtaken),
        Err(error) => Err(error.into()),
    }
}

async fn send_enrolment(tx: &mut PgConnection, actor: Actor<'_>, id: AccountId) -> Result<(), StepError> {
    let link = ticket(tx, id, tickets::Purpose::Enrol, actor.now).await?;
    if actor.tell(tx, id, Occasion::Invitation { token: &link }).await? { Ok(()) } else { Err(StepError::NoAddress) }
}

/// Sends an invitation again; the link before it dies.
///
/// # Errors
/// [`StepError`].
pub async fn invite_again(tx: &mut PgConnection, actor: Actor<'_>, person: &PersonFacts) -> Result<(), StepError> {
    if !can(actor.viewer, PersonAction::Resend, person) {
        return Err(StepError::NotFound);
    }
    send_enrolment(tx, actor, person.account_id).await?;
    let subject = ("account", person.account_id.to_string());
    actor.record(tx, "people.invite_again", subject, serde_json::json!({})).await?;
    Ok(())
}

/// Gives a further duty to somebody whom the viewer keeps; `leaving` ends on the day before it begins. Of a proposal
/// nothing ends: the firm may refuse.
///
/// # Errors
/// [`StepError`].
pub async fn give(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    person: &Person,
    duty: &NewDuty,
    leaving: Option<&Duty>,
) -> Result<Named, StepError> {
    let id = person.listed.account_id;
    let firm_answers = store::firm_answers(tx, &duty.hat, Some(id), None).await?;
    let facts = DutyFacts { account_id: Some(id), hat: duty.hat.clone(), firm_answers };
    if !can(actor.viewer, PersonAction::Look, &person.facts) {
        return Err(StepError::NotFound);
    }
    if !can(actor.viewer, DutyAction::Give, &facts) {
        return proposals::propose(tx, actor, &facts, proposals::Whom::Known(id), duty).await.map(Named::Proposed);
    }
    proposals::may_be_first(tx, actor, &duty.hat).await?;
    if let Some(old) = leaving {
        let last = duty.from.checked_sub_days(Days::new(1)).ok_or(StepError::Period)?;
        end(tx, actor, old, last, &duty.reason).await?;
    }
    let made = store::give(tx, id, duty, actor.now).await?;
    actor.tell(tx, id, Occasion::DutyGiven).await?;
    let detail = proposals::without_consent(tx, actor, duty, id).await?;
    actor.record(tx, "people.give", ("affiliation", made.to_string()), detail).await?;
    Ok(Named::Given(id))
}

/// Ends a duty after its last day; a day before today ends it at once.
///
/// # Errors
/// [`StepError`].
pub async fn end(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    duty: &Duty,
    last_day: NaiveDate,
    reason: &str,
) -> Result<(), StepError> {
    let facts = DutyFacts::of(Some(duty.account_id), duty.hat.clone());
    if !can(actor.viewer, DutyAction::End, &facts) {
        return Err(StepError::NotFound);
    }
    if !store::end(tx, duty.id, last_day, reason, actor.now).await? {
        return Err(StepError::Overtaken);
    }
    actor.tell(tx, duty.account_id, Occasion::DutyEnded { last_day }).await?;
    let mut detail = detail_of(&duty.hat);
    if let Some(detail) = detail.as_object_mut() {
        detail.insert("at_once".into(), (last_day < japan_day(actor.now)).into());
    }
    actor.record(tx, "people.end", ("affiliation", duty.id.to_string()), detail).await?;
    Ok(())
}

/// Asks that somebody be given a role of staff. A second person decides.
///
/// # Errors
/// [`StepError`].
pub async fn ask(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    person: &NewPerson,
    duty: &NewDuty,
) -> Result<GrantRequestId, StepError> {
    let facts = DutyFacts::of(None, duty.hat.clone());
    if !can(actor.viewer, DutyAction::Ask, &facts) {
        return Err(StepError::NotFound);
    }
    let request = store::ask(tx, person, duty, actor.config.is_demonstration(), actor.now).await?;
    actor.record(tx, "people.ask", ("grant_request", request.to_string()), detail_of(&duty.hat)).await?;
    Ok(request)
}

/// The duty with this id, where the viewer may see it.
///
/// # Errors
/// [`StepError`].
pub async fn duty(tx: &mut PgConnection, id: AffiliationId) -> Result<Duty, StepError> {
    super::store::duty(tx, id).await?.ok_or(StepError::NotFound)
}
