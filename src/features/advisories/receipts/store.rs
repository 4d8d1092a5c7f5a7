//! SQL of receipts. Row security asks once more who keeps which desk.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::receipt::{Channel, DeskReceipt, NewReceipt};
use crate::features::access::Viewer;
use crate::features::directory::roster::sheet::{ChannelKind, Hours};
use crate::kernel::ids::{AccountId, AdvisoryId, OrganisationId};
use crate::kernel::sharing_level::HandlerScope;

/// How long something has just been done.
pub const A_MOMENT: TimeDelta = TimeDelta::minutes(1);

/// What somebody did to a receipt a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JustDone {
    /// Entered it.
    Entered,
    /// Took it back.
    TakenBack,
}

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
           where a.advisory_id = $1 and a.ceptoar_id = $2 and a.organisation_id = $3 and a.stage = 'member' and not a.held"#,
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
           where advisory_id = $1 and ceptoar_id = $2 and stage = 'member' and not held"#,
        id.0,
        ceptoar
    )
    .fetch_all(tx)
    .await
}

/// What desks entered for some organisations, the newest first; taken back or not. The words of a desk that is not the
/// viewer's are empty.
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
                  d.channel as "channel: Channel", d.with_code, d.happened_at, d.entered_at, w.entered_by as "entered_by?", d.withdrawn_at,
                  coalesce(w.answered_by, '') as "answered_by!", coalesce(w.remark, '') as "remark!",
                  coalesce(w.entered_by_name, '') as "entered_by_name!",
                  coalesce(w.withdrawn_by_name, '') as "withdrawn_by_name!",
                  coalesce(w.withdrawn_reason, '') as "withdrawn_reason!"
           from desk_receipts d
           left join desk_receipt_words w on w.receipt_id = d.receipt_id
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
            entered_by: r.entered_by.map(AccountId),
            entered_by_name: r.entered_by_name,
            withdrawn: r.withdrawn_at.map(|at| (at, r.withdrawn_by_name, r.withdrawn_reason)),
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

/// Writes down what the desk was told; none when one stands already. Who and when is the database's to say.
///
/// # Errors
/// When the database refuses or cannot be reached.
pub async fn enter(
    tx: &mut PgConnection,
    id: AdvisoryId,
    ceptoar: &str,
    organisation: OrganisationId,
    told: &NewReceipt,
) -> sqlx::Result<Option<Uuid>> {
    let receipt = sqlx::query_scalar!(
        "insert into desk_receipts (advisory_id, organisation_id, ceptoar_id, channel, with_code, happened_at)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning receipt_id",
        id.0,
        organisation.0,
        ceptoar,
        told.channel.code(),
        told.with_code,
        told.happened_at
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(receipt) = receipt else { return Ok(None) };
    sqlx::query!(
        "insert into desk_receipt_words (receipt_id, answered_by, remark) values ($1, $2, $3)",
        receipt,
        told.answered_by,
        told.remark
    )
    .execute(tx)
    .await?;
    Ok(Some(receipt))
}

/// Takes a receipt back; `false` when somebody did before. Who is the database's to say.
///
/// # Errors
/// When the database refuses or cannot be reached.
pub async fn withdraw(tx: &mut PgConnection, receipt: Uuid, reason: &str, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update desk_receipts set withdrawn_at = $2 where receipt_id = $1 and withdrawn_at is null",
        receipt,
        now
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    sqlx::query!("update desk_receipt_words set withdrawn_reason = $2 where receipt_id = $1", receipt, reason)
        .execute(tx)
        .await?;
    Ok(true)
}

/// Whether the viewer entered a receipt of this item a moment ago, or took it back: what a page says has just been done.
///
/// # Errors
/// When the database cannot be reached.
pub async fn just_done(
    tx: &mut PgConnection,
    viewer: &Viewer,
    id: AdvisoryId,
    receipt: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<JustDone>> {
    let row = sqlx::query!(
        r#"select d.withdrawn_at is not null as "withdrawn!"
           from desk_receipts d join desk_receipt_words w on w.receipt_id = d.receipt_id
           where d.receipt_id = $1 and d.advisory_id = $2
             and case when d.withdrawn_at is null then w.entered_by = $3 and d.entered_at > $4
                      else w.withdrawn_by = $3 and d.withdrawn_at > $4 end"#,
        receipt,
        id.0,
        viewer.account_id.0,
        now - A_MOMENT
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|r| if r.withdrawn { JustDone::TakenBack } else { JustDone::Entered }))
}

/// Whether an item counts as received by a member of a CEPTOAR.
///
/// # Errors
/// When the database cannot be reached.
pub async fn is_received(
    tx: &mut PgConnection,
    id: AdvisoryId,
    ceptoar: &str,
    organisation: OrganisationId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
             select from advisory_receipts y
             where y.advisory_id = $1 and y.organisation_id = $2
               and (y.stage is null or (y.stage = 'member' and y.ceptoar_id = $3))) as "received!""#,
        id.0,
        organisation.0,
        ceptoar
    )
    .fetch_one(tx)
    .await
}

