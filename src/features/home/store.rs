//! SQL of the front page; the rest comes from the features themselves.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::features::access::Viewer;
use crate::kernel::ids::AdvisoryId;

/// How many members of the viewer's desks acknowledged an item.
#[derive(Debug, Clone, Copy)]
pub struct MemberAnswers {
    /// The item.
    pub advisory_id: AdvisoryId,
    /// Members that it went to.
    pub members: i64,
    /// … of which acknowledged.
    pub acknowledged: i64,
}

/// The members' answers to some items, for the CEPTOARs whose desk the viewer keeps.
pub async fn member_answers(
    tx: &mut PgConnection,
    viewer: &Viewer,
    ids: &[AdvisoryId],
) -> sqlx::Result<Vec<MemberAnswers>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let desks: Vec<String> = viewer.desks().into_iter().map(str::to_owned).collect();
    let rows = sqlx::query!(
        r#"select a.advisory_id, count(*) as "members!", count(k.found) as "acknowledged!"
           from advisory_audience a
           left join lateral (
             select true as found from advisory_acknowledgements y
             where y.advisory_id = a.advisory_id and y.organisation_id = a.organisation_id limit 1) k on true
           where a.advisory_id = any ($1) and a.ceptoar_id = any ($2) and a.stage = 'member'
           group by 1"#,
        &ids,
        &desks
    )
    .fetch_all(tx)
    .await?;
    let answers = rows.into_iter().map(|r| MemberAnswers {
        advisory_id: AdvisoryId(r.advisory_id),
        members: r.members,
        acknowledged: r.acknowledged,
    });
    Ok(answers.collect())
}
