//! SQL of the search. Everything is compared in its folded form (`kernel::text::folded`).

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::found::{FoundCeptoar, FoundOrganisation, FoundWindow, Part, Place};
use super::records::{FoundRecord, RecordKind};
use crate::features::access::Viewer;
use crate::features::access::activity::ActivityFacts;
use crate::kernel::ids::OrganisationId;

/// How many of a kind are shown; one more is read, to know whether there are more.
pub const SHOWN: i64 = 50;

/// How many of a kind are brought into order. Where more hold the words, nobody looks for one of them by its place in the
/// list: the first ones that were found are as good.
const SORTED: i64 = 1000;

/// CEPTOARs whose names, or whose sector's, hold all the words; in the government's order.
pub async fn ceptoars(tx: &mut PgConnection, patterns: &[String]) -> sqlx::Result<Vec<FoundCeptoar>> {
    let rows = sqlx::query!(
        r#"select c.ceptoar_id, n.ja, n.en, sn.ja as sector_ja, sn.en as sector_en, f.ja as "found_ja!", f.en as "found_en!"
           from ceptoars c
           join sectors s on s.sector_id = c.sector_id
           join lateral (select x.ja, x.en from ceptoar_names x where x.ceptoar_id = c.ceptoar_id
                         order by x.valid @> viewer_today() desc, lower(x.valid) desc nulls last limit 1) n on true
           join lateral (select x.ja, x.en from sector_names x where x.sector_id = c.sector_id
                         order by x.valid @> viewer_today() desc, lower(x.valid) desc nulls last limit 1) sn on true
           join lateral (
             select x.ja, x.en from (
               select y.ja, y.en, y.reading, y.valid from ceptoar_names y where y.ceptoar_id = c.ceptoar_id
               union all
               select y.ja, y.en, y.reading, y.valid from sector_names y where y.sector_id = c.sector_id) x
             where folded_name(x.ja, x.reading, x.en) like all ($1)
             order by x.valid @> viewer_today() desc, lower(x.valid) desc nulls last limit 1) f on true
           order by s.position, c.position"#,
        patterns
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| FoundCeptoar {
            ceptoar_id: r.ceptoar_id,
            former: (r.found_ja != r.ja && r.found_ja != r.sector_ja).then_some([r.found_ja, r.found_en]),
            name: [r.ja, r.en],
            sector: [r.sector_ja, r.sector_en],
        })
        .collect())
}

