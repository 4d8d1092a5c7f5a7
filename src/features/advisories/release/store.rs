//! SQL of releases.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::waiting::{Outcome, Release, Waiting};
use crate::kernel::ids::{AccountId, AdvisoryId};

/// An approval for a time, as it is written down.
#[derive(Debug)]
pub struct NewRelease<'a> {
    /// The item.
    pub advisory_id: AdvisoryId,
    /// Who approves.
    pub by: AccountId,
    /// Now.
    pub at: DateTime<Utc>,
    /// When it leaves.
    pub release_at: DateTime<Utc>,
    /// How many windows the approver saw.
    pub recipients: i64,
    /// Stands for which.
    pub audience: &'a str,
    /// Place in the queue.
    pub priority: i16,
    /// For how long a mail is tried.
    pub keep_for: TimeDelta,
}

/// Lets an item that was just approved wait for its time.
///
/// # Errors
/// The database's own: it was not the viewer who approved it.
pub async fn wait(tx: &mut PgConnection, release: &NewRelease<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into advisory_releases (release_id, advisory_id, approved_by, approved_at, release_at, recipients, audience,
                                        priority, keep_for)
         values ($1, $2, $3, $4, $5, $6, $7, $8, make_interval(secs => $9))",
        Uuid::new_v4(),
        release.advisory_id.0,
        release.by.0,
        release.at,
        release.release_at,
        i32::try_from(release.recipients).unwrap_or(i32::MAX),
        release.audience,
        release.priority,
        f64::from(i32::try_from(release.keep_for.num_seconds()).unwrap_or(i32::MAX))
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// The approvals of an item for a time, the newest first.
///
/// # Errors
/// The database's own.
pub async fn of_item(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Vec<Release>> {
    sqlx::query_as!(
        Release,
        r#"select approved_by as "approved_by!", approved_at as "approved_at!", release_at as "release_at!",
                  recipients as "recipients!", ended_at, outcome as "outcome: Outcome", ended_by, queued,
                  changed as "changed!"
           from releases_of($1)"#,
        id.0
    )
    .fetch_all(tx)
    .await
}

/// What waits for its time among what the viewer may read, the next first.
///
/// # Errors
/// The database's own.
pub async fn waiting(tx: &mut PgConnection) -> sqlx::Result<Vec<Waiting>> {
    sqlx::query_as!(
        Waiting,
        r#"select a.advisory_id as "advisory_id: AdvisoryId", a.number, r.release_at
           from advisory_releases r join advisories a using (advisory_id)
           where r.ended_at is null order by r.release_at"#
    )
    .fetch_all(tx)
    .await
}

/// Stops an item that waits; false where it waits no more.
///
/// # Errors
/// The database's own.
pub async fn stop(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select stop_release($1) as "stopped!""#, id.0).fetch_one(tx).await
}

/// What the worker did about an item whose time has come.
#[derive(Debug, Clone)]
pub struct Due {
    /// The item.
    pub advisory_id: AdvisoryId,
    /// Who approved it.
    pub approved_by: AccountId,
    /// What became of it; none where there was a problem.
    pub outcome: Option<Outcome>,
    /// How many windows get it.
    pub queued: Option<i32>,
    /// Others than the approver saw.
    pub changed: bool,
    /// The database's code of what went wrong.
    pub problem: Option<String>,
}

/// Publishes what is due.
///
/// # Errors
/// The database's own.
pub async fn release_due(tx: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Vec<Due>> {
    sqlx::query_as!(
        Due,
        r#"select advisory_id as "advisory_id!: AdvisoryId", approved_by as "approved_by!: AccountId",
                  outcome as "outcome: Outcome", queued, changed as "changed!", problem
           from release_due($1)"#,
        now
    )
    .fetch_all(tx)
    .await
}
