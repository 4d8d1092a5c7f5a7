//! All routes, and the layers round them in one visible order.

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{RequestExt, Router, middleware};
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

use super::limiting::{self, Limits};
use super::navigation;
use crate::features::access::web::guard;
use crate::features::access::{Routes, Rule};
use crate::features::{
    about, accounts, advisories, break_glass, directory, feature_map, follow_up, home, judgements, mailbox, overview,
    people, queue, search, surveys, trail,
};
use crate::platform::tables;
use crate::platform::web::form_token::{self, Checked};
use crate::platform::web::state::AppState;
use crate::platform::web::{assets, error, headers, host, language, request};

/// Larger than any form of the portal, smaller than anything that hurts.
const BODY_LIMIT: usize = 1024 * 1024;
/// Where files come in.
const UPLOADS: [&[&str]; 3] =
    [&directory::exchange::paths::UPLOADS, &directory::rules::paths::UPLOADS, &advisories::parts::paths::UPLOADS];
/// The largest of them, with room for the frame of its form.
const UPLOAD_LIMIT: usize = tables::reading::LARGEST + 64 * 1024;
const TIMEOUT: Duration = Duration::from_secs(30);

/// Every page and form of the portal with the rule of who may use it.
pub fn pages(public: feature_map::PublicPages) -> Routes {
    Routes::new()
        .merge(about::routes())
        .merge(home::routes())
        .merge(search::routes())
        .merge(accounts::routes())
        .merge(people::routes())
        .merge(directory::roster::routes())
        .merge(directory::verification::routes())
        .merge(directory::exchange::routes())
        .merge(directory::rules::routes())
        .merge(directory::history::routes())
        .merge(directory::proposals::routes())
        .merge(directory::activities::routes())
        .merge(directory::setup::routes())
        .merge(overview::routes())
        .merge(directory::federations::routes())
        .merge(directory::offices::routes())
        .merge(directory::partners::routes())
        .merge(directory::groups::routes())
        .merge(directory::routes::routes())
        .merge(feature_map::routes(public.clone()))
        .merge(follow_up::routes(public))
        .merge(surveys::routes())
        .merge(advisories::routes())
        .merge(judgements::routes())
        .merge(trail::routes())
        .merge(break_glass::routes())
        .merge(queue::routes())
        .merge(mailbox::routes())
        .post("/language", Rule::Public, language::post)
}

/// What machines ask for; no session is looked up for them.
fn plumbing() -> Routes {
    Routes::new()
        .get("/static/{*path}", Rule::Public, assets::get)
        .get("/health/live", Rule::Public, async || "ok")
        .get("/health/ready", Rule::Public, ready)
}

/// The whole portal as one service.
pub fn router(state: AppState) -> Router {
    with_more(state, Routes::new())
}

/// The portal with further pages behind the same layers; tests have some that no portal should have.
pub fn with_more(state: AppState, more: Routes) -> Router {
    let public = feature_map::PublicPages::new(state.clone());
    let (pages, rules) = pages(public.clone()).merge(more).into_parts();
    let rules = Arc::new(rules);
    let (plumbing, _) = plumbing().into_parts();
    let identify = middleware::from_fn_with_state(state.clone(), accounts::web::identify::identify);
    let dress_errors = middleware::from_fn_with_state(state.clone(), error::error_pages);
    let guarded = middleware::from_fn_with_state((state.clone(), rules.clone()), guard);
    let limits = Limits::new(&state.config);
    let per_network = middleware::from_fn_with_state((state.clone(), limits.clone()), limiting::per_network);
    let per_account = middleware::from_fn_with_state(limits, limiting::per_account);
    let own_name = middleware::from_fn_with_state(state.clone(), host::check);
    let secure = middleware::from_fn_with_state(state.clone(), headers::secure);
    let hand_out = middleware::from_fn_with_state(state.clone(), form_token::hand_out);
    // The language switch stands on pages kept in memory, which are the same for everybody.
    let checked = Checked { state: state.clone(), routes: rules.clone(), without: &["/language"] };
    let verify = middleware::from_fn_with_state(checked, form_token::verify);
    // Read from the bottom: a request passes the last layer first.
    let portal = pages
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(verify)
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, TIMEOUT))
        .layer(middleware::from_fn(bound_body))
        .layer(guarded)
        .layer(per_account)
        .layer(CsrfLayer::new())
        .layer(dress_errors.clone())
        .layer(middleware::from_fn(navigation::introduce))
        .layer(identify)
        .layer(hand_out)
        .layer(per_network)
        // And round the layers themselves.
        .layer(CatchPanicLayer::custom(panicked))
        .layer(dress_errors)
        .merge(plumbing)
        .layer(own_name)
        .layer(secure)
        .layer(middleware::from_fn(request::observe))
        .with_state(state);
    // Published pages that are in memory pass no layer at all.
    Router::new().fallback_service(feature_map::FromMemory::new(public, portal))
}

/// Refuses what is larger than its route takes, before it is read or while it is.
async fn bound_body(mut request: Request, next: Next) -> Response {
    let upload = request.method() == Method::POST
        && request
            .extensions()
            .get::<MatchedPath>()
            .is_some_and(|path| UPLOADS.iter().any(|routes| routes.contains(&path.as_str())));
    let limit = if upload { UPLOAD_LIMIT } else { BODY_LIMIT };
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > limit as u64) {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    DefaultBodyLimit::max(limit).apply(&mut request);
    next.run(request.with_limited_body()).await
}

/// Whether the portal can do its work.
async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    match state.db.ping().await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "database out of reach"),
    }
}

/// A panic ends its request and nothing else. Its message was logged by the panic hook.
fn panicked(_: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    use axum::response::IntoResponse;
    error::WebError::Internal(anyhow::anyhow!("a handler panicked")).into_response()
}