/// Organisations with a present or past name that holds all the words, in the government's order and by reading; those
/// that are no members first.
/// What a firm will be called is nobody's to find before its day.
///
/// `offset 0`: nobody can tell beforehand how many names hold the words, so who may see them is settled for all at once
/// and not name by name. For the same reason places are read at once and held against what was found.
/// `(select viewer_today())`: asked once, and not for each of some 40,000 rows.
pub async fn organisations(tx: &mut PgConnection, patterns: &[String]) -> sqlx::Result<Vec<FoundOrganisation>> {
    let rows = sqlx::query!(
        r#"with hits as materialized (
             select x.organisation_id, x.ja, x.en, x.reading, x.since,
                    coalesce(x.valid @> (select viewer_today()), false) as current
             from (select y.organisation_id, y.ja, y.en, y.reading, y.folded, y.valid, lower(y.valid) as since
                   from organisation_names y where coalesce(lower(y.valid) <= (select viewer_today()), true) offset 0) x
             where x.folded like all ($1) limit $3::bigint),
           found as materialized (
             select h.organisation_id, h.ja, h.en, h.reading from hits h where h.current
             union all
             select former.* from (
               select distinct on (h.organisation_id) h.organisation_id, h.ja, h.en, coalesce(n.reading, h.reading)
               from hits h
               left join organisation_names n on n.organisation_id = h.organisation_id and n.valid @> (select viewer_today())
               where not h.current
                 and not exists (select from hits c where c.current and c.organisation_id = h.organisation_id)
               order by h.organisation_id, h.since desc nulls last) former),
           -- By the government's order of sectors: of several places the first.
           placed as materialized (
             select p.organisation_id,
                    min(g.position * 1000 + c.position) filter (where p.valid @> (select viewer_today())) as place from (
               select m.organisation_id, m.ceptoar_id, m.valid from memberships m
               union all
               select b.organisation_id, b.ceptoar_id, b.valid from partnerships b
               union all
               select t.organisation_id, t.ceptoar_id, t.valid from secretariat_terms t
               union all
               select y.organisation_id, z.ceptoar_id, y.valid
               from sector_ministries y join ceptoars z on z.sector_id = y.sector_id offset 0) p
             join ceptoars c on c.ceptoar_id = p.ceptoar_id join sectors g on g.sector_id = c.sector_id
             where p.organisation_id in (select f.organisation_id from found f)
             group by p.organisation_id),
           shown as (
             select f.*, p.place, f.organisation_id not in (
                      select o.organisation_id from organisations o
                      where o.organisation_id = any (array(select x.organisation_id from found x))
                        and o.kind <> 'member') as member
             from found f left join placed p using (organisation_id)
             order by member, p.place, f.reading, f.organisation_id limit $2::bigint + 1)
           select s.organisation_id as "organisation_id!: OrganisationId", s.member as "member!",
                  coalesce(n.ja, s.ja) as "ja!", coalesce(n.en, s.en) as "en!", s.ja as "found_ja!", s.en as "found_en!"
           from shown s
           left join organisation_names n on n.organisation_id = s.organisation_id and n.valid @> (select viewer_today())
           order by s.member, s.place, s.reading, s.organisation_id"#,
        patterns,
        SHOWN,
        SORTED
    )
    .fetch_all(&mut *tx)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|r| r.organisation_id.0).collect();
    let mut places = places(tx, &ids).await?;
    Ok(rows
        .into_iter()
        .map(|r| FoundOrganisation {
            organisation_id: r.organisation_id,
            former: (r.found_ja != r.ja).then_some([r.found_ja, r.found_en]),
            name: [r.ja, r.en],
            member: r.member,
            places: places.remove(&r.organisation_id.0).unwrap_or_default(),
        })
        .collect())
}

/// What organisations do today.
async fn places(tx: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<HashMap<Uuid, Vec<Place>>> {
    let rows = sqlx::query!(
        r#"select p.organisation_id as "organisation_id!", p.ceptoar_id as "ceptoar_id!", p.part as "part!: Part",
                  coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from (
             select y.organisation_id, z.ceptoar_id, 'ministry' as part, y.valid
             from sector_ministries y join ceptoars z on z.sector_id = y.sector_id where y.organisation_id = any ($1)
             union
             select r.organisation_id, r.ceptoar_id, 'regional', r.valid
             from regional_offices r where r.organisation_id = any ($1)
             union
             select t.organisation_id, t.ceptoar_id, 'secretariat', t.valid
             from secretariat_terms t where t.organisation_id = any ($1)
             union
             select m.organisation_id, m.ceptoar_id, 'member', m.valid
             from memberships m where m.organisation_id = any ($1)
             union
             select b.organisation_id, b.ceptoar_id, 'partner', b.valid
             from partnerships b where b.organisation_id = any ($1)) p
           join ceptoars c on c.ceptoar_id = p.ceptoar_id
           join sectors s on s.sector_id = c.sector_id
           left join ceptoar_names n on n.ceptoar_id = p.ceptoar_id and n.valid @> viewer_today()
           where p.valid @> viewer_today()
           order by s.position, c.position, p.part"#,
        ids
    )
    .fetch_all(tx)
    .await?;
    let mut places: HashMap<Uuid, Vec<Place>> = HashMap::new();
    for r in rows {
        let place = Place { ceptoar_id: r.ceptoar_id, ceptoar: [r.ja, r.en], part: r.part };
        places.entry(r.organisation_id).or_default().push(place);
    }
    Ok(places)
}

/// Windows of today whose label holds all the words, by their organisation's reading.
pub async fn windows(tx: &mut PgConnection, patterns: &[String]) -> sqlx::Result<Vec<FoundWindow>> {
    let rows = sqlx::query!(
        r#"with hits as materialized (
             select k.organisation_id, k.ceptoar_id, k.label, k.position from contacts k
             where k.ceptoar_id is not null and k.valid @> (select viewer_today()) and k.folded like all ($1)
             order by k.organisation_id, k.position limit $3::bigint)
           select k.organisation_id as "organisation_id: OrganisationId", k.ceptoar_id as "ceptoar_id!", k.label,
                  coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from hits k
           left join organisation_names n on n.organisation_id = k.organisation_id and n.valid @> (select viewer_today())
           order by n.reading, k.organisation_id, k.position limit $2::bigint + 1"#,
        patterns,
        SHOWN,
        SORTED
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| FoundWindow {
            organisation_id: r.organisation_id,
            organisation: [r.ja, r.en],
            ceptoar_id: r.ceptoar_id,
            label: r.label,
        })
        .collect())
}

