//! The mail worker as the portal runs it: its pool, its relay, what takes mail in, its stop.

use std::io::ErrorKind;
use std::sync::Arc;

use anyhow::Context;
use tokio::sync::watch;

use super::database::Database;
use crate::features::advisories::escalation::letters::Sender;
use crate::features::advisories::escalation::tick;
use crate::features::advisories::receipts::replies::intake::ReplyDesk;
use crate::features::advisories::relays::time_up;
use crate::features::advisories::release::due;
use crate::features::advisories::statistics::settle;
use crate::features::directory::verification;
use crate::features::follow_up::reminding;
use crate::features::surveys;
use crate::kernel::clock::Clock;
use crate::platform::config::{Config, Transport};
use crate::platform::db::pool;
use crate::platform::files::scan::Scanner;
use crate::platform::files::scanning;
use crate::platform::lmtp::LmtpAddress;
use crate::platform::mail::inbound::intake::Intake;
use crate::platform::mail::inbound::listener::Listener;
use crate::platform::mail::local_relay::LocalRelay;
use crate::platform::mail::return_path::ReturnPaths;
use crate::platform::mail::sheet::Postmark;
use crate::platform::mail::smtp_relay::SmtpRelay;
use crate::platform::mail::smtp_url::SmtpUrl;
use crate::platform::mail::worker::{self, WorkerSettings};

/// Claiming, settling, listening, reading texts; and showing files to the scanner.
const WORKER_CONNECTIONS: u32 = 5;
/// The local relay stores with one connection of its own.
const MAILBOX_CONNECTIONS: u32 = 1;
/// Incoming mail waits for nobody's letters.
const INBOUND_CONNECTIONS: u32 = 2;
/// A worker that failed as a whole starts again after this time.
const RESTART: std::time::Duration = std::time::Duration::from_secs(2);

/// What an operator may change of a worker beside the settings of the portal.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct WorkerOptions {
    /// Seconds that a claim of mails holds without a sign of life: what a killed worker delays.
    #[arg(long, env = "PORTAL_MAIL_LEASE", default_value_t = 30, value_parser = clap::value_parser!(u64).range(2..=600))]
    pub lease: u64,
    /// Seconds that handing over one mail may take in all.
    #[arg(long, env = "PORTAL_MAIL_DEADLINE", default_value_t = 90, value_parser = clap::value_parser!(u64).range(2..=600))]
    pub deadline: u64,
}

/// Everything needed to send, ready to run.
#[derive(Debug)]
pub struct Mailing {
    pool: sqlx::PgPool,
    url: SmtpUrl,
    transport: Transport,
    postmark: Postmark,
    connections: u16,
    lease: Option<std::time::Duration>,
    deadline: Option<std::time::Duration>,
    base_url: String,
    telephone: Option<String>,
    clock: Clock,
    scanner: Option<Scanner>,
    /// Keeps the demonstration's relay running.
    local: Option<LocalRelay>,
    inbound: Option<Inbound>,
}

/// What takes mail in, ready to listen.
#[derive(Debug)]
struct Inbound {
    /// None while another process of the portal listens.
    listener: Option<Listener>,
    address: LmtpAddress,
    intake: Intake<ReplyDesk>,
}

impl Inbound {
    async fn take(self) {
        let listener = match self.listener {
            Some(listener) => listener,
            None => Listener::when_free(&self.address).await,
        };
        listener.serve(Arc::new(self.intake)).await;
    }

    async fn prepare(config: &Config, database: &Database, clock: &Clock) -> anyhow::Result<Option<Self>> {
        // The demonstration hands mail over to itself, on whatever port is free.
        let own = LmtpAddress::Tcp(([127, 0, 0, 1], 0).into());
        let Some(address) = config.mail_inbound.clone().or(config.is_demonstration().then_some(own)) else {
            return Ok(None);
        };
        let key = super::secret_key::find(config)?;
        let paths = ReturnPaths::new(key, config.inbound_address()).context("no address for incoming mail")?;
        let listener = match Listener::open(&address).await {
            Ok(listener) => Some(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                tracing::warn!("another process listens at {address}: this one takes mail in when that one ends");
                None
            }
            Err(error) => {
                let why = format!("mail cannot be taken in at {address}: choose another PORTAL_MAIL_INBOUND");
                return Err(anyhow::Error::new(error).context(why));
            }
        };
        let address = listener.as_ref().map_or(address, |listener| listener.address().clone());
        let pool = pool(database.connections.worker.clone(), INBOUND_CONNECTIONS);
        let sandbox = super::parsing::sandbox(config).await?;
        let replies = ReplyDesk { pool: pool.clone() };
        Ok(Some(Self { listener, address, intake: Intake { paths, sandbox, pool, clock: clock.clone(), replies } }))
    }
}

