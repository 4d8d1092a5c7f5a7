//! The layer that finds out who is looking, once per request.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::CookieJar;

use crate::features::access::Viewer;
use crate::features::access::web::Identity;
use crate::features::accounts::{sign_in, store};
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
    if let Some(identity) = resume(&state, request.headers()).await? {
        request.extensions_mut().insert(identity);
    }
    Ok(next.run(request).await)
}

async fn resume(state: &AppState, headers: &HeaderMap) -> Result<Option<Identity>, WebError> {
    let jar = CookieJar::from_headers(headers);
    let name = cookies::session_name(state.config.over_tls());
    let Some(token) = jar.get(name).and_then(|cookie| Token::parse(cookie.value())) else { return Ok(None) };
    let now = state.clock.now();
    let mut tx = state.db.begin(None, now).await?;
    let session = store::resume_session(&mut tx, &token.hash(), now, sign_in::SESSION_IDLE).await?;
    tx.commit().await?;
    // A demonstration account is nobody in a portal of real people.
    let Some(session) = session.filter(|s| state.config.is_demonstration() || !s.demonstration) else {
        return Ok(None);
    };
    let mut tx = state.db.begin(Some(session.account_id), now).await?;
    let affiliations = store::affiliations(&mut tx).await?;
    let viewer = Viewer {
        account_id: session.account_id,
        session_id: session.session_id,
        display_name: session.display_name,
        affiliations,
        first_wall: state.first_wall,
    };
    Ok(Some(Identity { viewer, language: session.language }))
}
