//! A route that somebody's roles do not have, and that they asked for all the same: one line in the trail an hour.

use std::sync::Once;

use axum::http::request::Parts;

use crate::kernel::ids::AccountId;
use crate::platform::audit::{self, Event};
use crate::platform::web::request::RequestId;
use crate::platform::web::state::AppState;

static SAID: Once = Once::new();

/// Writes it down beside the answer, which waits for nothing and so tells nothing by its time. The subject is the
/// route as declared: addresses carry ids. Few at a time, the others wait: somebody who asks and asks must not take
/// the connections from the pages.
pub(super) fn note(state: &AppState, parts: &Parts, account: AccountId, route: &str) {
    let Some(place) = state.db.place_beside() else {
        SAID.call_once(|| tracing::warn!(%account, route, "too many refusals at once: some are not in the trail"));
        return;
    };
    let state = state.clone();
    let method = if parts.method.is_safe() { "GET" } else { "POST" };
    let subject = format!("{method} {route}");
    let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
    tokio::spawn(async move {
        let _turn = place.turn().await;
        if let Err(error) = write(&state, account, &subject, request_id.as_deref()).await {
            tracing::error!(%error, %account, "a refusal could not be written into the trail");
        }
    });
}

async fn write(state: &AppState, account: AccountId, subject: &str, request_id: Option<&str>) -> sqlx::Result<()> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(account), now).await?;
    let event = Event { request_id, ..Event::refused(now, "route.ask", "route", subject).by(account) };
    audit::record_once_an_hour(&mut tx, event).await?;
    tx.commit().await
}
