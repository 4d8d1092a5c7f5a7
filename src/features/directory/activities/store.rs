//! SQL of activities.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::activity::{Activity, Content, Version};
use super::kind::Kind;
use super::tally::CeptoarYear;
use crate::features::access::Viewer;
use crate::features::access::activity::ActivityFacts;
use crate::kernel::clock::{fiscal_year, japan_day};
use crate::kernel::ids::OrganisationId;

/// How many entries of a CEPTOAR a page lists.
pub const PAGE: i64 = 100;

fn ids(found: Vec<Uuid>) -> Vec<OrganisationId> {
    found.into_iter().map(OrganisationId).collect()
}

fn organisations(viewer: &Viewer) -> Vec<Uuid> {
    viewer.affiliations.iter().map(|a| a.organisation_id.0).collect()
}

/// What deciding about a CEPTOAR needs to know, and its name today.
pub async fn facts(
    tx: &mut PgConnection,
    viewer: &Viewer,
    ceptoar_id: &str,
) -> sqlx::Result<Option<(ActivityFacts, [String; 2])>> {
    let found = sqlx::query!(
        r#"select c.ceptoar_id, n.ja, n.en,
                  array(select m.organisation_id from sector_ministries m
                        where m.sector_id = c.sector_id and m.valid @> viewer_today()) as "ministries!",
                  array(select m.organisation_id from memberships m
                        where m.ceptoar_id = c.ceptoar_id and m.organisation_id = any ($2)
                          and m.valid @> viewer_today()) as "members!"
           from ceptoars c
           join lateral (select x.ja, x.en from ceptoar_names x where x.ceptoar_id = c.ceptoar_id
                         order by x.valid @> viewer_today() desc, lower(x.valid) desc nulls last limit 1) n on true
           where c.ceptoar_id = $1"#,
        ceptoar_id,
        &organisations(viewer)
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.map(|r| {
        let facts = ActivityFacts { ceptoar_id: r.ceptoar_id, ministries: ids(r.ministries), members: ids(r.members) };
        (facts, [r.ja, r.en])
    }))
}

/// The CEPTOARs that there were in a fiscal year (or are to this day of it), in the government's order, each with the
/// number of its entries and with its name of then.
pub async fn years(
    tx: &mut PgConnection,
    viewer: &Viewer,
    year: i32,
    today: NaiveDate,
) -> sqlx::Result<Vec<CeptoarYear>> {
    let first = NaiveDate::from_ymd_opt(year, 4, 1).unwrap_or(today);
    let last = NaiveDate::from_ymd_opt(year + 1, 3, 31).unwrap_or(today).min(today.max(first));
    let rows = sqlx::query!(
        r#"select c.ceptoar_id, c.sector_id, n.ja, n.en, sn.ja as sector_ja, sn.en as sector_en,
                  array(select m.organisation_id from sector_ministries m
                        where m.sector_id = c.sector_id and m.valid @> viewer_today()) as "ministries!",
                  array(select m.organisation_id from memberships m
                        where m.ceptoar_id = c.ceptoar_id and m.organisation_id = any ($4)
                          and m.valid @> viewer_today()) as "members!",
                  t.entries as "entries!", t.received, t.passed_on, t.withheld,
                  array(select k.kind || ':' || count(*) from activities a, unnest(a.kinds) k (kind)
                        where a.ceptoar_id = c.ceptoar_id and a.fiscal_year = $3 and a.taken_back_at is null
                        group by k.kind) as "kinds!"
           from ceptoars c join sectors s using (sector_id)
           join lateral (select x.ja, x.en from ceptoar_names x
                         where x.ceptoar_id = c.ceptoar_id and x.valid && daterange($1, $2, '[]')
                         order by lower(x.valid) desc nulls last limit 1) n on true
           join lateral (select x.ja, x.en from sector_names x where x.sector_id = c.sector_id
                         order by x.valid @> $2::date desc, lower(x.valid) desc nulls last limit 1) sn on true
           join lateral (select count(*) as entries, sum(a.received) as received, sum(a.passed_on) as passed_on,
                                sum(a.withheld) as withheld from activities a
                         where a.ceptoar_id = c.ceptoar_id and a.fiscal_year = $3 and a.taken_back_at is null) t on true
           order by s.position, c.position, c.ceptoar_id"#,
        first,
        last,
        i16::try_from(year).unwrap_or_default(),
        &organisations(viewer)
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| CeptoarYear {
            facts: ActivityFacts { ceptoar_id: r.ceptoar_id, ministries: ids(r.ministries), members: ids(r.members) },
            name: [r.ja, r.en],
            sector_id: r.sector_id,
            sector: [r.sector_ja, r.sector_en],
            entries: r.entries,
            kinds: kinds_of(&r.kinds),
            items: [r.received, r.passed_on, r.withheld],
        })
        .collect())
}

fn kinds_of(told: &[String]) -> Vec<(Kind, i64)> {
    let mut kinds: Vec<(Kind, i64)> = told
        .iter()
        .filter_map(|told| {
            let (code, count) = told.split_once(':')?;
            Some((Kind::from_code(code)?, count.parse().ok()?))
        })
        .collect();
    kinds.sort_unstable();
    kinds
}

