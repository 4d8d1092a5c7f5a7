//! A bound on reading people's addresses: whoever needs a window finds it, and nobody carries the list off.

use chrono::{DateTime, Utc};

use super::error::{Said, WebError};
use crate::kernel::ids::AccountId;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;

/// What is said to whoever has been shown as many as an hour allows.
const TOO_MANY: Said = Said {
    ja: "あなたのアカウントで1時間に表示・書き出しできる連絡先の数の上限に達しました。名簿の持ち出しを防ぐための上限で、\
         故障ではありません。長くても1時間後に、また表示できます。事務局の方は、発出された情報提供の「連絡一覧」をいまも開けます。",
    en: "Your account has been shown as many contacts as one hour allows. This keeps anybody from carrying the list off; \
         nothing is broken. They are shown again within an hour. For a desk the call list of a published item opens even now.",
};

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
pub async fn charge(mut tx: Tx, shown: Shown<'_>, now: DateTime<Utc>) -> Result<Tx, WebError> {
    let Some(over) = count(&mut tx, shown, now).await? else { return Ok(tx) };
    if over.first {
        alert(&mut tx, shown, Event::refused(now, "limit.contacts", "account", &shown.account.to_string()), over)
            .await?;
    }
    tx.commit().await?;
    Err(WebError::TooMany((over.ends_at - now).to_std().unwrap_or_default(), Some(TOO_MANY)))
}

/// Charges numbers that are shown whatever the limit says: a desk that calls those who have not received an item must
/// not run out of numbers in the middle of the night. Each time that it is shown more than the limit stands in the
/// trail, as an alert with the thing it was about.
///
/// # Errors
/// The database's own.
pub async fn charge_without_end(
    tx: &mut Tx,
    shown: Shown<'_>,
    about: (&'static str, &str),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let Some(over) = count(tx, shown, now).await? else { return Ok(()) };
    alert(tx, shown, Event::done(now, "limit.contacts_passed", about.0, about.1), over).await
}

/// By how much somebody is over the limit.
#[derive(Debug, Clone, Copy)]
struct Over {
    reads: i32,
    first: bool,
    ends_at: DateTime<Utc>,
}

async fn count(tx: &mut Tx, shown: Shown<'_>, now: DateTime<Utc>) -> sqlx::Result<Option<Over>> {
    let addresses = i32::try_from(shown.addresses).unwrap_or(i32::MAX);
    let limit = i32::try_from(shown.limit).unwrap_or(i32::MAX);
    if addresses == 0 {
        return Ok(None);
    }
    let charged = sqlx::query!(
        r#"select reads as "reads!", ends_at as "ends_at!" from charge_contact_reads($1, $2)"#,
        addresses,
        now
    )
    .fetch_one(&mut **tx)
    .await?;
    let first = charged.reads.saturating_sub(addresses) <= limit;
    Ok((charged.reads > limit).then_some(Over { reads: charged.reads, first, ends_at: charged.ends_at }))
}

async fn alert(tx: &mut Tx, shown: Shown<'_>, event: Event<'_>, over: Over) -> sqlx::Result<()> {
    let detail = serde_json::json!({ "reads": over.reads, "limit": shown.limit });
    audit::record(tx, event.by(shown.account).request(shown.request_id).detail(detail)).await
}
