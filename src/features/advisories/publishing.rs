//! Submitting, sending back, and publishing: steps that span tables. They take an open
//! transaction, the time and a proof of right; they never commit.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::advisory::State;
use super::content::Draft;
use super::mail::{self, About, MailError, Sender};
use super::parts::part::{Part, fingerprint, open_files};
use super::reading;
use super::release;
use super::release::store::NewRelease;
use super::release::when::When;
use super::store::{self, Unpublished};
use super::versions::step::{Step, Version};
use crate::features::access::action::AdvisoryAction;
use crate::features::access::web::extract::{Approver, Author};
use crate::features::access::{Viewer, can};
use crate::features::sharing;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::Language;
use crate::platform::audit::{self, Event};
use crate::platform::mail::outbox::{self, Readers};
use crate::platform::web::form::FieldErrors;

/// A mail that could not be handed over for a day is given up, and its window is to be telephoned.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(24);

/// What the approver saw, and thereby approves.
#[derive(Debug, Clone)]
pub struct Approved {
    /// The save number of the text shown.
    pub edits: i32,
    /// The number of windows shown.
    pub recipients: i64,
    /// Stands for which windows they were.
    pub audience: String,
    /// When it is to leave.
    pub when: When,
}

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// No such item, or not for this viewer.
    #[error("not found")]
    NotFound,
    /// The approver wrote, edited or submitted it.
    #[error("own item")]
    OwnItem,
    /// It stands elsewhere by now.
    #[error("stands at {0:?}")]
    StandsAt(State),
    /// It was changed since it was shown.
    #[error("changed since it was shown")]
    Changed,
    /// Others would receive it by now: contacts changed since it was shown.
    #[error("the audience changed since it was shown")]
    AudienceChanged,
    /// The time for which it was approved is over.
    #[error("its time is past")]
    TimePast,
    /// Something it needs is missing, or is past.
    #[error("incomplete")]
    Incomplete(FieldErrors),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The mail could not be made.
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl StepError {
    /// For the audit trail, which takes codes and no texts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::OwnItem => "own_item",
            Self::StandsAt(_) => "stands_elsewhere",
            Self::Changed => "changed",
            Self::AudienceChanged => "audience_changed",
            Self::TimePast => "time_past",
            Self::Incomplete(_) => "incomplete",
            Self::Database(_) => "database",
            Self::Mail(_) => "mail",
        }
    }
}

/// Hands a draft to the approvers.
///
/// # Errors
/// [`StepError`] says why not; the transaction is then to be dropped.
pub async fn submit(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    by: &Author,
    id: AdvisoryId,
    language: Language,
    request_id: &str,
) -> Result<(), StepError> {
    let item = store::find_unpublished(tx, by, AdvisoryAction::Write, id).await?.ok_or(StepError::NotFound)?;
    if item.envelope.state != State::Draft {
        return Err(StepError::StandsAt(item.envelope.state));
    }
    let missing = item.missing(now, language);
    if !missing.is_empty() {
        return Err(StepError::Incomplete(missing));
    }
    if !store::submit(tx, id, by.account_id, now).await? {
        return Err(StepError::Changed);
    }
    record(
        tx,
        now,
        by.account_id,
        "advisory.submit",
        id,
        serde_json::json!({ "edits": item.envelope.edits }),
        request_id,
    )
    .await?;
    Ok(())
}

/// Makes a submitted item a draft again: by an approver, or by its author who saw a mistake.
///
/// # Errors
/// [`StepError`] says why not.
pub async fn send_back(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    by: &Author,
    id: AdvisoryId,
    request_id: &str,
) -> Result<(), StepError> {
    let Some(item) = store::find_unpublished(tx, by, AdvisoryAction::SendBack, id).await? else {
        return Err(gone(tx, by, id).await?);
    };
    if !store::send_back(tx, id).await? {
        return Err(StepError::StandsAt(item.envelope.state));
    }
    record(tx, now, by.account_id, "advisory.send_back", id, serde_json::json!({}), request_id).await?;
    Ok(())
}

/// Throws away a draft of one's own; an approver also a next version that stands in the way of another.
///
/// # Errors
/// [`StepError`] says why not.
pub async fn discard(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    by: &Author,
    id: AdvisoryId,
    request_id: &str,
) -> Result<(), StepError> {
    let item = store::find_unpublished(tx, by, AdvisoryAction::Discard, id).await?.ok_or(StepError::NotFound)?;
    if !store::discard(tx, id, by.account_id).await? {
        return Err(StepError::StandsAt(item.envelope.state));
    }
    record(tx, now, by.account_id, "advisory.discard", id, serde_json::json!({}), request_id).await?;
    Ok(())
}

