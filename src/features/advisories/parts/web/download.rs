//! Handing a file of an item out.

use axum::extract::{Path, State as Shared};
use axum::response::Response;

use super::scene::PartPlace;
use crate::features::access::Viewer;
use crate::features::advisories::advisory::State;
use crate::features::advisories::parts::part::Content;
use crate::features::advisories::reading::store;
use crate::features::advisories::web::reading::{nothing_here, record_reading};
use crate::platform::audit::{self, Event};
use crate::platform::files::respond::respond;
use crate::platform::files::store as files;
use crate::platform::web::error::WebError;
use crate::platform::web::frame::Frame;
use crate::platform::web::state::AppState;

/// The file, for those who may open it. Whoever has it has read the item as well: both stand in the trail.
pub async fn get(
    Shared(state): Shared<AppState>,
    viewer: Viewer,
    frame: Frame,
    place: Result<Path<PartPlace>, axum::extract::rejection::PathRejection>,
) -> Result<Response, WebError> {
    let Path(PartPlace { id, part }) = place.map_err(|_| WebError::NotFound)?;
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let found = store::find(&mut tx, &viewer, id).await?;
    let known = found.as_ref().and_then(|found| found.parts.iter().find(|known| known.part_id == part));
    let file = match known.map(|known| &known.content) {
        Some(Content::File { file_id, .. }) => files::open(&mut tx, *file_id).await?,
        Some(Content::Section(_)) | None => None,
    };
    let (Some(found), Some(known), Some(file)) = (found.as_ref(), known, file) else {
        drop(tx);
        return Err(nothing_here(&state, &viewer, &frame, id, "advisory.part_read").await);
    };
    if found.envelope.state == State::Published {
        record_reading(&mut tx, &viewer, &frame, found, now).await?;
        let subject = id.to_string();
        let event = Event::done(now, "advisory.part_read", "advisory", &subject)
            .by(viewer.account_id)
            .request(&frame.request_id)
            .detail(serde_json::json!({ "part": part, "level": known.reach.level.code() }));
        audit::record(&mut tx, event).await?;
    }
    tx.commit().await?;
    Ok(respond(file))
}
