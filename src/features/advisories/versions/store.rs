//! SQL of later versions.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::history::Entry;
use super::step::{Before, Step, Version};
use crate::features::access::action::AdvisoryAction;
use crate::features::access::{Viewer, can};
use crate::features::advisories::content::{Addressees, Draft};
use crate::features::advisories::{reading, store};
use crate::kernel::ids::{AccountId, AdvisoryId};
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};

/// The published versions of an item's thread that the viewer may know of, the first one first.
///
/// # Errors
/// When the database cannot be reached.
pub async fn history(tx: &mut PgConnection, viewer: &Viewer, id: AdvisoryId) -> sqlx::Result<Vec<Entry>> {
    let rows = sqlx::query!(
        r#"select a.advisory_id, a.version, a.step as "step: Step", a.level as "level: SharingLevel",
                  a.handler_scope as "handler_scope: HandlerScope", a.published_at, coalesce(s.reason, '') as "reason!"
           from advisories here
           join advisories a on a.thread_id = here.thread_id and a.state = 'published'
           left join advisory_steps s on s.advisory_id = a.advisory_id
           where here.advisory_id = $1 order by a.version"#,
        id.0
    )
    .fetch_all(&mut *tx)
    .await?;
    // One version is most of what there is.
    let ids: Vec<AdvisoryId> = rows.iter().map(|r| AdvisoryId(r.advisory_id)).filter(|_| rows.len() > 1).collect();
    let facts = reading::store::facts(&mut *tx, viewer, &ids).await?;
    let mut approvers = if viewer.is_at_centre() { approvers(tx, &ids).await? } else { HashMap::new() };
    let known = |r: &AdvisoryId| *r == id || facts.get(r).is_some_and(|f| can(viewer, AdvisoryAction::KnowOf, f));
    let entries = rows.into_iter().filter(|r| known(&AdvisoryId(r.advisory_id))).map(|r| Entry {
        advisory_id: AdvisoryId(r.advisory_id),
        version: Version { number: r.version, step: r.step },
        level: r.level,
        handler_scope: r.handler_scope,
        published_at: r.published_at,
        reason: r.reason,
        approver: approvers.remove(&AdvisoryId(r.advisory_id)),
    });
    Ok(entries.collect())
}

async fn approvers(tx: &mut PgConnection, ids: &[AdvisoryId]) -> sqlx::Result<HashMap<AdvisoryId, String>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows =
        sqlx::query!(r#"select advisory_id as "advisory_id!", name as "name!" from version_approvers($1)"#, &ids);
    Ok(rows.fetch_all(tx).await?.into_iter().map(|r| (AdvisoryId(r.advisory_id), r.name)).collect())
}

/// Whether a newer version has come to anybody who has an item, and whether it takes everything back: for the centre, which
/// may be kept from the newer version itself.
///
/// # Errors
/// When the database cannot be reached.
pub async fn superseded(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<(bool, bool)> {
    let row = sqlx::query!(
        r#"select exists (select from advisory_audience where advisory_id = $1 and superseded_at is not null) as "old!",
                  exists (select from advisory_audience where advisory_id = $1 and withdrawn) as "withdrawn!""#,
        id.0
    );
    let row = row.fetch_one(tx).await?;
    Ok((row.old, row.withdrawn))
}

/// Which published versions of the threads of some items the viewer may know of, by item.
///
/// # Errors
/// When the database cannot be reached.
pub async fn related(
    tx: &mut PgConnection,
    viewer: &Viewer,
    ids: &[AdvisoryId],
) -> sqlx::Result<HashMap<AdvisoryId, Vec<Version>>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select here.advisory_id as here, a.advisory_id, a.version, a.step as "step: Step"
           from advisories here
           join advisories a on a.thread_id = here.thread_id and a.advisory_id <> here.advisory_id and a.state = 'published'
           where here.advisory_id = any ($1) order by a.version"#,
        &ids
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut known: HashMap<AdvisoryId, Vec<Version>> = HashMap::new();
    if rows.is_empty() {
        return Ok(known);
    }
    let others: Vec<AdvisoryId> = rows.iter().map(|r| AdvisoryId(r.advisory_id)).collect();
    let facts = reading::store::facts(tx, viewer, &others).await?;
    for r in rows {
        if facts.get(&AdvisoryId(r.advisory_id)).is_some_and(|f| can(viewer, AdvisoryAction::KnowOf, f)) {
            let version = Version { number: r.version, step: r.step };
            known.entry(AdvisoryId(r.here)).or_default().push(version);
        }
    }
    Ok(known)
}

