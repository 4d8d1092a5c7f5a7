//! Saving a sheet and sending it: nothing that was typed is lost on the way.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};

use super::sheet::{Meanwhile, Scene, SheetPlace};
use super::sheet_words::SheetWords;
use super::shown::{self, in_whose_name};
use crate::features::access::action::FollowUpAction;
use crate::features::access::{Viewer, can};
use crate::features::follow_up::changes::changes;
use crate::features::follow_up::filling::{Filled, Typed};
use crate::features::follow_up::hindrance::hindrances;
use crate::features::follow_up::paths;
use crate::features::follow_up::sheets::store::{self as sheets, Taken};
use crate::features::follow_up::state::{State as SheetState, Step};
use crate::kernel::language::{Language, fill};
use crate::kernel::period::short_time;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Place;
use crate::platform::web::form::FieldErrors;
use crate::platform::web::frame::Frame;
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

/// Saves a sheet, and sends it where that was asked and nothing hinders it.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Place(place): Place<SheetPlace>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let typed = Typed::new(pairs);
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let scene = Scene::read(&mut tx, &viewer, &place).await?;
    if !can(&viewer, FollowUpAction::Fill, &scene.sheet.facts) {
        return Err(WebError::NotFound);
    }
    if scene.follow_up.published_at.is_some() {
        return Err(shown::frozen());
    }
    if !scene.sheet.state.is_with_desk() {
        return Ok(sent_meanwhile(&scene, &viewer, &frame, &typed));
    }
    let version: i32 = typed.at("version").parse().unwrap_or(0);
    if version != scene.sheet.version {
        return Ok(meanwhile(&scene, &viewer, &frame, typed));
    }
    let filled = match typed.read(&scene.sheet.content, &scene.activities, frame.language) {
        Ok(filled) => filled,
        Err(errors) => return Ok(Unprocessable(scene.page(&viewer, &frame, Some(typed), errors)).into_response()),
    };
    if !save(&mut tx, &viewer, &scene, &filled, now).await? {
        // Somebody was faster by a moment.
        let scene = Scene::read(&mut tx, &viewer, &place).await?;
        return Ok(if scene.sheet.state.is_with_desk() {
            meanwhile(&scene, &viewer, &frame, typed)
        } else {
            sent_meanwhile(&scene, &viewer, &frame, &typed)
        });
    }
    let sends = typed.at("act") == "send";
    let errors = if sends { hindering(&scene, &filled, frame.language) } else { FieldErrors::default() };
    if sends && errors.is_empty() && !send(&mut tx, &viewer, &scene, now).await? {
        return Err(WebError::Conflict(SheetWords::SENT));
    }
    let sent = sends && errors.is_empty();
    let subject = place.year.to_string();
    let event = Event::done(now, if sent { "follow_up.send" } else { "follow_up.save" }, "follow_up", &subject);
    let detail = serde_json::json!({ "ceptoar": place.ceptoar, "version": scene.sheet.version });
    audit::record(&mut tx, event.by(viewer.account_id).request(&frame.request_id).detail(detail)).await?;
    if !errors.is_empty() {
        // Nothing is lost: it is saved, and says what is missing.
        let scene = Scene::read(&mut tx, &viewer, &place).await?;
        tx.commit().await?;
        let mut page = scene.page(&viewer, &frame, Some(typed), errors);
        page.chrome = page.chrome.with_flash("warning", page.w.saved_not_sent);
        return Ok(Unprocessable(page).into_response());
    }
    tx.commit().await?;
    let here = paths::of_sheet(paths::SHEET, place.year, &place.ceptoar);
    Ok(Redirect::to(&format!("{here}?done={}", if sent { "sent" } else { "saved" })).into_response())
}

async fn save(
    tx: &mut Tx,
    viewer: &Viewer,
    scene: &Scene,
    filled: &Filled,
    now: DateTime<Utc>,
) -> anyhow::Result<bool> {
    let changes = changes(&scene.last, &scene.sectors, &filled.ceptoar, &filled.effective);
    let id = scene.follow_up.follow_up_id;
    sheets::save(tx, viewer, id, scene.sheet.version, filled, &changes, now).await
}

async fn send(tx: &mut Tx, viewer: &Viewer, scene: &Scene, now: DateTime<Utc>) -> Result<bool, WebError> {
    let facts = &scene.sheet.facts;
    let organisation = in_whose_name(viewer, Step::Send, facts).ok_or(WebError::NotFound)?;
    let taken = Taken {
        follow_up_id: scene.follow_up.follow_up_id,
        ceptoar_id: &facts.ceptoar_id,
        // It was saved a moment ago.
        from: SheetState::Preparing,
        version: scene.sheet.version + 1,
        to: SheetState::Submitted,
        step: Step::Send,
        comment: "",
    };
    Ok(sheets::take(tx, viewer, organisation, taken, now).await?)
}

fn hindering(scene: &Scene, filled: &Filled, language: Language) -> FieldErrors {
    let changes = changes(&scene.last, &scene.sectors, &filled.ceptoar, &filled.effective);
    let mut errors = FieldErrors::default();
    for hindrance in hindrances(&filled.ceptoar, &changes, &filled.effective, scene.days()) {
        errors.add(hindrance.field(), hindrance.words(scene.days(), language));
    }
    errors
}

/// Somebody else saved meanwhile: what they saved stands beside what was typed here, and nothing is lost.
fn meanwhile(scene: &Scene, viewer: &Viewer, frame: &Frame, typed: Typed) -> Response {
    let w = SheetWords::of(frame.language);
    let saved = saved(scene);
    let lines = lines(w, typed.differing(&saved), w.saved_now);
    let lead = if lines.is_empty() { w.meanwhile_same } else { w.meanwhile_text };
    let title = fill(w.meanwhile, &[("at", &short_time(scene.sheet.edited_at))]);
    let mut page = scene.page(viewer, frame, Some(typed), FieldErrors::default());
    page.meanwhile = Some(Meanwhile { title, lead, lines });
    Unprocessable(page).into_response()
}

/// Somebody else sent it meanwhile: it cannot be changed now, and what was typed stands there to be kept.
fn sent_meanwhile(scene: &Scene, viewer: &Viewer, frame: &Frame, typed: &Typed) -> Response {
    let w = SheetWords::of(frame.language);
    let saved = saved(scene);
    let lines = lines(w, saved.differing(typed), w.yours);
    let mut page = scene.page(viewer, frame, None, FieldErrors::default());
    page.meanwhile = Some(Meanwhile { title: w.sent.to_owned(), lead: w.sent_text, lines });
    (StatusCode::CONFLICT, Page(page)).into_response()
}

fn saved(scene: &Scene) -> Typed {
    let sheet = &scene.sheet;
    Typed::of(&sheet.content, &sheet.effective, &sheet.remark)
}

fn lines(w: &SheetWords, differing: Vec<(&str, String)>, words: &str) -> Vec<String> {
    let line = |(field, value): (&str, String)| {
        let value = if value.is_empty() { w.nothing.to_owned() } else { value };
        format!("{} — {}", w.field(field), fill(words, &[("value", &value)]))
    };
    differing.into_iter().filter(|(field, _)| Typed::is_of_sheet(field)).map(line).collect()
}
