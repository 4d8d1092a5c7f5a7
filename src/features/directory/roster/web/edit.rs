//! The way of every change: form, confirmation, done. Nothing typed is lost on the way, and who was overtaken by
//! somebody else is told before anything is written.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::fields::Typed;
use super::forms::{self, Meant};
use super::reading::Reader;
use super::sheet_form::{Desk, EditWords, What};
use super::{MemberPlace, WindowPlace, member, note_reading, permitted};
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::{RosterFacts, Standing};
use crate::features::access::{Viewer, can};
use crate::features::directory::roster::changes::{self, Actor, Change, Joining};
use crate::features::directory::roster::sheet::Sheet;
use crate::features::directory::roster::store::{self, CeptoarFacts};
use crate::features::directory::roster::{former, line};
use crate::kernel::clock::japan_day;
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::Frame;
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// The form about a member.
pub async fn get(
    what: What,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<MemberPlace>,
) -> Result<Response, WebError> {
    form(what, &state, &viewer, &frame, &place, None).await
}

/// The form about a window.
pub async fn get_window(
    what: What,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(WindowPlace { ceptoar, organisation, window }): Place<WindowPlace>,
) -> Result<Response, WebError> {
    form(what, &state, &viewer, &frame, &MemberPlace { ceptoar, organisation }, Some(window)).await
}

/// Confirms or makes a change of a member.
pub async fn post(
    what: What,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<MemberPlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    step(what, &state, &viewer, &frame, &place, None, Typed(typed)).await
}

/// Confirms or makes a change of a window.
pub async fn post_window(
    what: What,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(WindowPlace { ceptoar, organisation, window }): Place<WindowPlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    step(what, &state, &viewer, &frame, &MemberPlace { ceptoar, organisation }, Some(window), Typed(typed)).await
}

async fn form(
    what: What,
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    place: &MemberPlace,
    window: Option<ContactId>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let (ceptoar, sheet) = sheet(&mut tx, viewer, what, place, window).await?;
    let desk = Desk::about(what, viewer, frame, &ceptoar, &sheet, window, japan_day(now));
    let tx = note_reading(tx, state, viewer, frame, (&place.ceptoar, place.organisation), desk.addresses()).await?;
    tx.commit().await?;
    let typed = forms::prefilled(what, &desk.scene());
    Ok(Page(desk.page(&typed, FieldErrors::default())).into_response())
}

async fn sheet(
    tx: &mut Tx,
    viewer: &Viewer,
    what: What,
    place: &MemberPlace,
    window: Option<ContactId>,
) -> Result<(CeptoarFacts, Sheet), WebError> {
    permitted(tx, viewer, what.action(), &place.ceptoar, place.organisation).await?;
    let ceptoar = store::ceptoar(tx, &place.ceptoar).await?.ok_or(WebError::NotFound)?;
    let sheet = store::sheet(tx, &place.ceptoar, place.organisation, true).await?;
    let of_members = matches!(what, What::Joining | What::Membership | What::Leaving);
    if (sheet.standing != Standing::Member && of_members) || window.is_some_and(|id| sheet.window(id).is_none()) {
        return Err(WebError::NotFound);
    }
    Ok((ceptoar, sheet))
}

async fn step(
    what: What,
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    place: &MemberPlace,
    window: Option<ContactId>,
    typed: Typed,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    changes::wait_for_turn(&mut tx, &place.ceptoar, place.organisation).await?;
    let (ceptoar, sheet) = sheet(&mut tx, viewer, what, place, window).await?;
    let desk = Desk::about(what, viewer, frame, &ceptoar, &sheet, window, japan_day(now));
    let typed = desk.known(typed)?;
    if desk.is_overtaken(&typed) {
        let past = store::history(&mut tx, &place.ceptoar, place.organisation, true, None).await?;
        let page = desk.overtaken(&typed, past.first());
        let shown = (place.ceptoar.as_str(), place.organisation);
        let tx = note_reading(tx, state, viewer, frame, shown, desk.addresses()).await?;
        tx.commit().await?;
        return Ok(Unprocessable(page).into_response());
    }
    let meant = match forms::meant(what, &desk.scene(), &typed) {
        Ok(meant) => meant.ok_or(WebError::NotFound)?,
        Err(errors) => return Ok(Unprocessable(desk.page(&typed, errors)).into_response()),
    };
    if let Some(answer) = desk.not_yet(&typed, &meant.change, Some(&meant.alteration)) {
        return Ok(answer);
    }
    let Meant { change, alteration } = meant;
    let actor = actor(viewer, &place.ceptoar, place.organisation, frame, now);
    match changes::apply(&mut tx, actor, &sheet, &change, &alteration).await {
        Ok(()) => tx.commit().await?,
        Err(error) => return desk.refused(&typed, error),
    }
    Ok(Redirect::to(&member::done(&place.ceptoar, place.organisation, what.done())).into_response())
}

