//! Demonstration only: a relay inside the process. The worker talks real SMTP to it, over a real
//! connection; the mails end in a mailbox of the portal and never leave the machine.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::smtp_server::{self, Received, Reception};
use super::smtp_url::{SmtpUrl, Tls};
use crate::kernel::clock::Clock;

/// At most this many mails are stored at once.
const BATCH: usize = 500;

/// A started local relay; it runs until it is dropped.
#[derive(Debug)]
pub struct LocalRelay {
    url: SmtpUrl,
    server: tokio::task::JoinHandle<()>,
    store: tokio::task::JoinHandle<()>,
}

impl LocalRelay {
    /// Starts on a free port of the loopback interface.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(pool: PgPool, clock: Clock) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (mails, incoming) = mpsc::channel(64);
        let store = tokio::spawn(store(pool, clock, incoming));
        let server = tokio::spawn(async move {
            if let Err(error) = smtp_server::serve(listener, Arc::new(Mailbox { mails })).await {
                tracing::error!("the local relay ended: {error}");
            }
        });
        let url = SmtpUrl { host: "127.0.0.1".into(), port, tls: Tls::None, credentials: None };
        Ok(Self { url, server, store })
    }

    /// How it is reached.
    #[must_use]
    pub fn url(&self) -> &SmtpUrl {
        &self.url
    }
}

impl Drop for LocalRelay {
    fn drop(&mut self) {
        self.server.abort();
        self.store.abort();
    }
}

type Incoming = (Received, oneshot::Sender<bool>);

struct Mailbox {
    mails: mpsc::Sender<Incoming>,
}

impl Reception for Mailbox {
    async fn keep(&self, mail: Received) -> bool {
        let (kept, answer) = oneshot::channel();
        self.mails.send((mail, kept)).await.is_ok() && answer.await.unwrap_or(false)
    }
}

/// Stores what came in; as much at once as came during the last storing.
async fn store(pool: PgPool, clock: Clock, mut incoming: mpsc::Receiver<Incoming>) {
    let mut batch = Vec::with_capacity(BATCH);
    while incoming.recv_many(&mut batch, BATCH).await > 0 {
        let (mails, waiting): (Vec<Received>, Vec<_>) = batch.drain(..).unzip();
        let kept = insert(&pool, clock.now(), &mails).await;
        if let Err(error) = &kept {
            tracing::warn!("the local mailbox cannot be written: {error}");
        }
        for answer in waiting {
            // Whoever has hung up meanwhile will come again.
            let _ = answer.send(kept.is_ok());
        }
    }
}

async fn insert(pool: &PgPool, now: DateTime<Utc>, mails: &[Received]) -> sqlx::Result<()> {
    let (mut hashes, mut bodies) = (Vec::new(), Vec::new());
    let (mut senders, mut recipients, mut headers) = (Vec::new(), Vec::new(), Vec::new());
    for mail in mails {
        let (head, body) = split(&mail.content);
        for to in &mail.to {
            hashes.push(Sha256::digest(body).to_vec());
            bodies.push(body.to_vec());
            senders.push(mail.from.clone());
            recipients.push(to.clone());
            headers.push(head.to_vec());
        }
    }
    let mut tx = pool.begin().await?;
    // The mailbox is a window on the demonstration; losing its last moment in a power cut is no loss.
    sqlx::query!("set local synchronous_commit = off").execute(&mut *tx).await?;
    sqlx::query!(
        "insert into local_mail_bodies (body_hash, body)
         select distinct on (u.body_hash) u.body_hash, u.body from unnest($1::bytea[], $2::bytea[]) as u (body_hash, body)
         order by u.body_hash on conflict do nothing",
        &hashes,
        &bodies
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into local_mails (received_at, sender, recipient, headers, body_hash)
         select $1, u.* from unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[]) as u",
        now,
        &senders,
        &recipients,
        &headers,
        &hashes
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

/// A message's headers with the empty line, and its body.
fn split(content: &[u8]) -> (&[u8], &[u8]) {
    let at = content.windows(4).position(|w| w == b"\r\n\r\n").map_or(content.len(), |at| at + 4);
    content.split_at(at)
}

/// A mail of the local mailbox, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadMail {
    /// Subject, decoded.
    pub subject: String,
    /// From, with its name.
    pub from: String,
    /// To, with its name.
    pub to: String,
    /// The text, decoded.
    pub text: String,
    /// Whether it says that it belongs to a drill.
    pub drill: bool,
}

/// Reads a mail of the local mailbox as a mail program would.
#[must_use]
pub fn read_mail(headers: &[u8], body: &[u8]) -> Option<ReadMail> {
    let whole = [headers, body].concat();
    let parsed = mail_parser::MessageParser::new().parse(&whole)?;
    let person = |list: Option<&mail_parser::Address<'_>>| {
        let Some(first) = list.and_then(|l| l.first()) else { return String::new() };
        let address = first.address().unwrap_or_default();
        first.name().map_or_else(|| address.to_owned(), |name| format!("{name} <{address}>"))
    };
    Some(ReadMail {
        subject: parsed.subject().unwrap_or_default().to_owned(),
        from: person(parsed.from()),
        to: person(parsed.to()),
        text: parsed.body_text(0).unwrap_or_default().into_owned(),
        drill: parsed.header_raw("X-Portal-Drill").is_some(),
    })
}
