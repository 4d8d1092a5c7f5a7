//! Taking a plan back: what it said goes, and what was said before it is said again.

mod store;

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{About, Actor, Change, ChangeError, Written, differing, groups, leaves_nobody, record, tell};
use crate::features::directory::roster::sheet::{Channel, Sheet};
use crate::features::directory::roster::store::PastChange;

/// Takes a planned change back, if nothing was built on it since.
///
/// # Errors
/// [`ChangeError`]; the caller gives the transaction up then.
pub async fn withdraw(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    sheet: &Sheet,
    plan: &PastChange,
    reason: String,
) -> Result<(), ChangeError> {
    // What a change replaced has to be in sight: without it nothing could be said again, and all would be lost.
    if !plan.is_open || plan.kind != "beginning" && !store::is_remembered(tx, plan.change_id).await? {
        return Err(ChangeError::NotOpen);
    }
    let opening = plan.contact_id.filter(|_| plan.kind == "beginning");
    if opening.is_some_and(|window| leaves_nobody(sheet, window, plan.effective_on)) {
        return Err(ChangeError::LastWindow);
    }
    let id = Uuid::new_v4();
    super::store::announce(tx, id).await?;
    if plan.begins_membership() {
        // It never joins: with the membership goes all that was planned for it.
        super::store::end_membership(tx, &sheet.ceptoar_id, sheet.organisation_id, plan.effective_on).await?;
    } else {
        store::drop_made(tx, sheet.organisation_id, plan).await?;
        store::restore(tx, plan.change_id).await?;
        store::bring_back(tx, plan.change_id).await?;
    }
    // Last: only a member is in a group.
    if plan.kind == "ending" && plan.subject == "membership" {
        groups::store::rejoin(tx, &sheet.ceptoar_id, plan).await?;
    }
    let change = Change {
        on: plan.effective_on,
        correction: false,
        reason,
        before: plan.after.clone(),
        after: plan.before.clone(),
        proposal: None,
    };
    let subject = if plan.contact_id.is_some() {
        "window"
    } else if plan.subject == "name" {
        "name"
    } else {
        "membership"
    };
    let what = Written { kind: "withdrawal", subject };
    let about = About { window: plan.contact_id, ..About::member(&sheet.ceptoar_id, sheet.organisation_id) };
    record(tx, actor, id, about, &change, what).await?;
    tell_again(tx, actor, sheet, plan, change.on).await
}

/// Whoever was told of the plan learns that nothing comes of it.
async fn tell_again(
    tx: &mut PgConnection,
    actor: Actor<'_>,
    sheet: &Sheet,
    plan: &PastChange,
    on: NaiveDate,
) -> Result<(), ChangeError> {
    let windows: Vec<_> = match (plan.contact_id, plan.kind.as_str(), plan.subject.as_str()) {
        (Some(contact), _, _) => sheet.window(contact).into_iter().collect(),
        // A firm that stays after all keeps the windows that were to close with it.
        (None, "ending", "membership") => sheet.windows.iter().filter(|w| w.life().until == Some(on)).collect(),
        (None, "beginning", "membership") => sheet.windows.iter().filter(|w| w.life().from >= Some(on)).collect(),
        (None, _, _) => Vec::new(),
    };
    let last_day = on.pred_opt().unwrap_or(on);
    for window in windows {
        let again: Vec<Channel> = window.channels_on(last_day).into_iter().cloned().collect();
        let told = differing(sheet, window.contact_id, on, &again);
        tell(tx, actor, told.into_iter().collect(), on).await?;
    }
    Ok(())
}
