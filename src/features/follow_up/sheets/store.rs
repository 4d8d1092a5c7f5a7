//! SQL of the sheets.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::features::access::Viewer;
use crate::features::access::follow_up::SheetFacts;
use crate::features::feature_map::edition::{Bilingual, Ceptoar};
use crate::features::follow_up::changes::{Effective, StoredChange};
use crate::features::follow_up::filling::Filled;
use crate::features::follow_up::state::{State, Step};
use crate::features::follow_up::store::follow_ups;
use crate::kernel::ids::OrganisationId;

/// A sheet on the board.
#[derive(Debug, Clone)]
pub struct SheetRow {
    /// Whose it is.
    pub facts: SheetFacts,
    /// The CEPTOAR's name.
    pub name: Bilingual,
    /// Its sector's name.
    pub sector: Bilingual,
    /// How far it is.
    pub state: State,
    /// How many cells differ from the last edition.
    pub changes: usize,
    /// Its secretariats on the sheet.
    pub desks: Vec<Bilingual>,
    /// When it was last saved or sent on.
    pub edited_at: DateTime<Utc>,
    /// Letters to its desk: occasion, when, how many.
    pub reminders: Vec<(String, DateTime<Utc>, i32)>,
}

fn ids(ministries: Vec<Uuid>) -> Vec<OrganisationId> {
    ministries.into_iter().map(OrganisationId).collect()
}

/// The sheets of a follow-up that the viewer may know, in the government's order.
pub async fn rows(tx: &mut PgConnection, follow_up_id: Uuid) -> sqlx::Result<Vec<SheetRow>> {
    let rows = sqlx::query!(
        r#"select s.ceptoar_id, s.state as "state: State", s.edited_at, n.ja, n.en,
                  sn.ja as sector_ja, sn.en as sector_en, jsonb_array_length(s.changes) as "changes!",
                  s.content as "content: Json<Ceptoar>",
                  array(select m.organisation_id from sector_ministries m
                        where m.sector_id = c.sector_id and m.valid @> viewer_today()) as "ministries!"
           from follow_up_sheets s join ceptoars c using (ceptoar_id)
           join lateral (select x.ja, x.en from ceptoar_names x where x.ceptoar_id = s.ceptoar_id
                         order by x.valid @> viewer_today() desc, lower(x.valid) desc nulls last limit 1) n on true
           join lateral (select x.ja, x.en from sector_names x where x.sector_id = c.sector_id
                         order by x.valid @> viewer_today() desc, lower(x.valid) desc nulls last limit 1) sn on true
           where s.follow_up_id = $1 order by s.position, s.ceptoar_id"#,
        follow_up_id
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut reminders: BTreeMap<String, Vec<(String, DateTime<Utc>, i32)>> = BTreeMap::new();
    let sent = sqlx::query!(
        "select ceptoar_id, occasion, sent_at, letters from follow_up_reminders where follow_up_id = $1 order by sent_at",
        follow_up_id
    )
    .fetch_all(tx)
    .await?;
    for r in sent {
        reminders.entry(r.ceptoar_id).or_default().push((r.occasion, r.sent_at, r.letters));
    }
    Ok(rows
        .into_iter()
        .map(|r| SheetRow {
            reminders: reminders.remove(&r.ceptoar_id).unwrap_or_default(),
            facts: SheetFacts { ceptoar_id: r.ceptoar_id, ministries: ids(r.ministries) },
            name: Bilingual { ja: r.ja, en: r.en },
            sector: Bilingual { ja: r.sector_ja, en: r.sector_en },
            state: r.state,
            changes: usize::try_from(r.changes).unwrap_or(0),
            desks: r
                .content
                .0
                .secretariats
                .iter()
                .map(crate::features::feature_map::compare::ceptoars::in_full)
                .collect(),
            edited_at: r.edited_at,
        })
        .collect())
}

/// A sheet with everything on it.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Whose it is.
    pub facts: SheetFacts,
    /// The CEPTOAR's name today.
    pub name: Bilingual,
    /// How far it is.
    pub state: State,
    /// Which version.
    pub version: i32,
    /// The cells.
    pub content: Ceptoar,
    /// The cells as they were on the day of the opening.
    pub prefill: Ceptoar,
    /// Cells that came from an older edition.
    pub older: BTreeMap<String, String>,
    /// From which day changes hold.
    pub effective: Effective,
    /// What differs from the last edition.
    pub changes: Vec<StoredChange>,
    /// What the desk says to those who check.
    pub remark: String,
    /// When it was last saved or sent on.
    pub edited_at: DateTime<Utc>,
    /// The ministries over its sector, by name.
    pub ministries: Vec<Bilingual>,
}

