//! One of the worker's conversations with the relay: takes a row, sends it, says how it ended.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;

use super::outbox::{Claimed, Fate};
use super::relay::{ConnectError, Connection, Relay, SendResult};
use super::reply::{Reply, Stage};
use super::sheet::AddressedCopy;
use super::tray::{Live, Next, NoCopy, Tray};
use super::worker::Refusals;

/// A conversation without work is closed; a relay does not like silent ones.
const IDLE: Duration = Duration::from_secs(10);
/// Waiting before the next try when the relay takes no further conversation beside the open ones.
const CROWDED: Duration = Duration::from_secs(2);

/// One sender.
pub struct Sender<R: Relay> {
    /// Whom it talks to.
    pub relay: Arc<R>,
    /// Where rows come from and outcomes go to.
    pub tray: Arc<Tray>,
    /// The time that one attempt may take in all.
    pub deadline: Duration,
    /// Shared by all senders of a worker.
    pub refusals: Arc<Refusals>,
}

/// An open conversation.
struct Line<C> {
    connection: C,
    used: bool,
    _live: Live,
}

impl<R: Relay> Sender<R> {
    /// Sends until the worker stops and the tray is empty.
    pub async fn run(self) {
        let mut line = None;
        loop {
            let idle = line.is_some().then_some(IDLE);
            match self.tray.next(idle).await {
                Next::Row(row) => self.handle(&mut line, row).await,
                Next::Idle => hang_up(&mut line).await,
                Next::Stop => break,
            }
        }
        hang_up(&mut line).await;
    }

    async fn handle(&self, line: &mut Option<Line<R::Connection>>, row: Claimed) {
        if self.tray.pause.remaining(Instant::now()).is_some() {
            return self.tray.finish(&row, Fate::Released, None);
        }
        let copy = match self.tray.copy(&row).await {
            Ok(copy) => copy,
            Err(NoCopy::Database) => return self.tray.finish(&row, Fate::Released, None),
            Err(NoCopy::Build(error)) => {
                tracing::error!(delivery = %row.delivery_id, "a copy cannot be made: {error}");
                return self.conclude(&row, SendResult::Refused(Reply::at(Stage::Address)));
            }
            Err(NoCopy::Panic) => return self.conclude(&row, SendResult::Refused(Reply::at(Stage::Program))),
        };
        let deadline = Instant::now() + self.deadline;
        loop {
            let reused = line.as_ref().is_some_and(|l| l.used);
            if line.is_none() {
                match self.connect(deadline).await {
                    Ok(open) => *line = Some(open),
                    Err(error) => return self.no_line(row, error).await,
                }
            }
            if !self.tray.holds(&row) {
                return self.tray.finish(&row, Fate::Released, None);
            }
            let result = self.send(line, &copy, deadline).await;
            let died_waiting = matches!(result, SendResult::TryLater(reply) if reply.stage == Stage::Sender);
            if reused && died_waiting && line.is_none() {
                continue; // the relay had hung up on a kept conversation; nothing of this copy went out
            }
            return self.conclude(&row, result);
        }
    }

    async fn connect(&self, deadline: Instant) -> Result<Line<R::Connection>, ConnectError> {
        let broken = |stage| ConnectError { reply: Reply::at(stage), ours: false };
        let attempt = AssertUnwindSafe(self.relay.connect()).catch_unwind();
        match tokio::time::timeout_at(deadline, attempt).await {
            Ok(Ok(Ok(connection))) => Ok(Line { connection, used: false, _live: self.tray.went_live() }),
            Ok(Ok(Err(error))) => Err(error),
            Ok(Err(_panic)) => Err(broken(Stage::Program)),
            Err(_elapsed) => Err(broken(Stage::Deadline)),
        }
    }

    /// One attempt on an open line. A line that cannot carry another mail is dropped.
    async fn send(
        &self,
        line: &mut Option<Line<R::Connection>>,
        copy: &AddressedCopy,
        deadline: Instant,
    ) -> SendResult {
        let Some(mut open) = line.take() else { return SendResult::TryLater(Reply::at(Stage::Connection)) };
        open.used = true;
        let attempt = AssertUnwindSafe(open.connection.send(copy)).catch_unwind();
        match tokio::time::timeout_at(deadline, attempt).await {
            Ok(Ok(result)) => {
                if open.connection.usable() {
                    *line = Some(open);
                }
                result
            }
            // Whatever state the conversation is in, it is not used again.
            Ok(Err(_panic)) => SendResult::Refused(Reply::at(Stage::Program)),
            Err(_elapsed) => SendResult::TryLater(Reply::at(Stage::Deadline)),
        }
    }

