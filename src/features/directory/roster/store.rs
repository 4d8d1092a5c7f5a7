//! SQL of looking at the roster.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

pub use super::past::PastChange;
pub use super::past::store::{history, history_of_ceptoar};
use super::sheet::{
    Channel, ChannelKind, Dated, Hours, MemberKind, MemberRow, Membership, Name, Period, Sheet, Tally, Window,
    WindowFacts,
};
use crate::features::access::directory::{RosterFacts, Standing};
use crate::features::access::{Role, Viewer};
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::kernel::language::Language;

/// A CEPTOAR and what its members can be.
#[derive(Debug, Clone)]
pub struct CeptoarFacts {
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// The units that its members are counted in.
    pub units: Vec<String>,
    /// Its subgroups, those of the past and to come as well.
    pub subgroups: Vec<Subgroup>,
}

/// A subgroup of the business-type tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subgroup {
    /// Which.
    pub subgroup_id: String,
    /// What it is called in lists.
    pub code: String,
    /// When it is there.
    pub valid: Period,
}

impl CeptoarFacts {
    /// The code of a subgroup; empty where there is none.
    #[must_use]
    pub fn code_of(&self, subgroup: Option<&str>) -> &str {
        subgroup.and_then(|id| self.subgroup(id)).map_or("", |known| known.code.as_str())
    }

    /// One of its subgroups.
    #[must_use]
    pub fn subgroup(&self, id: &str) -> Option<&Subgroup> {
        self.subgroups.iter().find(|known| known.subgroup_id == id)
    }

    /// The subgroups that a member can be in from a day on without an end in sight.
    pub fn subgroups_from(&self, day: NaiveDate) -> impl Iterator<Item = &Subgroup> {
        self.subgroups.iter().filter(move |known| known.valid.holds_on(day) && known.valid.until.is_none())
    }
}

/// A CEPTOAR by its id.
pub async fn ceptoar(tx: &mut PgConnection, id: &str) -> sqlx::Result<Option<CeptoarFacts>> {
    let Some(name) = sqlx::query!(
        "select n.ja, n.en from ceptoars c join ceptoar_names n using (ceptoar_id)
         where c.ceptoar_id = $1 order by n.valid @> viewer_today() desc, lower(n.valid) desc nulls last limit 1",
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    else {
        return Ok(None);
    };
    let units = sqlx::query_scalar!(
        r#"select unit as "unit!" from (
             select unit from member_counts where ceptoar_id = $1 and upper_inf(valid)
             union select unit from memberships where ceptoar_id = $1) u order by unit"#,
        id
    )
    .fetch_all(&mut *tx)
    .await?;
    let subgroups = sqlx::query!(
        "select subgroup_id, code, lower(valid) as since, upper(valid) as until from subgroups
         where ceptoar_id = $1 and kind = 'subgroup' and not isempty(valid) order by code, lower(valid) nulls first",
        id
    );
    let subgroups = subgroups.fetch_all(tx).await?.into_iter().map(|r| Subgroup {
        subgroup_id: r.subgroup_id,
        code: r.code,
        valid: Period { from: r.since, until: r.until },
    });
    Ok(Some(CeptoarFacts { name: [name.ja, name.en], units, subgroups: subgroups.collect() }))
}

/// What deciding about a member needs to know; `None` where there is no such member for the viewer.
pub async fn facts(
    tx: &mut PgConnection,
    viewer: &Viewer,
    ceptoar_id: &str,
    organisation: OrganisationId,
) -> sqlx::Result<Option<RosterFacts>> {
    let own: Vec<_> = viewer
        .affiliations
        .iter()
        .filter(|a| matches!(a.role, Role::MemberPoc | Role::HubMember) && a.organisation_id == organisation)
        .filter(|a| a.ceptoar_id.as_ref().is_none_or(|c| c == ceptoar_id))
        .map(|a| a.contact_id)
        .collect();
    let windows: Vec<Uuid> = own.iter().flatten().map(|window| window.0).collect();
    let found = sqlx::query!(
        r#"select (select b.standing from bodies_on_the_road b where b.ceptoar_id = $1 and b.organisation_id = $2
                   order by array_position(array['member', 'partner', 'secretariat', 'ministry', 'regional'], b.standing) limit 1)
                    as "standing: Standing",
                  exists (select from contacts where contact_id = any ($3) and handler and valid @> viewer_today())
                    as "handler!""#,
        ceptoar_id,
        organisation.0,
        &windows
    )
    .fetch_one(tx)
    .await?;
    Ok(found.standing.map(|standing| RosterFacts {
        handles: found.handler || own.iter().any(Option::is_none),
        ..RosterFacts::of(ceptoar_id, organisation, standing)
    }))
}