/// A registered number.
#[derive(Debug, Clone)]
pub struct Number {
    /// Which fact of the directory.
    pub fact: Uuid,
    /// By what.
    pub kind: ChannelKind,
    /// The number.
    pub value: String,
    /// When somebody is there.
    pub hours: Hours,
}

/// The numbers of the viewer's own desk, as members call and send sheets back to it, those first at which somebody is
/// now. What is on a person, a mobile or a satellite telephone, is on no sheet that leaves the house.
///
/// # Errors
/// When the database cannot be reached.
pub async fn desk_numbers(tx: &mut PgConnection, viewer: &Viewer, ceptoar: &str) -> sqlx::Result<Vec<Number>> {
    let own: Vec<Uuid> = viewer.affiliations.iter().map(|a| a.organisation_id.0).collect();
    let rows = sqlx::query!(
        r#"select c.fact_id as "fact!", c.kind as "kind!", c.value as "value!", c.hours as "hours!"
           from contacts k join contact_channels c on c.contact_id = k.contact_id and c.valid @> viewer_today()
           where k.ceptoar_id = $1 and k.organisation_id = any ($2) and k.valid @> viewer_today()
             and c.kind in ('phone', 'fax')
           order by c.hours = 'always' or (c.hours = 'off_hours') = is_off_hours(viewer_now()) desc, k.position, c.position, c.value"#,
        ceptoar,
        &own
    )
    .fetch_all(tx)
    .await?;
    Ok(each_once(rows.into_iter().map(|r| (r.fact, [r.kind, r.value, r.hours]))))
}

/// The FAX numbers of a member's windows for a CEPTOAR, of those that may handle the item: as on the call list.
///
/// # Errors
/// When the database cannot be reached.
pub async fn fax_numbers(
    tx: &mut PgConnection,
    id: AdvisoryId,
    ceptoar: &str,
    organisation: OrganisationId,
    scope: HandlerScope,
) -> sqlx::Result<Vec<Number>> {
    let rows = sqlx::query!(
        r#"select c.fact_id as "fact!", c.kind as "kind!", c.value as "value!", c.hours as "hours!"
           from contacts k join contact_channels c on c.contact_id = k.contact_id and c.valid @> viewer_today()
           where k.ceptoar_id = $1 and k.organisation_id = $2 and k.valid @> viewer_today() and c.kind = 'fax'
             and case $3::text when 'organisation' then k.handler or not exists (
                     select from advisory_audience au where au.advisory_id = $4 and au.organisation_id = $2
                       and au.ceptoar_id = $1 and au.handlers_only)
                   when 'handlers' then k.handler
                   else exists (select from deliveries x where x.item_id = $4 and x.contact_id = k.contact_id) end
           order by k.position, c.position, c.value"#,
        ceptoar,
        organisation.0,
        scope.code(),
        id.0
    )
    .fetch_all(tx)
    .await?;
    Ok(each_once(rows.into_iter().map(|r| (r.fact, [r.kind, r.value, r.hours]))))
}

/// Two windows may share a number.
fn each_once(rows: impl Iterator<Item = (Uuid, [String; 3])>) -> Vec<Number> {
    let mut numbers: Vec<Number> = Vec::new();
    for (fact, [kind, value, hours]) in rows {
        let Some((kind, hours)) = ChannelKind::from_code(&kind).zip(Hours::from_code(&hours)) else { continue };
        if !numbers.iter().any(|known| known.kind == kind && known.value == value) {
            numbers.push(Number { fact, kind, value, hours });
        }
    }
    numbers
}
