//! SQL of federations. Row security decides again about every row that is written.

use anyhow::Context;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::changing::{Actor, Change};
use super::federation::{Desk, Federation, Known, Membership, Part, PastChange, Who};
use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::sheet::{Name, Period};
use crate::kernel::ids::OrganisationId;
use crate::kernel::period::Precision;

/// All federations by reading, or one; as they were said to be where `until` is given, by what was recorded before it. What
/// the files say, such as the names of those who belong to one or keep it, has one record: what they say now.
///
/// # Errors
/// The database's own.
pub async fn load(
    tx: &mut PgConnection,
    id: Option<&str>,
    until: Option<DateTime<Utc>>,
) -> anyhow::Result<Vec<Federation>> {
    let rows = sqlx::query!(
        "select federation_id, version, last_listed_on from federations where ($1::text is null or federation_id = $1)
         order by (select min(n.reading) from federation_names n where n.federation_id = federations.federation_id),
                  federation_id",
        id
    );
    let mut all: Vec<Federation> = rows
        .fetch_all(&mut *tx)
        .await?
        .into_iter()
        .map(|r| Federation {
            federation_id: r.federation_id,
            version: r.version,
            last_listed_on: r.last_listed_on,
            names: Vec::new(),
            members: Vec::new(),
            secretariats: Vec::new(),
        })
        .collect();
    let rows = sqlx::query!(
        r#"select federation_id as "federation_id!", fact_id as "fact_id!", ja as "ja!", en as "en!", reading as "reading!",
                  lower(valid) as since, upper(valid) as until, precision::text as "precision!"
           from federation_names_said($2) where ($1::text is null or federation_id = $1) order by lower(valid) nulls first"#,
        id,
        until
    );
    for r in rows.fetch_all(&mut *tx).await? {
        let value = Name { ja: r.ja, en: r.en, reading: r.reading };
        let known = known(r.fact_id, (r.since, r.until), &r.precision, value)?;
        if let Some(f) = of(&mut all, &r.federation_id) {
            f.names.push(known);
        }
    }
    let rows = sqlx::query!(
        r#"select m.federation_id as "federation_id!", m.fact_id as "fact_id!", m.ceptoar_id, m.role as "part!: Part",
                  lower(m.valid) as since, upper(m.valid) as until, m.precision::text as "precision!",
                  coalesce(m.body_ja, n.ja, m.ceptoar_id) as "ja!", coalesce(m.body_en, n.en, m.ceptoar_id) as "en!"
           from federation_members_said($2) m
           left join ceptoars c on c.ceptoar_id = m.ceptoar_id
           left join sectors s on s.sector_id = c.sector_id
           left join lateral (
             select x.ja, x.en from ceptoar_names x where x.ceptoar_id = m.ceptoar_id
             order by x.valid @> viewer_today() desc, lower(x.valid) desc nulls last limit 1) n on true
           where ($1::text is null or m.federation_id = $1)
           order by m.role = 'observer', s.position nulls last, c.position, m.body_ja, lower(m.valid) nulls first"#,
        id,
        until
    );
    for r in rows.fetch_all(&mut *tx).await? {
        let who = r.ceptoar_id.map_or_else(|| Who::Body(r.ja.clone()), Who::Ceptoar);
        let value = Membership { who, name: [r.ja, r.en], part: r.part };
        let known = known(r.fact_id, (r.since, r.until), &r.precision, value)?;
        if let Some(f) = of(&mut all, &r.federation_id) {
            f.members.push(known);
        }
    }
    let rows = sqlx::query!(
        r#"select d.federation_id as "federation_id!", d.fact_id as "fact_id!",
                  d.organisation_id as "organisation_id!: OrganisationId", d.unit, d.unit_en, lower(d.valid) as since,
                  upper(d.valid) as until, d.precision::text as "precision!", coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from federation_secretariats_said($2) d
           left join lateral (
             select x.ja, x.en from organisation_names x where x.organisation_id = d.organisation_id
             order by x.valid @> coalesce(lower(d.valid), viewer_today()) desc, lower(x.valid) desc nulls last limit 1) n on true
           where ($1::text is null or d.federation_id = $1) order by lower(d.valid) nulls first"#,
        id,
        until
    );
    for r in rows.fetch_all(tx).await? {
        let unit = r.unit.unwrap_or_default();
        let value = Desk {
            organisation_id: r.organisation_id,
            name: [r.ja, r.en],
            unit: [unit.clone(), r.unit_en.filter(|en| !en.is_empty()).unwrap_or(unit)],
        };
        let known = known(r.fact_id, (r.since, r.until), &r.precision, value)?;
        if let Some(f) = of(&mut all, &r.federation_id) {
            f.secretariats.push(known);
        }
    }
    Ok(all)
}

