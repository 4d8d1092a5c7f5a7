//! SQL of what members do.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::measure::{Measure, Member, NewReport, Open, Report, Said, Tally};
use crate::features::access::Viewer;
use crate::kernel::ids::{AdvisoryId, OrganisationId};

/// A second press of the button within this time is the first one once more.
const A_MOMENT: TimeDelta = TimeDelta::minutes(5);

/// Members that an item asks, as far as the viewer may know what they say: some, of one CEPTOAR or of all.
///
/// # Errors
/// The database's own.
pub async fn members(
    tx: &mut PgConnection,
    id: AdvisoryId,
    ceptoar: Option<&str>,
    organisations: &[OrganisationId],
) -> sqlx::Result<Vec<Member>> {
    let organisations: Vec<Uuid> = organisations.iter().map(|o| o.0).collect();
    let rows = sqlx::query!(
        r#"select au.ceptoar_id, au.organisation_id as "organisation_id: OrganisationId",
                  coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!",
                  r.measure as "measure?: Measure", r.planned_on as "planned_on?", r.reported_at as "reported_at?"
           from advisory_audience au
           join advisories a on a.advisory_id = au.advisory_id and a.state = 'published' and a.level <> 'RED'
            and a.measures_due is not null
           left join organisation_names n on n.organisation_id = au.organisation_id and n.valid @> viewer_today()
           left join lateral (
             select m.measure, m.planned_on, m.reported_at from advisory_measures m
             where m.advisory_id = au.advisory_id and m.organisation_id = au.organisation_id
               and m.ceptoar_id = au.ceptoar_id
             order by m.measure_id desc limit 1) r on true
           where au.advisory_id = $1 and au.stage = 'member' and not au.held
             and au.superseded_at is null and not au.withdrawn and ($2::text is null or au.ceptoar_id = $2) and au.organisation_id = any ($3)
           order by au.organisation_id, au.ceptoar_id"#,
        id.0,
        ceptoar,
        &organisations
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let member = rows.map(|r| Member {
        ceptoar_id: r.ceptoar_id,
        organisation_id: r.organisation_id,
        name: [r.ja, r.en],
        newest: r.measure.map(|measure| Said { measure, planned_on: r.planned_on }).zip(r.reported_at),
    });
    Ok(member.collect())
}

/// A member's reports on an item, the newest first. The words of another desk's are empty.
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
        r#"select m.measure as "measure: Measure", m.planned_on, m.by_desk, m.reported_at,
                  coalesce(w.answered_by, '') as "answered_by!", coalesce(w.remark, '') as "remark!",
                  coalesce(w.entered_by_name, '') as "entered_by_name!"
           from advisory_measures m left join advisory_measure_words w on w.measure_id = m.measure_id
           where m.advisory_id = $1 and m.ceptoar_id = $2 and m.organisation_id = $3
           order by m.measure_id desc limit 50"#,
        id.0,
        ceptoar,
        organisation.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let report = rows.map(|r| Report {
        said: Said { measure: r.measure, planned_on: r.planned_on },
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
        "insert into advisory_measures (advisory_id, ceptoar_id, organisation_id, measure, planned_on)
         select $1, $2, $3, $4, $5
         where not exists (
           select from advisory_measures m join advisory_measure_words w on w.measure_id = m.measure_id
           where m.advisory_id = $1 and m.ceptoar_id = $2 and m.organisation_id = $3 and m.measure = $4
             and m.planned_on is not distinct from $5 and m.reported_at > $6 and w.entered_by = $7 and w.answered_by = $8
             and w.remark = $9)
         returning measure_id",
        id.0,
        ceptoar,
        organisation.0,
        new.said.measure.code(),
        new.said.planned_on,
        now - A_MOMENT,
        viewer.account_id.0,
        new.answered_by,
        new.remark
    );
    let Some(measure) = made.fetch_optional(&mut *tx).await? else { return Ok(false) };
    sqlx::query!(
        "insert into advisory_measure_words (measure_id, answered_by, remark, entered_by) values ($1, $2, $3, $4)",
        measure,
        new.answered_by,
        new.remark,
        viewer.account_id.0
    )
    .execute(tx)
    .await?;
    Ok(true)
}

/// What the members of each CEPTOAR said of an item, in the government's sector order; empty where it asks nobody.
///
/// # Errors
/// The database's own.
pub async fn board(tx: &mut PgConnection, id: AdvisoryId) -> sqlx::Result<Vec<Tally>> {
    let rows = sqlx::query!(
        r#"select b.ceptoar_id as "ceptoar_id!", b.members as "members!", b.investigating as "investigating!",
                  b.planned as "planned!", b.done as "done!", b.not_concerned as "not_concerned!",
                  coalesce(n.ja, b.ceptoar_id) as "ja!", coalesce(n.en, b.ceptoar_id) as "en!"
           from measures_board($1) b
           join ceptoars c on c.ceptoar_id = b.ceptoar_id join sectors s on s.sector_id = c.sector_id
           left join ceptoar_names n on n.ceptoar_id = b.ceptoar_id and n.valid @> viewer_today()
           order by s.position, c.position, b.ceptoar_id"#,
        id.0
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let tally = rows.map(|r| Tally {
        ceptoar_id: r.ceptoar_id,
        ceptoar: [r.ja, r.en],
        members: r.members,
        said: [r.investigating, r.planned, r.done, r.not_concerned],
    });
    Ok(tally.collect())
}

/// Items since a time on which some members have not said that nothing is left to do, the most pressing first and five at
/// most. What is planned waits until its time.
///
/// # Errors
/// The database's own.
pub async fn open(
    tx: &mut PgConnection,
    organisations: &[OrganisationId],
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<Open>> {
    let organisations: Vec<Uuid> = organisations.iter().map(|o| o.0).collect();
    let rows = sqlx::query!(
        r#"select a.advisory_id as "advisory_id: AdvisoryId", a.number, au.ceptoar_id, a.measures_due as "due!",
                  au.organisation_id as "organisation_id: OrganisationId"
           from advisory_audience au
           join advisories a on a.advisory_id = au.advisory_id
           left join lateral (
             select m.measure, m.planned_on from advisory_measures m
             where m.advisory_id = au.advisory_id and m.organisation_id = au.organisation_id
               and m.ceptoar_id = au.ceptoar_id
             order by m.measure_id desc limit 1) r on true
           where au.organisation_id = any ($1) and au.stage = 'member' and not au.held
             and au.superseded_at is null and not au.withdrawn
             and a.state = 'published' and a.level <> 'RED' and a.measures_due is not null and a.published_at > $2
             and (r.measure is null or r.measure = 'investigating' or r.measure = 'planned' and r.planned_on < viewer_today())
             and speaks_for_member(a.advisory_id, au.ceptoar_id, au.organisation_id)
           order by a.measures_due, a.advisory_id limit 5"#,
        &organisations,
        since
    );
    let rows = rows.fetch_all(tx).await?.into_iter();
    let item = rows.map(|r| Open {
        advisory_id: r.advisory_id,
        number: r.number,
        ceptoar_id: r.ceptoar_id,
        organisation_id: r.organisation_id,
        due: r.due,
    });
    Ok(item.collect())
}
