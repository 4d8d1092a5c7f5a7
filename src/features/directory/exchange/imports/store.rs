//! SQL of imports.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Import, LIFE, PAGE, State, StoredRow};
use crate::features::directory::exchange::mapping::Mapping;
use crate::features::directory::exchange::plan::{Fate, Plan, Planned};
use crate::kernel::ids::{AccountId, OrganisationId};
use crate::platform::tables::Table;

/// Wipes what has lain too long.
pub async fn expire(tx: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select expire_directory_imports() as "gone!""#).fetch_one(tx).await
}

/// A table that is brought in.
#[derive(Debug, Clone, Copy)]
pub struct Brought<'a> {
    /// Which import it will be.
    pub import_id: Uuid,
    /// For which CEPTOAR.
    pub ceptoar_id: &'a str,
    /// By whom.
    pub by: AccountId,
    /// In whose name.
    pub organisation: OrganisationId,
    /// From which day it is to hold.
    pub effective_on: NaiveDate,
    /// The table.
    pub table: &'a Table,
    /// Where its heads stand.
    pub head_row: u32,
    /// Which column is which.
    pub mapping: &'a Mapping,
}

fn in_json(mapping: &Mapping) -> serde_json::Value {
    serde_json::to_value(mapping).unwrap_or_default()
}

/// Keeps a table. The one before it, if any is open, is given up.
pub async fn bring(tx: &mut PgConnection, new: Brought<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from directory_import_rows where import_id in
           (select import_id from directory_imports where ceptoar_id = $1 and settled_at is null)",
        new.ceptoar_id
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update directory_imports set state = 'dropped', content = null, settled_at = $2
         where ceptoar_id = $1 and settled_at is null",
        new.ceptoar_id,
        now
    )
    .execute(&mut *tx)
    .await?;
    let rows = new.table.rows().filter(|row| row.number > new.head_row).count();
    sqlx::query!(
        "insert into directory_imports (import_id, ceptoar_id, state, made_by, made_by_organisation, made_at, expires_at,
                                        effective_on, sheet, content, head_row, columns, total)
         values ($1, $2, 'mapping', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        new.import_id,
        new.ceptoar_id,
        new.by.0,
        new.organisation.0,
        now,
        now + LIFE,
        new.effective_on,
        new.table.sheet(),
        new.table.text(),
        i32::try_from(new.head_row).unwrap_or(i32::MAX),
        in_json(new.mapping),
        i32::try_from(rows).unwrap_or(i32::MAX)
    )
    .execute(tx)
    .await
    .map(|_| ())
}

struct Row {
    import_id: Uuid,
    state: String,
    made_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    effective_on: NaiveDate,
    sheet: Option<String>,
    head_row: i32,
    columns: serde_json::Value,
    beat_at: Option<DateTime<Utc>>,
    total: i32,
    done: i32,
    rows_new: i32,
    rows_changed: i32,
    rows_unchanged: i32,
    rows_refused: i32,
    plan_hash: Option<String>,
    remark: Option<String>,
    settled_at: Option<DateTime<Utc>>,
}

impl From<Row> for Import {
    fn from(r: Row) -> Self {
        Self {
            import_id: r.import_id,
            // The table's own check admits no other value.
            state: State::from_code(&r.state).unwrap_or(State::Failed),
            made_at: r.made_at,
            expires_at: r.expires_at,
            effective_on: r.effective_on,
            sheet: r.sheet,
            head_row: u32::try_from(r.head_row).unwrap_or_default(),
            mapping: serde_json::from_value(r.columns).unwrap_or_default(),
            beat_at: r.beat_at,
            total: r.total,
            done: r.done,
            counts: Fate::ALL.map(|fate| match fate {
                Fate::New => r.rows_new,
                Fate::Changed => r.rows_changed,
                Fate::Unchanged => r.rows_unchanged,
                Fate::Refused => r.rows_refused,
            }),
            plan_hash: r.plan_hash,
            overtaken: r.remark.as_deref() == Some("overtaken"),
            settled_at: r.settled_at,
        }
    }
}