fn of<'a>(all: &'a mut [Federation], id: &str) -> Option<&'a mut Federation> {
    all.iter_mut().find(|federation| federation.federation_id == id)
}

fn known<T>(
    fact_id: Uuid,
    (from, until): (Option<NaiveDate>, Option<NaiveDate>),
    precision: &str,
    value: T,
) -> anyhow::Result<Known<T>> {
    let precision = Precision::from_code(precision).context("a precision")?;
    Ok(Known { fact_id, valid: Period { from, until }, precision, value })
}

/// The federations that a CEPTOAR belongs to today: id, and name in both languages.
///
/// # Errors
/// The database's own.
pub async fn of_ceptoar(tx: &mut PgConnection, ceptoar_id: &str) -> sqlx::Result<Vec<(String, [String; 2])>> {
    let rows = sqlx::query!(
        "select m.federation_id, n.ja, n.en from federation_members m
         join federation_names n on n.federation_id = m.federation_id and n.valid @> viewer_today()
         where m.ceptoar_id = $1 and m.valid @> viewer_today() order by n.reading",
        ceptoar_id
    );
    Ok(rows.fetch_all(tx).await?.into_iter().map(|r| (r.federation_id, [r.ja, r.en])).collect())
}

/// The CEPTOARs of today, in the government's order: id, and name in both languages.
///
/// # Errors
/// The database's own.
pub async fn ceptoars(tx: &mut PgConnection) -> sqlx::Result<Vec<(String, [String; 2])>> {
    let rows = sqlx::query!(
        "select c.ceptoar_id, n.ja, n.en from ceptoars c join sectors s using (sector_id)
         join ceptoar_names n on n.ceptoar_id = c.ceptoar_id and n.valid @> viewer_today()
         order by s.position, c.position"
    );
    Ok(rows.fetch_all(tx).await?.into_iter().map(|r| (r.ceptoar_id, [r.ja, r.en])).collect())
}

/// Who can keep a federation: associations and ministries of today, by reading.
///
/// # Errors
/// The database's own.
pub async fn keepers(tx: &mut PgConnection) -> sqlx::Result<Vec<(OrganisationId, [String; 2])>> {
    let rows = sqlx::query!(
        r#"select o.organisation_id as "organisation_id: OrganisationId", n.ja, n.en
           from organisations o
           join organisation_names n on n.organisation_id = o.organisation_id and n.valid @> viewer_today()
           where o.kind in ('association', 'ministry') order by o.kind, n.reading"#
    );
    Ok(rows.fetch_all(tx).await?.into_iter().map(|r| (r.organisation_id, [r.ja, r.en])).collect())
}

/// The newest changes that people made, of those recorded before `until` where it is given.
///
/// # Errors
/// The database's own.
pub async fn history(tx: &mut PgConnection, id: &str, until: Option<DateTime<Utc>>) -> sqlx::Result<Vec<PastChange>> {
    let rows = sqlx::query!(
        r#"select h.version, h.kind, h.subject, h.effective_on, h.reason, h.before as "before: Json<Vec<Line>>",
                  h.after as "after: Json<Vec<Line>>", h.made_at, coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from federation_changes h
           left join organisation_names n on n.organisation_id = h.made_by_organisation and n.valid @> viewer_today()
           where h.federation_id = $1 and ($2::timestamptz is null or h.made_at < $2)
           order by h.version desc limit 50"#,
        id,
        until
    );
    let row = rows.fetch_all(tx).await?.into_iter().map(|r| PastChange {
        version: r.version,
        kind: r.kind,
        subject: r.subject,
        effective_on: r.effective_on,
        reason: r.reason,
        before: r.before.0,
        after: r.after.0,
        by: [r.ja, r.en],
        at: r.made_at,
    });
    Ok(row.collect())
}

/// One registration of a new federation comes after the other.
///
/// # Errors
/// The database's own.
pub async fn wait_to_found(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('federations', 0))").execute(tx).await.map(|_| ())
}

/// Whether a federation is called so on a day or later.
///
/// # Errors
/// The database's own.
pub async fn is_called(tx: &mut PgConnection, ja: &str, day: NaiveDate) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from federation_names where ja = $1 and (upper_inf(valid) or upper(valid) > $2)) as "there!""#,
        ja,
        day
    )
    .fetch_one(tx)
    .await
}

