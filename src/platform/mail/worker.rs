//! The worker: empties the outbox. Any number of them may run over one database.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::housekeeping;
use super::outbox::{self, Outcome};
use super::relay::{Relay, SendResult};
use super::reply::Stage;
use super::sender::{Sender, random_unit};
use super::sheet::Postmark;
use super::tray::Tray;

/// At most this many rows are claimed at once: what a slow relay keeps from other workers, and what
/// lies before a more urgent advisory, stays small.
const LARGEST_BATCH: usize = 500;
/// At most this many outcomes are settled at once.
const LARGEST_SETTLEMENT: usize = 500;
/// A batch that lasts longer than this is too large.
const LONG: Duration = Duration::from_secs(1);
/// After an error of the database.
const DATABASE_PAUSE: Duration = Duration::from_millis(500);

/// How a worker works.
#[derive(Debug)]
pub struct WorkerSettings<R> {
    /// Connections of the role `portal_worker`; the worker wants four of its own.
    pub pool: PgPool,
    /// Where mails go.
    pub relay: R,
    /// Sender and host of the mails.
    pub postmark: Postmark,
    /// Conversations with the relay at a time.
    pub connections: u16,
    /// How long a claim holds without a sign of life.
    pub lease: Duration,
    /// How often to look without being woken.
    pub poll: Duration,
    /// The time that one attempt may take in all.
    pub deadline: Duration,
    /// How long a stop waits for mails in flight.
    pub grace: Duration,
    /// The first pause when the relay is out of reach.
    pub first_pause: Duration,
}

impl<R> WorkerSettings<R> {
    /// The usual settings.
    #[must_use]
    pub fn new(pool: PgPool, relay: R, postmark: Postmark, connections: u16) -> Self {
        Self {
            pool,
            relay,
            postmark,
            connections,
            lease: Duration::from_secs(30),
            poll: Duration::from_secs(5),
            deadline: Duration::from_secs(90),
            grace: Duration::from_secs(25),
            first_pause: Duration::from_secs(1),
        }
    }
}

/// Sends until `stop` turns true or its sender goes; then finishes what is in flight and gives the rest back.
///
/// # Errors
/// When a part of it panicked. What it held comes back when its leases end.
pub async fn run<R: Relay>(settings: WorkerSettings<R>, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let token = Uuid::new_v4();
    let (tray, ends) = Tray::new(settings.pool.clone(), settings.postmark, settings.first_pause, stop);
    let tray = Arc::new(tray);
    tracing::info!(worker = %token, connections = settings.connections, "mail worker started");

    let settler = tokio::spawn(settle(tray.clone(), settings.pool.clone(), token, ends, settings.lease));
    let mut keepers = JoinSet::new();
    keepers.spawn(housekeeping::listen(settings.pool.clone(), tray.clone(), token));
    keepers.spawn(housekeeping::sweep(settings.pool.clone(), tray.clone(), token, settings.poll));
    let relay = Arc::new(settings.relay);
    let refusals = Arc::new(Refusals::default());
    let mut senders = JoinSet::new();
    for _ in 0..settings.connections {
        let (relay, tray, refusals) = (relay.clone(), tray.clone(), refusals.clone());
        senders.spawn(Sender { relay, tray, deadline: settings.deadline, refusals }.run());
    }
    let least = 2 * usize::from(settings.connections);
    let claimed = tokio::spawn(claim(tray.clone(), settings.pool, token, settings.lease, settings.poll, least)).await;

    tray.release_waiting();
    let mut whole = claimed.is_ok();
    let in_flight = async {
        while let Some(ended) = senders.join_next().await {
            whole &= ended.is_ok();
        }
    };
    if tokio::time::timeout(settings.grace, in_flight).await.is_err() {
        tracing::warn!("some mails in flight did not finish in time; they are tried again later");
        senders.shutdown().await;
    }
    keepers.shutdown().await;
    // The settler holds the tray as well, so it is told by an empty channel and not by a closed one.
    let drained = async {
        while !tray.is_empty() && !settler.is_finished() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(4), drained).await;
    whole &= !settler.is_finished();
    settler.abort();
    tracing::info!(worker = %token, "mail worker stopped");
    anyhow::ensure!(whole, "a part of the mail worker panicked");
    Ok(())
}

/// Keeps the tray filled, until the worker is to stop.
async fn claim(tray: Arc<Tray>, pool: PgPool, token: Uuid, lease: Duration, poll: Duration, least: usize) {
    let mut batch = least;
    let mut last = Instant::now();
    while !tray.is_stopping() {
        let wait = match wish(&tray, batch) {
            Wish::Rest(rest) => Some(rest),
            Wish::Room => None,
            Wish::Rows(rows) => {
                let begin = Instant::now();
                match outbox::claim(&pool, token, i64::try_from(rows).unwrap_or(1), lease).await {
                    Ok(claimed) if claimed.is_empty() => Some(until_next(&pool, poll).await),
                    Ok(claimed) => {
                        // Starved senders want more at a time; a relay that takes long over a batch, less.
                        if tray.waiting() == 0 {
                            batch = (batch * 2).min(LARGEST_BATCH);
                        } else if begin.duration_since(last) > LONG {
                            batch = (batch / 2).max(least);
                        }
                        last = begin;
                        tray.put(claimed, begin + lease);
                        continue;
                    }
                    Err(error) => {
                        tracing::warn!("the outbox cannot be read: {error}");
                        Some(DATABASE_PAUSE)
                    }
                }
            }
        };
        tokio::select! {
            () = tray.room() => {}
            () = tray.stopped() => {}
            () = tokio::time::sleep(wait.unwrap_or(poll)) => {}
        }
    }
}

