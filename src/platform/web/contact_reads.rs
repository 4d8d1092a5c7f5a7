//! A bound on reading people's addresses: whoever needs a window finds it, and nobody carries the list off.

use chrono::{DateTime, Utc};

use super::error::WebError;
use crate::kernel::ids::AccountId;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;

/// Who is shown how many addresses, in which request.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The transaction's viewer.
    pub account: AccountId,
    /// How many addresses the answer will hold.
    pub addresses: usize,
    /// The setting `contact_reads_per_hour`.
    pub limit: u32,
    /// The request, for the trail.
    pub request_id: &'a str,
}

/// Charges the addresses to the transaction's viewer and gives the transaction back. Over the limit it is
/// committed with the charge, so that a refusal gives nothing back, and the first refusal of an hour stands in the
/// trail.
///
/// # Errors
/// 429 with the time to wait, or the database's own.
pub async fn charge(
    mut tx: Tx,
    Shown { account, addresses, limit, request_id }: Shown<'_>,
    now: DateTime<Utc>,
) -> Result<Tx, WebError> {
    let shown = i32::try_from(addresses).unwrap_or(i32::MAX);
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    if shown == 0 {
        return Ok(tx);
    }
    let charged = sqlx::query!(
        r#"select reads as "reads!", ends_at as "ends_at!" from charge_contact_reads($1, $2)"#,
        shown,
        now
    )
    .fetch_one(&mut *tx)
    .await?;
    if charged.reads <= limit {
        return Ok(tx);
    }
    if charged.reads.saturating_sub(shown) <= limit {
        let detail = serde_json::json!({ "reads": charged.reads, "limit": limit });
        let subject_id = account.to_string();
        let event = Event::refused(now, "limit.contacts", "account", &subject_id);
        audit::record(&mut tx, event.by(account).request(request_id).detail(detail)).await?;
    }
    tx.commit().await?;
    Err(WebError::TooMany((charged.ends_at - now).to_std().unwrap_or_default()))
}
