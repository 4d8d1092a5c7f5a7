//! SQL of parts.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::part::{Content, Opens, Part, Reach};
use crate::features::access::Viewer;
use crate::features::access::advisory::{AdvisoryFacts, State};
use crate::kernel::ids::{AccountId, AdvisoryId, OrganisationId};
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};
use crate::kernel::stage::Stage;
use crate::platform::files::store::FileState;

/// The parts of an item of this reach, files first, each no wider than the item. What row security lets through: who asks
/// for a viewer takes [`open`].
///
/// # Errors
/// When the database cannot be reached.
pub async fn parts(tx: &mut PgConnection, id: AdvisoryId, item: Reach) -> sqlx::Result<Vec<Part>> {
    let rows = sqlx::query!(
        r#"select p.part_id, p.file_id, p.heading, p.body, p.level as "level: SharingLevel",
                  p.handler_scope as "scope: HandlerScope",
                  f.name as "name?", f.length as "length?", f.sha256 as "sha256?", f.state as "state?: FileState"
           from advisory_parts p left join stored_files f on f.file_id = p.file_id
           where p.advisory_id = $1 order by p.file_id is null, p.added_at, p.part_id"#,
        id.0
    )
    .fetch_all(tx)
    .await?;
    let parts = rows.into_iter().filter_map(|r| {
        let reach = Reach { level: r.level, scope: r.scope }.within(item);
        let content = match (r.body, r.file_id, r.name, r.length, r.sha256, r.state) {
            (Some(text), ..) => Content::Section(text),
            (None, Some(file_id), Some(name), Some(length), Some(sha256), Some(state)) => {
                Content::File { file_id, name, length, sha256, state }
            }
            // A file that row security hides is no part for this viewer.
            (None, ..) => return None,
        };
        Some(Part { part_id: r.part_id, heading: r.heading, content, reach, strict: reach != item })
    });
    Ok(parts.collect())
}

/// The parts of an item that the viewer may open.
///
/// # Errors
/// When the database cannot be reached.
pub async fn open(
    tx: &mut PgConnection,
    viewer: &Viewer,
    id: AdvisoryId,
    facts: &AdvisoryFacts,
) -> sqlx::Result<Vec<Part>> {
    let item = Reach { level: facts.level, scope: facts.handler_scope };
    let mut parts = parts(&mut *tx, id, item).await?;
    // Most items have none, or none that is stricter.
    let asks = facts.state == State::Published && parts.iter().any(|part| part.strict);
    let opens = if asks { opens(tx, viewer, id).await? } else { Vec::new() };
    parts.retain(|part| part.opens_to(viewer, facts, &opens));
    Ok(parts)
}

/// The hops of the viewer's organisations at which stricter parts of an item are open.
async fn opens(tx: &mut PgConnection, viewer: &Viewer, id: AdvisoryId) -> sqlx::Result<Vec<Opens>> {
    let organisations: Vec<Uuid> = viewer.affiliations.iter().map(|a| a.organisation_id.0).collect();
    let rows = sqlx::query!(
        r#"select level as "level: SharingLevel", handler_scope as "scope: HandlerScope", ceptoar_id,
                  stage as "stage: Stage", organisation_id
           from advisory_part_readers where advisory_id = $1 and organisation_id = any ($2)"#,
        id.0,
        &organisations
    )
    .fetch_all(tx)
    .await?;
    let opens = rows.into_iter().map(|r| Opens {
        reach: Reach { level: r.level, scope: r.scope },
        ceptoar_id: r.ceptoar_id,
        stage: r.stage,
        organisation_id: OrganisationId(r.organisation_id),
    });
    Ok(opens.collect())
}

/// How many would open the stricter parts of a draft: windows and organisations by reach.
///
/// # Errors
/// When the database cannot be reached.
pub async fn preview(tx: &mut PgConnection, id: AdvisoryId, at: DateTime<Utc>) -> sqlx::Result<Vec<(Reach, i64, i64)>> {
    let rows = sqlx::query!(
        r#"select level as "level!: SharingLevel", handler_scope as "scope!: HandlerScope", windows as "windows!",
                  organisations as "organisations!"
           from parts_preview($1, $2) order by level, handler_scope"#,
        id.0,
        at
    )
    .fetch_all(tx)
    .await?;
    let reach = |level, scope| Reach { level, scope };
    Ok(rows.into_iter().map(|r| (reach(r.level, r.scope), r.windows, r.organisations)).collect())
}

/// Holds a draft of `by` as it is until the end of the transaction; false where it is none (any more).
///
/// # Errors
/// When the database cannot be reached.
pub async fn hold_draft(tx: &mut PgConnection, id: AdvisoryId, by: AccountId) -> sqlx::Result<bool> {
    let held = sqlx::query_scalar!(
        "select advisory_id from advisories where advisory_id = $1 and created_by = $2 and state = 'draft' for update",
        id.0,
        by.0
    );
    Ok(held.fetch_optional(tx).await?.is_some())
}

/// Makes a file that the viewer has just attached, or one of the version before, a part of a draft. A trigger counts it as
/// an edit.
///
/// # Errors
/// When the database refuses: it is no draft of theirs, or not their file.
pub async fn add_file(
    tx: &mut PgConnection,
    id: AdvisoryId,
    file_id: Uuid,
    heading: &str,
    reach: Reach,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into advisory_parts (part_id, advisory_id, file_id, heading, level, handler_scope, added_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        Uuid::new_v4(),
        id.0,
        file_id,
        heading,
        reach.level.code(),
        reach.scope.code(),
        now
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Adds a limited section to a draft. A trigger counts it as an edit.
///
/// # Errors
/// When the database refuses.
pub async fn add_section(
    tx: &mut PgConnection,
    id: AdvisoryId,
    (heading, body): (&str, &str),
    reach: Reach,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into advisory_parts (part_id, advisory_id, heading, body, level, handler_scope, added_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        Uuid::new_v4(),
        id.0,
        heading,
        body,
        reach.level.code(),
        reach.scope.code(),
        now
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Takes a part out of a draft; the database destroys a file that no version has any more. False where there is none.
///
/// # Errors
/// When the database refuses.
pub async fn remove(tx: &mut PgConnection, id: AdvisoryId, part: Uuid) -> sqlx::Result<bool> {
    let gone = sqlx::query!("delete from advisory_parts where advisory_id = $1 and part_id = $2", id.0, part);
    Ok(gone.execute(tx).await?.rows_affected() == 1)
}
