//! Pages of advisories, one file per page.

pub mod acknowledgement;
pub mod deliveries;
pub mod deliveries_words;
pub mod draft;
pub mod index;
pub mod named;
pub mod preview;
pub mod publication;
pub mod reading;
pub mod recipients;
pub mod show;
pub mod submission;

use axum::Router;
use axum::routing::{get, post};

use super::paths;
use super::publishing::StepError;
use super::words::{DraftWords, PreviewWords};
use crate::kernel::language::Language;
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::state::AppState;

/// The routes of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route(paths::INDEX, post(draft::create))
        .route(paths::NEW, get(draft::get_new))
        .route(paths::DRAFT, get(draft::get).post(draft::update))
        .route(paths::DISCARD, post(draft::discard))
        .route(paths::NAMED, get(named::get).post(named::post))
        .route(paths::NAMED_SEARCH, post(named::search))
        .route(paths::SUBMISSION, get(submission::get).post(submission::post))
        .route(paths::RETURN, post(submission::send_back))
        .route(paths::PUBLICATION, get(publication::get).post(publication::post))
        .merge(reading::reading_routes())
}

/// The answer to a step that could not be taken, where the page itself has no better one.
pub fn step_error(error: StepError) -> WebError {
    let preview = |ja: &'static str, en: &'static str| Said { ja, en };
    let (ja, en) = (PreviewWords::of(Language::Ja), PreviewWords::of(Language::En));
    match error {
        StepError::NotFound => WebError::NotFound,
        StepError::OwnItem => WebError::Refused(preview(ja.own, en.own)),
        StepError::StandsAt(_) => {
            let (ja, en) = (DraftWords::of(Language::Ja), DraftWords::of(Language::En));
            WebError::Conflict(Said { ja: ja.moved_on, en: en.moved_on })
        }
        StepError::Changed => WebError::Conflict(preview(ja.changed, en.changed)),
        StepError::AudienceChanged => WebError::Conflict(preview(ja.audience_changed, en.audience_changed)),
        StepError::Incomplete(_) => WebError::Conflict(preview(ja.incomplete, en.incomplete)),
        StepError::Database(error) => error.into(),
        StepError::Mail(error) => WebError::Internal(error.into()),
    }
}
