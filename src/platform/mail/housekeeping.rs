//! What a worker does beside sending: listens for publications, takes back lost leases, gives up what
//! is too late, says how it is, and counts.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::time::Instant;
use uuid::Uuid;

use super::outbox;
use super::tray::Tray;
use super::watch;
use crate::platform::rhythm;

/// Giving up and counting walk over the whole queue, so they come less often.
const SLOW_ROUNDS: u32 = 6;

/// Wakes the worker when a publication has filled the outbox, or somebody paused it. Without it the poll finds out.
pub async fn listen(pool: PgPool, tray: Arc<Tray>, worker: Uuid) {
    loop {
        let error = match hear(&pool, &tray, worker).await {
            Ok(()) => continue,
            Err(error) => error,
        };
        tracing::debug!("the outbox channel is not heard: {error}");
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

async fn hear(pool: &PgPool, tray: &Tray, worker: Uuid) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(outbox::CHANNEL).await?;
    loop {
        // `None` is a connection that was lost and found again: something may have been said meanwhile.
        listener.try_recv().await?;
        attend(pool, tray, worker).await?;
        tray.knock();
    }
}

/// Once every `poll`: how it is, lost leases; less often: give up, count.
pub async fn sweep(pool: PgPool, tray: Arc<Tray>, worker: Uuid, poll: Duration) {
    let mut round = 0_u32;
    let mut clock = rhythm::of(poll);
    loop {
        clock.tick().await;
        if let Err(error) = attend(&pool, &tray, worker).await {
            tracing::warn!("how the worker is cannot be written down: {error}");
        }
        if let Err(error) = round_of(&pool, &tray, round.is_multiple_of(SLOW_ROUNDS)).await {
            tracing::warn!("the outbox cannot be swept: {error}");
        }
        round = round.wrapping_add(1);
    }
}

/// Says how the worker is, and does what it is told. What waits here for its turn goes back when the queue is paused;
/// what is being handed over is finished.
async fn attend(pool: &PgPool, tray: &Tray, worker: Uuid) -> sqlx::Result<()> {
    let orders = watch::report(pool, worker, tray.pause.trouble(Instant::now())).await?;
    if orders.paused {
        tray.release_waiting();
    }
    if orders.try_now {
        tray.pause.lift();
        tray.knock();
    }
    metrics::gauge!("portal_mail_halted").set(if orders.paused { 1.0 } else { 0.0 });
    Ok(())
}

async fn round_of(pool: &PgPool, tray: &Tray, slow: bool) -> sqlx::Result<()> {
    let reclaimed = outbox::reclaim(pool).await?;
    if reclaimed > 0 {
        tracing::warn!(reclaimed, "a worker went without a word; its copies are queued again");
        tray.knock();
    }
    if !slow {
        return Ok(());
    }
    let expired = outbox::expire(pool).await?;
    if expired > 0 {
        metrics::counter!("portal_mail_expired_total").increment(expired);
        tracing::error!(expired, "copies were given up undelivered: reach these windows by telephone");
    }
    let counts = outbox::counts(pool).await?;
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float; queues are far below 2^52")]
    {
        metrics::gauge!("portal_mail_queue", "state" => "queued").set(counts.queued as f64);
        metrics::gauge!("portal_mail_queue", "state" => "sending").set(counts.sending as f64);
    }
    Ok(())
}