/// The fiscal years in which these CEPTOARs have entries that stand; the newest first.
pub async fn recorded_years(tx: &mut PgConnection, ceptoars: &[String]) -> sqlx::Result<Vec<i32>> {
    let years = sqlx::query_scalar!(
        r#"select distinct fiscal_year as "year!" from activities
           where ceptoar_id = any ($1) and taken_back_at is null order by 1 desc"#,
        ceptoars
    )
    .fetch_all(tx)
    .await?;
    Ok(years.into_iter().map(i32::from).collect())
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Of which CEPTOARs.
    pub ceptoars: &'a [String],
    /// Of which fiscal year; `None` for an entry by its id.
    pub year: Option<i32>,
    /// An entry by its id.
    pub activity: Option<Uuid>,
    /// Of which of these kinds.
    pub kinds: &'a [Kind],
    /// Whether what was taken back is wanted as well.
    pub taken_back: bool,
    /// Which page of each CEPTOAR's, from 0 on; `None` for all of them.
    pub page: Option<i64>,
}

/// The entries asked for, each with its CEPTOAR: those that stand by day, then those taken back. Of a page one more, if there
/// is another.
pub async fn entries(tx: &mut PgConnection, asked: Asked<'_>) -> sqlx::Result<Vec<(String, Activity)>> {
    let kinds: Vec<String> = asked.kinds.iter().map(|kind| kind.code().to_owned()).collect();
    let rows = sqlx::query!(
        r#"select a.activity_id, a.ceptoar_id, a.version, a.fiscal_year, a.title, a.title_en, a.from_on, a.to_on,
                  a.kinds, a.done, a.organiser, a.joined, a.received, a.passed_on, a.withheld, a.link, a.correction,
                  a.recorded_at, a.taken_back_at
           from (
             select e.*, row_number() over (
                      partition by e.ceptoar_id
                      order by e.taken_back_at is not null, e.from_on, e.to_on, e.recorded_at, e.activity_id) as place
             from activities e
             where e.ceptoar_id = any ($1) and ($2::smallint is null or e.fiscal_year = $2)
               and ($3::uuid is null or e.activity_id = $3) and e.kinds && $4::text[]
               and ($5 or e.taken_back_at is null)) a
           where $6::bigint is null or a.place between $6 * $7 + 1 and ($6 + 1) * $7 + 1
           order by a.ceptoar_id, a.place"#,
        asked.ceptoars,
        asked.year.map(|year| i16::try_from(year).unwrap_or_default()),
        asked.activity,
        &kinds,
        asked.taken_back,
        asked.page,
        PAGE
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            let mut kinds: Vec<Kind> = r.kinds.iter().filter_map(|code| Kind::from_code(code)).collect();
            kinds.sort_unstable();
            let content = Content {
                title: r.title,
                title_en: r.title_en,
                from_on: r.from_on,
                to_on: r.to_on,
                kinds,
                done: r.done,
                organiser: r.organiser,
                joined: r.joined,
                received: r.received,
                passed_on: r.passed_on,
                withheld: r.withheld,
                link: r.link,
            };
            let activity = Activity {
                activity_id: r.activity_id,
                version: r.version,
                fiscal_year: i32::from(r.fiscal_year),
                content,
                correction: r.correction,
                recorded_at: r.recorded_at,
                taken_back_at: r.taken_back_at,
            };
            (r.ceptoar_id, activity)
        })
        .collect())
}

/// How many entries of some kinds stand in a fiscal year, of those CEPTOARs that have any.
pub async fn counts(
    tx: &mut PgConnection,
    ceptoars: &[String],
    year: i32,
    kinds: &[Kind],
) -> sqlx::Result<HashMap<String, i64>> {
    let kinds: Vec<String> = kinds.iter().map(|kind| kind.code().to_owned()).collect();
    let rows = sqlx::query!(
        r#"select ceptoar_id, count(*) as "entries!" from activities
           where ceptoar_id = any ($1) and fiscal_year = $2 and kinds && $3::text[] and taken_back_at is null
           group by ceptoar_id"#,
        ceptoars,
        i16::try_from(year).unwrap_or_default(),
        &kinds
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|r| (r.ceptoar_id, r.entries)).collect())
}

/// One entry of a CEPTOAR, taken back or not, if the viewer may know it.
pub async fn entry(tx: &mut PgConnection, ceptoar_id: &str, activity: Uuid) -> sqlx::Result<Option<Activity>> {
    let ceptoars = [ceptoar_id.to_owned()];
    let asked = Asked {
        ceptoars: &ceptoars,
        year: None,
        activity: Some(activity),
        kinds: &Kind::ALL,
        taken_back: true,
        page: None,
    };
    Ok(entries(tx, asked).await?.pop().map(|(_, activity)| activity))
}

/// What an entry said before, the newest first.
pub async fn versions(tx: &mut PgConnection, activity: Uuid) -> sqlx::Result<Vec<Version>> {
    let rows = sqlx::query!(
        r#"select v.said as "content: Json<Content>", v.ended_at, v.said ->> 'correction' as "correction!"
           from activity_versions v where v.activity_id = $1 order by v.version desc"#,
        activity
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Version { content: r.content.0, ended_at: r.ended_at, correction: r.correction })
        .collect())
}

