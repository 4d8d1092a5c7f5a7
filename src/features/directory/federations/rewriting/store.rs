//! SQL of dissolving, correcting and taking back. Row security decides again about every row that is written.

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::features::directory::roster::sheet::Period;

/// Everything of a federation ends; what was planned for later never holds. Its secretariat goes last, since who may write
/// is judged by it.
///
/// # Errors
/// The database's own.
pub async fn dissolve(tx: &mut PgConnection, id: &str, on: NaiveDate) -> sqlx::Result<()> {
    sqlx::query!("delete from federation_names where federation_id = $1 and lower(valid) >= $2", id, on)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from federation_members where federation_id = $1 and lower(valid) >= $2", id, on)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "update federation_names set valid = daterange(lower(valid), $2) where federation_id = $1 and valid @> $2::date",
        id,
        on
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update federation_members set valid = daterange(lower(valid), $2) where federation_id = $1 and valid @> $2::date",
        id,
        on
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("delete from federation_secretariats where federation_id = $1 and lower(valid) >= $2", id, on)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "update federation_secretariats set valid = daterange(lower(valid), $2)
         where federation_id = $1 and valid @> $2::date",
        id,
        on
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// A fact holds in other days.
///
/// # Errors
/// The database's own.
pub async fn move_days(tx: &mut PgConnection, facts: &[(Uuid, Period)]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = facts.iter().map(|(id, _)| *id).collect();
    let since: Vec<_> = facts.iter().map(|(_, valid)| valid.from).collect();
    let until: Vec<_> = facts.iter().map(|(_, valid)| valid.until).collect();
    // An id stands in one of the three tables.
    sqlx::query!(
        "update federation_names n set valid = daterange(u.since, u.until)
         from unnest($1::uuid[], $2::date[], $3::date[]) u (id, since, until) where n.fact_id = u.id",
        &ids,
        &since as _,
        &until as _
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update federation_members n set valid = daterange(u.since, u.until)
         from unnest($1::uuid[], $2::date[], $3::date[]) u (id, since, until) where n.fact_id = u.id",
        &ids,
        &since as _,
        &until as _
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update federation_secretariats n set valid = daterange(u.since, u.until)
         from unnest($1::uuid[], $2::date[], $3::date[]) u (id, since, until) where n.fact_id = u.id",
        &ids,
        &since as _,
        &until as _
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// A fact is no longer said.
///
/// # Errors
/// The database's own.
pub async fn remove(tx: &mut PgConnection, fact: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from federation_names where fact_id = $1", fact).execute(&mut *tx).await?;
    sqlx::query!("delete from federation_members where fact_id = $1", fact).execute(&mut *tx).await?;
    sqlx::query!("delete from federation_secretariats where fact_id = $1", fact).execute(tx).await.map(|_| ())
}

/// What a change altered is as it was: what it took away comes first, what it made goes last.
///
/// # Errors
/// The database's own.
pub async fn restore(tx: &mut PgConnection, id: &str, version: i32) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into federation_names (federation_id, ja, en, reading, valid, precision)
         select f.federation_id, f.ja, f.en, f.reading, f.valid, f.precision
         from federation_versions v cross join lateral jsonb_populate_record(null::federation_names, v.fact) f
         where v.federation_id = $1 and v.version = $2 and v.relation = 'federation_names' and v.fact is not null
           and not exists (select from federation_names n where n.fact_id = v.fact_id)",
        id,
        version
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into federation_members (federation_id, ceptoar_id, body_ja, body_en, role, valid, precision)
         select f.federation_id, f.ceptoar_id, f.body_ja, f.body_en, f.role, f.valid, f.precision
         from federation_versions v cross join lateral jsonb_populate_record(null::federation_members, v.fact) f
         where v.federation_id = $1 and v.version = $2 and v.relation = 'federation_members' and v.fact is not null
           and not exists (select from federation_members n where n.fact_id = v.fact_id)",
        id,
        version
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into federation_secretariats (federation_id, organisation_id, unit, unit_en, valid, precision)
         select f.federation_id, f.organisation_id, f.unit, f.unit_en, f.valid, f.precision
         from federation_versions v cross join lateral jsonb_populate_record(null::federation_secretariats, v.fact) f
         where v.federation_id = $1 and v.version = $2 and v.relation = 'federation_secretariats' and v.fact is not null
           and not exists (select from federation_secretariats n where n.fact_id = v.fact_id)",
        id,
        version
    )
    .execute(&mut *tx)
    .await?;
    let rows = sqlx::query!(
        r#"select v.fact_id, v.fact is null as "made!", lower((v.fact ->> 'valid')::daterange) as since,
                  upper((v.fact ->> 'valid')::daterange) as until
           from federation_versions v where v.federation_id = $1 and v.version = $2"#,
        id,
        version
    );
    let rows = rows.fetch_all(&mut *tx).await?;
    let was: Vec<_> =
        rows.iter().filter(|r| !r.made).map(|r| (r.fact_id, Period { from: r.since, until: r.until })).collect();
    move_days(tx, &was).await?;
    let made: Vec<Uuid> = rows.iter().filter(|r| r.made).map(|r| r.fact_id).collect();
    sqlx::query!("delete from federation_names where fact_id = any ($1)", &made).execute(&mut *tx).await?;
    sqlx::query!("delete from federation_members where fact_id = any ($1)", &made).execute(&mut *tx).await?;
    sqlx::query!("delete from federation_secretariats where fact_id = any ($1)", &made).execute(tx).await.map(|_| ())
}