enum Wish {
    Rest(Duration),
    Room,
    Rows(usize),
}

fn wish(tray: &Tray, batch: usize) -> Wish {
    if let Some(rest) = tray.pause.remaining(Instant::now()) {
        return Wish::Rest(rest);
    }
    if tray.pause.doubtful() {
        return if tray.is_empty() { Wish::Rows(1) } else { Wish::Room };
    }
    // Outcomes that are not written down yet count as well: what a crash would repeat stays bounded
    // even where the database is slower than the relay.
    let full = tray.count_held() >= 2 * LARGEST_BATCH;
    if full || tray.waiting() > batch / 2 { Wish::Room } else { Wish::Rows(batch) }
}

/// Sleeps no longer than to the next retry, and a little differently in each worker.
async fn until_next(pool: &PgPool, poll: Duration) -> Duration {
    let jittered = poll.mul_f64(0.8 + 0.4 * random_unit());
    match outbox::next_due(pool).await {
        Ok(Some(due)) => due.clamp(Duration::from_millis(100).min(jittered), jittered),
        Ok(None) | Err(_) => jittered,
    }
}

/// Writes outcomes down, as many at once as came during the last writing, and keeps leases alive.
async fn settle(
    tray: Arc<Tray>,
    pool: PgPool,
    token: Uuid,
    mut ends: mpsc::UnboundedReceiver<Outcome>,
    lease: Duration,
) {
    let mut batch = Vec::with_capacity(LARGEST_SETTLEMENT);
    let mut beat = tokio::time::interval(lease / 3);
    loop {
        tokio::select! {
            _ = beat.tick() => renew(&tray, &pool, token, lease).await,
            got = ends.recv_many(&mut batch, LARGEST_SETTLEMENT) => {
                if got == 0 {
                    return;
                }
                match outbox::settle(&pool, token, &batch).await {
                    Ok(written) => {
                        let lost = batch.len() as u64 - written;
                        if lost > 0 {
                            tracing::warn!(lost, "some leases had ended; another worker decides about these copies");
                        }
                        tray.forget(&batch.iter().map(|o| (o.delivery_id, o.attempt)).collect::<Vec<_>>());
                        batch.clear();
                    }
                    Err(error) => {
                        // Kept, and written with the next ones: repeating is harmless, forgetting is not.
                        tracing::warn!(outcomes = batch.len(), "outcomes cannot be written: {error}");
                        keep_trying(&tray, &pool, token, &mut batch).await;
                    }
                }
            }
        }
    }
}

/// Until the database is back. Leases end meanwhile; what other workers took over stays theirs.
async fn keep_trying(tray: &Tray, pool: &PgPool, token: Uuid, batch: &mut Vec<Outcome>) {
    loop {
        tokio::time::sleep(DATABASE_PAUSE).await;
        if outbox::settle(pool, token, batch).await.is_ok() {
            tray.forget(&batch.iter().map(|o| (o.delivery_id, o.attempt)).collect::<Vec<_>>());
            batch.clear();
            return;
        }
    }
}

async fn renew(tray: &Tray, pool: &PgPool, token: Uuid, lease: Duration) {
    let held = tray.held();
    if held.is_empty() {
        return;
    }
    let begin = Instant::now();
    match outbox::renew(pool, token, &held, lease).await {
        Ok(kept) => tray.renewed(&held, &kept, begin + lease),
        Err(error) => tracing::warn!(held = held.len(), "leases cannot be renewed: {error}"),
    }
}

/// Watches for refusals that are ours in disguise: a relay that says 5xx to one recipient after the
/// other does not like us, and no window must be given up for that.
#[derive(Debug, Default)]
pub struct Refusals {
    recent: Mutex<VecDeque<Option<Stage>>>,
}

impl Refusals {
    const WINDOW: usize = 200;

    /// Turns a refusal into a pause when too many came together.
    pub fn judge(&self, result: SendResult) -> SendResult {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let (reply, entry) = match result {
            SendResult::Sent(reply) => (reply, None),
            SendResult::Refused(reply) => (reply, Some(reply.stage)),
            SendResult::TryLater(_) | SendResult::OursBroken(_) | SendResult::Lapsed => return result,
        };
        if recent.len() >= Self::WINDOW {
            recent.pop_front();
        }
        recent.push_back(entry);
        let share = |stage| recent.iter().filter(|s| **s == Some(stage)).count() * 100 / recent.len();
        let count = |stage| recent.iter().filter(|s| **s == Some(stage)).count();
        let too_many = match entry {
            Some(Stage::Content) => count(Stage::Content) > 5 && share(Stage::Content) > 5,
            Some(Stage::Recipient) => count(Stage::Recipient) > 10 && share(Stage::Recipient) > 50,
            Some(_) | None => false,
        };
        if too_many { SendResult::OursBroken(reply) } else { result }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::mail::reply::Reply;

    #[test]
    fn a_relay_that_refuses_everybody_refuses_us() {
        let refusals = Refusals::default();
        let no = SendResult::Refused(Reply::answered(Stage::Recipient, 550, "5.7.1 relaying denied"));
        let given_up = (0..40).filter(|_| refusals.judge(no) == no).count();
        assert_eq!(given_up, 10, "the rest waits");
    }

    #[test]
    fn dead_addresses_among_many_good_ones_are_only_themselves() {
        let refusals = Refusals::default();
        let no = SendResult::Refused(Reply::answered(Stage::Recipient, 550, "5.1.1"));
        let yes = SendResult::Sent(Reply::answered(Stage::Content, 250, "2.0.0"));
        for n in 0..1000 {
            let result = if n % 5 == 0 { no } else { yes };
            assert_eq!(refusals.judge(result), result);
        }
    }
}
