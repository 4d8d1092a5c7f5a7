//! SQL of reports on passing on. Row security asks once more who speaks for a hub.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::report::{Count, Hub, NewReport, Report, Tally, Unreported};
use crate::features::access::Viewer;
use crate::kernel::ids::{AdvisoryId, OrganisationId};

/// How long a second press of the same button is no second report.
const A_MOMENT: TimeDelta = TimeDelta::minutes(1);

/// The members of a CEPTOAR that pass an item on, those of some organisations alone where they are named, by reading; as
/// far as the viewer may know of them.
///
/// # Errors
/// The database's own.
pub async fn hubs(
    tx: &mut PgConnection,
    id: AdvisoryId,
    ceptoar: Option<&str>,
    organisations: Option<&[OrganisationId]>,
) -> sqlx::Result<Vec<Hub>> {
    let organisations: Option<Vec<Uuid>> = organisations.map(|list| list.iter().map(|o| o.0).collect());
    let rows = sqlx::query!(
        r#"select au.ceptoar_id, au.organisation_id as "organisation_id: OrganisationId",
                  coalesce(n.ja, '') as "ja!", coalesce(nullif(n.en, ''), n.ja, '') as "en!",
                  r.told as "told?", r.behind as "behind?", r.reported_at as "reported_at?", r.by_desk as "by_desk?",
                  l.behind as "last_behind?"
           from advisory_audience au
           join advisories a on a.advisory_id = au.advisory_id and a.state = 'published' and a.level <> 'RED'
           left join memberships m on m.ceptoar_id = au.ceptoar_id and m.organisation_id = au.organisation_id
            and m.hub and m.valid @> (a.published_at at time zone 'Asia/Tokyo')::date
           left join organisation_names n on n.organisation_id = au.organisation_id and n.valid @> viewer_today()
           left join lateral (
             select x.told, x.behind, x.reported_at, x.by_desk from onward_reports x
             where x.advisory_id = $1 and x.organisation_id = au.organisation_id and x.ceptoar_id = au.ceptoar_id
             order by x.report_id desc limit 1) r on true
           left join lateral (
             select x.behind from onward_reports x
             where x.organisation_id = au.organisation_id and x.ceptoar_id = au.ceptoar_id
             order by x.report_id desc limit 1) l on true
           where au.advisory_id = $1 and au.stage = 'member' and not au.held
             and (m.fact_id is not null or r.told is not null)
             and ($2::text is null or au.ceptoar_id = $2) and ($3::uuid[] is null or au.organisation_id = any ($3))
           order by n.reading, au.organisation_id, au.ceptoar_id"#,
        id.0,
        ceptoar,
        organisations.as_deref()
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let hub = rows.map(|r| {
        let count = r.told.zip(r.behind).map(|(told, behind)| Count { told, behind });
        Hub {
            ceptoar_id: r.ceptoar_id,
            organisation_id: r.organisation_id,
            name: [r.ja, r.en],
            newest: count.zip(r.reported_at).zip(r.by_desk).map(|((count, at), by_desk)| (count, at, by_desk)),
            behind: r.last_behind,
        }
    });
    Ok(hub.collect())
}

/// A hub's reports on an item, the newest first. The words of another desk's are empty.
///
/// # Errors
/// The database's own.
pub async fn reports(
    tx: &mut PgConnection,
    id: AdvisoryId,
    ceptoar: &str,
    organisation: OrganisationId,
) -> sqlx::Result<Vec<Report>> {
    let rows = sqlx::query!(
        r#"select r.told, r.behind, r.by_desk, r.reported_at, coalesce(w.answered_by, '') as "answered_by!",
                  coalesce(w.remark, '') as "remark!", coalesce(w.entered_by_name, '') as "entered_by_name!"
           from onward_reports r left join onward_report_words w on w.report_id = r.report_id
           where r.advisory_id = $1 and r.ceptoar_id = $2 and r.organisation_id = $3
           order by r.report_id desc limit 50"#,
        id.0,
        ceptoar,
        organisation.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let report = rows.map(|r| Report {
        count: Count { told: r.told, behind: r.behind },
        by_desk: r.by_desk,
        at: r.reported_at,
        answered_by: r.answered_by,
        remark: r.remark,
        entered_by_name: r.entered_by_name,
    });
    Ok(report.collect())
}

/// Makes a report; `false` where the viewer has just made the same. Who and when is the database's to say.
///
/// # Errors
/// When the database refuses or cannot be reached.
pub async fn report(
    tx: &mut PgConnection,
    viewer: &Viewer,
    (id, ceptoar, organisation): (AdvisoryId, &str, OrganisationId),
    new: &NewReport,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let made = sqlx::query_scalar!(
        "insert into onward_reports (advisory_id, ceptoar_id, organisation_id, told, behind)
         select $1, $2, $3, $4, $5
         where not exists (
           select from onward_reports r join onward_report_words w on w.report_id = r.report_id
           where r.advisory_id = $1 and r.ceptoar_id = $2 and r.organisation_id = $3 and r.told = $4 and r.behind = $5
             and r.reported_at > $6 and w.entered_by = $7 and w.answered_by = $8 and w.remark = $9)
         returning report_id",
        id.0,
        ceptoar,
        organisation.0,
        new.count.told,
        new.count.behind,
        now - A_MOMENT,
        viewer.account_id.0,
        new.answered_by,
        new.remark
    );
    let Some(report) = made.fetch_optional(&mut *tx).await? else { return Ok(false) };
    sqlx::query!(
        "insert into onward_report_words (report_id, answered_by, remark, entered_by) values ($1, $2, $3, $4)",
        report,
        new.answered_by,
        new.remark,
        viewer.account_id.0
    )
    .execute(tx)
    .await?;
    Ok(true)
}

/// What the hubs of each CEPTOAR reported on an item, in the government's sector order.
///
/// # Errors
/// The database's own.
pub async fn board(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Vec<Tally>> {
    let rows = sqlx::query!(
        r#"select b.ceptoar_id as "ceptoar_id!", b.hubs as "hubs!", b.reported as "reported!", b.told as "told!",
                  b.behind as "behind!", b.unknown as "unknown!",
                  coalesce(n.ja, b.ceptoar_id) as "ja!", coalesce(n.en, b.ceptoar_id) as "en!"
           from onward_board($1) b
           join ceptoars c on c.ceptoar_id = b.ceptoar_id join sectors s on s.sector_id = c.sector_id
           left join ceptoar_names n on n.ceptoar_id = b.ceptoar_id and n.valid @> viewer_today()
           order by s.position, c.position, b.ceptoar_id"#,
        id.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let tally = rows.map(|r| Tally {
        ceptoar_id: r.ceptoar_id,
        ceptoar: [r.ja, r.en],
        hubs: r.hubs,
        reported: r.reported,
        told: r.told,
        behind: r.behind,
        unknown: r.unknown,
    });
    Ok(tally.collect())
}

/// Items since a time that reached some organisations as hubs and on which they have not reported, the newest first and
/// five at most.
///
/// # Errors
/// The database's own.
pub async fn unreported(
    tx: &mut PgConnection,
    organisations: &[OrganisationId],
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<Unreported>> {
    let organisations: Vec<Uuid> = organisations.iter().map(|o| o.0).collect();
    let rows = sqlx::query!(
        r#"select a.advisory_id as "advisory_id: AdvisoryId", a.number, au.ceptoar_id,
                  au.organisation_id as "organisation_id: OrganisationId"
           from advisory_audience au
           join advisories a on a.advisory_id = au.advisory_id
           join memberships m on m.ceptoar_id = au.ceptoar_id and m.organisation_id = au.organisation_id
            and m.hub and m.valid @> (a.published_at at time zone 'Asia/Tokyo')::date
           where au.organisation_id = any ($1) and au.stage = 'member' and not au.held
             and au.superseded_at is null and not au.withdrawn
             and a.state = 'published' and a.level <> 'RED' and a.published_at > $2
             and speaks_for_hub(a.advisory_id, au.ceptoar_id, au.organisation_id)
             and not exists (select from onward_reports r
                             where r.advisory_id = au.advisory_id and r.organisation_id = au.organisation_id
                               and r.ceptoar_id = au.ceptoar_id)
           order by a.published_at desc, a.advisory_id limit 5"#,
        &organisations,
        since
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let item = rows.map(|r| Unreported {
        advisory_id: r.advisory_id,
        number: r.number,
        ceptoar_id: r.ceptoar_id,
        organisation_id: r.organisation_id,
    });
    Ok(item.collect())
}
