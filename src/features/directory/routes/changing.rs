//! Changing agreement and road. What was so before stays in the directory's memory.

use sqlx::PgConnection;

use super::agreement::Agreement;
use super::course::Course;
use super::store;
use crate::features::directory::roster::changes::{self, Actor, Change, ChangeError};

/// Something else is agreed from a day on; what was planned for later days is taken back.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn agree(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    change: &Change,
    agreement: &Agreement,
) -> Result<(), ChangeError> {
    changes::record_of_ceptoar(tx, actor, ceptoar_id, change, "relay_rule").await?;
    Ok(store::agree(tx, ceptoar_id, change.on, agreement).await?)
}

/// Another road from a day on; what was planned for later days is taken back.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn lead_over(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    change: &Change,
    course: Course,
) -> Result<(), ChangeError> {
    changes::record_of_ceptoar(tx, actor, ceptoar_id, change, "route").await?;
    Ok(store::lead_over(tx, ceptoar_id, change.on, course).await?)
}