/// One sheet, if the viewer may know it.
pub async fn sheet(tx: &mut PgConnection, follow_up_id: Uuid, ceptoar_id: &str) -> sqlx::Result<Option<Sheet>> {
    let Some(r) = sqlx::query!(
        r#"select s.ceptoar_id, s.state as "state: State", s.version, s.content as "content: Json<Ceptoar>",
                  s.prefill as "prefill: Json<Ceptoar>", s.older as "older: Json<BTreeMap<String, String>>",
                  s.effective as "effective: Json<Effective>", s.changes as "changes: Json<Vec<StoredChange>>",
                  s.remark, s.edited_at, n.ja, n.en, c.sector_id
           from follow_up_sheets s join ceptoars c using (ceptoar_id)
           join lateral (select x.ja, x.en from ceptoar_names x where x.ceptoar_id = s.ceptoar_id
                         order by x.valid @> viewer_today() desc, lower(x.valid) desc nulls last limit 1) n on true
           where s.follow_up_id = $1 and s.ceptoar_id = $2"#,
        follow_up_id,
        ceptoar_id
    )
    .fetch_optional(&mut *tx)
    .await?
    else {
        return Ok(None);
    };
    let ministries = sqlx::query!(
        "select m.organisation_id, n.ja, n.en from sector_ministries m
         join organisation_names n on n.organisation_id = m.organisation_id and n.valid @> viewer_today()
         where m.sector_id = $1 and m.valid @> viewer_today() order by n.reading",
        r.sector_id
    )
    .fetch_all(tx)
    .await?;
    Ok(Some(Sheet {
        facts: SheetFacts {
            ceptoar_id: r.ceptoar_id,
            ministries: ministries.iter().map(|m| OrganisationId(m.organisation_id)).collect(),
        },
        name: Bilingual { ja: r.ja, en: r.en },
        state: r.state,
        version: r.version,
        content: r.content.0,
        prefill: r.prefill.0,
        older: r.older.0,
        effective: r.effective.0,
        changes: r.changes.0,
        remark: r.remark,
        edited_at: r.edited_at,
        ministries: ministries.into_iter().map(|m| Bilingual { ja: m.ja, en: m.en }).collect(),
    }))
}

/// Every sheet's cells and changes, in the order in which the edition has them.
pub async fn contents(
    tx: &mut PgConnection,
    follow_up_id: Uuid,
) -> sqlx::Result<Vec<(State, Ceptoar, Vec<StoredChange>)>> {
    let rows = sqlx::query!(
        r#"select state as "state: State", content as "content: Json<Ceptoar>", changes as "changes: Json<Vec<StoredChange>>"
           from follow_up_sheets where follow_up_id = $1 order by position, ceptoar_id"#,
        follow_up_id
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|r| (r.state, r.content.0, r.changes.0)).collect())
}

