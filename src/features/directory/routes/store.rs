//! SQL of routes and agreements. Row security decides again about every row that is read or written.

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::agreement::{Agreement, Way};
use super::course::{Course, Stretch};
use super::hop::Hop;
use super::walk::{LeftOut, Reached, Walk};
use crate::features::directory::roster::sheet::{Dated, Period};
use crate::features::directory::rules::store::PROVEN_DAYS;
use crate::features::sharing::verdict::Verdict;
use crate::kernel::language::Language;
use crate::kernel::stage::{Desk, Stage};

/// What a CEPTOAR agreed and has planned, in order.
///
/// # Errors
/// The database's own.
pub async fn agreements(tx: &mut PgConnection, ceptoar_id: &str, desk: Desk) -> sqlx::Result<Vec<Dated<Agreement>>> {
    let rows = sqlx::query!(
        r#"select fact_id, office_hours as "office_hours: Way", off_hours as "off_hours: Way", urgent_at_once, minutes, bypass,
                  lower(valid) as since, upper(valid) as until
           from relay_rules where ceptoar_id = $1 and stage = $2 and not isempty(valid) order by lower(valid)"#,
        ceptoar_id,
        desk.code()
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let dated = rows.map(|r| Dated {
        fact_id: r.fact_id,
        valid: Period { from: r.since, until: r.until },
        value: Agreement {
            office_hours: r.office_hours,
            off_hours: r.off_hours,
            urgent_at_once: r.urgent_at_once,
            minutes: r.minutes,
            bypass: r.bypass,
        },
    });
    Ok(dated.collect())
}

/// Something else holds from a day on, and nothing that was planned for later days.
///
/// # Errors
/// The database's own.
pub async fn agree(
    tx: &mut PgConnection,
    (ceptoar_id, desk): (&str, Desk),
    on: NaiveDate,
    agreement: &Agreement,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update relay_rules set valid = case when lower(valid) >= $2 then 'empty' else daterange(lower(valid), $2) end
         where ceptoar_id = $1 and stage = $3 and not isempty(valid) and (upper_inf(valid) or upper(valid) > $2)",
        ceptoar_id,
        on,
        desk.code()
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into relay_rules (ceptoar_id, stage, office_hours, off_hours, urgent_at_once, minutes, bypass, valid)
         values ($1, $2, $3, $4, $5, $6, $7, daterange($8, null))",
        ceptoar_id,
        desk.code(),
        agreement.office_hours.code(),
        agreement.off_hours.code(),
        agreement.urgent_at_once,
        agreement.minutes,
        agreement.bypass,
        on
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// The hops of a CEPTOAR's road, each with its period.
///
/// # Errors
/// The database's own.
pub async fn stretches(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<Vec<Stretch>> {
    let rows = sqlx::query!(
        r#"select stage as "stage: Stage", lower(valid) as since, upper(valid) as until
           from route_stages where ceptoar_id = $1 and not isempty(valid) order by lower(valid) nulls first, position"#,
        ceptoar_id
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| Stretch { stage: r.stage, valid: Period { from: r.since, until: r.until } }).collect())
}

/// Another road from a day on, and nothing that was planned for later days.
///
/// # Errors
/// The database's own.
pub async fn lead_over(tx: &mut PgConnection, ceptoar_id: &str, on: NaiveDate, course: Course) -> sqlx::Result<()> {
    sqlx::query!("select route_lead_over($1, $2, $3, $4)", ceptoar_id, on, course.ministry, course.secretariat)
        .fetch_one(tx)
        .await
        .map(|_| ())
}

/// The hops of a road on a day and who is there, for whoever looks over the CEPTOAR; for others there are none.
///
/// # Errors
/// The database's own.
pub async fn hops(tx: &mut PgConnection, ceptoar_id: &str, day: NaiveDate) -> sqlx::Result<Vec<Hop>> {
    sqlx::query_as!(
        Hop,
        r#"select stage as "stage!: Stage", on_road as "on_road!", bodies as "bodies!", reachable as "reachable!",
                  proven as "proven!", twice as "twice!", people, hubs
           from route_hops($1, $2, $3)"#,
        ceptoar_id,
        day,
        PROVEN_DAYS
    )
    .fetch_all(tx)
    .await
}

/// What would become of an item on the road of a CEPTOAR, in numbers.
///
/// # Errors
/// The database's own.
pub async fn walk(tx: &mut PgConnection, ceptoar_id: &str, walk: &Walk) -> sqlx::Result<Vec<Reached>> {
    sqlx::query_as!(
        Reached,
        r#"select stage as "stage!: Stage", verdict as "verdict!: Verdict", windows as "windows!",
                  organisations as "bodies!", minutes
           from route_walk($1, $2, $3, $4, $5)
           order by stage_place(stage), verdict <> 'due', verdict"#,
        ceptoar_id,
        walk.level.code(),
        walk.scope.code(),
        walk.kind(),
        walk.at
    )
    .fetch_all(tx)
    .await
}

/// The bodies that the item would not reach by mail, for whoever may know them by name.
///
/// # Errors
/// The database's own.
pub async fn left_out(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    walk: &Walk,
    language: Language,
    limit: i64,
) -> sqlx::Result<Vec<LeftOut>> {
    let rows = sqlx::query!(
        r#"select w.stage as "stage!: Stage", w.verdicts as "verdicts!: Vec<Verdict>",
                  coalesce(n.ja, '') as "ja!", coalesce(nullif(n.en, ''), n.ja, '') as "en!"
           from route_left_out($1, $2, $3, $4, $5) w
           left join organisation_names n on n.organisation_id = w.organisation_id and n.valid @> $6::date
           order by stage_place(w.stage),
                    case $7 when 'en' then n.en else n.reading end, w.organisation_id
           limit $8"#,
        ceptoar_id,
        walk.level.code(),
        walk.scope.code(),
        walk.kind(),
        walk.at,
        walk.day(),
        language.code(),
        limit
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| LeftOut { stage: r.stage, name: [r.ja, r.en], verdicts: r.verdicts }).collect())
}
