//! Extractors: the circumstances of a sign-in, and a half-done one.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;

use super::identify::session_token;
use crate::features::accounts::sessions::Arrival;
use crate::features::accounts::steps::store::{self, Step};
use crate::platform::security::token::Token;
use crate::platform::web::cookies;
use crate::platform::web::error::WebError;
use crate::platform::web::extract::ClientAddress;
use crate::platform::web::request::RequestId;
use crate::platform::web::state::AppState;

impl FromRequestParts<AppState> for Arrival {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, WebError> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, state).await?;
        let jar = CookieJar::from_headers(&parts.headers);
        let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
        Ok(Self { address, request_id, before: session_token(state, &jar) })
    }
}

/// The half-done sign-in that the browser holds, if it lives.
#[derive(Debug, Clone)]
pub struct HeldStep(pub Option<Step>);

impl FromRequestParts<AppState> for HeldStep {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, WebError> {
        let State(state) = State::<AppState>::from_request_parts(parts, state).await.unwrap_or_else(|e| match e {});
        let jar = CookieJar::from_headers(&parts.headers);
        let cookie = jar.get(cookies::step_name(state.config.over_tls()));
        let Some(token) = cookie.and_then(|cookie| Token::parse(cookie.value())) else { return Ok(Self(None)) };
        let now = state.clock.now();
        let mut tx = state.db.begin(None, now).await?;
        let step = store::find(&mut tx, &token.hash(), now).await?;
        tx.commit().await?;
        Ok(Self(step.filter(|s| state.config.is_demonstration() || !s.demonstration)))
    }
}
