//! The portal's cookies: the session, a half-done sign-in, the visit of somebody not signed in, and the language.

use std::borrow::Cow;

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
    guarded(session_name(over_tls), token, over_tls)
}

/// The cookie that takes the session away from the browser.
#[must_use]
pub fn no_session(over_tls: bool) -> Cookie<'static> {
    removed(session(String::new(), over_tls))
}

/// Name of the cookie that holds a half-done sign-in.
#[must_use]
pub fn step_name(over_tls: bool) -> &'static str {
    if over_tls { "__Host-portal_step" } else { "portal_step" }
}

/// The cookie of a half-done sign-in. It opens nothing but the next step.
#[must_use]
pub fn step(token: String, over_tls: bool) -> Cookie<'static> {
    guarded(step_name(over_tls), token, over_tls)
}

/// The cookie that takes a half-done sign-in away from the browser.
#[must_use]
pub fn no_step(over_tls: bool) -> Cookie<'static> {
    removed(step(String::new(), over_tls))
}

/// Name of the cookie of a visit: a stranger's forms are bound to it (`form_token`).
#[must_use]
pub fn visit_name(over_tls: bool) -> &'static str {
    if over_tls { "__Host-portal_visit" } else { "portal_visit" }
}

/// A visit's cookie. It ends with the browser and is looked up nowhere.
#[must_use]
pub fn visit(secret: String, over_tls: bool) -> Cookie<'static> {
    guarded(visit_name(over_tls), secret, over_tls)
}

/// A language cookie, for a year.
#[must_use]
pub fn language(code: &'static str, over_tls: bool) -> Cookie<'static> {
    let mut cookie = guarded(LANGUAGE, code, over_tls);
    cookie.make_permanent();
    cookie
}

/// A cookie for the whole portal, for its own pages only, and out of the reach of scripts.
fn guarded(name: &'static str, value: impl Into<Cow<'static, str>>, over_tls: bool) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").http_only(true).secure(over_tls).same_site(SameSite::Lax).build()
}

/// The same cookie, to be thrown away by the browser.
fn removed(mut cookie: Cookie<'static>) -> Cookie<'static> {
    cookie.make_removal();
    cookie
}
