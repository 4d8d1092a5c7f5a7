//! What the desk does with an import: check it, apply it, give it up.

use std::collections::HashMap;
use std::time::Duration;

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::{columns, desk, import, kept};
use crate::features::access::Viewer;
use crate::features::directory::exchange::imports::work::Work;
use crate::features::directory::exchange::imports::{State as Progress, store};
use crate::features::directory::exchange::{mapping, paths};
use crate::features::directory::roster::web::fields::Typed;
use crate::features::directory::roster::web::reading::Reader;
use crate::kernel::clock::japan_day;
use crate::kernel::ids::OrganisationId;
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::Place as Segments;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// Small tables are done before the page is there; for the others it shows how far they are.
const PATIENCE: Duration = Duration::from_secs(2);

/// An import in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Place {
    /// The CEPTOAR.
    pub ceptoar: String,
    /// The import.
    pub import: Uuid,
}

impl Place {
    fn here(&self) -> Redirect {
        Redirect::to(&paths::of_import(paths::IMPORT, &self.ceptoar, self.import))
    }
}

/// Nothing can be done to what is at its end, or being worked on.
fn not_now() -> WebError {
    WebError::Conflict(Said {
        ja: "この取り込みは、すでに終わったか、ほかの処理の途中です。",
        en: "This import has come to its end, or is being worked on.",
    })
}

/// Begins the dry run.
pub(super) async fn begin_check(
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    place: &Place,
    desk: OrganisationId,
) -> Result<(), WebError> {
    let Some(work) = take_up(state, viewer, frame, place, desk, "checking").await? else { return Err(not_now()) };
    let _ = tokio::time::timeout(PATIENCE, work.check()).await;
    Ok(())
}

async fn take_up(
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    place: &Place,
    desk: OrganisationId,
    to: &'static str,
) -> Result<Option<Work>, WebError> {
    let now = state.clock.now();
    let run = Uuid::new_v4();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    if !store::take_up(&mut tx, place.import, run, to, now).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(Work {
        db: state.db.clone(),
        clock: state.clock.clone(),
        viewer: viewer.clone(),
        organisation: desk,
        request_id: frame.request_id.clone(),
        ceptoar_id: place.ceptoar.clone(),
        import: place.import,
        run,
        demonstration: state.config.is_demonstration(),
    }))
}

/// Makes the dry run anew: with other columns, for another day, or because something changed.
pub async fn check(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Segments(place): Segments<Place>,
    Form(typed): Form<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    kept(&mut tx, &viewer, &place.ceptoar).await?;
    let found = store::find(&mut tx, &place.ceptoar, place.import).await?.ok_or(WebError::NotFound)?;
    let Some(table) = store::content(&mut tx, place.import).await? else { return Err(not_now()) };
    let chosen = columns::chosen(&typed);
    let typed = Typed(typed);
    let mut reader = Reader::new(&typed, frame.language, japan_day(now));
    let day = reader.day("on");
    let mut errors = reader.errors;
    let mapping = chosen.clone().unwrap_or_else(|| found.mapping.clone());
    let wrong = columns::problems(&mapping, frame.language);
    if !wrong.is_empty() {
        errors.add("columns", wrong.join(" "));
    }
    if !errors.is_empty() {
        tx.commit().await?;
        let again = import::Again { mapping: chosen, boxes: typed.date("on").map(str::to_owned), errors };
        return import::answer(&state, &viewer, &frame, &place, import::Asked::default(), Some(again)).await;
    }
    if chosen.is_some() {
        let heads = table.rows().find(|row| row.number == found.head_row);
        if let Some(heads) = heads.map(|row| mapping::fingerprint(row.cells())) {
            store::remember(&mut tx, &place.ceptoar, &heads, &mapping, viewer.account_id, now).await?;
        }
    }
    match found.state {
        Progress::Applying if !found.is_stuck(now) => return Err(not_now()),
        Progress::Applied | Progress::Dropped => return Err(not_now()),
        Progress::Mapping | Progress::Checking | Progress::Checked | Progress::Applying | Progress::Failed => {}
    }
    store::set(&mut tx, place.import, &mapping, day).await?;
    tx.commit().await?;
    drop(table);
    let desk = desk(&viewer, &place.ceptoar)?;
    begin_check(&state, &viewer, &frame, &place, desk).await?;
    Ok(place.here().into_response())
}

/// Applies it, if no row is refused and the directory has not changed under it.
pub async fn apply(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Segments(place): Segments<Place>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    kept(&mut tx, &viewer, &place.ceptoar).await?;
    let found = store::find(&mut tx, &place.ceptoar, place.import).await?.ok_or(WebError::NotFound)?;
    tx.commit().await?;
    if !found.is_ready() {
        return Err(not_now());
    }
    let desk = desk(&viewer, &place.ceptoar)?;
    let Some(work) = take_up(&state, &viewer, &frame, &place, desk, "applying").await? else { return Err(not_now()) };
    let _ = tokio::time::timeout(PATIENCE, work.apply()).await;
    Ok(place.here().into_response())
}

/// Gives it up; its content goes at once.
pub async fn give_up(
    State(state): State<AppState>,
    viewer: Viewer,
    Segments(place): Segments<Place>,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    kept(&mut tx, &viewer, &place.ceptoar).await?;
    store::find(&mut tx, &place.ceptoar, place.import).await?.ok_or(WebError::NotFound)?;
    if !store::settle(&mut tx, place.import, None, "dropped", now).await? {
        return Err(not_now());
    }
    tx.commit().await?;
    Ok(Redirect::to(&paths::of_ceptoar(paths::EXCHANGE, &place.ceptoar)).into_response())
}
