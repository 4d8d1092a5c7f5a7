//! SQL of the local mailbox.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// A mail in the list.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Its place in the order of arrival.
    pub id: i64,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// Whom it was handed over for.
    pub recipient: String,
    /// Its headers, as sent.
    pub headers: Vec<u8>,
}

/// Mails from `before` backwards, the newest first; only those whose recipient holds `part`.
pub async fn list(tx: &mut PgConnection, part: &str, before: Option<i64>, limit: i64) -> sqlx::Result<Vec<Arrived>> {
    let rows = sqlx::query!(
        "select local_mail_id, received_at, recipient, headers from local_mails
         where ($1 = '' or strpos(lower(recipient), $1) > 0) and ($2::bigint is null or local_mail_id < $2)
         order by local_mail_id desc limit $3",
        part.to_lowercase(),
        before,
        limit
    )
    .fetch_all(tx)
    .await?;
    let arrived = rows.into_iter().map(|r| Arrived {
        id: r.local_mail_id,
        received_at: r.received_at,
        recipient: r.recipient,
        headers: r.headers,
    });
    Ok(arrived.collect())
}

/// One mail, whole.
#[derive(Debug, Clone)]
pub struct Whole {
    /// What the list shows of it.
    pub arrived: Arrived,
    /// The sender's address on the envelope.
    pub sender: String,
    /// Its body, as sent.
    pub body: Vec<u8>,
}

/// One mail.
pub async fn find(tx: &mut PgConnection, id: i64) -> sqlx::Result<Option<Whole>> {
    let row = sqlx::query!(
        "select m.received_at, m.sender, m.recipient, m.headers, b.body
         from local_mails m join local_mail_bodies b using (body_hash) where m.local_mail_id = $1",
        id
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|r| Whole {
        arrived: Arrived { id, received_at: r.received_at, recipient: r.recipient, headers: r.headers },
        sender: r.sender,
        body: r.body,
    }))
}
