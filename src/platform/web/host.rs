//! The name that a request asks for must be the portal's own: else a name of somebody else's could be made to point
//! here, and pages of theirs would then count as ours in a browser (DNS rebinding).

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::state::AppState;
use crate::platform::config::Config;

/// Names of this very machine, for the demonstration.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
/// Who asks for health may do so by address.
const HEALTH: &str = "/health/";
const ANSWER: &str = "このアドレスでは提供していません。 / This portal is not served under that name.\n";

/// Whether a request asks for the portal by its own name. A port does not matter, and nothing that a visitor can
/// add about forwarding does.
#[must_use]
pub fn is_ours(config: &Config, uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Some(host) = host.to_str().ok().and_then(|text| text.parse::<Authority>().ok()) else { return false };
    is_name(config, &host) && uri.authority().is_none_or(|absolute| is_name(config, absolute))
}

fn is_name(config: &Config, asked: &Authority) -> bool {
    if asked.as_str().contains('@') {
        return false;
    }
    let base = config.base_url();
    let own = base.split_once("://").and_then(|(_, rest)| rest.parse::<Authority>().ok());
    let is = |name: &str| asked.host().trim_end_matches('.').eq_ignore_ascii_case(name);
    own.is_some_and(|own| is(own.host())) || (config.is_demonstration() && LOOPBACK.into_iter().any(is))
}

/// Answers 421 to requests for other names.
pub async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if is_ours(&state.config, request.uri(), request.headers()) || request.uri().path().starts_with(HEALTH) {
        return next.run(request).await;
    }
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    (StatusCode::MISDIRECTED_REQUEST, [kind], ANSWER).into_response()
}
