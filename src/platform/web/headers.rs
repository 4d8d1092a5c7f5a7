//! Headers on every answer: what a browser may load, show and remember.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::state::AppState;
use crate::platform::config::Config;

/// No script, style or picture but our own files; nothing inline; no frame; no plug-in.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'";

/// The portal needs nothing of the machine but keys for signing in.
const PERMISSIONS_POLICY: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), \
     fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), \
     picture-in-picture=(), publickey-credentials-create=(self), publickey-credentials-get=(self), \
     screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()";

/// Adds the security headers. Pages are not stored by caches unless a handler says otherwise.
pub async fn secure(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    protect(response.headers_mut(), &state.config);
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Adds what every answer carries, whoever makes it.
pub fn protect(headers: &mut HeaderMap, config: &Config) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS_POLICY),
    ];
    // Beside a handler's own policy, not instead of it: browsers obey both.
    let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
    if !headers.get_all(header::CONTENT_SECURITY_POLICY).iter().any(|there| there == policy) {
        headers.append(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(strict) = config.strict_transport() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(strict));
    }
}
