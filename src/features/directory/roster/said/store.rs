//! SQL of what the roster said once. A row counts that was recorded before `until` and not yet changed then: the functions
//! `…_said(until)` of the database know both kinds.

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
           from organisation_names_said($2) where organisation_id = $1 order by lower(valid) nulls first"#,
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
           from memberships_said($3) where ceptoar_id = $1 and organisation_id = $2 order by lower(valid) nulls first"#,
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

/// As what a body that is no member was said to be there, and in which periods.
async fn beside_members(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    until: DateTime<Utc>,
) -> sqlx::Result<(Standing, Vec<Dated<Membership>>)> {
    let rows = sqlx::query!(
        r#"select standing as "standing!: Standing", lower(valid) as since, upper(valid) as until
           from (
             select 'partner' as standing, valid from partnerships_said($3)
             where ceptoar_id = $1 and organisation_id = $2 and not isempty(valid)
             union all
             select 'secretariat', valid from secretariat_terms_said($3) where ceptoar_id = $1 and organisation_id = $2
             union all
             select 'ministry', m.valid from sector_ministries_said($3) m join ceptoars c using (sector_id)
             where c.ceptoar_id = $1 and m.organisation_id = $2
             union all
             select 'regional', valid from regional_offices_said($3)
             where ceptoar_id = $1 and organisation_id = $2 and not isempty(valid)) p
           order by array_position(array['partner', 'secretariat', 'ministry', 'regional'], standing), lower(valid) nulls first"#,
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
           from contacts_said($3) where organisation_id = $1 and ceptoar_id = $2
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
           from contact_channels_said($2) where contact_id = any ($1) order by position, lower(valid) nulls first"#,
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
          select organisation_id, kind, unit, subgroup_id, hub, valid from memberships_said($7)
          where ceptoar_id = $1 and valid @> $2::date),
        page as (
          -- Name by name, which the limit holds it to: the planner knows nothing of how many members were said, and would
          -- compare each with all names.
          select m.*, n.ja, n.en, n.reading from said m left join lateral (
            select ja, en, reading from organisation_names_said($7)
            where organisation_id = m.organisation_id and valid @> $2::date limit 1) n on true
          where ($3::text is null or coalesce(folded_name(n.ja, n.reading, n.en) like $3, false))
            and ($8::text is null or m.kind = $8)
          order by n.reading, m.organisation_id limit $5::bigint + 1 offset $6)
        select p.organisation_id as "organisation_id!: OrganisationId", coalesce(p.ja, '') as "ja!",
               coalesce(p.en, '') as "en!", p.kind as "kind!: MemberKind", p.unit as "unit!", s.code as "subgroup?", p.hub as "hub!",
               lower(p.valid) as since, upper(p.valid) as until,
               case when $4 then (select count(*) from contacts_said($7) k where k.organisation_id = p.organisation_id
                                  and k.ceptoar_id = $1 and k.valid @> $2::date) end as windows
        from page p left join subgroups_said($7) s on s.ceptoar_id = $1 and s.subgroup_id = p.subgroup_id
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
           from memberships_said($3) where ceptoar_id = $1 and valid @> $2::date
           group by unit order by count(*) desc, unit"#,
        ceptoar_id,
        day,
        until
    )
    .fetch_all(tx)
    .await
}
