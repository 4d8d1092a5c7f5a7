//! Changing agreement and road. What was so before stays in the directory's memory.

use sqlx::PgConnection;
use uuid::Uuid;

use super::agreement::Agreement;
use super::course::Course;
use super::regional::{self, Beginning};
use super::store;
use crate::features::directory::roster::changes::{self, Actor, Change, ChangeError};
use crate::kernel::stage::Desk;

/// Something else is agreed from a day on; what was planned for later days is taken back.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn agree(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    (ceptoar_id, desk): (&str, Desk),
    change: &Change,
    agreement: &Agreement,
) -> Result<(), ChangeError> {
    changes::record_of_ceptoar(tx, actor, ceptoar_id, change, ("change", subject(desk))).await?;
    Ok(store::agree(tx, (ceptoar_id, desk), change.on, agreement).await?)
}

/// As what the change of a desk's part is remembered.
#[must_use]
pub fn subject(desk: Desk) -> &'static str {
    match desk {
        Desk::Ministry => "ministry_rule",
        Desk::Secretariat => "relay_rule",
    }
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
    changes::record_of_ceptoar(tx, actor, ceptoar_id, change, ("change", "route")).await?;
    Ok(store::lead_over(tx, ceptoar_id, change.on, course).await?)
}

/// A regional office looks after members from a day on.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn begin_regional(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    change: &Change,
    office: &Beginning,
) -> Result<(), ChangeError> {
    changes::record_of_ceptoar(tx, actor, ceptoar_id, change, ("beginning", "route")).await?;
    Ok(regional::store::begin(tx, ceptoar_id, change.on, office).await?)
}

/// A regional office does no longer from a day on.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn end_regional(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    change: &Change,
    office: Uuid,
) -> Result<(), ChangeError> {
    changes::record_of_ceptoar(tx, actor, ceptoar_id, change, ("ending", "route")).await?;
    let ended = regional::store::end(tx, ceptoar_id, office, change.on).await?;
    if ended { Ok(()) } else { Err(sqlx::Error::RowNotFound.into()) }
}
