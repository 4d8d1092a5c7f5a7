//! One id, one log line and one measurement per request.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

/// The id of a request: in its log lines, in the audit trail, and on the error page.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Gives each request its id (one that the client sends is not taken), logs and measures it.
/// Logs name the route, not the address: addresses carry ids.
pub async fn observe(mut request: Request, next: Next) -> Response {
    let id = uuid::Uuid::new_v4().simple().to_string();
    request.extensions_mut().insert(RequestId(id.clone()));
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let started = Instant::now();
    let span = tracing::info_span!("request", request_id = %id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, elapsed) = (response.status().as_u16(), started.elapsed());
    span.in_scope(|| {
        tracing::info!(%method, route, status, ms = elapsed.as_millis(), "answered {method} {route} with {status}");
    });
    let labels = [("route", route), ("method", measured(&method).to_owned()), ("status", status.to_string())];
    metrics::histogram!("portal_request_seconds", &labels).record(elapsed.as_secs_f64());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// Visitors can invent methods; measurements know these, or memory would grow with each invention.
fn measured(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS" | "PATCH") => known,
        _ => "other",
    }
}
