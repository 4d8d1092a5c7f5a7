//! Adding, correcting and ending groups: form, confirmation, done.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;

use super::desk::{Desk, change, of_desk, waited};
use super::forms::{self, FormWords, What};
use crate::features::access::Viewer;
use crate::features::directory::groups::group::{self, Kind};
use crate::features::directory::groups::{changing, store};
use crate::features::directory::roster::changes::{Change, ChangeError};
use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::paths as roster;
use crate::features::directory::roster::sheet::Period;
use crate::features::directory::roster::web::edit::actor;
use crate::features::directory::roster::web::fields::Typed;
use crate::features::directory::roster::web::plain_form::{self, fault, kept};
use crate::features::directory::roster::web::reading::Reader;
use crate::kernel::clock::japan_day;
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::fill;
use crate::kernel::period::thousands;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// A group in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct GroupPlace {
    pub(super) ceptoar: String,
    pub(super) group: String,
}

/// The form for a new one.
pub async fn get_new(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let today = japan_day(now);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = kept(&mut tx, &viewer, &frame, &ceptoar_id).await?;
    tx.commit().await?;
    let ceptoar_id = ceptoar_id.as_str();
    let desk = Desk::new(What::New, &frame, (ceptoar_id, ceptoar), today);
    let typed = forms::prefilled(None, desk.what, today);
    Ok(desk.form().page(desk.fields(&typed), &typed))
}

