//! Routes of reading, acknowledging and watching.

use super::{acknowledgement, deliveries, index, show};
use crate::features::access::{Routes, Rule, Viewer};
use crate::features::advisories::paths;
use crate::kernel::ids::AdvisoryId;
use crate::platform::audit::{self, Event};
use crate::platform::web::error::WebError;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// The list for programs.
const INDEX_JSON: &str = "/advisories.json";

/// The routes of the receiving and watching side.
pub fn reading_routes() -> Routes {
    Routes::new()
        .get(paths::INDEX, Rule::SignedIn, index::get)
        .get(INDEX_JSON, Rule::SignedIn, index::get_json)
        .get(paths::SEARCH, Rule::SignedIn, index::leave_search)
        .post(paths::SEARCH, Rule::SignedIn, index::search)
        .get(paths::SHOW, Rule::SignedIn, show::get)
        .post(paths::ACKNOWLEDGEMENT, Rule::SignedIn, acknowledgement::post)
        .get(paths::DELIVERIES, Rule::SignedIn, deliveries::get)
}

/// The answer to somebody who asks for what is not for them: as if it did not exist. Written down for
/// ids that exist and ids that do not, because the difference is what must not show.
pub async fn nothing_here(
    state: &AppState,
    viewer: &Viewer,
    frame: &Frame,
    id: AdvisoryId,
    action: &'static str,
) -> WebError {
    let now = state.clock.now();
    let subject = id.to_string();
    let written = async {
        let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
        let event = Event::refused(now, action, "advisory", &subject).by(viewer.account_id);
        audit::record(&mut tx, event.request(&frame.request_id)).await?;
        tx.commit().await
    };
    written.await.map_or_else(WebError::from, |()| WebError::NotFound)
}
