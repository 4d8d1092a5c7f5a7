//! The queue.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::letter::Letter;
use crate::kernel::ids::MailId;

/// Stores a mail's text.
pub async fn store_mail(
    tx: &mut PgConnection,
    item_kind: &str,
    item_id: Uuid,
    letter: &Letter,
    now: DateTime<Utc>,
) -> sqlx::Result<MailId> {
    let id = MailId::random();
    sqlx::query!(
        "insert into mails (mail_id, item_kind, item_id, language, subject, body, body_hash, drill, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id.0,
        item_kind,
        item_id,
        letter.language.code(),
        letter.subject,
        letter.body,
        &Sha256::digest(&letter.body)[..],
        letter.drill,
        now
    )
    .execute(tx)
    .await?;
    Ok(id)
}
