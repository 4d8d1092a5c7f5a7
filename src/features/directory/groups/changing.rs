//! Changing groups and who is in them. What was said before stays in the directory's memory.

use sqlx::PgConnection;
use uuid::Uuid;

use super::group::{Group, GroupWords, Kind, Member};
use super::store::{self, PlannedEnd};
use crate::features::directory::roster::changes::{self, Actor, Change, ChangeError};
use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::sheet::Dated;

/// A new group.
///
/// # Errors
/// [`ChangeError`], also where another one is called so; the caller gives the transaction up then.
pub async fn add(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    change: &Change,
    (kind, words): (Kind, &GroupWords),
) -> Result<(), ChangeError> {
    let group = format!("{ceptoar_id}-{}", Uuid::new_v4());
    store::add(tx, (ceptoar_id, &group), kind, change.on, words).await?;
    changes::record_group(tx, actor, (ceptoar_id, &group, None), change, "beginning").await
}

/// What was said of a group was wrong.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn correct(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    group: &Group,
    change: &Change,
    words: &GroupWords,
) -> Result<(), ChangeError> {
    changes::record_group(tx, actor, (ceptoar_id, &group.group_id, None), change, "correction").await?;
    Ok(store::correct(tx, &group.group_id, words).await?)
}

/// Ends a group; whoever is in it is so no longer.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn end(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    group: &Group,
    change: &Change,
) -> Result<(), ChangeError> {
    changes::record_group(tx, actor, (ceptoar_id, &group.group_id, None), change, "ending").await?;
    let before = [Line::same("group", &group.words.code)];
    store::record_parting(tx, actor, (ceptoar_id, &group.group_id), change, "ending", &before).await?;
    Ok(store::end(tx, &group.group_id, change.on).await?)
}

/// A registered end of a group that has not come is taken back; whoever was in it until then stays in it.
///
/// # Errors
/// [`ChangeError`], also where another group is called so after that end; the caller gives the transaction up then.
pub async fn go_on(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    group: &Group,
    change: &Change,
    end: &PlannedEnd,
) -> Result<(), ChangeError> {
    changes::record_group(tx, actor, (ceptoar_id, &group.group_id, None), change, "withdrawal").await?;
    store::go_on(tx, &group.group_id, end).await?;
    let before = [Line::same("group", &group.words.code)];
    Ok(store::record_parting(tx, actor, (ceptoar_id, &group.group_id), change, "withdrawal", &before).await?)
}

/// A member of the CEPTOAR is in a group from now on.
///
/// # Errors
/// [`ChangeError`], also where it is in it already, or no member on that day; the caller gives the transaction up then.
pub async fn join(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    group: &Group,
    change: &Change,
    member: &Member,
) -> Result<(), ChangeError> {
    let about = (ceptoar_id, group.group_id.as_str(), Some(member.organisation_id));
    changes::record_group(tx, actor, about, change, "beginning").await?;
    if store::join(tx, (ceptoar_id, &group.group_id), member.organisation_id, change.on).await? {
        Ok(())
    } else {
        Err(ChangeError::NoMember)
    }
}

/// A member leaves a group.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn leave(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    ceptoar_id: &str,
    group: &Group,
    change: &Change,
    part: &Dated<Member>,
) -> Result<(), ChangeError> {
    let about = (ceptoar_id, group.group_id.as_str(), Some(part.value.organisation_id));
    changes::record_group(tx, actor, about, change, "ending").await?;
    Ok(store::leave(tx, ceptoar_id, part.fact_id, change.on).await?)
}
