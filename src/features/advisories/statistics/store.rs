//! SQL of the statistics. What may be counted is said by `viewer_boards`, and of each row by its policy.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::figures::{Counted, Delay, Figures, Hop, Way};
use super::item::Outcome;
use crate::features::access::statistics::OverseenFacts;
use crate::features::advisories::advisory::Kind;
use crate::features::advisories::versions::step::Step;
use crate::kernel::ids::{AdvisoryId, OrganisationId};
use crate::kernel::sharing_level::SharingLevel;
use crate::kernel::stage::Stage;

/// A CEPTOAR, and who oversees it.
#[derive(Debug, Clone)]
pub struct Ceptoar {
    /// What deciding about it needs to know.
    pub facts: OverseenFacts,
    /// Its name in Japanese and English: today's, or its last.
    pub name: [String; 2],
}

/// All CEPTOARs, in the government's order.
pub async fn ceptoars(tx: &mut PgConnection) -> sqlx::Result<Vec<Ceptoar>> {
    let rows = sqlx::query!(
        r#"select c.ceptoar_id, coalesce(n.ja, c.ceptoar_id) as "ja!", coalesce(n.en, c.ceptoar_id) as "en!",
                  array(select m.organisation_id from sector_ministries m
                        where m.sector_id = c.sector_id and m.valid @> viewer_today()) as "ministries!"
           from ceptoars c join sectors s using (sector_id)
           left join lateral (
             select x.ja, x.en from ceptoar_names x where x.ceptoar_id = c.ceptoar_id
             order by x.valid @> viewer_today() desc, lower(x.valid) desc nulls last limit 1) n on true
           order by s.position, c.position, c.ceptoar_id"#
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let found = rows.map(|r| Ceptoar {
        facts: OverseenFacts {
            ceptoar_id: r.ceptoar_id,
            ministries: r.ministries.into_iter().map(OrganisationId).collect(),
        },
        name: [r.ja, r.en],
    });
    Ok(found.collect())
}

/// When the first item was published that the viewer may know of.
pub async fn first_published(tx: &mut PgConnection) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!("select min(published_at) from advisories where state = 'published'").fetch_one(tx).await
}

/// A board that the viewer sees, as the database tells it.
#[derive(Debug, Clone)]
pub struct Boarded {
    /// Of which item.
    pub advisory_id: AdvisoryId,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Its level.
    pub level: SharingLevel,
    /// Whether it is a drill.
    pub drill: bool,
    /// What sort of item, where its content is the viewer's to read.
    pub kind: Option<Kind>,
    /// What it does to the version before.
    pub step: Step,
    /// Earlier versions that the viewer may know of.
    pub earlier: Vec<AdvisoryId>,
    /// The CEPTOARs of the board, and what became of the item there.
    pub ceptoars: Vec<(String, Outcome)>,
}

