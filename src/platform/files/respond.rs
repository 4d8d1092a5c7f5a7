//! Handing a file out: as a download under its name, never as a page of the portal.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

use super::store::Opened;

/// No script, no form, no origin: for the programs that show a download in spite of everything.
const CONTENT_SECURITY_POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

/// The answer that carries a file.
#[must_use]
pub fn respond(file: Opened) -> Response {
    let fixed = [
        (header::CONTENT_TYPE, file.kind.media_type()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("x-download-options"), "noopen"),
    ];
    let disposition = file.name.content_disposition();
    let mut response = Response::new(Body::from(file.content));
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    response
}
