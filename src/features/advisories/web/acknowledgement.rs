//! 受領確認: somebody who answers for an organisation says that the item has arrived.

use axum::extract::State;
use axum::response::Redirect;

use super::reading::nothing_here;
use crate::features::access::action::AdvisoryAction;
use crate::features::access::{Viewer, can};
use crate::features::advisories::paths;
use crate::features::advisories::reading::{standing, store};
use crate::kernel::ids::AdvisoryId;
use crate::platform::audit::{self, Event};
use crate::platform::web::error::WebError;
use crate::platform::web::extract::Id;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// Acknowledges for each organisation that the viewer answers for. Doing it again changes nothing.
/// There is no other way to acknowledge: opening a page or a link never does.
pub async fn post(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: Frame,
    Id(id): Id<AdvisoryId>,
) -> Result<Redirect, WebError> {
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let facts = store::facts(&mut tx, &viewer, &[id]).await?.remove(&id);
    let Some(facts) = facts.filter(|facts| can(&viewer, AdvisoryAction::Acknowledge, facts)) else {
        drop(tx);
        return Err(nothing_here(&state, &viewer, &frame, id, "advisory.acknowledge").await);
    };
    let mut organisations = 0;
    let duties = standing::duties(&facts.hats(&viewer));
    // A newer version came while the page was open: that one is to be answered.
    let done = if duties.is_empty() { "acknowledged=old" } else { "acknowledged=1" };
    for (organisation, contact) in duties {
        if store::acknowledge(&mut tx, &viewer, id, organisation, contact, now).await? {
            organisations += 1;
        }
    }
    if organisations > 0 {
        let subject = id.to_string();
        let event = Event::done(now, "advisory.acknowledge", "advisory", &subject)
            .by(viewer.account_id)
            .request(&frame.request_id)
            .detail(serde_json::json!({ "organisations": organisations }));
        audit::record(&mut tx, event).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?{done}", paths::show(id))))
}
