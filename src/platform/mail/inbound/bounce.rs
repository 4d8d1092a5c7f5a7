//! A notice that a copy was not delivered: the delivery is settled anew, from sent to refused.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::reading::Reading;
use crate::kernel::ids::DeliveryId;
use crate::platform::audit::{self, Event};
use crate::platform::mail::outbox::{self, CopyNow};

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// The copy is known to have come back.
    Bounced,
    /// It is still being tried: nothing has come of it yet.
    Delayed,
    /// No notice about this copy: an absence reply, a forgery, another recipient, a repetition.
    Ignored,
    /// The worker has not written down that the relay took it. To be handed over once more.
    Early,
}

/// Writes down what a mail to the envelope's sender says.
///
/// # Errors
/// When the database cannot be reached; then nothing was written.
pub async fn note(pool: &PgPool, delivery: DeliveryId, reading: &Reading, now: DateTime<Utc>) -> sqlx::Result<Noted> {
    if reading.reports.is_empty() {
        return Ok(Noted::Ignored);
    }
    let mut tx = pool.begin().await?;
    let Some(copy) = outbox::copy_now(&mut tx, delivery).await? else { return Ok(Noted::Ignored) };
    let about: Vec<_> = reading.reports.iter().filter(|report| report.is_about(&copy.address)).collect();
    let Some(report) = about.iter().find(|report| report.is_failure()) else {
        return Ok(if about.is_empty() { Noted::Ignored } else { Noted::Delayed });
    };
    if copy.is_under_way() {
        return Ok(Noted::Early);
    }
    let reply = report.reply();
    if !outbox::bounce(&mut tx, delivery, reply).await? {
        return Ok(Noted::Ignored);
    }
    record(&mut tx, delivery, &copy, &reply.to_string(), now).await?;
    tx.commit().await?;
    Ok(Noted::Bounced)
}

async fn record(
    tx: &mut sqlx::PgConnection,
    delivery: DeliveryId,
    copy: &CopyNow,
    reply: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let detail = serde_json::json!({ "delivery": delivery, "ceptoar": copy.ceptoar_id, "reply": reply });
    let of_item = copy.item_kind == "advisory";
    let (kind, subject) =
        if of_item { ("advisory", copy.item_id.to_string()) } else { ("delivery", delivery.to_string()) };
    audit::record(tx, Event::done(now, "delivery.bounce", kind, &subject).detail(detail)).await
}
