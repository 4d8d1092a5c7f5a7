//! SQL of what the roster said once. A row counts that was recorded before `until` and not yet changed then.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::features::access::directory::Standing;
use crate::features::directory::roster::sheet::{
    Channel, ChannelKind, Dated, Hours, MemberKind, MemberRow, Membership, Name, Period, Sheet, Tally, Window,
    WindowFacts,
};
use crate::features::directory::roster::store::{Asked, PAGE, as_body, gathered};
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::kernel::language::Language;

/// Everything that was said about a member.
pub async fn sheet(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    until: DateTime<Utc>,
) -> sqlx::Result<Sheet> {
    let names = sqlx::query!(
        r#"select fact_id as "fact_id!", ja as "ja!", en as "en!", reading as "reading!", lower(valid) as since,
                  upper(valid) as until
           from (
             select fact_id, ja, en, reading, valid from organisation_names where organisation_id = $1 and recorded_at < $2
             union all
             select fact_id, fact ->> 'ja', fact ->> 'en', fact ->> 'reading', (fact ->> 'valid')::daterange
             from directory_versions
             where organisation_id = $1 and relation = 'organisation_names'
               and lower(recorded) < $2 and upper(recorded) >= $2) n
           order by lower(valid) nulls first"#,
        organisation.0,
        until
    );
    let names = names.fetch_all(&mut *tx).await?.into_iter().map(|r| Dated {
        fact_id: r.fact_id,
        valid: Period { from: r.since, until: r.until },
        value: Name { ja: r.ja, en: r.en, reading: r.reading },
    });
    let memberships = sqlx::query!(
        r#"select fact_id as "fact_id!", kind as "kind!: MemberKind", unit as "unit!", subgroup_id, hub as "hub!", lower(valid) as since,
                  upper(valid) as until
           from (
             select fact_id, kind, unit, subgroup_id, hub, valid from memberships
             where ceptoar_id = $1 and organisation_id = $2 and recorded_at < $3
             union all
             select fact_id, coalesce(fact ->> 'kind', 'full'), fact ->> 'unit', fact ->> 'subgroup_id', (fact ->> 'hub')::boolean,
                    (fact ->> 'valid')::daterange
             from directory_versions
             where ceptoar_id = $1 and organisation_id = $2 and relation = 'memberships'
               and lower(recorded) < $3 and upper(recorded) >= $3) m
           order by lower(valid) nulls first"#,
        ceptoar_id,
        organisation.0,
        until
    );
    let memberships = memberships.fetch_all(&mut *tx).await?.into_iter().map(|r| Dated {
        fact_id: r.fact_id,
        valid: Period { from: r.since, until: r.until },
        value: Membership { kind: r.kind, unit: r.unit, subgroup: r.subgroup_id, hub: r.hub },
    });
    let memberships: Vec<Dated<Membership>> = memberships.collect();
    let (standing, memberships) = match memberships.is_empty() {
        true => beside_members(tx, ceptoar_id, organisation, until).await?,
        false => (Standing::Member, memberships),
    };
    Ok(Sheet {
        organisation_id: organisation,
        ceptoar_id: ceptoar_id.to_owned(),
        names: names.collect(),
        standing,
        memberships,
        windows: windows(tx, ceptoar_id, organisation, until).await?,
    })
}

/// As what a body that is no member was said to be there, and in which periods. Of secretariats and ministries the files
/// keep one record only: what they say now.
async fn beside_members(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    until: DateTime<Utc>,
) -> sqlx::Result<(Standing, Vec<Dated<Membership>>)> {
    let rows = sqlx::query!(
        r#"select standing as "standing!: Standing", lower(valid) as since, upper(valid) as until
           from (
             select 'partner' as standing, valid from partnerships
             where ceptoar_id = $1 and organisation_id = $2 and recorded_at < $3
             union all
             select 'partner', (fact ->> 'valid')::daterange from directory_versions
             where ceptoar_id = $1 and organisation_id = $2 and relation = 'partnerships'
               and lower(recorded) < $3 and upper(recorded) >= $3
             union all
             select standing, valid from bodies_on_the_road
             where ceptoar_id = $1 and organisation_id = $2 and standing in ('secretariat', 'ministry')) p
           order by array_position(array['partner', 'secretariat', 'ministry'], standing), lower(valid) nulls first"#,
        ceptoar_id,
        organisation.0,
        until
    );
    let rows = rows.fetch_all(tx).await?;
    let standing = rows.first().map_or(Standing::Member, |r| r.standing);
    let own = rows.into_iter().filter(|r| r.standing == standing);
    Ok((standing, own.map(|r| as_body(r.since, r.until)).collect()))
}

