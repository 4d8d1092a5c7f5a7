//! SQL of receipts. Row security asks once more who keeps which desk.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::receipt::{Channel, DeskReceipt, NewReceipt};
use crate::features::access::Viewer;
use crate::features::directory::roster::sheet::ChannelKind;
use crate::kernel::ids::{AccountId, AdvisoryId, OrganisationId};

/// A member that an item reached through a CEPTOAR: its name in Japanese and English.
///
/// # Errors
/// When the database cannot be reached.
pub async fn member(
    tx: &mut PgConnection,
    id: AdvisoryId,
    ceptoar: &str,
    organisation: OrganisationId,
) -> sqlx::Result<Option<[String; 2]>> {
    let row = sqlx::query!(
        r#"select coalesce(n.ja, '') as "ja!", coalesce(n.en, '') as "en!"
           from advisory_audience a
           left join organisation_names n on n.organisation_id = a.organisation_id and n.valid @> viewer_today()
           where a.advisory_id = $1 and a.ceptoar_id = $2 and a.organisation_id = $3 and a.stage = 'member'"#,
        id.0,
        ceptoar,
        organisation.0
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|r| [r.ja, r.en]))
}

/// The members that an item reached through a CEPTOAR.
///
/// # Errors
/// When the database cannot be reached.
pub async fn members(tx: &mut PgConnection, id: AdvisoryId, ceptoar: &str) -> sqlx::Result<Vec<OrganisationId>> {
    sqlx::query_scalar!(
        r#"select organisation_id as "organisation_id: OrganisationId" from advisory_audience
           where advisory_id = $1 and ceptoar_id = $2 and stage = 'member'"#,
        id.0,
        ceptoar
    )
    .fetch_all(tx)
    .await
}

/// What desks entered for some organisations, the newest first; taken back or not.
///
/// # Errors
/// When the database cannot be reached.
pub async fn entered(
    tx: &mut PgConnection,
    id: AdvisoryId,
    organisations: &[OrganisationId],
) -> sqlx::Result<Vec<DeskReceipt>> {
    let organisations: Vec<Uuid> = organisations.iter().map(|o| o.0).collect();
    let rows = sqlx::query!(
        r#"select d.receipt_id, d.organisation_id, d.ceptoar_id, coalesce(n.ja, d.ceptoar_id) as "ja!", coalesce(n.en, d.ceptoar_id) as "en!",
                  d.channel as "channel: Channel", d.with_code, d.answered_by, d.remark, d.happened_at, d.entered_at,
                  d.entered_by, d.entered_by_name, d.withdrawn_at, d.withdrawn_by_name, d.withdrawn_reason
           from desk_receipts d
           left join ceptoar_names n on n.ceptoar_id = d.ceptoar_id and n.valid @> viewer_today()
           where d.advisory_id = $1 and d.organisation_id = any ($2)
           order by d.entered_at desc, d.receipt_id"#,
        id.0,
        &organisations
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| DeskReceipt {
            receipt_id: r.receipt_id,
            organisation_id: OrganisationId(r.organisation_id),
            ceptoar_id: r.ceptoar_id,
            ceptoar: [r.ja, r.en],
            told: NewReceipt {
                channel: r.channel,
                with_code: r.with_code,
                answered_by: r.answered_by,
                remark: r.remark,
                happened_at: r.happened_at,
            },
            entered_at: r.entered_at,
            entered_by: AccountId(r.entered_by),
            entered_by_name: r.entered_by_name,
            withdrawn: r
                .withdrawn_at
                .zip(r.withdrawn_by_name)
                .zip(r.withdrawn_reason)
                .map(|((at, by), reason)| (at, by, reason)),
        })
        .collect())
}

/// When the firm itself first acknowledged.
///
/// # Errors
/// When the database cannot be reached.
pub async fn acknowledged_at(
    tx: &mut PgConnection,
    id: AdvisoryId,
    organisation: OrganisationId,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!(
        "select min(acknowledged_at) from advisory_acknowledgements where advisory_id = $1 and organisation_id = $2",
        id.0,
        organisation.0
    )
    .fetch_one(tx)
    .await
}

/// Writes down what the desk was told; `false` when one stands already. Who and when is the database's to say.
///
/// # Errors
/// When the database refuses or cannot be reached.
pub async fn enter(
    tx: &mut PgConnection,
    viewer: &Viewer,
    id: AdvisoryId,
    ceptoar: &str,
    organisation: OrganisationId,
    told: &NewReceipt,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into desk_receipts (advisory_id, organisation_id, ceptoar_id, channel, with_code, answered_by, remark,
                                    happened_at, entered_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
        id.0,
        organisation.0,
        ceptoar,
        told.channel.code(),
        told.with_code,
        told.answered_by,
        told.remark,
        told.happened_at,
        viewer.account_id.0
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a receipt back; `false` when somebody did before.
///
/// # Errors
/// When the database refuses or cannot be reached.
pub async fn withdraw(
    tx: &mut PgConnection,
    viewer: &Viewer,
    receipt: Uuid,
    reason: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update desk_receipts set withdrawn_at = $2, withdrawn_by = $3, withdrawn_reason = $4
         where receipt_id = $1 and withdrawn_at is null",
        receipt,
        now,
        viewer.account_id.0,
        reason
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A registered number.
#[derive(Debug, Clone)]
pub struct Number {
    /// By what.
    pub kind: ChannelKind,
    /// The number.
    pub value: String,
}

/// The numbers of the viewer's own desk, as members call and send sheets back to it.
///
/// # Errors
/// When the database cannot be reached.
pub async fn desk_numbers(tx: &mut PgConnection, viewer: &Viewer, ceptoar: &str) -> sqlx::Result<Vec<Number>> {
    let own: Vec<Uuid> = viewer.affiliations.iter().map(|a| a.organisation_id.0).collect();
    let rows = sqlx::query!(
        r#"select distinct on (c.kind, c.value) c.kind as "kind!", c.value as "value!", k.position, c.position as place
           from contacts k join contact_channels c on c.contact_id = k.contact_id and c.valid @> viewer_today()
           where k.ceptoar_id = $1 and k.organisation_id = any ($2) and k.valid @> viewer_today()
             and c.kind in ('phone', 'mobile', 'satellite', 'fax')
           order by c.kind, c.value, k.position, c.position"#,
        ceptoar,
        &own
    )
    .fetch_all(tx)
    .await?;
    let mut rows: Vec<_> = rows
        .into_iter()
        .filter_map(|r| {
            Some(((r.position, r.place), Number { kind: ChannelKind::from_code(&r.kind)?, value: r.value }))
        })
        .collect();
    rows.sort_by_key(|(place, _)| *place);
    Ok(rows.into_iter().map(|(_, number)| number).collect())
}

/// The FAX numbers of a member's windows for a CEPTOAR.
///
/// # Errors
/// When the database cannot be reached.
pub async fn fax_numbers(
    tx: &mut PgConnection,
    ceptoar: &str,
    organisation: OrganisationId,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select c.value from contacts k join contact_channels c on c.contact_id = k.contact_id and c.valid @> viewer_today()
         where k.ceptoar_id = $1 and k.organisation_id = $2 and k.valid @> viewer_today() and c.kind = 'fax'
         group by c.value order by min(k.position), min(c.position), c.value",
        ceptoar,
        organisation.0
    )
    .fetch_all(tx)
    .await
}

/// Whether the database refused it as not the viewer's to do.
#[must_use]
pub fn is_refusal(error: &sqlx::Error) -> bool {
    // insufficient_privilege: row security and the tables' own rules alike.
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "42501")
}