/// An import by its number.
pub async fn find(tx: &mut PgConnection, ceptoar_id: &str, import: Uuid) -> sqlx::Result<Option<Import>> {
    let row = sqlx::query_as!(
        Row,
        "select import_id, state, made_at, expires_at, effective_on, sheet, head_row, columns, beat_at, total, done,
                rows_new, rows_changed, rows_unchanged, rows_refused, plan_hash, remark, settled_at
         from directory_imports where ceptoar_id = $1 and import_id = $2",
        ceptoar_id,
        import
    );
    Ok(row.fetch_optional(tx).await?.map(Into::into))
}

/// The newest imports: the open one, and those that were applied.
pub async fn newest(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<Vec<Import>> {
    let rows = sqlx::query_as!(
        Row,
        "select import_id, state, made_at, expires_at, effective_on, sheet, head_row, columns, beat_at, total, done,
                rows_new, rows_changed, rows_unchanged, rows_refused, plan_hash, remark, settled_at
         from directory_imports where ceptoar_id = $1 and state <> 'dropped'
         order by settled_at is not null, made_at desc limit 10",
        ceptoar_id
    );
    Ok(rows.fetch_all(tx).await?.into_iter().map(Into::into).collect())
}

/// The table of an import that is not settled.
pub async fn content(tx: &mut PgConnection, import: Uuid) -> sqlx::Result<Option<Table>> {
    let row = sqlx::query!("select sheet, content from directory_imports where import_id = $1", import);
    Ok(row.fetch_optional(tx).await?.and_then(|r| Some(Table::from_parts(r.sheet, r.content?))))
}

/// Takes the work on an import up; `false` where somebody else is at it, or it is settled.
pub async fn take_up(
    tx: &mut PgConnection,
    import: Uuid,
    run: Uuid,
    state: &'static str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update directory_imports set state = $3, run = $2, beat_at = $4::timestamptz, done = 0, remark = null
         where import_id = $1 and settled_at is null and expires_at > $4
           and ($3 = 'checking' and (state <> 'applying' or beat_at < $4::timestamptz - interval '15 minutes')
                or $3 = 'applying' and state = 'checked' and rows_refused = 0)",
        import,
        run,
        state,
        now
    );
    Ok(done.execute(tx).await?.rows_affected() == 1)
}

/// Says how far the work is; `false` where another work has taken over.
pub async fn beat(tx: &mut PgConnection, import: Uuid, run: Uuid, done: i32, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let beat = sqlx::query!(
        "update directory_imports set done = $3, beat_at = $4 where import_id = $1 and run = $2 and settled_at is null",
        import,
        run,
        done,
        now
    );
    Ok(beat.execute(tx).await?.rows_affected() == 1)
}

/// Forgets what the rows would become.
pub async fn forget_rows(tx: &mut PgConnection, import: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from directory_import_rows where import_id = $1", import).execute(tx).await.map(|_| ())
}

/// Keeps what rows would become.
pub async fn keep_rows(tx: &mut PgConnection, import: Uuid, rows: &[Planned]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into directory_import_rows (import_id, place, fate, organisation_id, subject, cells, addresses)
         select $1, r.place, r.fate, r.organisation, r.subject, r.cells::jsonb, r.addresses
         from unnest($2::integer[], $3::text[], $4::uuid[], $5::jsonb[], $6::text[], $7::integer[])
           r (place, fate, organisation, subject, cells, addresses)",
        import,
        &rows.iter().map(|r| i32::try_from(r.place).unwrap_or(i32::MAX)).collect::<Vec<_>>(),
        &rows.iter().map(|r| r.fate().code().to_owned()).collect::<Vec<_>>(),
        &rows.iter().map(|r| r.organisation).collect::<Vec<_>>() as &[Option<Uuid>],
        &rows.iter().map(|r| serde_json::to_value(&r.subject).unwrap_or_default()).collect::<Vec<_>>(),
        &rows.iter().map(Planned::told).collect::<Vec<_>>(),
        &rows.iter().map(Planned::addresses).collect::<Vec<_>>()
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// The dry run is done.
pub async fn checked(
    tx: &mut PgConnection,
    import: Uuid,
    run: Uuid,
    plan: &Plan,
    remark: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update directory_imports set state = 'checked', beat_at = $3, total = $4, done = $4, rows_new = $5,
                rows_changed = $6, rows_unchanged = $7, rows_refused = $8, plan_hash = $9, remark = $10
         where import_id = $1 and run = $2 and settled_at is null",
        import,
        run,
        now,
        i32::try_from(plan.rows.len()).unwrap_or(i32::MAX),
        plan.count(Fate::New),
        plan.count(Fate::Changed),
        plan.count(Fate::Unchanged),
        plan.count(Fate::Refused),
        plan.hash(),
        remark
    );
    Ok(done.execute(tx).await?.rows_affected() == 1)
}

