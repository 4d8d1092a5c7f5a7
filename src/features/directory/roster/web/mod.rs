//! Pages of the roster, one file per page; `edit.rs` is the way that every change takes: form, confirmation, done.

pub mod edit;
pub mod fields;
pub mod forms;
pub mod index;
pub mod member;
pub mod reading;
pub mod roster;

use super::paths;
use crate::features::access::action::DirectoryAction;
use crate::features::access::{Action, Routes, Rule, Viewer, can};
use crate::features::access::directory::RosterFacts;
use crate::features::directory::roster::store;
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use edit::What;

const fn may(action: DirectoryAction) -> Rule {
    Rule::May(Action::Directory(action))
}

const fn fresh(action: DirectoryAction) -> Rule {
    Rule::Fresh(Action::Directory(action))
}

/// The routes of this feature. Who changes whom a warning reaches has just proved to be there.
pub fn routes() -> Routes {
    let see = may(DirectoryAction::LookAtMember);
    let look = may(DirectoryAction::LookAtRoster);
    let keep = DirectoryAction::KeepMember;
    let edits = [
        (paths::NAME, keep, What::Name),
        (paths::MEMBERSHIP, keep, What::Membership),
        (paths::LEAVING, keep, What::Leaving),
        (paths::NEW_WINDOW, DirectoryAction::KeepWindow, What::NewWindow),
    ];
    let window_edits = [(paths::WINDOW, What::Window), (paths::WINDOW_END, What::WindowEnd)];
    let routes = Routes::new()
        .get(paths::INDEX, see, index::get)
        .get(paths::ROSTER, look, roster::get)
        .get(paths::SEARCH, look, roster::leave_search)
        .post(paths::SEARCH, look, roster::search)
        .get(paths::MEMBER, see, member::get)
        .get(paths::JOINING, may(keep), edit::get_joining)
        .post(paths::JOINING, fresh(keep), edit::post_joining);
    let routes = edits.into_iter().fold(routes, |routes, (path, action, what)| {
        routes
            .get(path, may(action), async move |state, viewer, frame, place| {
                edit::get(what, state, viewer, frame, place).await
            })
            .post(path, fresh(action), async move |state, viewer, frame, place, form| {
                edit::post(what, state, viewer, frame, place, form).await
            })
    });
    let action = DirectoryAction::KeepWindow;
    window_edits.into_iter().fold(routes, |routes, (path, what)| {
        routes
            .get(path, may(action), async move |state, viewer, frame, place| {
                edit::get_window(what, state, viewer, frame, place).await
            })
            .post(path, fresh(action), async move |state, viewer, frame, place, form| {
                edit::post_window(what, state, viewer, frame, place, form).await
            })
    })
}

/// A member in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct MemberPlace {
    /// The CEPTOAR.
    pub ceptoar: String,
    /// The firm.
    pub organisation: OrganisationId,
}

/// A window in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct WindowPlace {
    /// The CEPTOAR.
    pub ceptoar: String,
    /// The firm.
    pub organisation: OrganisationId,
    /// The window.
    pub window: ContactId,
}

/// The facts of a member for whom the viewer may do that; otherwise there is no such member.
async fn permitted(
    tx: &mut Tx,
    viewer: &Viewer,
    action: DirectoryAction,
    ceptoar: &str,
    organisation: OrganisationId,
) -> Result<RosterFacts, WebError> {
    let facts = store::facts(tx, viewer, ceptoar, organisation).await?.ok_or(WebError::NotFound)?;
    if can(viewer, action, &facts) { Ok(facts) } else { Err(WebError::NotFound) }
}