async fn windows(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    until: DateTime<Utc>,
) -> sqlx::Result<Vec<Window>> {
    let rows = sqlx::query!(
        r#"select contact_id as "contact_id!: ContactId", fact_id as "fact_id!", position as "position!", label as "label!",
                  handler as "handler!", language as "language!", lower(valid) as since, upper(valid) as until
           from (
             select contact_id, fact_id, position, label, handler, language, valid from contacts
             where organisation_id = $1 and ceptoar_id = $2 and recorded_at < $3
             union all
             select contact_id, fact_id, (fact ->> 'position')::smallint, fact ->> 'label', (fact ->> 'handler')::boolean,
                    fact ->> 'language', (fact ->> 'valid')::daterange
             from directory_versions
             where organisation_id = $1 and ceptoar_id = $2 and relation = 'contacts'
               and lower(recorded) < $3 and upper(recorded) >= $3) k
           order by contact_id, lower(valid) nulls first"#,
        organisation.0,
        ceptoar_id,
        until
    );
    let facts: Vec<(ContactId, Dated<WindowFacts>)> = rows
        .fetch_all(&mut *tx)
        .await?
        .into_iter()
        .map(|r| {
            let language = Language::from_code(&r.language);
            let value = WindowFacts { position: r.position, label: r.label, handler: r.handler, language };
            (r.contact_id, Dated { fact_id: r.fact_id, valid: Period { from: r.since, until: r.until }, value })
        })
        .collect();
    let known: Vec<Uuid> = facts.iter().map(|(window, _)| window.0).collect();
    let rows = sqlx::query!(
        r#"select contact_id as "contact_id!", fact_id as "fact_id!", kind as "kind!", value as "value!", hours as "hours!",
                  last_verified_on, lower(valid) as since, upper(valid) as until
           from (
             select contact_id, fact_id, position, kind, value, hours, last_verified_on, valid from contact_channels
             where contact_id = any ($3) and recorded_at < $4
             union all
             select contact_id, fact_id, (fact ->> 'position')::smallint, fact ->> 'kind', fact ->> 'value',
                    fact ->> 'hours', (fact ->> 'last_verified_on')::date, (fact ->> 'valid')::daterange
             from directory_versions
             where organisation_id = $1 and ceptoar_id = $2 and relation = 'contact_channels' and contact_id = any ($3)
               and lower(recorded) < $4 and upper(recorded) >= $4) c
           order by position, lower(valid) nulls first"#,
        organisation.0,
        ceptoar_id,
        &known,
        until
    );
    let mut ways: BTreeMap<Uuid, Vec<Dated<Channel>>> = BTreeMap::new();
    for r in rows.fetch_all(tx).await? {
        let (Some(kind), Some(hours)) = (ChannelKind::from_code(&r.kind), Hours::from_code(&r.hours)) else { continue };
        let value = Channel { kind, value: r.value, hours, verified_on: r.last_verified_on };
        let valid = Period { from: r.since, until: r.until };
        ways.entry(r.contact_id).or_default().push(Dated { fact_id: r.fact_id, valid, value });
    }
    Ok(gathered(facts, ways))
}

