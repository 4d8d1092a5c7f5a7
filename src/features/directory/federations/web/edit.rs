//! Changing a federation: form, confirmation, done.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, NaiveDate, Utc};

use super::forms::{Choices, FormWords, Scene, What};
use super::index::IndexWords;
use super::show::{change_row, permits};
use crate::features::access::action::FederationAction;
use crate::features::access::federation::FederationFacts;
use crate::features::access::{Role, Viewer, can};
use crate::features::directory::federations::changing::{self, Actor, Alteration};
use crate::features::directory::federations::federation::Federation;
use crate::features::directory::federations::{paths, store};
use crate::features::directory::roster::web::fields::Typed;
use crate::features::directory::roster::web::plain_form::{self, PlainForm, ToConfirm};
use crate::kernel::clock::japan_day;
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// What everything on the way needs.
struct Desk<'a> {
    what: What,
    frame: &'a Frame,
    federation: Option<&'a Federation>,
    choices: &'a Choices,
    today: NaiveDate,
}

impl Desk<'_> {
    fn scene(&self) -> Scene<'_> {
        Scene {
            what: self.what,
            federation: self.federation,
            choices: self.choices,
            today: self.today,
            language: self.frame.language,
        }
    }

    fn form(&self) -> PlainForm<'_> {
        let language = self.frame.language;
        let (title, lead) = self.what.words(language);
        let (home, home_label) = self.frame.home();
        let index = IndexWords::of(language);
        let mut way = vec![(home.to_owned(), home_label.to_owned()), (paths::INDEX.to_owned(), index.title.to_owned())];
        let id = self.federation.map(|federation| federation.federation_id.as_str());
        let subject = self.federation.map_or_else(|| index.title.to_owned(), |f| f.title(self.today, language));
        if let Some(id) = id {
            way.push((paths::of(paths::SHOW, id), subject.clone()));
        }
        let current = self.federation.map(|f| {
            let members: Vec<String> = f.members_on(self.today).map(|known| known.value.told(language)).collect();
            vec![(index.members.to_owned(), members.join(index.joint))]
        });
        PlainForm {
            frame: self.frame,
            title,
            lead,
            subject,
            action: paths::of(self.what.route(), id.unwrap_or_default()),
            back: id.map_or_else(|| paths::INDEX.to_owned(), |id| paths::of(paths::SHOW, id)),
            way,
            seen: self.federation.map(|federation| federation.version.to_string()).unwrap_or_default(),
            current: current.unwrap_or_default(),
            ending: matches!(self.what, What::Leaving | What::Dissolution),
        }
    }
}

pub(super) async fn read(
    tx: &mut Tx,
    viewer: &Viewer,
    id: &str,
    today: NaiveDate,
) -> Result<(Federation, Choices), WebError> {
    let federation = store::load(tx, Some(id), None).await?.pop().ok_or(WebError::NotFound)?;
    if !permits(viewer, &federation, today) {
        return Err(WebError::NotFound);
    }
    Ok((federation, choices(tx).await?))
}

async fn choices(tx: &mut Tx) -> Result<Choices, WebError> {
    Ok(Choices { ceptoars: store::ceptoars(tx).await?, keepers: store::keepers(tx).await? })
}

/// The form.
pub async fn get(
    what: What,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let (federation, choices) = read(&mut tx, &viewer, &id, japan_day(now)).await?;
    tx.commit().await?;
    let desk = Desk { what, frame: &frame, federation: Some(&federation), choices: &choices, today: japan_day(now) };
    let typed = desk.scene().prefilled();
    Ok(desk.form().page(desk.scene().fields(&typed), &typed))
}

/// Confirms or makes a change.
pub async fn post(
    what: What,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(id): Path<String>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let (federation, choices) = read(&mut tx, &viewer, &id, japan_day(now)).await?;
    let desk = Desk { what, frame: &frame, federation: Some(&federation), choices: &choices, today: japan_day(now) };
    let typed = plain_form::known(typed, &desk.scene().fields(&Typed::default()))?;
    let fields = desk.scene().fields(&typed);
    if typed.get("seen") != federation.version.to_string() {
        return overtaken(tx, &desk, &typed, &id).await;
    }
    let (change, alteration) = match desk.scene().meant(&typed) {
        Ok(meant) => meant,
        Err(errors) => return Ok(desk.form().wrong(fields, &typed, errors)),
    };
    if let Some(answer) = desk.form().not_yet(fields, &typed, &to_confirm(&change)) {
        return Ok(answer);
    }
    let actor = actor(&viewer, &federation, &frame, now)?;
    if !changing::apply(&mut tx, actor, &federation, &change, &alteration).await? {
        // Somebody was faster by a moment.
        return overtaken(tx, &desk, &typed, &id).await;
    }
    tx.commit().await?;
    Ok(desk.form().done("changed"))
}

