//! One reading of a board for everybody who watches the same. In the night of a large warning two hundred desks look at one
//! item at once; each of them asking for all its numbers every other second would be what the database does.
//!
//! What is kept here is what one of them may see, and is handed to those alone who may see the same: their own right to the item is
//! asked first, at each request, by whoever calls.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::road::Road;
use super::watch::{Scope, Watch};
use crate::features::access::Viewer;
use crate::kernel::ids::AdvisoryId;
use crate::platform::db::Db;

/// For how long a reading is handed on. With the interval at which pages ask (`data-live-seconds`) it makes two seconds at most.
const FRESH: Duration = Duration::from_millis(500);
/// What nobody has asked for so long is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(10);

type Reading = Arc<tokio::sync::Mutex<Option<(Instant, Arc<Road>)>>>;

/// Whose numbers of which item, and when they were last asked for.
type Readings = HashMap<(AdvisoryId, Scope), (Instant, Reading)>;

static READINGS: LazyLock<Mutex<Readings>> = LazyLock::new(Mutex::default);

/// The road of an item as it was half a second ago at most. One asks the database, the others wait for its answer.
///
/// # Errors
/// The database's own.
pub async fn road(
    db: &Db,
    viewer: &Viewer,
    now: DateTime<Utc>,
    watch: &Watch,
    id: AdvisoryId,
) -> sqlx::Result<Arc<Road>> {
    let reading = watch.scope().map(|scope| reading(id, scope)).unwrap_or_default();
    let mut held = reading.lock().await;
    if let Some((at, road)) = held.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
        tracing::trace!(age = ?at.elapsed(), "a board is shared");
        return Ok(road.clone());
    }
    // Asked before the database is: what changes while it reads is newer than the reading.
    let asked = Instant::now();
    let mut tx = db.begin(Some(viewer.account_id), now).await?;
    let road = Arc::new(Road::read(&mut tx, watch, id).await?);
    tx.commit().await?;
    *held = Some((asked, road.clone()));
    Ok(road)
}

fn reading(id: AdvisoryId, scope: Scope) -> Reading {
    let mut readings = READINGS.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Instant::now();
    readings.retain(|_, (asked, _)| now.duration_since(*asked) < FORGOTTEN);
    let (asked, reading) = readings.entry((id, scope)).or_insert_with(|| (now, Reading::default()));
    *asked = now;
    reading.clone()
}