impl Mailing {
    /// Gets the worker ready; in a demonstration with a relay of its own.
    ///
    /// # Errors
    /// When a setting cannot stand or the local relay finds no port.
    pub async fn prepare(config: &Config, database: &Database, clock: &Clock) -> anyhow::Result<Self> {
        let worker = &database.connections.worker;
        let inbound = Inbound::prepare(config, database, clock).await?;
        let returns = inbound.as_ref().map(|inbound| inbound.intake.paths.clone());
        let postmark = Postmark::new(&config.mail_from, &config.base_url())?.with_returns(returns);
        let (url, local) = match config.smtp_url() {
            Some(url) => (SmtpUrl::parse(url)?, None),
            None => {
                let mailbox = pool(worker.clone(), MAILBOX_CONNECTIONS);
                let local = LocalRelay::start(mailbox, clock.clone()).await.context("the local relay cannot start")?;
                (local.url().clone(), Some(local))
            }
        };
        let pool = pool(worker.clone(), WORKER_CONNECTIONS);
        Ok(Self {
            pool,
            url,
            transport: config.smtp_transport,
            postmark,
            connections: config.mail_connections,
            lease: None,
            deadline: None,
            base_url: config.base_url(),
            telephone: config.duty_telephone().map(ToOwned::to_owned),
            clock: clock.clone(),
            scanner: Scanner::of(config),
            local,
            inbound,
        })
    }

    /// Where mail is handed over.
    #[must_use]
    pub fn inbound(&self) -> Option<LmtpAddress> {
        self.inbound.as_ref().map(|inbound| inbound.address.clone())
    }

    /// The same with an operator's options.
    #[must_use]
    pub fn with(mut self, options: WorkerOptions) -> Self {
        self.lease = Some(std::time::Duration::from_secs(options.lease));
        self.deadline = Some(std::time::Duration::from_secs(options.deadline));
        self
    }

    /// Sends until told to stop. A worker that fails as a whole is started again.
    ///
    /// # Errors
    /// When the relay's TLS cannot be set up.
    pub async fn run(self, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
        let reminding = tokio::spawn(reminding::keep(self.pool.clone(), self.base_url.clone(), self.clock.clone()));
        let asking = verification::reminding::keep(self.pool.clone(), self.base_url.clone(), self.clock.clone());
        let asking = tokio::spawn(asking);
        let surveying = surveys::reminding::keep(self.pool.clone(), self.base_url.clone(), self.clock.clone());
        let surveying = tokio::spawn(surveying);
        let relaying = tokio::spawn(time_up::keep(self.pool.clone(), self.clock.clone()));
        let releasing = tokio::spawn(due::keep(self.pool.clone(), self.clock.clone()));
        let settling = tokio::spawn(settle::keep(self.pool.clone(), self.clock.clone()));
        let sender = Sender { base_url: self.base_url.clone(), telephone: self.telephone.clone() };
        let escalating = tokio::spawn(tick::keep(self.pool.clone(), sender, self.clock.clone()));
        let looking =
            self.scanner.map(|scanner| tokio::spawn(scanning::keep(self.pool.clone(), scanner, self.clock.clone())));
        let taking = self.inbound.map(|inbound| tokio::spawn(inbound.take()));
        loop {
            let relay = SmtpRelay::new(self.url.clone(), self.postmark.host(), self.transport)?;
            let mut settings = WorkerSettings::new(self.pool.clone(), relay, self.postmark.clone(), self.connections);
            settings.lease = self.lease.unwrap_or(settings.lease);
            settings.deadline = self.deadline.unwrap_or(settings.deadline);
            let Err(error) = worker::run(settings, stop.clone()).await else { break };
            tracing::error!("{error:#}; it starts again");
            if *stop.borrow() {
                break;
            }
            tokio::time::sleep(RESTART).await;
        }
        reminding.abort();
        asking.abort();
        surveying.abort();
        relaying.abort();
        releasing.abort();
        settling.abort();
        escalating.abort();
        if let Some(taking) = taking {
            taking.abort();
        }
        if let Some(looking) = looking {
            looking.abort();
        }
        self.pool.close().await;
        drop(self.local);
        Ok(())
    }
}