fn codes(content: &Content) -> Vec<String> {
    content.kinds.iter().map(|kind| kind.code().to_owned()).collect()
}

/// Writes an entry down in the viewer's name.
pub async fn record(tx: &mut PgConnection, ceptoar_id: &str, content: &Content) -> sqlx::Result<Uuid> {
    let activity_id = Uuid::new_v4();
    sqlx::query!(
        "insert into activities (activity_id, ceptoar_id, title, title_en, from_on, to_on, kinds, done, organiser, joined,
                                 received, passed_on, withheld, link, recorded_by, recorded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, viewer_account(), viewer_now())",
        activity_id,
        ceptoar_id,
        content.title,
        content.title_en,
        content.from_on,
        content.to_on,
        &codes(content),
        content.done,
        content.organiser,
        content.joined,
        content.received,
        content.passed_on,
        content.withheld,
        content.link
    )
    .execute(tx)
    .await?;
    Ok(activity_id)
}

/// Which version of an entry somebody has before them.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// Of which CEPTOAR.
    pub ceptoar_id: &'a str,
    /// Which entry.
    pub activity_id: Uuid,
    /// Which version of it.
    pub version: i32,
}

/// Corrects an entry; `false` where it was corrected or taken back meanwhile.
pub async fn correct(tx: &mut PgConnection, held: Held<'_>, content: &Content, why: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update activities set version = version + 1, title = $4, title_en = $5, from_on = $6, to_on = $7, kinds = $8,
                done = $9, organiser = $10, joined = $11, received = $12, passed_on = $13, withheld = $14, link = $15,
                correction = $16, recorded_by = viewer_account(), recorded_at = viewer_now()
         where activity_id = $1 and ceptoar_id = $2 and version = $3 and taken_back_at is null",
        held.activity_id,
        held.ceptoar_id,
        held.version,
        content.title,
        content.title_en,
        content.from_on,
        content.to_on,
        &codes(content),
        content.done,
        content.organiser,
        content.joined,
        content.received,
        content.passed_on,
        content.withheld,
        content.link,
        why
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes an entry back: it stays, and counts no longer; `false` where it was corrected or taken back meanwhile.
pub async fn take_back(tx: &mut PgConnection, held: Held<'_>, why: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update activities set version = version + 1, correction = $4, taken_back_at = viewer_now(),
                recorded_by = viewer_account(), recorded_at = viewer_now()
         where activity_id = $1 and ceptoar_id = $2 and version = $3 and taken_back_at is null",
        held.activity_id,
        held.ceptoar_id,
        held.version,
        why
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What the entries of a CEPTOAR show of its hoped-for functions in a fiscal year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// Entries of analysis.
    pub analyses: i64,
    /// Entries of the drill.
    pub drills: i64,
    /// Entries that confirm the route otherwise.
    pub route_checks: i64,
    /// Entries of any kind.
    pub entries: i64,
}

/// The same for those of some CEPTOARs that have entries in a year.
pub async fn shown(tx: &mut PgConnection, ceptoars: &[String], day: NaiveDate) -> sqlx::Result<Vec<Shown>> {
    sqlx::query_as!(
        Shown,
        r#"select ceptoar_id, count(*) filter (where 'analysis' = any (kinds)) as "analyses!",
                  count(*) filter (where 'drill' = any (kinds)) as "drills!",
                  count(*) filter (where 'route_check' = any (kinds)) as "route_checks!", count(*) as "entries!"
           from activities where ceptoar_id = any ($1) and fiscal_year = $2 and from_on <= $3
             and taken_back_at is null
           group by ceptoar_id"#,
        ceptoars,
        i16::try_from(fiscal_year(day)).unwrap_or_default(),
        day
    )
    .fetch_all(tx)
    .await
}

/// Whether there are entries at all.
pub async fn is_any(owner: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from activities) as "any!""#).fetch_one(owner).await
}

/// Looks as one of the demonstration's desks for the rest of the transaction; its CEPTOAR. `None` where there is no such
/// account.
pub async fn look_as_desk(tx: &mut PgConnection, name: &str, now: DateTime<Utc>) -> sqlx::Result<Option<String>> {
    let Some(desk) = sqlx::query!(
        r#"select a.account_id, f.ceptoar_id as "ceptoar_id!" from accounts a
           join affiliations f on f.account_id = a.account_id and f.role = 'secretariat' and f.ceptoar_id is not null
           where a.sign_in_name = $1 and a.demonstration limit 1"#,
        name
    )
    .fetch_optional(&mut *tx)
    .await?
    else {
        return Ok(None);
    };
    sqlx::query!(
        "select set_config('portal.account', $1, true) as account, set_config('portal.today', $2, true) as today,
                set_config('portal.now', $3, true) as now",
        desk.account_id.to_string(),
        japan_day(now).to_string(),
        now.to_rfc3339()
    )
    .fetch_one(tx)
    .await?;
    Ok(Some(desk.ceptoar_id))
}