/// What is asked of a roster.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Of which CEPTOAR.
    pub ceptoar_id: &'a str,
    /// As of which day.
    pub day: NaiveDate,
    /// What to look for in present and past names.
    pub pattern: Option<&'a str>,
    /// Of which kind alone.
    pub kind: Option<MemberKind>,
    /// Whether windows are counted.
    pub with_windows: bool,
    /// How many rows to pass over.
    pub skip: i64,
}

/// How many rows a page of the roster has.
pub const PAGE: i64 = 200;

/// The members on a day, by reading: one page, and one row more if there is another.
pub async fn roster(tx: &mut PgConnection, asked: Asked<'_>) -> sqlx::Result<Vec<MemberRow>> {
    let rows = sqlx::query!(
        r#"
        with page as (
          select m.organisation_id, m.kind, m.unit, m.subgroup_id, m.hub, m.valid, n.ja, n.en, n.reading,
                 case when $3::text is not null and not coalesce(folded_name(n.ja, n.reading, n.en) like $3, false)
                      then o.ja end as old_name
          from memberships m
          left join organisation_names n on n.organisation_id = m.organisation_id and n.valid @> $2::date
          left join lateral (
            select x.ja from organisation_names x
            where $3::text is not null and x.organisation_id = m.organisation_id
              and folded_name(x.ja, x.reading, x.en) like $3
            order by x.valid @> $2::date desc, lower(x.valid) desc nulls last limit 1) o on true
          where m.ceptoar_id = $1 and m.valid @> $2::date and ($3::text is null or o.ja is not null)
            and ($7::text is null or m.kind = $7)
          order by n.reading, m.organisation_id limit $5::bigint + 1 offset $6)
        select p.organisation_id as "organisation_id: OrganisationId", coalesce(p.ja, '') as "ja!", coalesce(p.en, '') as "en!",
               p.old_name, p.kind as "kind!: MemberKind", p.unit, s.code as "subgroup?", p.hub, lower(p.valid) as since, upper(p.valid) as until,
               case when $4 then (select count(*) from contacts k
                 where k.organisation_id = p.organisation_id and k.ceptoar_id = $1 and k.valid @> $2::date) end as windows
        from page p left join subgroups s on s.subgroup_id = p.subgroup_id
        order by p.reading, p.organisation_id"#,
        asked.ceptoar_id,
        asked.day,
        asked.pattern,
        asked.with_windows,
        PAGE,
        asked.skip,
        asked.kind.map(MemberKind::code)
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| MemberRow {
            organisation_id: r.organisation_id,
            name: [r.ja, r.en],
            old_name: r.old_name,
            kind: r.kind,
            unit: r.unit,
            subgroup: r.subgroup,
            hub: r.hub,
            valid: Period { from: r.since, until: r.until },
            windows: r.windows,
        })
        .collect())
}

/// How many members there are on a day, unit by unit.
pub async fn counts(tx: &mut PgConnection, ceptoar_id: &str, day: NaiveDate) -> sqlx::Result<Vec<(String, i64)>> {
    Ok(tally(tx, ceptoar_id, day).await?.into_iter().map(|of| (of.unit, of.members)).collect())
}

