//! SQL of replies. Written through functions of the owner alone; read under row security.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::reply::{Facts, MailReply, Outcome};
use crate::kernel::ids::{AdvisoryId, DeliveryId, OrganisationId};

/// What has to be known of a copy; none where no reply to it is asked for.
///
/// # Errors
/// When the database cannot be reached.
pub async fn facts(tx: &mut PgConnection, delivery: DeliveryId) -> sqlx::Result<Option<Facts>> {
    sqlx::query_as!(
        Facts,
        r#"select advisory_id as "advisory_id!", organisation_id as "organisation_id!", ceptoar_id as "ceptoar_id!",
                  number as "number!", confidential as "confidential!", superseded as "superseded!", withdrawn as "withdrawn!",
                  subject as "subject!", address as "address!"
           from reply_facts($1)"#,
        delivery.0
    )
    .fetch_optional(tx)
    .await
}

/// Notes what became of a reply; whether it is the first of its kind to this copy.
///
/// # Errors
/// When the database cannot be reached.
pub async fn enter(
    tx: &mut PgConnection,
    delivery: DeliveryId,
    outcome: Outcome,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select reply_enter($1, $2, $3) as "new!""#, delivery.0, outcome.code(), now)
        .fetch_one(tx)
        .await
}

/// The replies of some organisations to one item, the newest first.
///
/// # Errors
/// When the database cannot be reached.
pub async fn of_item(
    tx: &mut PgConnection,
    id: AdvisoryId,
    organisations: &[OrganisationId],
) -> sqlx::Result<Vec<MailReply>> {
    let organisations: Vec<Uuid> = organisations.iter().map(|o| o.0).collect();
    let rows = sqlx::query!(
        r#"select organisation_id, ceptoar_id, outcome as "outcome: Outcome", min(arrived_at) as "arrived_at!"
           from mail_replies where advisory_id = $1 and organisation_id = any ($2)
           group by 1, 2, 3 order by 4 desc, 3"#,
        id.0,
        &organisations
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| MailReply {
            organisation_id: OrganisationId(r.organisation_id),
            ceptoar_id: r.ceptoar_id,
            arrived_at: r.arrived_at,
            outcome: r.outcome,
        })
        .collect())
}

/// Which of some organisations answered which of some items by mail, and for which CEPTOAR.
///
/// # Errors
/// When the database cannot be reached.
pub async fn received(
    tx: &mut PgConnection,
    ids: &[AdvisoryId],
    organisations: &[OrganisationId],
) -> sqlx::Result<Vec<(AdvisoryId, OrganisationId, String)>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let organisations: Vec<Uuid> = organisations.iter().map(|o| o.0).collect();
    let rows = sqlx::query!(
        "select distinct advisory_id, organisation_id, ceptoar_id from mail_replies
         where advisory_id = any ($1) and organisation_id = any ($2) and outcome = 'received'",
        &ids,
        &organisations
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|r| (AdvisoryId(r.advisory_id), OrganisationId(r.organisation_id), r.ceptoar_id)).collect())
}