/// The next version of an item that somebody is writing.
#[derive(Debug, Clone)]
pub struct OpenVersion {
    /// Which item it is.
    pub advisory_id: AdvisoryId,
    /// What it does.
    pub step: Step,
    /// Since when.
    pub begun_at: DateTime<Utc>,
    /// Who.
    pub holder: String,
    /// Whether that is the viewer.
    pub own: bool,
    /// Whether it is still being written.
    pub is_draft: bool,
}

/// Who is writing the next version of an item, for those who could write it themselves.
///
/// # Errors
/// When the database cannot be reached.
pub async fn open(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Option<OpenVersion>> {
    let row = sqlx::query!(
        r#"select advisory_id as "advisory_id!", step as "step!: Step", begun_at as "begun_at!", holder as "holder!", own as "own!",
                  state = 'draft' as "is_draft!"
           from open_version($1)"#,
        id.0
    );
    Ok(row.fetch_optional(tx).await?.map(|r| OpenVersion {
        advisory_id: AdvisoryId(r.advisory_id),
        step: r.step,
        begun_at: r.begun_at,
        holder: r.holder,
        own: r.own,
        is_draft: r.is_draft,
    }))
}

/// The version before an unpublished one, and why there is a new one.
///
/// # Errors
/// When the database cannot be reached.
pub async fn before(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Option<(Before, String)>> {
    let row = sqlx::query!(
        r#"select b.advisory_id as "advisory_id!", b.level as "level!: SharingLevel",
                  b.handler_scope as "handler_scope!: HandlerScope", coalesce(s.reason, '') as "reason!"
           from version_before($1) b left join advisory_steps s on s.advisory_id = $1"#,
        id.0
    );
    Ok(row.fetch_optional(tx).await?.map(|r| {
        let advisory_id = AdvisoryId(r.advisory_id);
        (Before { advisory_id, level: r.level, handler_scope: r.handler_scope }, r.reason)
    }))
}

/// What an item was addressed to, for the next version to begin with.
///
/// # Errors
/// When the database cannot be reached.
pub async fn addressees(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Addressees> {
    store::addressees(tx, id).await
}

/// What begins a version.
#[derive(Debug)]
pub struct NewVersion<'a> {
    /// The version before.
    pub previous: AdvisoryId,
    /// What it does.
    pub step: Step,
    /// Why.
    pub reason: &'a str,
    /// What it begins with.
    pub draft: &'a Draft,
}

/// Why a version could not be begun.
#[derive(Debug, thiserror::Error)]
pub enum CannotBegin {
    /// Somebody else began it, or published it already.
    #[error("there is a next version already")]
    Taken,
    /// The item is withdrawn.
    #[error("the item is withdrawn")]
    Withdrawn,
    /// The database failed.
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for CannotBegin {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|e| e.constraint()) {
            Some(
                "advisories_one_next" | "advisories_thread_key" | "advisories_number_key" | "advisories_serial_key",
            ) => Self::Taken,
            Some("advisories_withdrawn_is_over") => Self::Withdrawn,
            Some(_) | None => Self::Database(error),
        }
    }
}

/// Begins a version. Number, thread and drill come from the one before, and so does the level of a withdrawal: the
/// database sets them.
///
/// # Errors
/// [`CannotBegin`]; the transaction is then to be dropped.
pub async fn begin(
    tx: &mut PgConnection,
    by: AccountId,
    now: DateTime<Utc>,
    new: NewVersion<'_>,
) -> Result<AdvisoryId, CannotBegin> {
    let (id, draft) = (AdvisoryId::random(), new.draft);
    sqlx::query!(
        "insert into advisories (advisory_id, number, fiscal_year, serial, level, handler_scope, drill, created_by,
                                 created_at, last_edited_by, answer_due, valid_until, previous_id, step, measures_due)
         values ($1, '', 0, 0, $2, $3, $4, $5, $6, $5, $7, $8, $9, $10, $11)",
        id.0,
        draft.level.code(),
        draft.handler_scope.code(),
        draft.drill,
        by.0,
        now,
        draft.answer_due,
        draft.valid_until,
        new.previous.0,
        new.step.code(),
        draft.measures_due
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("insert into advisory_steps (advisory_id, reason) values ($1, $2)", id.0, new.reason)
        .execute(&mut *tx)
        .await?;
    store::insert_text(tx, id, draft).await?;
    Ok(id)
}
