//! A reply comes in: it is judged, and what became of it is written down, all or nothing.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::reply::{Outcome, judge};
use super::store;
use crate::kernel::ids::DeliveryId;
use crate::platform::audit::{self, Event};
use crate::platform::mail::inbound::intake::Replies;
use crate::platform::mail::inbound::reading::Reading;

/// Judges replies over the worker's connections.
#[derive(Debug, Clone)]
pub struct ReplyDesk {
    /// The database, as `portal_worker`.
    pub pool: PgPool,
}

impl Replies for ReplyDesk {
    async fn replied(
        &self,
        delivery: DeliveryId,
        reading: &Reading,
        nobody: bool,
        now: DateTime<Utc>,
    ) -> sqlx::Result<&'static str> {
        let mut tx = self.pool.begin().await?;
        let Some(facts) = store::facts(&mut tx, delivery).await? else { return Ok("not_asked") };
        let outcome = judge(&facts, reading, nobody);
        if !store::enter(&mut tx, delivery, outcome, now).await? {
            return Ok("repeated");
        }
        if outcome == Outcome::Received {
            let subject = facts.advisory_id.to_string();
            let detail = serde_json::json!({ "delivery": delivery, "organisation": facts.organisation_id,
                "ceptoar": facts.ceptoar_id });
            audit::record(&mut tx, Event::done(now, "receipt.reply", "advisory", &subject).detail(detail)).await?;
        }
        tx.commit().await?;
        Ok(outcome.code())
    }
}