/// Records of which a text holds all the words, by kind: of each in the government's order, then the newest first.
pub async fn records(tx: &mut PgConnection, viewer: &Viewer, patterns: &[String]) -> sqlx::Result<Vec<FoundRecord>> {
    let own: Vec<Uuid> = viewer.affiliations.iter().map(|a| a.organisation_id.0).collect();
    let rows = sqlx::query!(
        r#"with hits as (
             select 'group' as kind, g.ceptoar_id, g.subgroup_id as id, g.code || ' ' || g.scope as ja, g.scope_en as en,
                    null::date as day
             from subgroups g
             where g.valid @> viewer_today() and folded_name(g.code, g.scope, g.scope_en) like all ($1)
             union all
             select distinct on (f.federation_id) 'federation', null, f.federation_id, n.ja, n.en, null
             from federation_names f
             join federation_names n on n.federation_id = f.federation_id and n.valid @> viewer_today()
             where coalesce(lower(f.valid) <= viewer_today(), true) and folded_name(f.ja, f.reading, f.en) like all ($1)
             union all
             select 'rule', r.ceptoar_id, r.rule_id::text, r.title || ' ' || r.edition, '', lower(r.valid)
             from handling_rules r where folded_name(r.title, r.summary, r.edition) like all ($1)
             union all
             select 'setup', t.ceptoar_id, t.fact_id::text, t.remark, t.remark_en, t.from_on
             from setup_facts t where t.taken_back_at is null and folded_name(t.remark, '', t.remark_en) like all ($1)
             union all
             select 'activity', a.ceptoar_id, a.activity_id::text, a.title, a.title_en, a.from_on
             from activities a where a.taken_back_at is null and a.folded like all ($1)),
           ranked as (
             select h.*, s.position as sector, c.position as ceptoar, c.sector_id,
                    row_number() over (partition by h.kind
                                       order by s.position, c.position, h.day desc nulls last, h.ja, h.id) as nth
             from hits h left join ceptoars c on c.ceptoar_id = h.ceptoar_id left join sectors s on s.sector_id = c.sector_id)
           select r.kind as "kind!: RecordKind", r.ceptoar_id, r.id as "id!", left(r.ja, 200) as "ja!",
                  left(r.en, 200) as "en!", coalesce(n.ja, '') as "ceptoar_ja!", coalesce(n.en, '') as "ceptoar_en!",
                  array(select m.organisation_id from sector_ministries m
                        where m.sector_id = r.sector_id and m.valid @> viewer_today()) as "ministries!",
                  array(select m.organisation_id from memberships m
                        where m.ceptoar_id = r.ceptoar_id and m.organisation_id = any ($3)
                          and m.valid @> viewer_today()) as "members!"
           from ranked r left join ceptoar_names n on n.ceptoar_id = r.ceptoar_id and n.valid @> viewer_today()
           where r.nth <= $2::bigint + 1 order by r.kind, r.nth"#,
        patterns,
        SHOWN,
        &own
    )
    .fetch_all(tx)
    .await?;
    let ids = |ids: Vec<Uuid>| ids.into_iter().map(OrganisationId).collect::<Vec<_>>();
    Ok(rows
        .into_iter()
        .map(|r| FoundRecord {
            kind: r.kind,
            id: r.id,
            name: [r.ja, r.en],
            ceptoar: [r.ceptoar_ja, r.ceptoar_en],
            of: r.ceptoar_id.map(|ceptoar_id| ActivityFacts {
                ceptoar_id,
                ministries: ids(r.ministries),
                members: ids(r.members),
            }),
        })
        .collect())
}