/// The boards of a time that the viewer sees, the oldest first.
pub async fn boards(tx: &mut PgConnection, bounds: [DateTime<Utc>; 2]) -> sqlx::Result<Vec<Boarded>> {
    let rows = sqlx::query!(
        r#"select advisory_id as "advisory_id!", published_at as "published_at!", level as "level!: SharingLevel",
                  drill as "drill!", kind as "kind?: Kind", step as "step!: Step", earlier as "earlier!",
                  ceptoars as "ceptoars!", outcomes as "outcomes!: Vec<Outcome>"
           from viewer_boards($1, $2)"#,
        bounds[0],
        bounds[1]
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let boards = rows.map(|r| Boarded {
        advisory_id: AdvisoryId(r.advisory_id),
        published_at: r.published_at,
        level: r.level,
        drill: r.drill,
        kind: r.kind,
        step: r.step,
        earlier: r.earlier.into_iter().map(AdvisoryId).collect(),
        ceptoars: r.ceptoars.into_iter().zip(r.outcomes).collect(),
    });
    Ok(boards.collect())
}

/// Items with their CEPTOARs and the fiscal years that they count in, one by one: what numbers are asked of.
#[derive(Debug, Clone, Default)]
pub struct Pairs {
    items: Vec<Uuid>,
    ceptoars: Vec<String>,
    years: Vec<i16>,
}

impl Pairs {
    /// Adds an item at a CEPTOAR.
    pub fn push(&mut self, item: AdvisoryId, ceptoar: &str, year: i32) {
        self.items.push(item.0);
        self.ceptoars.push(ceptoar.to_owned());
        self.years.push(i16::try_from(year).unwrap_or_default());
    }
}

/// The numbers of some items at some CEPTOARs: those that were kept, and of the others as they are now.
pub async fn figures(tx: &mut PgConnection, pairs: &Pairs) -> sqlx::Result<Figures> {
    let rows = sqlx::query!(
        r#"with pairs as materialized (
             select * from unnest($1::uuid[], $2::text[], $3::smallint[]) p (advisory_id, ceptoar_id, year)),
           open as materialized (select * from open_totals($1)),
           totals as materialized (
             select p.year, t.ceptoar_id, t.stage, t.delay, t.organisations, t.asked, t.due, t.in_time, t.soonest, t.latest
             from pairs p join advisory_totals t on t.advisory_id = p.advisory_id and t.ceptoar_id = p.ceptoar_id
             union all
             select p.year, o.ceptoar_id, o.stage, o.delay, o.organisations, o.asked, o.due, o.in_time, o.soonest, o.latest
             from pairs p join open o on o.advisory_id = p.advisory_id and o.ceptoar_id = p.ceptoar_id),
           ways as (
             select p.year, t.stage, t.way, t.organisations
             from pairs p join advisory_ways t on t.advisory_id = p.advisory_id and t.ceptoar_id = p.ceptoar_id
             union all
             select p.year, o.stage, o.way, o.organisations
             from pairs p join open o on o.advisory_id = p.advisory_id and o.ceptoar_id = p.ceptoar_id where o.way is not null)
           select year as "year!", ceptoar_id as "ceptoar_id?", stage as "stage!: Stage", null::smallint as "delay?",
                  null as "way?", coalesce(sum(organisations) filter (where delay > 0), 0) as "organisations!",
                  sum(asked) as "asked?", sum(due) as "due?", sum(in_time) as "in_time?", null::int as "soonest?",
                  null::int as "latest?"
           from totals group by 1, 2, 3
           union all
           select year, null, stage, delay, null, sum(organisations), null, null, null, min(soonest), max(latest)
           from totals where delay > 0 group by 1, 3, 4
           union all
           select year, null, stage, null, way, sum(organisations), null, null, null, null, null from ways group by 1, 3, 5"#,
        &pairs.items,
        &pairs.ceptoars,
        &pairs.years
    );
    let mut figures = Figures::default();
    for r in rows.fetch_all(tx).await? {
        let (year, stage, organisations) = (i32::from(r.year), r.stage, r.organisations);
        if let Some(ceptoar_id) = r.ceptoar_id {
            let counted = Counted {
                asked: r.asked.unwrap_or_default(),
                acknowledged: organisations,
                due: r.due.unwrap_or_default(),
                in_time: r.in_time.unwrap_or_default(),
            };
            figures.hops.push(Hop { year, ceptoar_id, stage, counted });
        } else if let Some(class) = r.delay {
            let [soonest, latest] = [r.soonest, r.latest].map(|seconds| seconds.unwrap_or_default().into());
            figures.delays.push(Delay { year, stage, class, organisations, soonest, latest });
        } else if let Some(way) = r.way {
            figures.ways.push(Way { year, stage, way, organisations });
        }
    }
    Ok(figures)
}

/// What the hubs of a CEPTOAR reported, each for each item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onward {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// Reports.
    pub reported: i64,
    /// Businesses told.
    pub told: i64,
    /// … of how many.
    pub behind: i64,
}

/// What hubs passed on of these items at these CEPTOARs, by CEPTOAR.
pub async fn onward(tx: &mut PgConnection, pairs: &Pairs) -> sqlx::Result<Vec<Onward>> {
    let rows = sqlx::query!(
        r#"with pairs as materialized (select * from unnest($1::uuid[], $2::text[]) p (advisory_id, ceptoar_id))
           select t.ceptoar_id as "ceptoar_id!", sum(t.reported)::bigint as "reported!", sum(t.told)::bigint as "told!",
                  sum(t.behind)::bigint as "behind!"
           from onward_totals($1) t join pairs using (advisory_id, ceptoar_id) group by 1"#,
        &pairs.items,
        &pairs.ceptoars
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let onward = |(ceptoar_id, reported, told, behind)| Onward { ceptoar_id, reported, told, behind };
    Ok(rows.map(|r| onward((r.ceptoar_id, r.reported, r.told, r.behind))).collect())
}

/// Keeps the numbers of some items that have come to rest; answers of how many.
pub async fn settle(pool: &PgPool, now: DateTime<Utc>, limit: i32) -> sqlx::Result<i32> {
    sqlx::query_scalar!(r#"select totals_settle($1, $2) as "settled!""#, now, limit).fetch_one(pool).await
}
