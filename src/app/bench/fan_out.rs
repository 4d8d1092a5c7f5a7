//! `bench fan-out`: a worker process against a sink, next to smtp-source and the bare transport.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use sqlx::PgConnection;
use tokio::task::JoinSet;

use super::field::Field;
use super::sink::{Sink, postfix};
use super::{FanOut, median, process, store};
use crate::kernel::clock::Clock;
use crate::kernel::ids::DeliveryId;
use crate::platform::mail::lettre_relay::LettreRelay;
use crate::platform::mail::relay::{Connection, Relay, SendResult};
use crate::platform::mail::sheet::{MailText, Postmark, Sheet};
use crate::platform::mail::smtp_url::{SmtpUrl, Tls};

const FROM: &str = "portal@portal.test";
const BASE: &str = "https://portal.test";

/// Figures of one round.
#[derive(Debug, Clone, Copy, Default)]
struct Round {
    seconds: f64,
    sender: Duration,
    database: Duration,
    memory: u64,
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
    println!(
        "{} recipients, {} connections, {size} bytes each, sink: {}",
        settings.recipients, settings.connections, sink.name
    );
    let (mut durable, mut bare, mut source) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=settings.rounds {
        source.extend(smtp_source(settings, &sink, size)?);
        bare.push(transport(settings, &sink, &sheet).await?);
        durable.push(worker(settings, &field, &mut owner, &sink).await?);
        eprintln!("round {round} of {}", settings.rounds);
    }
    report(settings, &durable, &bare, &source);
    Ok(())
}

fn report(settings: FanOut, durable: &[Round], bare: &[Round], source: &[Round]) {
    let count = f64::from(settings.recipients);
    let rate = |rounds: &[Round]| median(rounds.iter().map(|r| count / r.seconds).collect());
    let micros = |rounds: &[Round], of: fn(&Round) -> Duration| {
        median(rounds.iter().map(|r| of(r).as_secs_f64() * 1e6 / count).collect())
    };
    println!("{:<28} {:>9} {:>16} {:>18}", "", "mails/s", "CPU µs sender", "CPU µs database");
    for (name, rounds) in [("smtp-source", source), ("bare transport", bare), ("portal, every copy durable", durable)] {
        if !rounds.is_empty() {
            let (sender, database) = (micros(rounds, |r| r.sender), micros(rounds, |r| r.database));
            println!("{name:<28} {:>9.0} {sender:>16.0} {database:>18.0}", rate(rounds));
        }
    }
    println!("ratio to bare transport      {:.2}", rate(durable) / rate(bare));
    if source.is_empty() {
        println!("smtp-source is not installed (package postfix): no ratio to it");
    } else {
        println!("ratio to smtp-source         {:.2}", rate(durable) / rate(source));
    }
    println!("peak memory of the worker    {} MB", durable.iter().map(|r| r.memory).max().unwrap_or(0));
}

/// From the beginning of the enqueuing to the last settled copy.
async fn worker(settings: FanOut, field: &Field, owner: &mut PgConnection, sink: &Sink) -> anyhow::Result<Round> {
    store::clear(owner).await?;
    let mut child = Process(start_worker(settings, field, sink)?);
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

fn start_worker(settings: FanOut, field: &Field, sink: &Sink) -> anyhow::Result<Child> {
    Ok(Command::new(std::env::current_exe()?)
        .env_clear()
        .envs([("DATABASE_URL", field.url.as_str()), ("PORTAL_BASE_URL", BASE), ("PORTAL_MAIL_FROM", FROM)])
        .env("SMTP_URL", format!("smtp://127.0.0.1:{}", sink.port))
        .env("PORTAL_MAIL_CONNECTIONS", settings.connections.to_string())
        .env("RUST_LOG", "warn")
        .arg("worker")
        .stdin(Stdio::null())
        .spawn()?)
}

/// The same conversations without a database.
async fn transport(settings: FanOut, sink: &Sink, sheet: &Arc<Sheet>) -> anyhow::Result<Round> {
    let url = SmtpUrl { host: "127.0.0.1".into(), port: sink.port, tls: Tls::None, credentials: None };
    let relay = Arc::new(LettreRelay::new(url, "portal.test")?);
    let next = Arc::new(AtomicI32::new(0));
    let own = std::process::id();
    let (begin, before) = (Instant::now(), process::time_of(own));
    let mut senders = JoinSet::new();
    for _ in 0..settings.connections {
        let (relay, sheet, next) = (relay.clone(), sheet.clone(), next.clone());
        senders.spawn(async move {
            let mut line = relay.connect().await.map_err(|e| anyhow::anyhow!("{}", e.reply))?;
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= settings.recipients {
                    line.close().await;
                    return anyhow::Ok(());
                }
                let copy = sheet.address(DeliveryId::random(), None, &format!("w{n}@bench.example"), "架空の構成員")?;
                let result = line.send(&copy, None).await;
                anyhow::ensure!(matches!(result, SendResult::Sent(_)), "{result:?}");
            }
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
        .args(["-d", "-s", &settings.connections.to_string(), "-m", &settings.recipients.to_string()])
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