/// A new one, without a name yet.
///
/// # Errors
/// The database's own.
pub async fn found(tx: &mut PgConnection, id: &str) -> sqlx::Result<()> {
    sqlx::query!("insert into federations (federation_id) values ($1)", id).execute(tx).await.map(|_| ())
}

/// Counts a change; `false` where somebody else was faster.
///
/// # Errors
/// The database's own.
pub async fn count_up(tx: &mut PgConnection, id: &str, version: i32) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update federations set version = version + 1 where federation_id = $1 and version = $2",
        id,
        version
    );
    Ok(done.execute(tx).await?.rows_affected() == 1)
}

/// Writes down what was changed.
///
/// # Errors
/// The database's own.
pub async fn record(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    (id, version): (&str, i32),
    (kind, subject): (&str, &str),
    change: &Change,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into federation_changes (change_id, federation_id, version, subject, effective_on, reason, before, after,
                                         made_by, made_by_organisation, made_at, kind)
         values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id,
        version,
        subject,
        change.on,
        change.reason,
        Json(&change.before) as _,
        Json(&change.after) as _,
        actor.viewer.account_id.0,
        actor.organisation.0,
        actor.now,
        kind
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// A name for a while.
///
/// # Errors
/// The database's own.
pub async fn add_name(
    tx: &mut PgConnection,
    id: &str,
    (valid, precision): (Period, Precision),
    name: &Name,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into federation_names (federation_id, ja, en, reading, valid, precision)
         values ($1, $2, $3, $4, daterange($5, $6), $7::text::date_precision)",
        id,
        name.ja,
        name.en,
        name.reading,
        valid.from,
        valid.until,
        precision.code()
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Somebody in it for a while.
///
/// # Errors
/// The database's own.
pub async fn add_member(
    tx: &mut PgConnection,
    id: &str,
    (valid, precision): (Period, Precision),
    membership: &Membership,
) -> sqlx::Result<()> {
    let (ceptoar, body) = match &membership.who {
        Who::Ceptoar(ceptoar) => (Some(ceptoar), None),
        Who::Body(_) => (None, Some(&membership.name)),
    };
    sqlx::query!(
        "insert into federation_members (federation_id, ceptoar_id, body_ja, body_en, role, valid, precision)
         values ($1, $2, $3, $4, $5, daterange($6, $7), $8::text::date_precision)",
        id,
        ceptoar,
        body.map(|name| &name[0]),
        body.map(|name| &name[1]),
        membership.part.code(),
        valid.from,
        valid.until,
        precision.code()
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// Somebody keeps it for a while.
///
/// # Errors
/// The database's own.
pub async fn add_desk(
    tx: &mut PgConnection,
    id: &str,
    (valid, precision): (Period, Precision),
    desk: &Desk,
) -> sqlx::Result<()> {
    let unit = |unit: &String| Some(unit.clone()).filter(|unit| !unit.is_empty());
    sqlx::query!(
        "insert into federation_secretariats (federation_id, organisation_id, unit, unit_en, valid, precision)
         values ($1, $2, $3, $4, daterange($5, $6), $7::text::date_precision)",
        id,
        desk.organisation_id.0,
        unit(&desk.unit[0]),
        unit(&desk.unit[1]),
        valid.from,
        valid.until,
        precision.code()
    )
    .execute(tx)
    .await
    .map(|_| ())
}

/// A fact holds until the day before; one that began on that very day never held.
///
/// # Errors
/// The database's own.
pub async fn end(tx: &mut PgConnection, fact: Uuid, began: Option<NaiveDate>, on: NaiveDate) -> sqlx::Result<()> {
    // An id stands in one of the three tables.
    if began == Some(on) {
        sqlx::query!("delete from federation_names where fact_id = $1", fact).execute(&mut *tx).await?;
        sqlx::query!("delete from federation_members where fact_id = $1", fact).execute(&mut *tx).await?;
        sqlx::query!("delete from federation_secretariats where fact_id = $1", fact).execute(tx).await?;
        return Ok(());
    }
    sqlx::query!("update federation_names set valid = daterange(lower(valid), $2) where fact_id = $1", fact, on)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("update federation_members set valid = daterange(lower(valid), $2) where fact_id = $1", fact, on)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("update federation_secretariats set valid = daterange(lower(valid), $2) where fact_id = $1", fact, on)
        .execute(tx)
        .await
        .map(|_| ())
}
