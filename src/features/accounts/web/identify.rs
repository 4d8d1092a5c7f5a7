//! The layer that finds out who is looking, once per request.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::CookieJar;

use crate::features::access::strength::required_by;
use crate::features::access::web::{Identity, TooWeak};
use crate::features::access::{OpenedBy, Viewer};
use crate::features::accounts::sessions::SESSION_IDLE;
use crate::features::accounts::store;
use crate::platform::security::token::Token;
use crate::platform::web::cookies;
use crate::platform::web::error::WebError;
use crate::platform::web::state::AppState;

/// Puts an [`Identity`] into the request if its cookie belongs to a living session.
///
/// # Errors
/// When the database is out of reach: a visitor with a session is then told so, instead of being
/// treated as a stranger.
pub async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Result<Response, WebError> {
    match resume(&state, request.headers()).await? {
        Found::Nobody => {}
        Found::TooWeak => {
            request.extensions_mut().insert(TooWeak);
        }
        Found::Somebody(identity) => {
            request.extensions_mut().insert(*identity);
        }
    }
    Ok(next.run(request).await)
}

enum Found {
    Nobody,
    TooWeak,
    Somebody(Box<Identity>),
}

/// The token that the browser holds, if it has the form of one.
#[must_use]
pub fn session_token(state: &AppState, jar: &CookieJar) -> Option<Token> {
    jar.get(cookies::session_name(state.config.over_tls())).and_then(|cookie| Token::parse(cookie.value()))
}

async fn resume(state: &AppState, headers: &HeaderMap) -> Result<Found, WebError> {
    let Some(token) = session_token(state, &CookieJar::from_headers(headers)) else { return Ok(Found::Nobody) };
    let now = state.clock.now();
    let mut tx = state.db.begin(None, now).await?;
    let session = store::resume_session(&mut tx, &token.hash(), now, SESSION_IDLE).await?;
    tx.commit().await?;
    let invented = state.config.is_demonstration();
    // A demonstration account is nobody in a portal of real people, and real people have no one-click sign-in.
    let Some(session) = session.filter(|s| match s.opened_by {
        OpenedBy::Demonstration => invented && s.demonstration,
        OpenedBy::PasswordTotp | OpenedBy::RecoveryCode | OpenedBy::Passkey => invented || !s.demonstration,
    }) else {
        return Ok(Found::Nobody);
    };
    let mut tx = state.db.begin(Some(session.account_id), now).await?;
    let affiliations = store::affiliations(&mut tx).await?;
    // Judged at every request: a role granted this minute asks for its passkey this minute.
    if !session.opened_by.suffices(required_by(&affiliations)) {
        return Ok(Found::TooWeak);
    }
    let viewer = Viewer {
        account_id: session.account_id,
        session_id: session.session_id,
        display_name: session.display_name,
        affiliations,
        first_wall: state.first_wall,
    };
    let fresh = session.opened_by.is_fresh(session.confirmed_at, now);
    Ok(Found::Somebody(Box::new(Identity { viewer, language: session.language, opened_by: session.opened_by, fresh })))
}
