//! Routes of reading, acknowledging and watching.

use chrono::{DateTime, Utc};

use super::{acknowledgement, deliveries, index, show};
use crate::features::access::{Routes, Rule, Viewer};
use crate::features::advisories::paths;
use crate::features::advisories::reading::store::Found;
use crate::kernel::ids::AdvisoryId;
use crate::platform::audit::{self, Event};
use crate::platform::db::Tx;
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

/// Who read what, once an hour: the page, its JSON twin and its files alike.
pub async fn record_reading(
    tx: &mut Tx,
    viewer: &Viewer,
    frame: &Frame,
    found: &Found,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let action = if found.text.is_some() { "advisory.read" } else { "advisory.read_envelope" };
    let subject = found.envelope.advisory_id.to_string();
    let event = Event::done(now, action, "advisory", &subject)
        .by(viewer.account_id)
        .request(&frame.request_id)
        .detail(serde_json::json!({ "level": found.envelope.level.code() }));
    audit::record_once_an_hour(tx, event).await
}
