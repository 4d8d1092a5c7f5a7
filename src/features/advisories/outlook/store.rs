//! SQL of what may be expected, by kept numbers of items at rest and by what the viewer may know of.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::features::advisories::advisory::Kind;
use crate::features::advisories::statistics::figures::Delay;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::sharing_level::SharingLevel;
use crate::kernel::stage::Stage;

/// Receipts of members of one CEPTOAR that took about as long.
#[derive(Debug)]
pub struct Past {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// Of how many items.
    pub items: i64,
    /// The receipts.
    pub delay: Delay,
}

/// How long members took in the year before an instant, for items of the same urgency that left in the same sort of hours:
/// office hours, or nights and holidays. Drills do not count.
///
/// # Errors
/// The database's own.
pub async fn past(
    tx: &mut PgConnection,
    ceptoars: &[String],
    at: DateTime<Utc>,
    urgent: bool,
) -> sqlx::Result<Vec<Past>> {
    let rows = sqlx::query!(
        r#"with past as (
             select t.ceptoar_id, t.advisory_id, t.delay, t.organisations, t.soonest, t.latest
             from advisory_totals t
             join advisories a on a.advisory_id = t.advisory_id and a.state = 'published' and not a.drill
              and a.published_at > $2::timestamptz - interval '1 year' and a.published_at <= $2
             join advisory_texts x on x.advisory_id = a.advisory_id and (x.kind = 'early_warning') = $3
             where t.ceptoar_id = any ($1) and t.stage = 'member' and t.delay > 0
               and is_off_hours(a.published_at) = is_off_hours($2)),
           items as (select p.ceptoar_id, count(distinct p.advisory_id) as items from past p group by 1)
           select p.ceptoar_id, i.items as "items!", p.delay as class, sum(p.organisations) as "organisations!",
                  min(p.soonest) as "soonest!", max(p.latest) as "latest!"
           from past p join items i using (ceptoar_id) group by 1, 2, 3 order by 1, 3"#,
        ceptoars,
        at,
        urgent
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let past = rows.map(|r| Past {
        ceptoar_id: r.ceptoar_id,
        items: r.items,
        delay: Delay {
            year: 0,
            stage: Stage::Member,
            class: r.class,
            organisations: r.organisations,
            soonest: r.soonest.into(),
            latest: r.latest.into(),
        },
    });
    Ok(past.collect())
}

/// The last item of a kind that was published, as far as the viewer may know of it.
#[derive(Debug)]
pub struct LastItem {
    /// Which.
    pub advisory_id: AdvisoryId,
    /// Its number.
    pub number: String,
    /// When.
    pub published_at: DateTime<Utc>,
    /// Its level.
    pub level: SharingLevel,
    /// How many windows got a copy, by CEPTOAR.
    pub windows: Vec<(String, i64)>,
}

/// The last first version of a kind, drill or not, with whom it went to.
///
/// # Errors
/// The database's own.
pub async fn last(tx: &mut PgConnection, kind: Kind, drill: bool) -> sqlx::Result<Option<LastItem>> {
    let last = sqlx::query!(
        r#"select a.advisory_id as "advisory_id: AdvisoryId", a.number, a.published_at as "published_at!",
                  a.level as "level: SharingLevel"
           from advisories a join advisory_texts t using (advisory_id)
           where a.state = 'published' and a.version = 1 and a.drill = $2 and t.kind = $1
           order by a.published_at desc, a.advisory_id limit 1"#,
        kind.code(),
        drill
    );
    let Some(r) = last.fetch_optional(&mut *tx).await? else { return Ok(None) };
    let windows = sqlx::query!(
        r#"select d.ceptoar_id as "ceptoar_id!", count(*) as "windows!" from deliveries d
           where d.item_id = $1 and d.stage in ('ministry', 'regional', 'secretariat', 'member', 'partner') and d.ceptoar_id is not null
           group by 1"#,
        r.advisory_id.0
    );
    let windows = windows.fetch_all(tx).await?.into_iter().map(|w| (w.ceptoar_id, w.windows)).collect();
    Ok(Some(LastItem {
        advisory_id: r.advisory_id,
        number: r.number,
        published_at: r.published_at,
        level: r.level,
        windows,
    }))
}
