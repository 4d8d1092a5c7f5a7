//! The portal's cookies: the session, a half-done sign-in, the visit of somebody not signed in, and the language.

use axum_extra::extract::cookie::{Cookie, SameSite};

/// Name of the language cookie.
pub const LANGUAGE: &str = "portal_language";

/// Name of the session cookie. The `__Host-` prefix binds it to this very host, and needs TLS.
#[must_use]
pub fn session_name(over_tls: bool) -> &'static str {
    if over_tls { "__Host-portal_session" } else { "portal_session" }
}

/// A session cookie. It ends with the browser; the database ends it sooner.
#[must_use]
pub fn session(token: String, over_tls: bool) -> Cookie<'static> {
    Cookie::build((session_name(over_tls), token))
        .path("/")
        .http_only(true)
        .secure(over_tls)
        .same_site(SameSite::Lax)
        .build()
}

/// The cookie that takes the session away from the browser.
#[must_use]
pub fn no_session(over_tls: bool) -> Cookie<'static> {
    let mut cookie = session(String::new(), over_tls);
    cookie.make_removal();
    cookie
}

/// Name of the cookie that holds a half-done sign-in.
#[must_use]
pub fn step_name(over_tls: bool) -> &'static str {
    if over_tls { "__Host-portal_step" } else { "portal_step" }
}

/// The cookie of a half-done sign-in. It opens nothing but the next step.
#[must_use]
pub fn step(token: String, over_tls: bool) -> Cookie<'static> {
    Cookie::build((step_name(over_tls), token))
        .path("/")
        .http_only(true)
        .secure(over_tls)
        .same_site(SameSite::Lax)
        .build()
}

/// Name of the cookie of a visit: a stranger's forms are bound to it (`form_token`).
#[must_use]
pub fn visit_name(over_tls: bool) -> &'static str {
    if over_tls { "__Host-portal_visit" } else { "portal_visit" }
}

/// A visit's cookie. It ends with the browser and is looked up nowhere.
#[must_use]
pub fn visit(secret: String, over_tls: bool) -> Cookie<'static> {
    Cookie::build((visit_name(over_tls), secret))
        .path("/")
        .http_only(true)
        .secure(over_tls)
        .same_site(SameSite::Lax)
        .build()
}

/// The cookie that takes a half-done sign-in away from the browser.
#[must_use]
pub fn no_step(over_tls: bool) -> Cookie<'static> {
    let mut cookie = step(String::new(), over_tls);
    cookie.make_removal();
    cookie
}

/// A language cookie, for a year.
#[must_use]
pub fn language(code: &'static str, over_tls: bool) -> Cookie<'static> {
    let mut cookie =
        Cookie::build((LANGUAGE, code)).path("/").http_only(true).secure(over_tls).same_site(SameSite::Lax).build();
    cookie.make_permanent();
    cookie
}