/// The portal could not do it.
pub async fn fail(tx: &mut PgConnection, import: Uuid, run: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update directory_imports set state = 'failed', remark = 'fault'
         where import_id = $1 and run = $2 and settled_at is null",
        import,
        run
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// It came to its end, and its content goes. Only the work that has it settles what is being applied.
pub async fn settle(
    tx: &mut PgConnection,
    import: Uuid,
    run: Option<Uuid>,
    state: &'static str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    forget_rows(&mut *tx, import).await?;
    let done = sqlx::query!(
        "update directory_imports set state = $3, content = null, settled_at = $4
         where import_id = $1 and settled_at is null
           and (run = $2 or $2::uuid is null and (state <> 'applying' or beat_at < $4::timestamptz - interval '15 minutes'))",
        import,
        run,
        state,
        now
    );
    Ok(done.execute(tx).await?.rows_affected() == 1)
}

/// The desk says which column is which, or from which day it is to hold.
pub async fn set(tx: &mut PgConnection, import: Uuid, mapping: &Mapping, day: NaiveDate) -> sqlx::Result<()> {
    sqlx::query!(
        "update directory_imports set columns = $2, effective_on = $3 where import_id = $1 and settled_at is null",
        import,
        in_json(mapping),
        day
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// A page of rows, and one row more if there is another page.
pub async fn rows(tx: &mut PgConnection, import: Uuid, fate: Option<Fate>, skip: i64) -> sqlx::Result<Vec<StoredRow>> {
    let rows = sqlx::query!(
        "select place, fate, organisation_id, subject, cells, addresses from directory_import_rows
         where import_id = $1 and ($2::text is null or fate = $2) order by place limit $3::bigint + 1 offset $4",
        import,
        fate.map(Fate::code),
        PAGE,
        skip
    );
    let read = |fate: Fate, told: serde_json::Value| match fate {
        Fate::Refused => (Vec::new(), serde_json::from_value(told).unwrap_or_default()),
        Fate::New | Fate::Changed | Fate::Unchanged => (serde_json::from_value(told).unwrap_or_default(), Vec::new()),
    };
    Ok(rows
        .fetch_all(tx)
        .await?
        .into_iter()
        .filter_map(|r| {
            let fate = Fate::from_code(&r.fate)?;
            let (cells, refusals) = read(fate, r.cells);
            Some(StoredRow {
                place: u32::try_from(r.place).unwrap_or_default(),
                fate,
                organisation: r.organisation_id,
                subject: serde_json::from_value(r.subject).unwrap_or_default(),
                cells,
                refusals,
                addresses: r.addresses,
            })
        })
        .collect())
}

/// What the desk said of files with such heads.
pub async fn remembered(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    heads: &[String],
) -> sqlx::Result<HashMap<String, Mapping>> {
    let rows = sqlx::query!(
        "select heads_hash, columns from directory_import_columns where ceptoar_id = $1 and heads_hash = any ($2)",
        ceptoar_id,
        heads
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| (r.heads_hash, serde_json::from_value(r.columns).unwrap_or_default())).collect())
}

/// Remembers it.
pub async fn remember(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    heads: &str,
    mapping: &Mapping,
    by: AccountId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into directory_import_columns (ceptoar_id, heads_hash, columns, kept_by, kept_at)
         values ($1, $2, $3, $4, $5)
         on conflict (ceptoar_id, heads_hash) do update
           set columns = excluded.columns, kept_by = excluded.kept_by, kept_at = excluded.kept_at",
        ceptoar_id,
        heads,
        in_json(mapping),
        by.0,
        now
    )
    .execute(tx)
    .await
    .map(|_| ())
}
