//! What lies too long is wiped, whether anybody comes by or not.

use std::time::Duration;

use super::imports::store;
use crate::kernel::clock::Clock;
use crate::platform::db::Db;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(3600);

/// Wipes imports whose week is over, every hour, for as long as it is polled.
pub async fn keep_wiping(db: Db, clock: Clock) {
    loop {
        match wipe(&db, &clock).await {
            Ok(0) => {}
            Ok(gone) => tracing::info!(gone, "imports that nobody applied were wiped"),
            Err(error) => tracing::warn!(%error, "imports that lie too long could not be wiped"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn wipe(db: &Db, clock: &Clock) -> sqlx::Result<i64> {
    let mut tx = db.begin(None, clock.now()).await?;
    let gone = store::expire(&mut tx).await?;
    tx.commit().await?;
    Ok(gone)
}
