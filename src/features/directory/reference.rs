//! Loads the reference data into the directory: what `data/reference` says of sectors, CEPTOARs,
//! secretariats, counts and routes, as facts with periods.

mod facts;
mod federations;
mod files;
mod holidays;
pub mod rows;
pub mod timeline;

use anyhow::Context;
use sqlx::{Connection, PgConnection};

use super::store;
use files::Sources;

/// Loads what `data/reference` holds; doing it again changes nothing. Answers whether there was
/// anything to do. These tables have no other author, so a new state of the files replaces the old one;
/// federations that somebody changed here are left as they are.
///
/// # Errors
/// When the files contradict one another or the schema; the message names the file and the key.
pub async fn load(owner: &mut PgConnection) -> anyhow::Result<bool> {
    let sources = Sources::embedded();
    let fingerprint = sources.fingerprint();
    let mut tx = owner.begin().await?;
    if store::holds(&mut tx, &fingerprint).await? {
        return Ok(false);
    }
    // Two portals may start at once on one database; the second finds the work done.
    store::wait_for_turn(&mut tx).await?;
    if store::holds(&mut tx, &fingerprint).await? {
        return Ok(false);
    }
    let facts = facts::derive(&sources.parse()?)?;
    store::replace(&mut tx, &facts).await.context("the reference data does not fit into the directory")?;
    store::remember(&mut tx, &fingerprint).await?;
    tx.commit().await?;
    Ok(true)
}
