//! SQL of the trail.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::filter::{Cursor, Filter, Scope};
use crate::features::access::Viewer;
use crate::kernel::ids::{AccountId, AdvisoryId};

/// One event as it is shown.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number.
    pub sequence: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who; `None` when nobody was signed in.
    pub account_id: Option<AccountId>,
    /// The person's name today.
    pub account_name: Option<String>,
    /// What.
    pub action: String,
    /// How it ended.
    pub outcome: String,
    /// The kind of thing.
    pub subject_kind: String,
    /// Which one; empty where that is not for the viewer.
    pub subject_id: String,
    /// Codes, ids and counts.
    pub detail: String,
}

impl Row {
    /// Where a page behind this event begins.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.at, sequence: self.sequence }
    }
}

/// Events of a part of the trail, the newest first.
pub async fn events(tx: &mut PgConnection, scope: Scope, filter: &Filter, limit: i32) -> sqlx::Result<Vec<Row>> {
    let rows = sqlx::query!(
        r#"select sequence as "sequence!", occurred_at as "at!", account_id, account_name, action as "action!",
                  outcome as "outcome!", subject_kind as "subject_kind!", subject_id as "subject_id!",
                  detail as "detail!"
           from trail_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"#,
        scope.code(),
        &scope.actions(),
        filter.from,
        filter.until,
        filter.action,
        filter.outcome,
        filter.account,
        filter.subject,
        filter.before.map(|cursor| cursor.at),
        filter.before.map(|cursor| cursor.sequence),
        limit
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Row {
            sequence: r.sequence,
            at: r.at,
            account_id: r.account_id.map(AccountId),
            account_name: r.account_name,
            action: r.action,
            outcome: r.outcome,
            subject_kind: r.subject_kind,
            subject_id: r.subject_id,
            detail: r.detail,
        })
        .collect())
}

/// One of the viewer's own events.
#[derive(Debug, Clone)]
pub struct OwnRow {
    /// Where a page behind it begins.
    pub cursor: Cursor,
    /// What.
    pub action: String,
    /// How it ended.
    pub outcome: String,
    /// The number of the item, where it was one that the viewer may know of.
    pub number: Option<String>,
}

/// The viewer's own events, the newest first.
pub async fn own(
    tx: &mut PgConnection,
    viewer: &Viewer,
    before: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<OwnRow>> {
    let rows = sqlx::query!(
        r#"
        with page as materialized (
          select e.sequence, e.occurred_at, e.action, e.outcome, e.subject_kind, e.subject_id
          from audit_events e
          where e.account_id = $1 and ($2::timestamptz is null or (e.occurred_at, e.sequence) < ($2, $3))
          order by e.occurred_at desc, e.sequence desc limit $4)
        select p.sequence, p.occurred_at, p.action, p.outcome, a.number as "number?"
        from page p
        left join advisories a on p.subject_kind = 'advisory' and p.outcome = 'done' and a.advisory_id::text = p.subject_id
        order by p.occurred_at desc, p.sequence desc"#,
        viewer.account_id.0,
        before.map(|cursor| cursor.at),
        before.map(|cursor| cursor.sequence),
        limit
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| OwnRow {
            cursor: Cursor { at: r.occurred_at, sequence: r.sequence },
            action: r.action,
            outcome: r.outcome,
            number: r.number,
        })
        .collect())
}

/// Somebody who read an item.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The person's name.
    pub name: String,
    /// The organisation's name in Japanese.
    pub organisation_ja: String,
    /// And in English.
    pub organisation_en: String,
    /// Whether the content was read, or the envelope only.
    pub content: bool,
    /// The first time.
    pub first_at: DateTime<Utc>,
    /// The last time.
    pub last_at: DateTime<Utc>,
}

/// Who read an item, the earliest first.
pub async fn readers(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Vec<Reader>> {
    sqlx::query_as!(
        Reader,
        r#"select display_name as "name!", organisation_ja as "organisation_ja!",
                  organisation_en as "organisation_en!", content as "content!", first_at as "first_at!",
                  last_at as "last_at!"
           from advisory_readers($1)"#,
        id.0
    )
    .fetch_all(tx)
    .await
}