/// The same, with how many of them are observers.
pub async fn tally(tx: &mut PgConnection, ceptoar_id: &str, day: NaiveDate) -> sqlx::Result<Vec<Tally>> {
    sqlx::query_as!(
        Tally,
        r#"select unit, count(*) as "members!", count(*) filter (where kind = 'observer') as "observers!"
           from memberships where ceptoar_id = $1 and valid @> $2::date
           group by unit order by count(*) desc, unit"#,
        ceptoar_id,
        day
    )
    .fetch_all(tx)
    .await
}

/// Whether there is a member of that name from a day on.
pub async fn has_member_called(tx: &mut PgConnection, ceptoar_id: &str, ja: &str, on: NaiveDate) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
             select from memberships m
             join organisation_names n on n.organisation_id = m.organisation_id and n.valid && m.valid
             where m.ceptoar_id = $1 and n.ja = $2 and n.valid * m.valid && daterange($3, null)) as "known!""#,
        ceptoar_id,
        ja,
        on
    )
    .fetch_one(tx)
    .await
}

/// Everything about a member; without windows where these are not for the viewer.
pub async fn sheet(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
    with_windows: bool,
) -> sqlx::Result<Sheet> {
    let names = sqlx::query!(
        "select fact_id, ja, en, reading, lower(valid) as since, upper(valid) as until from organisation_names
         where organisation_id = $1 order by lower(valid) nulls first",
        organisation.0
    );
    let names = names.fetch_all(&mut *tx).await?.into_iter().map(|r| Dated {
        fact_id: r.fact_id,
        valid: Period { from: r.since, until: r.until },
        value: Name { ja: r.ja, en: r.en, reading: r.reading },
    });
    let memberships = sqlx::query!(
        r#"select fact_id, kind as "kind: MemberKind", unit, subgroup_id, hub, lower(valid) as since, upper(valid) as until
           from memberships where ceptoar_id = $1 and organisation_id = $2 order by lower(valid) nulls first"#,
        ceptoar_id,
        organisation.0
    );
    let memberships = memberships.fetch_all(&mut *tx).await?.into_iter().map(|r| Dated {
        fact_id: r.fact_id,
        valid: Period { from: r.since, until: r.until },
        value: Membership { kind: r.kind, unit: r.unit, subgroup: r.subgroup_id, hub: r.hub },
    });
    let memberships: Vec<_> = memberships.collect();
    let (standing, memberships) = match memberships.is_empty() {
        true => beside_members(tx, ceptoar_id, organisation).await?,
        false => (Standing::Member, memberships),
    };
    Ok(Sheet {
        organisation_id: organisation,
        ceptoar_id: ceptoar_id.to_owned(),
        names: names.collect(),
        standing,
        memberships,
        windows: if with_windows { windows(tx, ceptoar_id, organisation).await? } else { Vec::new() },
    })
}

/// As what a body that is no member is on the road of a CEPTOAR, and in which periods.
async fn beside_members(
    tx: &mut PgConnection,
    ceptoar_id: &str,
    organisation: OrganisationId,
) -> sqlx::Result<(Standing, Vec<Dated<Membership>>)> {
    let rows = sqlx::query!(
        r#"select b.standing as "standing!: Standing", lower(b.valid) as since, upper(b.valid) as until
           from bodies_on_the_road b where b.ceptoar_id = $1 and b.organisation_id = $2 and b.standing <> 'member'
           order by array_position(array['partner', 'secretariat', 'ministry', 'regional'], b.standing), lower(b.valid) nulls first"#,
        ceptoar_id,
        organisation.0
    );
    let rows = rows.fetch_all(tx).await?;
    let standing = rows.first().map_or(Standing::Member, |r| r.standing);
    let own = rows.into_iter().filter(|r| r.standing == standing);
    Ok((standing, own.map(|r| as_body(r.since, r.until)).collect()))
}

/// A period in which a body that is no member is what it is.
pub fn as_body(from: Option<NaiveDate>, until: Option<NaiveDate>) -> Dated<Membership> {
    Dated {
        // Nothing refers to it: such periods are not changed here.
        fact_id: Uuid::nil(),
        valid: Period { from, until },
        value: Membership { kind: MemberKind::Full, unit: String::new(), subgroup: None, hub: false },
    }
}

