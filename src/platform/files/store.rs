//! SQL of attached files: sealed in parts, held until scanned, destroyed by their key.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::intake::Checked;
use super::name::DisplayName;
use super::policy::FileType;
use super::scan::Finding;
use super::seal::{FileKey, SealError};
use crate::kernel::ids::AccountId;

/// Bytes of a part before it is sealed; the table knows the bound as well.
const PART: usize = 256 * 1024;

/// Why a file cannot be kept or had.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refuses or is gone.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The content does not open: a part is missing or was changed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum FileState {
    /// No scanner has looked at it.
    Held,
    /// A scanner found nothing.
    Released,
    /// A scanner found something.
    Refused,
    /// A scanner cannot look through it.
    Unreadable,
    /// Its key and content are destroyed.
    Purged,
}

/// A file as people had attached it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it is called.
    pub name: DisplayName,
    /// What it is.
    pub kind: FileType,
    /// Its content.
    pub content: Vec<u8>,
}

/// Keeps a checked file, held until a scanner has looked at it. Its id is random and its name of storage; what
/// people call it is only shown.
///
/// # Errors
/// When the database refuses, or the system has no random numbers.
pub async fn keep(
    tx: &mut PgConnection,
    file: &Checked,
    by: AccountId,
    now: DateTime<Utc>,
) -> Result<Uuid, StoreError> {
    let id = Uuid::new_v4();
    let key = FileKey::new()?;
    sqlx::query!(
        "insert into stored_files (file_id, name, kind, length, sha256, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        id,
        file.name.as_str(),
        file.kind.code(),
        i64::try_from(file.content.len()).unwrap_or(i64::MAX),
        &Sha256::digest(&file.content)[..],
        by.0,
        now
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("insert into stored_file_keys (file_id, key) values ($1, $2)", id, key.as_bytes())
        .execute(&mut *tx)
        .await?;
    for (place, part) in (0..).zip(file.content.chunks(PART)) {
        let sealed = key.seal(id, place, part)?;
        sqlx::query!("insert into stored_file_parts (file_id, place, sealed) values ($1, $2, $3)", id, place, sealed)
            .execute(&mut *tx)
            .await?;
    }
    Ok(id)
}

/// A released file, if the viewer of the transaction may have it.
///
/// # Errors
/// When the database is gone, or the content does not open.
pub async fn open(tx: &mut PgConnection, id: Uuid) -> Result<Option<Opened>, StoreError> {
    let row = sqlx::query!(
        "select f.name, f.kind, f.length, f.sha256, k.key from stored_files f join stored_file_keys k using (file_id)
         where f.file_id = $1 and f.state = 'released'",
        id
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let content = content(tx, id, &row.key, &row.sha256).await?;
    let name = DisplayName::parse(&row.name).map_err(|_| SealError::Broken)?;
    let kind = FileType::from_code(&row.kind).ok_or(SealError::Broken)?;
    Ok(Some(Opened { name, kind, content }))
}

/// How many files are looked at in a row.
const ROUND: i64 = 50;

/// The files that no scanner has looked at, the oldest first, without those that it could not look at lately.
///
/// # Errors
/// When the database is gone.
pub async fn waiting(tx: &mut PgConnection, lately: &[Uuid]) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select file_id from stored_files where state = 'held' and file_id <> all ($2)
         order by created_at, file_id limit $1",
        ROUND,
        lately
    )
    .fetch_all(tx)
    .await
}

/// The content of a held file, for the scanner.
///
/// # Errors
/// When the database is gone, or the content does not open.
pub async fn held(tx: &mut PgConnection, id: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sqlx::query!(
        "select f.sha256, k.key from stored_files f join stored_file_keys k using (file_id)
         where f.file_id = $1 and f.state = 'held'",
        id
    )
    .fetch_optional(&mut *tx)
    .await?;
    match row {
        Some(row) => Ok(Some(content(tx, id, &row.key, &row.sha256).await?)),
        None => Ok(None),
    }
}

async fn content(tx: &mut PgConnection, id: Uuid, key: &[u8], sha256: &[u8]) -> Result<Vec<u8>, StoreError> {
    let key = FileKey::from_bytes(key)?;
    let parts = sqlx::query!("select place, sealed from stored_file_parts where file_id = $1 order by place", id)
        .fetch_all(&mut *tx)
        .await?;
    let mut content = Vec::with_capacity(parts.iter().map(|part| part.sealed.len()).sum());
    for (place, part) in (0..).zip(parts) {
        // By its place in the row of parts, so that a missing one is noticed.
        content.extend(key.open(id, place, &part.sealed)?);
    }
    if Sha256::digest(&content)[..] != *sha256 {
        return Err(SealError::Broken.into());
    }
    Ok(content)
}

/// Settles a held file by what the scanner found; without a finding it stays held. Says whether it is settled.
///
/// # Errors
/// When the database refuses.
pub async fn settle(tx: &mut PgConnection, id: Uuid, finding: Finding, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let state = match finding {
        Finding::Clean => "released",
        Finding::Harmful => "refused",
        Finding::Unreadable => "unreadable",
        Finding::NotScanned | Finding::OutOfReach => return Ok(false),
    };
    let done = sqlx::query!(
        "update stored_files set state = $2, settled_at = $3 where file_id = $1 and state = 'held'",
        id,
        state,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Destroys a file of the viewer's own, key first. What older backups still hold of it cannot be read without
/// the key. Says whether there was one.
///
/// # Errors
/// When the database refuses.
pub async fn purge(tx: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let purged = sqlx::query_scalar!("select purge_stored_file($1, $2)", id, now).fetch_one(tx).await?;
    Ok(purged.unwrap_or(false))
}
