//! What is done with a mail that is handed over: who may be written to, what was said, and whether it is kept.

use std::future::Future;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::bounce::{self, Noted};
use super::reading::{READING, Reading};
use crate::kernel::clock::Clock;
use crate::kernel::ids::DeliveryId;
use crate::platform::mail::reception::{Kept, Moment, Protocol, Received, Reception, Verdict};
use crate::platform::mail::return_path::{Purpose, ReturnPaths};
use crate::platform::sandbox::{Sandbox, SandboxError};

/// Longest mail that is taken in. A reply is a few lines, a notice carries our own mail at most.
const SIZE: usize = 1024 * 1024;

/// Who decides what a reply means: a feature, which knows what the copy was about.
pub trait Replies: Send + Sync + 'static {
    /// Judges a reply to a copy and writes down what became of it, in a word for the figures. `nobody`: the envelope has no sender.
    fn replied(
        &self,
        delivery: DeliveryId,
        reading: &Reading,
        nobody: bool,
        now: DateTime<Utc>,
    ) -> impl Future<Output = sqlx::Result<&'static str>> + Send;
}

/// Takes mail in.
#[derive(Debug)]
pub struct Intake<R> {
    /// Which addresses are the portal's.
    pub paths: ReturnPaths,
    /// Where mails are read.
    pub sandbox: Sandbox,
    /// The database, as `portal_worker`.
    pub pool: PgPool,
    /// What time it is.
    pub clock: Clock,
    /// Who judges replies.
    pub replies: R,
}

/// What became of one mail for one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Outcome {
    word: &'static str,
    kept: Kept,
}

const fn settled(word: &'static str) -> Outcome {
    Outcome { word, kept: Kept::Yes }
}

const fn later(word: &'static str) -> Outcome {
    Outcome { word, kept: Kept::Later }
}

impl<R: Replies> Intake<R> {
    async fn take(&self, mail: &Received, to: &str, reading: &Result<Reading, Outcome>) -> Outcome {
        let Some((purpose, delivery)) = self.paths.read(to) else {
            return Outcome { word: "unknown_address", kept: Kept::No };
        };
        let reading = match reading {
            Ok(reading) => reading,
            Err(outcome) => return *outcome,
        };
        let now = self.clock.now();
        let done = match purpose {
            Purpose::Bounce => bounce::note(&self.pool, delivery, reading, now).await.map(|noted| match noted {
                Noted::Bounced => settled("bounced"),
                Noted::Delayed => settled("delayed"),
                Noted::Ignored => settled("ignored"),
                Noted::Early => later("early"),
            }),
            Purpose::Reply => self.replies.replied(delivery, reading, mail.from.is_empty(), now).await.map(settled),
        };
        let outcome = done.unwrap_or_else(|error| {
            tracing::warn!("an incoming mail cannot be dealt with now: {error}");
            later("database")
        });
        tracing::info!(%delivery, outcome = outcome.word, "a mail came in");
        outcome
    }

    /// What cannot be read is dropped: it would be the same on the next day. What has to wait for a box is handed over again.
    async fn read(&self, content: &[u8]) -> Result<Reading, Outcome> {
        self.sandbox.parse(READING, content).await.map_err(|error| match error {
            SandboxError::Busy | SandboxError::Start(_) | SandboxError::Deadline => later("no_box"),
            SandboxError::Unreadable(_)
            | SandboxError::TooLarge
            | SandboxError::TooTalkative
            | SandboxError::Died(_)
            | SandboxError::Garbled => settled("unreadable"),
        })
    }
}

impl<R: Replies> Reception for Intake<R> {
    fn protocol(&self) -> Protocol {
        Protocol::Lmtp
    }

    fn size_limit(&self) -> usize {
        SIZE
    }

    async fn judge(&self, moment: Moment, mail: &Received) -> Verdict {
        let unknown = moment == Moment::Recipient && mail.to.last().is_none_or(|to| self.paths.read(to).is_none());
        if !unknown {
            return Verdict::Accept;
        }
        metrics::counter!("portal_mail_inbound_total", "outcome" => "unknown_address").increment(1);
        Verdict::Say(550, "5.1.1 no such address")
    }

    async fn keep(&self, mail: Received) -> bool {
        self.keep_each(mail).await.iter().all(|kept| *kept == Kept::Yes)
    }

    async fn keep_each(&self, mail: Received) -> Vec<Kept> {
        let reading = self.read(&mail.content).await;
        let mut kept = Vec::with_capacity(mail.to.len());
        for to in &mail.to {
            let outcome = self.take(&mail, to, &reading).await;
            metrics::counter!("portal_mail_inbound_total", "outcome" => outcome.word).increment(1);
            kept.push(outcome.kept);
        }
        kept
    }
}