async fn overtaken(mut tx: Tx, desk: &Desk<'_>, typed: &Typed, id: &str) -> Result<Response, WebError> {
    let language = desk.frame.language;
    let last = store::history(&mut tx, id, None).await?.first().map(|change| change_row(change, language));
    let now = store::load(&mut tx, Some(id), None).await?.pop().ok_or(WebError::NotFound)?;
    tx.commit().await?;
    let desk = Desk { federation: Some(&now), frame: desk.frame, choices: desk.choices, ..*desk };
    Ok(desk.form().overtaken(desk.scene().fields(typed), FormWords::of(language).overtaken, last))
}

/// The form for a new one.
pub async fn get_founding(State(state): State<AppState>, viewer: Viewer, frame: Frame) -> Result<Response, WebError> {
    let now = state.clock.now();
    let choices = Choices { ceptoars: Vec::new(), keepers: Vec::new() };
    may_found(&viewer)?;
    let desk = Desk { what: What::Founding, frame: &frame, federation: None, choices: &choices, today: japan_day(now) };
    let typed = desk.scene().prefilled();
    Ok(desk.form().page(desk.scene().fields(&typed), &typed))
}

/// Registers a new one.
pub async fn post_founding(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    may_found(&viewer)?;
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    // A second click finds the one that the first one made.
    store::wait_to_found(&mut tx).await?;
    let choices = Choices { ceptoars: Vec::new(), keepers: Vec::new() };
    let desk = Desk { what: What::Founding, frame: &frame, federation: None, choices: &choices, today: japan_day(now) };
    let typed = plain_form::known(typed, &desk.scene().fields(&Typed::default()))?;
    let fields = desk.scene().fields(&typed);
    let (change, alteration) = match desk.scene().meant(&typed) {
        Ok(meant) => meant,
        Err(errors) => return Ok(desk.form().wrong(fields, &typed, errors)),
    };
    let Alteration::Name(name) = alteration else { return Err(WebError::BadRequest) };
    if store::is_called(&mut tx, &name.ja, change.on).await? {
        return Ok(desk.form().said_at(fields, &typed, "ja", FormWords::of(frame.language).same_name));
    }
    if let Some(answer) = desk.form().not_yet(fields, &typed, &to_confirm(&change)) {
        return Ok(answer);
    }
    let organisation = viewer.affiliations.iter().find(|a| is_centre(a.role)).ok_or(WebError::NotFound)?;
    let actor =
        Actor { viewer: &viewer, organisation: organisation.organisation_id, now, request_id: &frame.request_id };
    let id = changing::found(&mut tx, actor, &change, &name).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=founded", paths::of(paths::SHOW, &id))).into_response())
}

fn to_confirm(change: &changing::Change) -> ToConfirm<'_> {
    let changing::Change { on, reason, before, after } = change;
    ToConfirm { on: *on, correction: false, reason, before, after }
}

fn may_found(viewer: &Viewer) -> Result<(), WebError> {
    let new = FederationFacts { keeper: None };
    if can(viewer, FederationAction::Found, &new) { Ok(()) } else { Err(WebError::NotFound) }
}

fn is_centre(role: Role) -> bool {
    matches!(role, Role::NiscAnalyst | Role::NiscApprover)
}

/// Who acts: the keeping secretariat where the viewer is of it, else the centre.
pub(super) fn actor<'a>(
    viewer: &'a Viewer,
    federation: &Federation,
    frame: &'a Frame,
    now: DateTime<Utc>,
) -> Result<Actor<'a>, WebError> {
    let keeper = federation.desk_on(japan_day(now)).map(|desk| desk.organisation_id);
    let keeps = viewer.affiliations.iter().find(|a| a.role == Role::Secretariat && Some(a.organisation_id) == keeper);
    let acts = keeps.or_else(|| viewer.affiliations.iter().find(|a| is_centre(a.role))).ok_or(WebError::NotFound)?;
    Ok(Actor { viewer, organisation: acts.organisation_id, now, request_id: &frame.request_id })
}
