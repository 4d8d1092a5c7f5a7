//! SQL of offices. Row security decides again about every window that is counted.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::office::{Office, Unreached};
use crate::features::access::directory::Standing;
use crate::features::directory::roster::sheet::Period;
use crate::kernel::ids::OrganisationId;

/// The offices of a CEPTOAR on a day and later: as an item goes, ministries first. As they were said to be where `until` is
/// given: what was recorded before it counts.
///
/// # Errors
/// The database's own.
pub async fn load(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    day: NaiveDate,
    until: Option<DateTime<Utc>>,
) -> sqlx::Result<Vec<Office>> {
    let rows = sqlx::query!(
        r#"select o.organisation_id as "organisation_id!: OrganisationId", o.standing as "standing!: Standing",
                  coalesce(o.part, '') as "part!", coalesce(nullif(o.part_en, ''), o.part, '') as "part_en!",
                  lower(o.valid) as since, upper(o.valid) as until,
                  coalesce(n.ja, '') as "ja!", coalesce(nullif(n.en, ''), n.ja, '') as "en!",
                  exists (select from route_stages_said($3) r
                          where r.ceptoar_id = $1 and r.valid @> $2::date
                            and r.stage = case o.standing when 'regional' then 'member' else o.standing end) as "on_route!",
                  (select count(*) from contacts_said($3) k
                   where k.organisation_id = o.organisation_id and k.valid @> $2::date
                     and (k.ceptoar_id = $1 or (k.ceptoar_id is null and o.standing = 'ministry'))
                     and exists (select from contact_channels_said($3) c
                                 where c.contact_id = k.contact_id and c.kind = 'mail' and c.valid @> $2::date)) as "windows!"
           from (
             select t.organisation_id, 'secretariat' as standing, t.unit as part, t.unit_en as part_en, t.position, t.valid
             from secretariat_terms_said($3) t where t.ceptoar_id = $1
             union all
             select m.organisation_id, 'ministry', m.part_ja, m.part_en, 0, m.valid
             from sector_ministries_said($3) m join ceptoars c using (sector_id) where c.ceptoar_id = $1
             union all
             select r.organisation_id, 'regional', g.code || ' ' || g.scope, g.code || ' ' || coalesce(nullif(g.scope_en, ''), g.scope), 0, r.valid
             from regional_offices_said($3) r left join subgroups_said($3) g using (subgroup_id)
             where r.ceptoar_id = $1 and not isempty(r.valid)) o
           left join lateral (
             select x.ja, x.en, x.reading from organisation_names_said($3) x where x.organisation_id = o.organisation_id
             order by x.valid @> $2::date desc, lower(x.valid) desc nulls last limit 1) n on true
           where upper_inf(o.valid) or upper(o.valid) > $2
           order by stage_place(o.standing), o.position, n.reading, lower(o.valid) nulls first"#,
        ceptoar_id,
        day,
        until
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let office = rows.map(|r| Office {
        organisation_id: r.organisation_id,
        name: [r.ja, r.en],
        standing: r.standing,
        part: [r.part, r.part_en],
        valid: Period { from: r.since, until: r.until },
        on_route: r.on_route,
        windows: r.windows,
    });
    Ok(office.collect())
}

/// The CEPTOARs whose ministries or regional offices some organisations are.
///
/// # Errors
/// The database's own.
pub async fn of_ministries(
    tx: &mut PgConnection,
    organisations: &[OrganisationId],
) -> sqlx::Result<Vec<(String, OrganisationId)>> {
    let organisations: Vec<Uuid> = organisations.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select distinct b.ceptoar_id as "ceptoar_id!", b.organisation_id as "organisation_id!: OrganisationId"
           from bodies_on_the_road b
           where b.standing in ('ministry', 'regional') and b.organisation_id = any ($1)
             and (upper_inf(b.valid) or upper(b.valid) > viewer_today())"#,
        &organisations
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| (r.ceptoar_id, r.organisation_id)).collect())
}

/// Offices over which advisories are sent today, and which no mail can reach: the secretariats of some CEPTOARs, and some
/// ministries and regional offices.
///
/// # Errors
/// The database's own.
pub async fn unreached(
    tx: &mut PgConnection,
    desks: &[String],
    ministries: &[OrganisationId],
) -> sqlx::Result<Vec<Unreached>> {
    let ministries: Vec<Uuid> = ministries.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select b.ceptoar_id as "ceptoar_id!", b.organisation_id as "organisation_id!: OrganisationId",
                  coalesce(n.ja, '') as "ceptoar_ja!", coalesce(n.en, '') as "ceptoar_en!",
                  coalesce(o.ja, '') as "ja!", coalesce(nullif(o.en, ''), o.ja, '') as "en!"
           from bodies_on_the_road b
           join route_stages r on r.ceptoar_id = b.ceptoar_id and r.valid @> viewer_today()
            and r.stage = case b.standing when 'regional' then 'member' else b.standing end
           left join ceptoar_names n on n.ceptoar_id = b.ceptoar_id and n.valid @> viewer_today()
           left join organisation_names o on o.organisation_id = b.organisation_id and o.valid @> viewer_today()
           where b.valid @> viewer_today()
             and (b.standing = 'secretariat' and b.ceptoar_id = any ($1)
                  or b.standing in ('ministry', 'regional') and b.organisation_id = any ($2))
             and not exists (
               select from contacts k join contact_channels c on c.contact_id = k.contact_id
               where k.organisation_id = b.organisation_id and k.valid @> viewer_today()
                 and (k.ceptoar_id = b.ceptoar_id or (k.ceptoar_id is null and b.standing = 'ministry'))
                 and c.kind = 'mail' and c.valid @> viewer_today())
           order by b.ceptoar_id, b.organisation_id"#,
        desks,
        &ministries
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let unreached = rows.map(|r| Unreached {
        ceptoar_id: r.ceptoar_id,
        ceptoar: [r.ceptoar_ja, r.ceptoar_en],
        organisation_id: r.organisation_id,
        name: [r.ja, r.en],
    });
    Ok(unreached.collect())
}
