//! Filling a database with the demonstration, and keeping demonstration and production apart.

use anyhow::{bail, ensure};
use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection};

use super::store::{self, Summary};
use super::{people, roster};
use crate::features::accounts::demonstration::{ACCOUNTS, PASSWORD};
use crate::platform::security::password::PasswordHasher;

/// Whether the roster is there.
///
/// # Errors
/// When the database fails.
pub async fn is_present(owner: &mut PgConnection) -> sqlx::Result<bool> {
    store::is_present(owner).await
}

/// Fills the roster and the accounts; what is there already stays as it is.
/// To be called in demonstration mode alone, after [`check_mode`].
///
/// # Errors
/// When the reference data is not loaded, or the database fails; nothing was added then.
pub async fn seed(owner: &mut PgConnection, hasher: &PasswordHasher, now: DateTime<Utc>) -> anyhow::Result<Summary> {
    let there = store::summary(owner).await?;
    let complete = usize::try_from(there.accounts).is_ok_and(|accounts| accounts >= ACCOUNTS.len());
    if there.organisations > 0 && complete {
        return Ok(there);
    }
    let password_hash = hasher.hash(PASSWORD.into()).await?;
    let mut tx = owner.begin().await?;
    store::wait_for_turn(&mut tx).await?;
    let desks = store::desks(&mut tx).await?;
    if !store::is_present(&mut tx).await? {
        let counts = store::counts(&mut tx).await?;
        ensure!(!counts.is_empty(), "the reference data is not loaded: run `ceptoar-portal seed`");
        let subgroups = store::subgroups(&mut tx).await?;
        store::add_roster(&mut tx, &roster::build(&counts, &desks, &subgroups)).await?;
    }
    store::add_regional(&mut tx).await?;
    let people = people::everybody(&store::codes(&mut tx).await?, &desks)?;
    store::add_people(&mut tx, &people, &password_hash, now).await?;
    store::add_waiting(&mut tx, now).await?;
    store::add_rules(&mut tx, now).await?;
    store::add_proposal(&mut tx, now).await?;
    store::add_partner(&mut tx).await?;
    store::add_group(&mut tx).await?;
    store::refresh_statistics(&mut tx).await?;
    tx.commit().await?;
    Ok(store::summary(owner).await?)
}

/// Refuses to run one kind of portal on the other's database.
///
/// # Errors
/// When the database holds what this mode must not have; the message says what to do.
pub async fn check_mode(owner: &mut PgConnection, demonstration: bool) -> anyhow::Result<()> {
    let found = store::origins(owner).await?;
    if demonstration && found.real_accounts {
        bail!("this database has accounts of real people, and this is a demonstration: use a fresh database for it");
    }
    if !demonstration && (found.invented_accounts || found.invented_organisations) {
        bail!("this database was filled for the demonstration: use a fresh database for production");
    }
    Ok(())
}
