//! `serve`: web and worker in one process, from start to graceful stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::audit;
use super::database::Database;
use super::listening::Listening;
use super::mailing::{Mailing, WorkerOptions};
use super::metrics;
use super::router::router;
use crate::features::accounts::demonstration;
use crate::features::demonstration::check_mode;
use crate::features::directory::exchange::expiry::keep_wiping;
use crate::kernel::clock::Clock;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::security::password::{Cost, PasswordHasher};
use crate::platform::web::state::{AppState, FirstWall};

/// How long a stop waits for requests and mails in flight.
const STOP: Duration = Duration::from_secs(30);

/// Runs the portal until it is asked to stop.
///
/// # Errors
/// When something it needs cannot be had; the message says what to do.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    config.check_to_serve()?;
    let config = Arc::new(config);
    let database = Database::open(&config).await?;
    database.migrate().await?;
    let hasher = PasswordHasher::new(Cost::Standard)?;
    let secret_key = super::secret_key::find(&config)?;
    super::seed::prepare(&database, &config, &hasher).await?;
    let listening = Listening::prepare(&config, Clock::System).await?;
    let db = Db::new(database.connections.app.clone(), config.db_connections);
    let clock = Clock::System;
    let figures = metrics::prepare(config.metrics_listen).await?;
    let mailing = Mailing::prepare(&config, &database, &clock).await?;
    let sandbox = super::parsing::sandbox(&config).await?;
    let state = AppState {
        inbound: mailing.inbound(),
        db: db.clone(),
        config: config.clone(),
        clock,
        hasher,
        secret_key,
        sandbox,
        first_wall: FirstWall::Standing,
    };
    let (stop, stopping) = watch::channel(false);
    greet(&config, &database);
    tokio::spawn(until_asked(stop));
    let figures = tokio::spawn(metrics::serve(figures, stopped(stopping.clone())));
    let worker = tokio::spawn(mailing.run(stopping.clone()));
    let sealer = audit::start(&config, &database, stopping.clone())?;
    let wiping = tokio::spawn(keep_wiping(db.clone(), Clock::System));
    let web = listening.serve(router(state), stopped(stopping.clone()), STOP);
    let patience = async {
        stopped(stopping).await;
        tokio::time::sleep(STOP).await;
    };
    tokio::select! {
        (served, sent) = async { tokio::join!(web, worker) } => {
            served?;
            sent??;
        }
        () = patience => tracing::warn!("something did not finish in time; mails in flight are tried again later"),
    }
    let _ = figures.await;
    wiping.abort();
    // Last of all, so that what the others wrote on their way out is sealed too.
    let _ = tokio::time::timeout(STOP, sealer).await;
    db.close().await;
    Ok(())
}

/// Sends mail and nothing else, until it is asked to stop.
///
/// # Errors
/// When something it needs cannot be had; the message says what to do.
pub async fn work(config: Config, options: WorkerOptions) -> anyhow::Result<()> {
    config.check()?;
    anyhow::ensure!(
        !config.is_demonstration() || config.database_url.is_some(),
        "the demonstration sends its mail within `serve`; a worker of its own needs DATABASE_URL (and SMTP_URL for real mail)"
    );
    let database = Database::open(&config).await?;
    database.migrate().await?;
    check_mode(&mut database.owner().await?, config.is_demonstration()).await?;
    let figures = metrics::prepare(config.metrics_listen).await?;
    let mailing = Mailing::prepare(&config, &database, &Clock::System).await?.with(options);
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(until_asked(stop));
    let figures = tokio::spawn(metrics::serve(figures, stopped(stopping.clone())));
    let sealer = audit::start(&config, &database, stopping.clone())?;
    mailing.run(stopping).await?;
    let _ = tokio::time::timeout(STOP, sealer).await;
    let _ = figures.await;
    Ok(())
}

/// Waits until everybody is told to stop.
async fn stopped(mut stopping: watch::Receiver<bool>) {
    // A sender that is gone without a word means the same.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Waits for Ctrl-C or SIGTERM, then tells everybody.
async fn until_asked(stop: watch::Sender<bool>) {
    use tokio::signal::unix::{SignalKind, signal};
    let term = async {
        match signal(SignalKind::terminate()) {
            Ok(mut term) => {
                term.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = term => {}
    }
    tracing::info!("stopping: no new requests; mails in flight are finished");
    stop.send_replace(true);
}

/// Tells a newcomer where to go.
fn greet(config: &Config, database: &Database) {
    if let Some(notice) = &database.notice {
        println!("{notice}");
    }
    if let Some(directory) = database.directory() {
        println!("Database: own private PostgreSQL in {}", directory.display());
    }
    println!("Portal:   {}", config.base_url());
    if config.is_demonstration() {
        println!("Mode:     demonstration. All members, windows and mails are invented; nothing leaves this machine.");
        println!(
            "Sign in:  one click on {}/sign-in, or by name with the password {}",
            config.base_url(),
            demonstration::PASSWORD
        );
        for account in &demonstration::ACCOUNTS {
            println!("            {:14} {}", account.name, account.en);
        }
    }
    println!("Stop with Ctrl-C.");
}
