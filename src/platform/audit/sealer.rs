//! The sealer: gives each event its place in the chain, about a second after it was written, and writes the
//! anchor. Any number of processes may run one; the database gives the turn to one at a time.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};
use tokio::sync::watch;

use super::anchor::{self, Mark};
use super::chain::Hash;
use crate::kernel::clock::{Clock, japan_day};
use crate::kernel::email_address::EmailAddress;

/// Events of one transaction.
const BATCH: i32 = 1000;
/// Between two looks when nothing waits.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two lines of the anchor.
const ANCHOR_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Seals and anchors.
#[derive(Debug)]
pub struct Sealer {
    pool: PgPool,
    clock: Clock,
    file: Option<PathBuf>,
    mail: Option<EmailAddress>,
    anchored_at: Option<DateTime<Utc>>,
}

impl Sealer {
    /// A sealer over connections of `portal_worker`, with the anchor's file and the address that gets the head
    /// once a day.
    #[must_use]
    pub fn new(pool: PgPool, clock: Clock, file: Option<PathBuf>, mail: Option<EmailAddress>) -> Self {
        Self { pool, clock, file, mail, anchored_at: None }
    }

    /// Seals until told to stop, and once more then.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            let stopping = *stop.borrow();
            match self.turn().await {
                // A full batch: more is waiting.
                Ok(sealed) if sealed >= BATCH => continue,
                Ok(_) => {}
                Err(error) => tracing::error!(cause = format!("{error:#}"), "the audit trail could not be sealed"),
            }
            if stopping {
                break;
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
        self.pool.close().await;
    }

    /// One turn: anchors the head that is committed, then seals one batch. Answers how many were sealed; none
    /// where another process has the turn.
    ///
    /// # Errors
    /// When the database or the anchor's file fails; nothing is sealed then, and it is tried again.
    pub async fn turn(&mut self) -> anyhow::Result<i32> {
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        let turn =
            sqlx::query!(r#"select head_position as "position!", head_hash as "hash!" from audit_sealing_turn()"#)
                .fetch_optional(&mut *tx)
                .await?;
        let Some(head) = turn else { return Ok(0) };
        let hash: Hash = head.hash.try_into().map_err(|_| anyhow::anyhow!("the chain's head is no SHA-256 hash"))?;
        // The head of before, not what is sealed below: that could still be rolled back, and the anchor cannot.
        let mark = Mark { at: now, position: head.position, hash };
        if mark.position > 0 && self.anchored_at.is_none_or(|at| now - at >= ANCHOR_EVERY || now < at) {
            self.anchor(&mut tx, &mark).await?;
        }
        let sealed =
            sqlx::query_scalar!(r#"select seal_audit_events($1) as "sealed!""#, BATCH).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(sealed)
    }

    async fn anchor(&mut self, tx: &mut PgConnection, mark: &Mark) -> anyhow::Result<()> {
        if let Some(path) = self.file.clone() {
            let mark = mark.clone();
            tokio::task::spawn_blocking(move || write_once(&path, &mark)).await??;
        }
        if let Some(address) = &self.mail {
            send(tx, address, mark).await?;
        }
        self.anchored_at = Some(mark.at);
        Ok(())
    }
}

/// Appends the mark unless the head has not moved. A head that went back is shouted about and not written.
fn write_once(path: &std::path::Path, mark: &Mark) -> anyhow::Result<()> {
    match anchor::last(path)? {
        Some(last) if last.position > mark.position || (last.position == mark.position && last.hash != mark.hash) => {
            tracing::error!(
                anchored = last.position,
                head = mark.position,
                "THE AUDIT TRAIL WAS CUT OR REWRITTEN: its head does not match the anchor. Run `ceptoar-portal audit verify`"
            );
            Ok(())
        }
        Some(last) if last.position == mark.position => Ok(()),
        Some(_) | None => anchor::append(path, mark),
    }
}

/// Mails the head, once a day however many processes there are.
async fn send(tx: &mut PgConnection, address: &EmailAddress, mark: &Mark) -> anyhow::Result<()> {
    let day = japan_day(mark.at);
    let subject = format!("【操作履歴】基点の控え {day}");
    let body = format!(
        "操作履歴の基点（最後の番号と照合用の値）の控えです。削除せずに保管してください。\r\n\
         照合のしかたは、運用手引きの「操作履歴の確認」をご覧ください。\r\n\r\n{}\r\n\r\n\
         This is the present head of the audit trail. Please keep it; the operations guide says how it is compared.\r\n",
        mark.line()
    );
    sqlx::query_scalar!(
        "select mail_audit_anchor($1, $2, $3, $4, $5, $6)",
        day,
        address.as_str(),
        subject,
        body,
        &Sha256::digest(body.as_bytes())[..],
        mark.at
    )
    .fetch_one(tx)
    .await?;
    Ok(())
}