/// Saves what was typed over the version that was read; `false` where another one was saved since.
pub async fn save(
    tx: &mut PgConnection,
    viewer: &Viewer,
    follow_up_id: Uuid,
    version: i32,
    filled: &Filled,
    changes: &[StoredChange],
    now: DateTime<Utc>,
) -> anyhow::Result<bool> {
    let done = sqlx::query!(
        "update follow_up_sheets set state = 'preparing', version = version + 1, content = $4, effective = $5, changes = $6,
                remark = $7, edited_by = $8, edited_at = $9
         where follow_up_id = $1 and ceptoar_id = $2 and version = $3 and state in ('preparing', 'returned')",
        follow_up_id,
        filled.ceptoar.id,
        version,
        serde_json::to_value(&filled.ceptoar)?,
        serde_json::to_value(filled.effective)?,
        serde_json::to_value(changes)?,
        filled.remark,
        viewer.account_id.0,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A step that was taken.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'a> {
    /// Of which follow-up.
    pub follow_up_id: Uuid,
    /// Whose sheet.
    pub ceptoar_id: &'a str,
    /// From which state; what was read.
    pub from: State,
    /// Which version; what was read.
    pub version: i32,
    /// To which state.
    pub to: State,
    /// By which step.
    pub step: Step,
    /// What was said.
    pub comment: &'a str,
}

/// Takes a step and writes it down; `false` where the sheet is not as it was read.
pub async fn take(
    tx: &mut PgConnection,
    viewer: &Viewer,
    organisation: OrganisationId,
    taken: Taken<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update follow_up_sheets set state = $5, version = version + 1, edited_by = $6, edited_at = $7
         where follow_up_id = $1 and ceptoar_id = $2 and state = $3 and version = $4",
        taken.follow_up_id,
        taken.ceptoar_id,
        taken.from.code(),
        taken.version,
        taken.to.code(),
        viewer.account_id.0,
        now
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    sqlx::query!(
        "insert into follow_up_events (follow_up_id, ceptoar_id, step, comment, account_id, organisation_id, at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        taken.follow_up_id,
        taken.ceptoar_id,
        taken.step.code(),
        taken.comment,
        viewer.account_id.0,
        organisation.0,
        now
    )
    .execute(tx)
    .await?;
    Ok(true)
}

/// A step of a sheet's past.
#[derive(Debug, Clone)]
pub struct Past {
    /// The step's code.
    pub step: String,
    /// What was said.
    pub comment: String,
    /// By whom.
    pub organisation: Bilingual,
    /// When.
    pub at: DateTime<Utc>,
}

/// The steps of a sheet, the newest first.
pub async fn past(tx: &mut PgConnection, follow_up_id: Uuid, ceptoar_id: &str) -> sqlx::Result<Vec<Past>> {
    let rows = sqlx::query!(
        r#"select e.step, e.comment, e.at, coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from follow_up_events e
           left join organisation_names n on n.organisation_id = e.organisation_id and n.valid @> viewer_today()
           where e.follow_up_id = $1 and e.ceptoar_id = $2 order by e.event_id desc"#,
        follow_up_id,
        ceptoar_id
    )
    .fetch_all(tx)
    .await?;
    let past = rows.into_iter().map(|r| Past {
        step: r.step,
        comment: r.comment,
        organisation: Bilingual { ja: r.ja, en: r.en },
        at: r.at,
    });
    Ok(past.collect())
}

/// An open sheet, for the front page: follow-up's year, due day, CEPTOAR, state.
#[derive(Debug, Clone)]
pub struct Open {
    /// The follow-up's fiscal year.
    pub fiscal_year: i32,
    /// When sheets are due.
    pub due_on: NaiveDate,
    /// Whose it is.
    pub facts: SheetFacts,
    /// The CEPTOAR's name.
    pub name: Bilingual,
    /// How far it is.
    pub state: State,
}

/// The sheets of the follow-up that is open, as far as the viewer may know them.
pub async fn open(tx: &mut PgConnection) -> sqlx::Result<Vec<Open>> {
    let Some(running) = follow_ups(tx).await?.into_iter().find(|f| f.published_at.is_none()) else {
        return Ok(Vec::new());
    };
    let rows = rows(tx, running.follow_up_id).await?;
    let open = rows.into_iter().map(|row| Open {
        fiscal_year: running.fiscal_year,
        due_on: running.due_on,
        facts: row.facts,
        name: row.name,
        state: row.state,
    });
    Ok(open.collect())
}
