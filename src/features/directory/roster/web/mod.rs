//! Pages of the roster, one file per page; `edit.rs` is the way that every change takes: form, confirmation, done.

pub mod as_of;
pub mod correcting;
pub mod days;
pub mod edit;
pub mod fields;
pub mod forms;
pub mod index;
pub mod member;
pub mod plain_form;
pub mod reading;
pub mod record;
pub mod returning;
pub mod roster;
pub mod sheet_form;
pub mod shown;
pub mod withdrawal;

use super::paths;
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Action, Routes, Rule, Viewer, can};
use crate::features::directory::roster::store::{self, CeptoarFacts};
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::contact_reads::{self, Shown};
use crate::platform::web::error::WebError;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;
use correcting::Of;
use sheet_form::What;

crate::words! {
    /// Words of the way to a page.
    pub struct WayWords {
        directory: "名簿" / "Directory",
    }
}

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
        .get(paths::WITHDRAWAL, may(DirectoryAction::KeepWindow), withdrawal::get)
        .post(paths::WITHDRAWAL, fresh(DirectoryAction::KeepWindow), withdrawal::post)
        .get(paths::JOINING, may(keep), edit::get_joining)
        .post(paths::JOINING, fresh(keep), edit::post_joining)
        .get(paths::FORMER, may(keep), returning::list)
        .post(paths::FORMER, may(keep), returning::search)
        .get(paths::RETURNING, may(keep), returning::get)
        .post(paths::RETURNING, fresh(keep), returning::post);
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
    let routes = [
        (paths::NAME_ON, keep, Of::Name),
        (paths::MEMBERSHIP_ON, keep, Of::Membership),
        (paths::WINDOW_ON, action, Of::Window),
    ]
    .into_iter()
    .fold(routes, |routes, (path, action, of)| {
        routes
            .get(path, may(action), async move |state, viewer, frame, place| {
                correcting::get(of, state, viewer, frame, place).await
            })
            .post(path, fresh(action), async move |state, viewer, frame, place, form| {
                correcting::post(of, state, viewer, frame, place, form).await
            })
    });
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
pub async fn permitted(
    tx: &mut Tx,
    viewer: &Viewer,
    action: DirectoryAction,
    ceptoar: &str,
    organisation: OrganisationId,
) -> Result<RosterFacts, WebError> {
    let facts = store::facts(tx, viewer, ceptoar, organisation).await?.ok_or(WebError::NotFound)?;
    if can(viewer, action, &facts) { Ok(facts) } else { Err(WebError::NotFound) }
}

/// A CEPTOAR whose roster the viewer may see; otherwise there is none.
async fn looked_at(tx: &mut Tx, viewer: &Viewer, ceptoar_id: &str) -> Result<CeptoarFacts, WebError> {
    if !can(viewer, DirectoryAction::LookAtRoster, &RosterFacts::whole(ceptoar_id)) {
        return Err(WebError::NotFound);
    }
    store::ceptoar(tx, ceptoar_id).await?.ok_or(WebError::NotFound)
}

/// The way to a member's pages: over the roster for those who may see it.
fn way(viewer: &Viewer, frame: &Frame, ceptoar_id: &str, ceptoar: &CeptoarFacts) -> Vec<(String, String)> {
    let (home, home_label) = frame.home();
    let directory = WayWords::of(frame.language).directory;
    let mut way = vec![(home.to_owned(), home_label.to_owned()), (paths::INDEX.to_owned(), directory.to_owned())];
    if can(viewer, DirectoryAction::LookAtRoster, &RosterFacts::whole(ceptoar_id)) {
        way.push((paths::roster(ceptoar_id), frame.language.pick(&ceptoar.name[0], &ceptoar.name[1]).clone()));
    }
    way
}

/// Charges the addresses that a page shows; a look at another organisation's stands in the trail.
pub async fn note_reading(
    tx: Tx,
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    (ceptoar_id, organisation): (&str, OrganisationId),
    addresses: usize,
) -> Result<Tx, WebError> {
    let now = state.clock.now();
    let limit = state.config.contact_reads_per_hour;
    let shown = Shown { account: viewer.account_id, addresses, limit, request_id: &frame.request_id };
    let mut tx = contact_reads::charge(tx, shown, now).await?;
    if addresses > 0 && viewer.affiliations.iter().all(|a| a.organisation_id != organisation) {
        let subject = organisation.to_string();
        let event = Event::done(now, "contacts.read", "organisation", &subject)
            .by(viewer.account_id)
            .request(&frame.request_id)
            .detail(serde_json::json!({ "ceptoar": ceptoar_id, "organisations": [organisation] }));
        audit::record_once_an_hour(&mut tx, event).await?;
    }
    Ok(tx)
}
