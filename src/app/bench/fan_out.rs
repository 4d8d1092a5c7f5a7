//! `bench fan-out`: a worker process against a sink, next to smtp-source and the bare transport.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use sqlx::PgConnection;
use tokio::task::JoinSet;

use super::field::Field;
use super::postfix::Instance;
use super::sink::{Sink, postfix};
use super::{FanOut, distance, median, process, store};
use crate::kernel::clock::Clock;
use crate::kernel::ids::DeliveryId;
use crate::platform::config::Transport;
use crate::platform::mail::relay::{Connection, Relay, SendResult};
use crate::platform::mail::sheet::{MailText, Postmark, RepliesTo, Sheet};
use crate::platform::mail::smtp_relay::SmtpRelay;
use crate::platform::mail::smtp_url::{SmtpUrl, Tls};

/// Who sends the mails of a benchmark.
pub const FROM: &str = "portal@portal.test";
const BASE: &str = "https://portal.test";
/// Both ways of speaking to the relay, the usual one first.
const TRANSPORTS: [Transport; 2] = [Transport::Pipelined, Transport::Stepwise];

/// Figures of one round.
#[derive(Debug, Clone, Copy, Default)]
pub struct Round {
    /// From the first to the last mail.
    pub seconds: f64,
    /// Processor time of the sender.
    pub sender: Duration,
    /// Processor time of the database.
    pub database: Duration,
    /// The most memory that the sender ever held, in mebibytes.
    pub memory: u64,
}

/// Some sender's rounds.
#[derive(Debug)]
pub struct Row {
    name: String,
    mails: i32,
    rounds: Vec<Round>,
}

impl Row {
    /// A sender without rounds yet.
    pub fn new(name: impl Into<String>, mails: i32) -> Self {
        Self { name: name.into(), mails, rounds: Vec::new() }
    }

    /// A round more.
    pub fn push(&mut self, round: Round) {
        self.rounds.push(round);
    }

    /// Mails per second.
    pub fn rate(&self) -> f64 {
        median(self.rounds.iter().map(|r| f64::from(self.mails) / r.seconds).collect())
    }

    /// Prints it, with its ratio to another.
    pub fn print(&self, to: &Row) {
        if self.rounds.is_empty() {
            return println!("{:<44} not measured: Postfix is not installed", self.name);
        }
        let micros = |of: fn(&Round) -> Duration| {
            median(self.rounds.iter().map(|r| of(r).as_secs_f64() * 1e6 / f64::from(self.mails)).collect())
        };
        let (sender, database) = (micros(|r| r.sender), micros(|r| r.database));
        let ratio = self.rate() / to.rate();
        println!("{:<44} {:>9.0} {sender:>14.0} {database:>16.0} {ratio:>9.2}", self.name, self.rate());
    }
}

/// The head of the rows; the ratio is to the row that is named.
pub fn print_head(to: &str) {
    println!("{:<44} {:>9} {:>14} {:>16} ratio to {to}", "", "mails/s", "CPU µs sender", "CPU µs database");
}

/// Measures in interleaved rounds.
///
/// # Errors
/// When something it needs cannot be had.
pub async fn run(settings: FanOut) -> anyhow::Result<()> {
    let field = Field::prepare().await?;
    let sink = Sink::start().await?;
    let mut owner = field.owner().await?;
    let sheet = Arc::new(sheet()?);
    let size = sheet.address(DeliveryId::random(), None, "w10000@bench.example", "架空の構成員")?.text().len();
    let (count, conversations) = (settings.recipients, settings.conversations);
    println!("{count} recipients, {conversations} conversations, {size} bytes each, sink: {}", sink.name);
    let mut source = Row::new("smtp-source", count);
    let mut postfix = Row::new("Postfix, one list to individual copies (VERP)", count);
    let mut bare = TRANSPORTS.map(|t| Row::new(format!("bare transport, {}", name(t)), count));
    let mut durable = TRANSPORTS.map(|t| Row::new(format!("portal, every copy durable, {}", name(t)), count));
    for round in 1..=settings.rounds {
        smtp_source(settings, &sink, size)?.into_iter().for_each(|r| source.push(r));
        let url = SmtpUrl { host: "127.0.0.1".into(), port: sink.port, tls: Tls::None, credentials: None };
        for ((transport, bare), durable) in TRANSPORTS.into_iter().zip(&mut bare).zip(&mut durable) {
            let relay = SmtpRelay::new(url.clone(), "portal.test", transport)?;
            bare.push(conversations_of(settings, relay, &sheet).await?);
            let target = Target { port: sink.port, authority: None, transport };
            durable.push(worker(settings, &field, &mut owner, &target).await?);
        }
        if let Some(instance) = Instance::start(sink.port)? {
            postfix
                .push(instance.expand(count, &sheet.address(DeliveryId::random(), None, FROM, "架空")?.text()).await?);
        }
        eprintln!("round {round} of {}", settings.rounds);
    }
    print_head("smtp-source");
    for row in [&source].into_iter().chain(&bare).chain(&durable).chain([&postfix]) {
        row.print(&source);
    }
    let memory = durable.iter().flat_map(|row| &row.rounds).map(|r| r.memory).max().unwrap_or(0);
    println!("peak memory of the worker    {memory} MB");
    if settings.distant > 0 {
        distance::run(settings, &field, &mut owner, &sheet).await?;
    }
    Ok(())
}

