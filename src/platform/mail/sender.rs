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

/// How long a copy whose envelope went ahead waits for the end of the one before it. Then it goes back to the others:
/// a slow recipient must not delay another.
const BEHIND: Duration = Duration::from_secs(1);

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
    /// The last copy ended soon enough for another's envelope to go ahead of it.
    swift: bool,
    /// The envelope of a copy went ahead. Unless that copy follows, the conversation is cut.
    ahead: bool,
    _live: Live,
}

/// A row and the copy made of it.
struct Job {
    row: Claimed,
    copy: AddressedCopy,
}

impl<R: Relay> Sender<R> {
    /// Sends until the worker stops and the tray is empty.
    pub async fn run(self) {
        let mut line = None;
        let mut next = None;
        loop {
            if let Some(job) = next.take() {
                next = self.handle(&mut line, job).await;
                continue;
            }
            let idle = line.is_some().then_some(IDLE);
            match self.tray.next(idle).await {
                Next::Row(row) => next = self.job(row).await,
                Next::Idle => hang_up(&mut line).await,
                Next::Stop => break,
            }
        }
        hang_up(&mut line).await;
    }

    /// The copy of a row; without one, how that ended is written down.
    async fn job(&self, row: Claimed) -> Option<Job> {
        match self.tray.copy(&row).await {
            Ok(copy) => return Some(Job { row, copy }),
            Err(NoCopy::Database) => self.tray.finish(&row, Fate::Released, None),
            Err(NoCopy::Build(error)) => {
                tracing::error!(delivery = %row.delivery_id, "a copy cannot be made: {error}");
                self.conclude(&row, SendResult::Refused(Reply::at(Stage::Address)));
            }
            Err(NoCopy::Panic) => self.conclude(&row, SendResult::Refused(Reply::at(Stage::Program))),
        }
        None
    }

    /// Sends a copy; answers the one whose envelope may have gone ahead with it.
    async fn handle(&self, line: &mut Option<Line<R::Connection>>, job: Job) -> Option<Job> {
        let deadline = Instant::now() + self.deadline;
        let mut next = None;
        loop {
            // Asked before every copy, for the queue may pause; the lease is asked once more before the text.
            if self.tray.pause.remaining(Instant::now()).is_some() || !self.tray.holds(&job.row) {
                line.take_if(|l| l.ahead);
                self.tray.finish(&job.row, Fate::Released, None);
                return next;
            }
            let reused = line.as_ref().is_some_and(|l| l.used);
            if line.is_none() {
                match self.connect(deadline).await {
                    Ok(open) => *line = Some(open),
                    Err(error) => {
                        self.no_line(job.row, error).await;
                        return next;
                    }
                }
                continue;
            }
            if next.is_none() {
                let useful = line.as_ref().is_some_and(|l| l.swift && l.connection.looks_ahead());
                next = if useful { self.look_ahead().await } else { None };
            }
            let result = self.send(line, &job, &mut next, deadline).await;
            let died_waiting = matches!(result, SendResult::TryLater(reply) if reply.stage == Stage::Sender);
            if reused && died_waiting && line.is_none() {
                continue; // the relay had hung up on a kept conversation; nothing of this copy went out
            }
            self.conclude(&job.row, result);
            return next;
        }
    }

    /// The copy that comes next, if there is one now.
    async fn look_ahead(&self) -> Option<Job> {
        if self.tray.pause.doubtful() || self.tray.is_stopping() {
            return None;
        }
        self.job(self.tray.take()?).await
    }

    async fn connect(&self, deadline: Instant) -> Result<Line<R::Connection>, ConnectError> {
        let broken = |stage| ConnectError { reply: Reply::at(stage), ours: false };
        let attempt = AssertUnwindSafe(self.relay.connect()).catch_unwind();
        match tokio::time::timeout_at(deadline, attempt).await {
            Ok(Ok(Ok(connection))) => {
                Ok(Line { connection, used: false, swift: false, ahead: false, _live: self.tray.went_live() })
            }
            Ok(Ok(Err(error))) => Err(error),
            Ok(Err(_panic)) => Err(broken(Stage::Program)),
            Err(_elapsed) => Err(broken(Stage::Deadline)),
        }
    }

    /// One attempt on an open line. A line that cannot carry another mail is dropped. A `next` that waits too long goes
    /// back to the others.
    async fn send(
        &self,
        line: &mut Option<Line<R::Connection>>,
        job: &Job,
        next: &mut Option<Job>,
        deadline: Instant,
    ) -> SendResult {
        let Some(mut open) = line.take() else { return SendResult::TryLater(Reply::at(Stage::Connection)) };
        let begin = Instant::now();
        open.used = true;
        open.ahead = next.is_some();
        let mut left_behind = false;
        let still_ours = || self.tray.holds(&job.row);
        let ended = {
            let sending = open.connection.send(&job.copy, next.as_ref().map(|n| &n.copy), &still_ours);
            let attempt = tokio::time::timeout_at(deadline, AssertUnwindSafe(sending).catch_unwind());
            let mut attempt = std::pin::pin!(attempt);
            tokio::select! {
                ended = &mut attempt => ended,
                () = tokio::time::sleep(BEHIND), if next.is_some() => {
                    if let Some(next) = next.as_ref() {
                        self.give_back(next.row.clone());
                        left_behind = true;
                    }
                    attempt.await
                }
            }
        };
        if left_behind {
            *next = None;
        }
        match ended {
            Ok(Ok(result)) => {
                open.swift = begin.elapsed() < BEHIND / 2;
                // An envelope that went ahead and is not followed by its copy: nothing else can be said here.
                if open.connection.usable() && !left_behind {
                    *line = Some(open);
                }
                result
            }
            // Whatever state the conversation is in, it is not used again.
            Ok(Err(_panic)) => SendResult::Refused(Reply::at(Stage::Program)),
            Err(_elapsed) => SendResult::TryLater(Reply::at(Stage::Deadline)),
        }
    }

    fn give_back(&self, row: Claimed) {
        if self.tray.is_stopping() {
            self.tray.finish(&row, Fate::Released, None);
        } else {
            self.tray.put_back(row);
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
        let Some(pause) = self.tray.pause.trip(Instant::now(), reply, ours) else { return };
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
            SendResult::Lapsed => {
                tracing::info!(%delivery, "its lease ran out before its text was due: left to whoever has it now");
                self.tray.finish(row, Fate::Released, None);
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