/// Adds a new one.
pub async fn post_new(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Path(ceptoar_id): Path<String>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let (today, language) = (japan_day(now), frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = waited(&mut tx, &viewer, &frame, &ceptoar_id).await?;
    let ceptoar_id = ceptoar_id.as_str();
    let desk = Desk::new(What::New, &frame, (ceptoar_id, ceptoar), today);
    let typed = plain_form::known(typed, &desk.fields(&Typed::default()))?;
    let mut reader = Reader::new(&typed, language, today);
    let words = forms::words(&typed, &mut reader.errors, language);
    let kind = forms::kind(&typed, &mut reader.errors, language);
    let (on, reason) = (reader.day("on"), reader.needed_reason());
    let (Some(kind), true) = (kind, reader.errors.is_empty()) else {
        return Ok(desk.wrong(&typed, reader.errors));
    };
    // A second click finds the group that the first one made.
    let valid = Period { from: Some(on), until: None };
    if store::is_called(&mut tx, ceptoar_id, &words.code, valid, None).await? {
        return Ok(desk.said_at(&typed, "code", FormWords::of(language).same_code));
    }
    let change = change(on, reason, Vec::new(), group::of_words(kind, &words));
    if let Some(answer) = desk.not_yet(&typed, &change) {
        return Ok(answer);
    }
    let actor = actor(&viewer, ceptoar_id, OrganisationId::random(), &frame, now);
    changing::add(&mut tx, actor, ceptoar_id, &change, (kind, &words)).await.map_err(fault)?;
    tx.commit().await?;
    Ok(desk.form().done("added"))
}

/// The form for other words.
pub async fn get_correct(
    state: State<AppState>,
    viewer: Viewer,
    frame: Frame,
    place: Place<GroupPlace>,
) -> Result<Response, WebError> {
    form(What::Correct, state, viewer, frame, place).await
}

/// The form for its end.
pub async fn get_end(
    state: State<AppState>,
    viewer: Viewer,
    frame: Frame,
    place: Place<GroupPlace>,
) -> Result<Response, WebError> {
    form(What::End, state, viewer, frame, place).await
}

async fn form(
    what: What,
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<GroupPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let today = japan_day(now);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = kept(&mut tx, &viewer, &frame, &place.ceptoar).await?;
    let group = of_desk(&mut tx, &place.ceptoar, &place.group, today).await?;
    tx.commit().await?;
    let desk = Desk::new(what, &frame, (&place.ceptoar, ceptoar), today).with(&group);
    let typed = forms::prefilled(Some(&group), what, today);
    Ok(desk.form().page(desk.fields(&typed), &typed))
}

/// Corrects its words.
pub async fn post_correct(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<GroupPlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let (today, language) = (japan_day(now), frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = waited(&mut tx, &viewer, &frame, &place.ceptoar).await?;
    let group = of_desk(&mut tx, &place.ceptoar, &place.group, today).await?;
    let ceptoar_id = place.ceptoar.as_str();
    let desk = Desk::new(What::Correct, &frame, (ceptoar_id, ceptoar), today).with(&group);
    let typed = plain_form::known(typed, &desk.fields(&Typed::default()))?;
    if let Some(answer) = desk.overtaken(&typed) {
        return Ok(answer);
    }
    let mut reader = Reader::new(&typed, language, today);
    let words = forms::words(&typed, &mut reader.errors, language);
    let reason = reader.needed_reason();
    if !reader.errors.is_empty() {
        return Ok(desk.wrong(&typed, reader.errors));
    }
    if words == group.words {
        return Ok(desk.said_at(&typed, "code", FormWords::of(language).same));
    }
    if store::is_called(&mut tx, ceptoar_id, &words.code, group.valid, Some(&group.group_id)).await? {
        return Ok(desk.said_at(&typed, "code", FormWords::of(language).same_code));
    }
    let (before, after) = (group::of_words(group.kind, &group.words), group::of_words(group.kind, &words));
    let change = Change { correction: true, ..change(today, reason, before, after) };
    if let Some(answer) = desk.not_yet(&typed, &change) {
        return Ok(answer);
    }
    let actor = actor(&viewer, ceptoar_id, OrganisationId::random(), &frame, now);
    changing::correct(&mut tx, actor, ceptoar_id, &group, &change, &words).await.map_err(fault)?;
    tx.commit().await?;
    Ok(desk.form().done("corrected"))
}

/// Ends it.
pub async fn post_end(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<GroupPlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let (today, language) = (japan_day(now), frame.language);
    let w = FormWords::of(language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = waited(&mut tx, &viewer, &frame, &place.ceptoar).await?;
    let group = of_desk(&mut tx, &place.ceptoar, &place.group, today).await?;
    let ceptoar_id = place.ceptoar.as_str();
    let desk = Desk::new(What::End, &frame, (ceptoar_id, ceptoar), today).with(&group);
    let typed = plain_form::known(typed, &desk.fields(&Typed::default()))?;
    if let Some(answer) = desk.overtaken(&typed) {
        return Ok(answer);
    }
    let mut reader = Reader::new(&typed, language, today);
    let (last, reason) = (reader.day("on"), reader.needed_reason());
    if !reader.errors.is_empty() {
        return Ok(desk.wrong(&typed, reader.errors));
    }
    let on = last.succ_opt().unwrap_or(last);
    if !can_end(group.valid, on) {
        return Ok(desk.said_at(&typed, "on", w.not_there));
    }
    let named = if group.kind == Kind::Subgroup { store::named_from(&mut tx, &group.group_id, on).await? } else { 0 };
    if named > 0 {
        let message = fill(w.named, &[("count", &thousands(named))]);
        let remedy = (roster::roster(ceptoar_id), w.to_roster.to_owned());
        return Ok(desk.form().sent_on(desk.fields(&typed), &typed, ("on", message), remedy));
    }
    let mut before = group::of_words(group.kind, &group.words);
    if group.kind == Kind::CrossCutting {
        let staying = store::staying(&mut tx, &group.group_id, on, None).await?;
        before.push(Line::same("group_members", &thousands(staying)));
    }
    let change = change(on, reason, before, Vec::new());
    if let Some(answer) = desk.not_yet(&typed, &change) {
        return Ok(answer);
    }
    let actor = actor(&viewer, ceptoar_id, OrganisationId::random(), &frame, now);
    changing::end(&mut tx, actor, ceptoar_id, &group, &change).await.map_err(fault)?;
    tx.commit().await?;
    Ok(desk.form().done("ended"))
}

/// The form for its going on.
pub async fn get_going_on(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<GroupPlace>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let today = japan_day(now);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = kept(&mut tx, &viewer, &frame, &place.ceptoar).await?;
    let group = of_desk(&mut tx, &place.ceptoar, &place.group, today).await?;
    let end = store::planned_end(&mut tx, &group.group_id).await?;
    tx.commit().await?;
    let desk = Desk::new(What::GoingOn, &frame, (&place.ceptoar, ceptoar), today).with(&group);
    let typed = Typed::default();
    Ok(if end.is_some() { desk.form().page(desk.fields(&typed), &typed) } else { desk.nothing_ends() })
}

/// Takes its registered end back.
pub async fn post_going_on(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<GroupPlace>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let (today, language) = (japan_day(now), frame.language);
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let ceptoar = waited(&mut tx, &viewer, &frame, &place.ceptoar).await?;
    let group = of_desk(&mut tx, &place.ceptoar, &place.group, today).await?;
    let ceptoar_id = place.ceptoar.as_str();
    let desk = Desk::new(What::GoingOn, &frame, (ceptoar_id, ceptoar), today).with(&group);
    let typed = plain_form::known(typed, &desk.fields(&Typed::default()))?;
    let Some(end) = store::planned_end(&mut tx, &group.group_id).await? else { return Ok(desk.nothing_ends()) };
    if let Some(answer) = desk.overtaken(&typed) {
        return Ok(answer);
    }
    let mut reader = Reader::new(&typed, language, today);
    let reason = reader.needed_reason();
    if !reader.errors.is_empty() {
        return Ok(desk.wrong(&typed, reader.errors));
    }
    let (before, after) = (group::of_end(&group, group.valid.until), group::of_end(&group, end.until));
    let change = change(end.effective_on, reason, before, after);
    if let Some(answer) = desk.not_yet(&typed, &change) {
        return Ok(answer);
    }
    let actor = actor(&viewer, ceptoar_id, OrganisationId::random(), &frame, now);
    match changing::go_on(&mut tx, actor, ceptoar_id, &group, &change, &end).await {
        Ok(()) => tx.commit().await?,
        Err(ChangeError::Overlap) => {
            return Ok(desk.said_at(&typed, "reason", FormWords::of(language).name_is_taken));
        }
        Err(error) => return Err(fault(error)),
    }
    Ok(desk.form().done("going_on"))
}

/// Whether something can end so that a day is the first without it: it has begun by then, and does not end earlier.
pub(super) fn can_end(valid: Period, on: chrono::NaiveDate) -> bool {
    valid.from.is_none_or(|from| from <= on) && valid.until.is_none_or(|until| until > on)
}
