//! SQL of regional offices. What is written goes through functions that ask again for approver, day and reason.

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Beginning, RegionalOffice};
use crate::features::directory::roster::sheet::Period;

/// Those of a CEPTOAR that are on its road on a day or later; the one that is asked for alone.
///
/// # Errors
/// The database's own.
pub async fn load(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    day: NaiveDate,
    fact: Option<Uuid>,
) -> sqlx::Result<Vec<RegionalOffice>> {
    let rows = sqlx::query!(
        r#"select r.fact_id, lower(r.valid) as since, upper(r.valid) as until,
                  coalesce(n.ja, '') as "ja!", coalesce(nullif(n.en, ''), n.ja, '') as "en!",
                  g.code || ' ' || g.scope as part_ja, g.code || ' ' || coalesce(nullif(g.scope_en, ''), g.scope) as part_en
           from regional_offices r
           left join subgroups g using (subgroup_id)
           left join lateral (
             select x.ja, x.en, x.reading from organisation_names x where x.organisation_id = r.organisation_id
             order by x.valid @> $2::date desc, lower(x.valid) desc nulls last limit 1) n on true
           where r.ceptoar_id = $1 and not isempty(r.valid) and (upper_inf(r.valid) or upper(r.valid) > $2)
             and ($3::uuid is null or r.fact_id = $3)
           order by g.code nulls first, n.reading, r.fact_id"#,
        ceptoar_id,
        day,
        fact
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let office = rows.map(|r| RegionalOffice {
        fact_id: r.fact_id,
        name: [r.ja, r.en],
        part: r.part_ja.zip(r.part_en).map(|(ja, en)| [ja, en]),
        valid: Period { from: r.since, until: r.until },
    });
    Ok(office.collect())
}

/// What a name stands in the way of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// It is a regional office of the CEPTOAR already.
    There,
    /// It is the ministry of the CEPTOAR or keeps its desk: items would come there twice.
    Circle,
}

/// Whether a body of that name is on the road of the CEPTOAR on a day or later.
///
/// # Errors
/// The database's own.
pub async fn clash(tx: &mut PgConnection, ceptoar_id: &str, ja: &str, on: NaiveDate) -> sqlx::Result<Option<Clash>> {
    let there = sqlx::query_scalar!(
        r#"select bool_or(b.standing = 'regional') as there
           from bodies_on_the_road b join organisation_names n on n.organisation_id = b.organisation_id
           where b.ceptoar_id = $1 and n.ja = $2 and b.standing in ('ministry', 'secretariat', 'regional')
             and (upper_inf(b.valid) or upper(b.valid) > $3) and (upper_inf(n.valid) or upper(n.valid) > $3)"#,
        ceptoar_id,
        ja,
        on
    )
    .fetch_one(tx)
    .await?;
    Ok(there.map(|there| if there { Clash::There } else { Clash::Circle }))
}

/// An office looks after members from a day on.
///
/// # Errors
/// The database's own.
pub async fn begin(tx: &mut PgConnection, ceptoar_id: &str, on: NaiveDate, office: &Beginning) -> sqlx::Result<()> {
    let names = [&office.name.ja, &office.name.en, &office.name.reading].map(Clone::clone);
    sqlx::query!(
        "select regional_office_begins($1, $2, $3, $4, $5)",
        ceptoar_id,
        &names,
        office.group.as_ref().map(|(id, _)| id.as_str()),
        on,
        office.demonstration
    )
    .fetch_one(tx)
    .await
    .map(|_| ())
}

/// The first day on which an office does no longer; answers whether it did on that day or later.
///
/// # Errors
/// The database's own.
pub async fn end(tx: &mut PgConnection, ceptoar_id: &str, fact: Uuid, on: NaiveDate) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select regional_office_ends($1, $2, $3) as "ended!""#, ceptoar_id, fact, on)
        .fetch_one(tx)
        .await
}