/// The form for a firm that joins.
pub async fn get_joining(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = joined(&mut tx, &viewer, &ceptoar_id).await?;
    let desk = Desk::joining(&viewer, &frame, &ceptoar_id, &ceptoar, japan_day(now));
    let typed = forms::prefilled(What::Joining, &desk.scene());
    Ok(Page(desk.page(&typed, FieldErrors::default())).into_response())
}

/// Takes a firm in.
pub async fn post_joining(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    // A second click finds the member that the first one made.
    changes::wait_to_join(&mut tx, &ceptoar_id).await?;
    let ceptoar = joined(&mut tx, &viewer, &ceptoar_id).await?;
    let desk = Desk::joining(&viewer, &frame, &ceptoar_id, &ceptoar, japan_day(now));
    let typed = desk.known(Typed(typed))?;
    let mut reader = Reader::new(&typed, frame.language, desk.today);
    let name = reader.name();
    let membership = reader.membership(&ceptoar, reader.day_or_today("on"));
    let on = reader.day("on");
    let window = reader.window();
    let channels = reader.channels(&[]);
    let reason = reader.reason(false);
    if !reader.errors.is_empty() {
        return Ok(Unprocessable(desk.page(&typed, reader.errors)).into_response());
    }
    let ways: Vec<_> = channels.iter().collect();
    let after = [line::of_name(&name), forms::in_lines(&desk.scene(), &membership), line::of_window(&window, &ways)];
    let change = Change { on, correction: false, reason, before: Vec::new(), after: after.concat(), proposal: None };
    if store::has_member_called(&mut tx, &ceptoar_id, &name.ja, on).await? {
        let mut errors = FieldErrors::default();
        errors.add("ja", EditWords::of(frame.language).same_name);
        return Ok(Unprocessable(desk.page(&typed, errors)).into_response());
    }
    if typed.get("another") != "true" {
        let former = former::store::called(&mut tx, &ceptoar_id, (&name.ja, &name.reading)).await?;
        if !former.is_empty() {
            return Ok(Unprocessable(desk.former(typed, &former)).into_response());
        }
    }
    if let Some(answer) = desk.not_yet(&typed, &change, None) {
        return Ok(answer);
    }
    let demonstration = state.config.is_demonstration();
    let joining = Joining { name, membership, window, channels, demonstration };
    let actor = actor(&viewer, &ceptoar_id, OrganisationId::random(), &frame, now);
    let organisation = match changes::join(&mut tx, actor, &ceptoar_id, &change, &joining).await {
        Ok(organisation) => organisation,
        Err(error) => return desk.refused(&typed, error),
    };
    tx.commit().await?;
    Ok(Redirect::to(&member::done(&ceptoar_id, organisation, What::Joining.done())).into_response())
}

async fn joined(tx: &mut Tx, viewer: &Viewer, ceptoar_id: &str) -> Result<CeptoarFacts, WebError> {
    if !can(viewer, DirectoryAction::KeepMember, &RosterFacts::whole(ceptoar_id)) {
        return Err(WebError::NotFound);
    }
    store::ceptoar(tx, ceptoar_id).await?.ok_or(WebError::NotFound)
}

/// Who acts: the desk of the CEPTOAR if the viewer keeps it, else the firm's own people.
pub fn actor<'a>(
    viewer: &'a Viewer,
    ceptoar_id: &str,
    firm: OrganisationId,
    frame: &'a Frame,
    now: chrono::DateTime<chrono::Utc>,
) -> Actor<'a> {
    let desk = viewer.affiliations.iter().find(|a| a.is_desk_of(ceptoar_id));
    let organisation = desk.map_or(firm, |a| a.organisation_id);
    Actor { viewer, organisation, now, request_id: &frame.request_id }
}
