//! 止める: an item that waits for its time waits for an approver again.

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Redirect, Response};

use crate::features::access::action::AdvisoryAction;
use crate::features::access::web::extract::Author;
use crate::features::advisories::release::store as releases;
use crate::features::advisories::release::waiting::Outcome;
use crate::features::advisories::words::DraftWords;
use crate::features::advisories::{paths, reading, store};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::language::Language;
use crate::platform::audit::{self, Event};
use crate::platform::web::error::{Said, WebError};
use crate::platform::web::extract::Id;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// Stops it. Who comes a moment too late is told that it has left.
pub async fn post(
    Shared(state): Shared<AppState>,
    by: Author,
    Id(id): Id<AdvisoryId>,
    frame: Frame,
) -> Result<Response, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(by.account_id), now).await?;
    let found = store::find_unpublished(&mut tx, &by, AdvisoryAction::StopRelease, id).await?;
    if found.is_none() || !releases::stop(&mut tx, id).await? {
        drop(tx);
        let mut tx = state.db.begin(Some(by.account_id), now).await?;
        let known = reading::store::find(&mut tx, &by, id).await?.is_some();
        return Err(if known { moved_on() } else { WebError::NotFound });
    }
    let subject = id.to_string();
    let event = Event::done(now, Outcome::Stopped.action(), "advisory", &subject);
    audit::record(&mut tx, event.by(by.account_id).request(&frame.request_id)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?stopped=1", paths::show(id))).into_response())
}

fn moved_on() -> WebError {
    let [ja, en] = Language::ALL.map(|language| DraftWords::of(language).moved_on);
    WebError::Conflict(Said { ja, en })
}