    /// No conversation could be opened. That is never the copy's fault.
    async fn no_line(&self, row: Claimed, error: ConnectError) {
        if !error.ours && self.tray.live.load(Ordering::Relaxed) > 0 && !self.tray.is_stopping() {
            // Others are being served: the relay only takes no more at a time. Leave the work to them.
            self.tray.put_back(row);
            tokio::select! {
                () = tokio::time::sleep(CROWDED) => {}
                () = self.tray.stopped() => {}
            }
            return;
        }
        self.trip(error.reply, error.ours);
        self.tray.finish(&row, Fate::Released, Some(error.reply));
    }

    /// Pauses the queue; the first to notice says so.
    fn trip(&self, reply: Reply, ours: bool) {
        let Some(pause) = self.tray.pause.trip(Instant::now(), ours) else { return };
        metrics::gauge!("portal_mail_paused").set(1.0);
        let seconds = pause.as_secs();
        if ours {
            tracing::error!(%reply, seconds, "the relay refuses us: the queue waits; check SMTP_URL and PORTAL_MAIL_FROM");
        } else {
            tracing::warn!(%reply, seconds, "the relay is out of reach: the queue waits");
        }
        self.tray.release_waiting();
        self.tray.knock();
    }

    /// Writes down how an attempt ended.
    fn conclude(&self, row: &Claimed, result: SendResult) {
        let delivery = row.delivery_id;
        let result = self.refusals.judge(result);
        match result {
            SendResult::Sent(reply) => {
                if self.tray.pause.doubtful() {
                    self.tray.pause.clear();
                    metrics::gauge!("portal_mail_paused").set(0.0);
                    self.tray.knock();
                }
                metrics::counter!("portal_mail_sent_total").increment(1);
                tracing::debug!(%delivery, "sent");
                self.tray.finish(row, Fate::Sent, Some(reply));
            }
            SendResult::TryLater(reply) => {
                let delay = back_off(row.attempt, random_unit());
                metrics::counter!("portal_mail_retried_total").increment(1);
                tracing::info!(%delivery, %reply, attempt = row.attempt, seconds = delay.as_secs(), "later");
                self.tray.finish(row, Fate::Later(delay), Some(reply));
            }
            SendResult::Refused(reply) => {
                metrics::counter!("portal_mail_refused_total").increment(1);
                tracing::warn!(%delivery, %reply, "refused: reach this window by telephone");
                self.tray.finish(row, Fate::Refused, Some(reply));
            }
            SendResult::OursBroken(reply) => {
                self.trip(reply, true);
                self.tray.finish(row, Fate::Released, Some(reply));
            }
        }
    }
}

async fn hang_up<C: Connection>(line: &mut Option<Line<C>>) {
    if let Some(open) = line.take() {
        open.connection.close().await;
    }
}

/// 1, 2, 4 … 30 minutes, a fifth more or less, so that many copies do not come back at one instant.
fn back_off(attempt: i16, random: f64) -> Duration {
    let doublings = u32::try_from(attempt.clamp(1, 6) - 1).unwrap_or(0);
    let minutes = f64::from(2_u32.pow(doublings).min(30));
    Duration::from_secs_f64(minutes * 60.0 * (0.8 + 0.4 * random))
}

/// A number from 0 to 1, for jitter only.
pub(super) fn random_unit() -> f64 {
    getrandom::u32().map_or(0.5, |n| f64::from(n) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_half_an_hour() {
        let minutes: Vec<u64> = [0, 1, 2, 3, 4, 5, 6, 7, i16::MAX].map(|n| back_off(n, 0.5).as_secs() / 60).to_vec();
        assert_eq!(minutes, [1, 1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(back_off(1, 0.0), Duration::from_secs(48));
        assert_eq!(back_off(1, 1.0), Duration::from_secs(72));
    }
}