/// Where a worker sends.
#[derive(Debug)]
pub struct Target<'a> {
    /// Port on this machine.
    pub port: u16,
    /// Whose certificates it believes; then it asks for STARTTLS.
    pub authority: Option<&'a Path>,
    /// How it speaks.
    pub transport: Transport,
}

/// From the beginning of the enqueuing to the last settled copy.
pub async fn worker(
    settings: FanOut,
    field: &Field,
    owner: &mut PgConnection,
    target: &Target<'_>,
) -> anyhow::Result<Round> {
    store::clear(owner).await?;
    let mut child = Process(start_worker(settings, field, target)?);
    // Let it connect and listen first; starting up is not the question here.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let (sender, server) = (child.0.id(), field.server().context("the server's process")?);
    let before = (process::time_of(sender), process::time_of_family(server));
    let begun = store::enqueue(owner, settings.recipients, Clock::System.now()).await?;
    let ended = loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if let Some(ended) = store::finished(owner).await? {
            break ended;
        }
        anyhow::ensure!(child.0.try_wait()?.is_none(), "the worker ended by itself");
    };
    Ok(Round {
        seconds: (ended - begun).as_seconds_f64(),
        sender: process::time_of(sender) - before.0,
        database: process::time_of_family(server).saturating_sub(before.1),
        memory: process::peak_memory(sender).unwrap_or(0),
    })
}

/// As the setting is written.
fn name(transport: Transport) -> &'static str {
    match transport {
        Transport::Pipelined => "pipelined",
        Transport::Stepwise => "stepwise",
    }
}

fn start_worker(settings: FanOut, field: &Field, target: &Target<'_>) -> anyhow::Result<Child> {
    let smtp = match target.authority {
        Some(_) => format!("smtp://localhost:{}?tls=required", target.port),
        None => format!("smtp://127.0.0.1:{}", target.port),
    };
    Ok(Command::new(std::env::current_exe()?)
        .env_clear()
        .envs([("DATABASE_URL", field.url.as_str()), ("PORTAL_BASE_URL", BASE), ("PORTAL_MAIL_FROM", FROM)])
        .envs([("SMTP_URL", smtp), ("SMTP_TRANSPORT", name(target.transport).to_owned())])
        .envs(target.authority.map(|path| ("SSL_CERT_FILE", path)))
        .env("PORTAL_MAIL_CONNECTIONS", settings.conversations.to_string())
        .env("RUST_LOG", "warn")
        .arg("worker")
        .stdin(Stdio::null())
        .spawn()?)
}

/// The same conversations without a database.
pub async fn conversations_of<R: Relay>(settings: FanOut, relay: R, sheet: &Arc<Sheet>) -> anyhow::Result<Round> {
    let relay = Arc::new(relay);
    let next = Arc::new(AtomicI32::new(0));
    let own = std::process::id();
    let (begin, before) = (Instant::now(), process::time_of(own));
    let mut senders = JoinSet::new();
    for _ in 0..settings.conversations {
        let (relay, sheet, next) = (relay.clone(), sheet.clone(), next.clone());
        senders.spawn(async move {
            let mut line = relay.connect().await.map_err(|e| anyhow::anyhow!("{}", e.reply))?;
            let take = || {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let to = format!("w{n}@bench.example");
                (n < settings.recipients)
                    .then(|| sheet.address(DeliveryId::random(), None, &to, "架空の構成員"))
                    .transpose()
            };
            let mut this = take()?;
            while let Some(copy) = this {
                let following = take()?;
                let result = line.send(&copy, following.as_ref(), &|| true).await;
                anyhow::ensure!(matches!(result, SendResult::Sent(_)), "{result:?}");
                this = following;
            }
            line.close().await;
            anyhow::Ok(())
        });
    }
    while let Some(ended) = senders.join_next().await {
        ended??;
    }
    let sender = process::time_of(own) - before;
    Ok(Round { seconds: begin.elapsed().as_secs_f64(), sender, ..Round::default() })
}

/// Postfix's load generator over as many kept connections.
fn smtp_source(settings: FanOut, sink: &Sink, size: usize) -> anyhow::Result<Option<Round>> {
    let Some(program) = postfix("smtp-source") else { return Ok(None) };
    let own = std::process::id();
    let (begin, before) = (Instant::now(), process::time_of_ended_children(own));
    let status = Command::new(program)
        .args(["-d", "-s", &settings.conversations.to_string(), "-m", &settings.recipients.to_string()])
        .args(["-l", &size.to_string(), "-f", FROM, "-t", "w@bench.example"])
        .arg(format!("127.0.0.1:{}", sink.port))
        .stdin(Stdio::null())
        .status()?;
    anyhow::ensure!(status.success(), "smtp-source failed");
    let sender = process::time_of_ended_children(own).saturating_sub(before);
    Ok(Some(Round { seconds: begin.elapsed().as_secs_f64(), sender, ..Round::default() }))
}

fn sheet() -> anyhow::Result<Sheet> {
    let letter = store::letter()?;
    let text = MailText {
        language: letter.language(),
        subject: letter.subject().to_owned(),
        body: letter.body().to_owned(),
        drill: false,
        created_at: Clock::System.now(),
        replies: RepliesTo::Item,
    };
    Ok(Sheet::prepare(&Postmark::new(FROM, BASE)?, &text)?)
}

/// Ends the worker whatever happens.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