/// The members of a day as they were said to be: one page, and one row more if there is another. Words are looked for in
/// the names of that day alone.
pub async fn roster(tx: &mut PgConnection, asked: Asked<'_>, until: DateTime<Utc>) -> sqlx::Result<Vec<MemberRow>> {
    let rows = sqlx::query!(
        r#"
        with said as (
          select organisation_id, kind, unit, subgroup_id, hub, valid from memberships
          where ceptoar_id = $1 and valid @> $2::date and recorded_at < $7
          union all
          select organisation_id, coalesce(fact ->> 'kind', 'full'), fact ->> 'unit', fact ->> 'subgroup_id',
                 (fact ->> 'hub')::boolean,
                 (fact ->> 'valid')::daterange
          from directory_versions
          where ceptoar_id = $1 and relation = 'memberships' and lower(recorded) < $7 and upper(recorded) >= $7
            and (fact ->> 'valid')::daterange @> $2::date),
        page as (
          -- Name by name: the planner knows nothing of how many members were said, and would compare each with all names.
          select m.*, n.ja, n.en, n.reading from said m left join lateral (
            select ja, en, reading from organisation_names
            where organisation_id = m.organisation_id and valid @> $2::date and recorded_at < $7
            union all
            select fact ->> 'ja', fact ->> 'en', fact ->> 'reading' from directory_versions
            where organisation_id = m.organisation_id and relation = 'organisation_names'
              and lower(recorded) < $7 and upper(recorded) >= $7 and (fact ->> 'valid')::daterange @> $2::date) n on true
          where ($3::text is null or coalesce(folded_name(n.ja, n.reading, n.en) like $3, false))
            and ($8::text is null or m.kind = $8)
          order by n.reading, m.organisation_id limit $5::bigint + 1 offset $6),
        counted as (
          select k.organisation_id, count(*) as windows from (
            select organisation_id from contacts where ceptoar_id = $1 and valid @> $2::date and recorded_at < $7
              and organisation_id in (select organisation_id from page)
            union all
            select organisation_id from directory_versions
            where ceptoar_id = $1 and relation = 'contacts' and lower(recorded) < $7 and upper(recorded) >= $7
              and (fact ->> 'valid')::daterange @> $2::date and organisation_id in (select organisation_id from page)) k
          group by k.organisation_id)
        select p.organisation_id as "organisation_id!: OrganisationId", coalesce(p.ja, '') as "ja!",
               coalesce(p.en, '') as "en!", p.kind as "kind!: MemberKind", p.unit as "unit!", s.code as "subgroup?", p.hub as "hub!",
               lower(p.valid) as since, upper(p.valid) as until, case when $4 then coalesce(k.windows, 0) end as windows
        from page p left join subgroups s on s.subgroup_id = p.subgroup_id left join counted k using (organisation_id)
        order by p.reading, p.organisation_id"#,
        asked.ceptoar_id,
        asked.day,
        asked.pattern,
        asked.with_windows,
        PAGE,
        asked.skip,
        until,
        asked.kind.map(MemberKind::code)
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| MemberRow {
            organisation_id: r.organisation_id,
            name: [r.ja, r.en],
            old_name: None,
            kind: r.kind,
            unit: r.unit,
            subgroup: r.subgroup,
            hub: r.hub,
            valid: Period { from: r.since, until: r.until },
            windows: r.windows,
        })
        .collect())
}

/// How many members a day was said to have, unit by unit.
pub async fn tally(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    day: NaiveDate,
    until: DateTime<Utc>,
) -> sqlx::Result<Vec<Tally>> {
    sqlx::query_as!(
        Tally,
        r#"select unit as "unit!", count(*) as "members!", count(*) filter (where kind = 'observer') as "observers!"
           from (
             select unit, kind from memberships where ceptoar_id = $1 and valid @> $2::date and recorded_at < $3
             union all
             select fact ->> 'unit', fact ->> 'kind' from directory_versions
             where ceptoar_id = $1 and relation = 'memberships' and lower(recorded) < $3 and upper(recorded) >= $3
               and (fact ->> 'valid')::daterange @> $2::date) m
           group by unit order by count(*) desc, unit"#,
        ceptoar_id,
        day,
        until
    )
    .fetch_all(tx)
    .await
}
