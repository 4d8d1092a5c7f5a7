//! Changing the agreement. What was agreed before stays in the directory's memory.

use sqlx::PgConnection;

use super::agreement::Agreement;
use super::store;
use crate::features::directory::roster::changes::{self, Actor, Change, ChangeError};

/// Something else holds from a day on; what was planned for later days is taken back.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn change(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    change: &Change,
    agreement: &Agreement,
) -> Result<(), ChangeError> {
    changes::record_relaying(tx, actor, ceptoar_id, change).await?;
    Ok(store::change(tx, ceptoar_id, change.on, agreement).await?)
}