/// Approves and publishes: freezes text and audience, and queues one mail per due window. With a time to wait for, text and
/// letters are frozen, and the rest is done when it has come (`release`). Answers how many windows get it.
///
/// # Errors
/// [`StepError`] says why not; the transaction is then to be dropped, and nothing has happened.
pub async fn publish(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    by: &Approver,
    id: AdvisoryId,
    approved: Approved,
    sender: &Sender,
    request_id: &str,
) -> Result<i64, StepError> {
    let Some(item) = store::find_unpublished(tx, by, AdvisoryAction::ReadDraft, id).await? else {
        return Err(gone(tx, by, id).await?);
    };
    if !can(by, AdvisoryAction::Approve, &item.facts()) {
        return Err(StepError::OwnItem);
    }
    let later = approved.when != When::Now;
    let at = approved.when.instant(now);
    let missing = item.missing(at, Language::Ja);
    let Unpublished { envelope, draft, before, parts, .. } = item;
    if envelope.state != State::Review {
        return Err(StepError::StandsAt(envelope.state));
    }
    // What was read here and what is published below must be one and the same save.
    if envelope.edits != approved.edits {
        return Err(StepError::Changed);
    }
    if !approved.when.problem(now, Language::Ja).is_empty() {
        return Err(StepError::TimePast);
    }
    if !missing.is_empty() || approved.recipients < 1 {
        return Err(StepError::Incomplete(missing));
    }
    let audience = sharing::store::audience(tx, id, at).await?;
    if (audience.due, &audience.digest) != (approved.recipients, &approved.audience) {
        return Err(StepError::AudienceChanged);
    }
    // Asked while it is a draft: whose desks get a mail of their own. Until it leaves there may be others.
    let asks = later || !sharing::store::deciding(tx, id, at).await?.is_empty();
    let hash = approved_hash(&draft, &approved.audience, &parts);
    if !store::approve(tx, id, by.account_id, approved.edits, (!later).then_some(now), &hash).await? {
        return Err(StepError::Changed);
    }
    let files = open_files(&parts);
    for (readers, about) in letters(envelope.version, audience.partners, asks) {
        let about = About { files, ..about };
        for language in Language::ALL {
            let letter = mail::published(id, &envelope.number, &draft, sender, about, language)?;
            outbox::store_mail(tx, "advisory", id.0, &letter, readers, now).await?;
        }
    }
    let priority = draft.text.kind.priority(draft.drill);
    if later {
        let (by, recipients, audience) = (by.account_id, approved.recipients, approved.audience.as_str());
        let release = NewRelease {
            advisory_id: id,
            by,
            at: now,
            release_at: at,
            recipients,
            audience,
            priority,
            keep_for: GIVE_UP_AFTER,
        };
        release::store::wait(tx, &release).await?;
    } else {
        let queued = sharing::store::freeze(tx, id, now, priority, now + GIVE_UP_AFTER, &approved.audience).await?;
        // The directory may have changed between the two statements; what was approved is what leaves.
        if queued != approved.recipients {
            return Err(StepError::AudienceChanged);
        }
    }
    let mut detail = serde_json::json!({
        "edits": envelope.edits, "recipients": approved.recipients, "level": draft.level.code(),
    });
    if later {
        detail["release_at"] = at.to_rfc3339().into();
    }
    if let Some(before) = before {
        detail["version"] = envelope.version.number.into();
        detail["step"] = envelope.version.step.code().into();
        detail["level_before"] = before.level.code().into();
    }
    let action = if later { "advisory.approve" } else { "advisory.publish" };
    record(tx, now, by.account_id, action, id, detail, request_id).await?;
    Ok(approved.recipients)
}

/// Who gets which letter: desks that decide one that asks them, and whoever knows no earlier version one that tells of
/// none. A withdrawal goes to those alone who had the item.
fn letters(version: Version, partners: bool, asks: bool) -> Vec<(Readers, About)> {
    let known = (version.step != Step::First).then_some(version);
    let mut letters = vec![(Readers::Everybody, About { partners, decides: false, version: known, files: 0 })];
    if asks {
        letters.push((Readers::DecidingDesks, About { partners, decides: true, version: known, files: 0 }));
    }
    if version.step != Step::First && version.step != Step::Withdrawal {
        letters.push((Readers::Newcomers, About { partners, decides: false, version: None, files: 0 }));
        if asks {
            letters.push((Readers::DecidingNewcomers, About { partners, decides: true, version: None, files: 0 }));
        }
    }
    letters
}

/// SHA-256 over what the approver saw.
fn approved_hash(draft: &Draft, audience: &str, parts: &[Part]) -> Vec<u8> {
    Sha256::digest(format!("{draft:?}\n{audience}{}", fingerprint(parts))).to_vec()
}

/// Why an item is not among the unpublished ones: it was published, or never was for this viewer.
async fn gone(tx: &mut PgConnection, viewer: &Viewer, id: AdvisoryId) -> sqlx::Result<StepError> {
    let found = reading::store::find(tx, viewer, id).await?;
    Ok(found.map_or(StepError::NotFound, |found| StepError::StandsAt(found.envelope.state)))
}

async fn record(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    by: crate::kernel::ids::AccountId,
    action: &'static str,
    id: AdvisoryId,
    detail: serde_json::Value,
    request_id: &str,
) -> sqlx::Result<()> {
    let subject = id.to_string();
    let event = Event::done(now, action, "advisory", &subject).by(by).request(request_id).detail(detail);
    audit::record(tx, event).await
}
