//! The limited sections of a draft: added, listed and taken out by its author.

use askama::Template;
use axum::Form as Body;
use axum::extract::{Query, State as Shared};
use axum::response::{IntoResponse, Redirect, Response};

use super::scene::{Carried, DoneQuery, Scene, back, no_draft, note};
use super::shown::PartsView;
use crate::features::access::web::extract::Author;
use crate::features::advisories::parts::typed::Typed;
use crate::features::advisories::parts::words::PartsWords;
use crate::features::advisories::parts::{paths, store};
use crate::features::advisories::paths as advisories;
use crate::kernel::ids::AdvisoryId;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::form::{Choice, ErrorLine, FieldErrors};
use crate::platform::web::frame::{Chrome, Frame};
use crate::platform::web::page::{Page, Unprocessable};
use crate::platform::web::state::AppState;

#[derive(Template)]
#[template(path = "advisories/parts/sections.html")]
struct SectionsPage {
    chrome: Chrome,
    w: &'static PartsWords,
    number: String,
    parts: PartsView,
    carried: Carried,
    closed: Option<String>,
    typed: Typed,
    levels: Vec<Choice>,
    scopes: Vec<Choice>,
    error_lines: Vec<ErrorLine>,
    errors: FieldErrors,
    here: String,
    back: String,
    preview: String,
}

fn page(frame: &Frame, scene: &Scene, (typed, errors): (Typed, FieldErrors), done: &str) -> SectionsPage {
    let (language, w) = (frame.language, PartsWords::of(frame.language));
    let (levels, scopes) = scene.choices((&typed.part_level, &typed.part_scope), language);
    SectionsPage {
        chrome: scene.chrome(frame, w.sections_title, done),
        w,
        number: scene.item.envelope.number.clone(),
        parts: scene.view(language),
        carried: scene.carried(false, language),
        closed: scene.closed(false, language),
        typed,
        levels,
        scopes,
        error_lines: errors.lines(),
        errors,
        here: paths::sections(scene.id()),
        back: advisories::draft(scene.id()),
        preview: advisories::submission(scene.id()),
    }
}

/// The limited sections of a draft of one's own.
pub async fn get(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
    Query(query): Query<DoneQuery>,
) -> Result<Response, WebError> {
    let mut tx = state.db.begin(Some(by.account_id), state.clock.now()).await?;
    let scene = Scene::read(&mut tx, &by, id).await?;
    tx.commit().await?;
    if !scene.is_draft() {
        return Ok(Redirect::to(&advisories::submission(id)).into_response());
    }
    let nothing = (Typed::default(), FieldErrors::default());
    Ok(Page(page(&frame, &scene, nothing, &query.done)).into_response())
}

/// Adds a limited section.
pub async fn post(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
    Body(typed): Body<Typed>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    // Held before it is read: what is read is what is added to.
    let held = store::hold_draft(&mut tx, id, by.account_id).await?;
    let scene = Scene::read(&mut tx, &by, id).await?;
    if !held {
        return Err(no_draft());
    }
    if scene.closed(false, frame.language).is_some() {
        return Ok(Unprocessable(page(&frame, &scene, (typed, FieldErrors::default()), "")).into_response());
    }
    let (heading, body, reach) = match typed.section(scene.reach(), frame.language) {
        Ok(read) => read,
        Err(errors) => return Ok(Unprocessable(page(&frame, &scene, (typed, errors), "")).into_response()),
    };
    store::add_section(&mut tx, id, (&heading, &body), reach, now).await?;
    let detail = serde_json::json!({ "section": true, "level": reach.level.code(), "scope": reach.scope.code() });
    note(&mut tx, (&by, &frame), ("advisory.part_added", id), detail, now).await?;
    tx.commit().await?;
    Ok(back(id, false, "added"))
}