async fn windows(tx: &mut PgConnection, ceptoar_id: &str, organisation: OrganisationId) -> sqlx::Result<Vec<Window>> {
    let facts = sqlx::query!(
        r#"select contact_id as "contact_id: ContactId", fact_id, position, label, handler, language,
                  lower(valid) as since, upper(valid) as until
           from contacts where organisation_id = $1 and ceptoar_id = $2
           order by contact_id, lower(valid) nulls first"#,
        organisation.0,
        ceptoar_id
    )
    .fetch_all(&mut *tx)
    .await?;
    let channels = sqlx::query!(
        r#"select c.contact_id as "contact_id: ContactId", c.fact_id, c.kind, c.value, c.hours, c.last_verified_on,
                  lower(c.valid) as since, upper(c.valid) as until
           from contact_channels c
           where c.contact_id in (select k.contact_id from contacts k where k.organisation_id = $1 and k.ceptoar_id = $2)
           order by c.position, lower(c.valid) nulls first"#,
        organisation.0,
        ceptoar_id
    )
    .fetch_all(tx)
    .await?;
    let mut ways: BTreeMap<Uuid, Vec<Dated<Channel>>> = BTreeMap::new();
    for r in channels {
        // The table's own checks admit no other values.
        let (Some(kind), Some(hours)) = (ChannelKind::from_code(&r.kind), Hours::from_code(&r.hours)) else { continue };
        let value = Channel { kind, value: r.value, hours, verified_on: r.last_verified_on };
        let valid = Period { from: r.since, until: r.until };
        ways.entry(r.contact_id.0).or_default().push(Dated { fact_id: r.fact_id, valid, value });
    }
    let facts = facts.into_iter().map(|r| {
        let language = Language::from_code(&r.language);
        let value = WindowFacts { position: r.position, label: r.label, handler: r.handler, language };
        (r.contact_id, Dated { fact_id: r.fact_id, valid: Period { from: r.since, until: r.until }, value })
    });
    Ok(gathered(facts.collect(), ways))
}

/// Windows from their rows.
#[must_use]
pub fn gathered(
    facts: Vec<(ContactId, Dated<WindowFacts>)>,
    mut ways: BTreeMap<Uuid, Vec<Dated<Channel>>>,
) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    for (contact_id, fact) in facts {
        match windows.iter_mut().find(|w| w.contact_id == contact_id) {
            Some(window) => window.facts.push(fact),
            None => windows.push(Window {
                contact_id,
                facts: vec![fact],
                channels: ways.remove(&contact_id.0).unwrap_or_default(),
            }),
        }
    }
    windows.sort_by_key(|window| (window.facts.last().map(|fact| fact.value.position), window.contact_id.0));
    windows
}

/// A CEPTOAR of the index.
#[derive(Debug, Clone)]
pub struct IndexRow {
    /// Which.
    pub ceptoar_id: String,
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// How many members are registered today.
    pub members: i64,
}

/// All CEPTOARs in the government's order, with the members that the viewer may see.
pub async fn index(tx: &mut PgConnection, ceptoars: Option<&[String]>) -> sqlx::Result<Vec<IndexRow>> {
    let rows = sqlx::query!(
        r#"with members as (
             select ceptoar_id, count(*) as members from memberships where valid @> viewer_today() group by 1)
           select c.ceptoar_id, n.ja, n.en, coalesce(m.members, 0) as "members!"
           from ceptoars c join sectors s using (sector_id)
           join ceptoar_names n on n.ceptoar_id = c.ceptoar_id and n.valid @> viewer_today()
           left join members m on m.ceptoar_id = c.ceptoar_id
           where ($1::text[] is null or c.ceptoar_id = any ($1))
           order by s.position, c.position"#,
        ceptoars
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    Ok(rows.map(|r| IndexRow { ceptoar_id: r.ceptoar_id, name: [r.ja, r.en], members: r.members }).collect())
}
