//! `serve`: web and worker in one process, from start to graceful stop.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::database::Database;
use super::router::router;
use crate::features::accounts::demonstration;
use crate::features::feature_map;
use crate::kernel::clock::Clock;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::security::password::{Cost, PasswordHasher};
use crate::platform::web::state::AppState;

/// Runs the portal until it is asked to stop.
///
/// # Errors
/// When something it needs cannot be had; the message says what to do.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    config.check()?;
    let config = Arc::new(config);
    let database = Database::open(&config).await?;
    database.migrate().await?;
    feature_map::load_editions(&mut database.owner().await?).await?;
    let hasher = PasswordHasher::new(Cost::Standard)?;
    super::seed::prepare(&database, &config, &hasher).await?;
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!("cannot listen on {}: choose another PORTAL_LISTEN, or stop what is there", config.listen)
    })?;
    let db = Db::new(database.connections.app.clone(), config.db_connections);
    let (stop, stopping) = watch::channel(false);
    let state = AppState { db: db.clone(), config: config.clone(), clock: Clock::System, hasher };
    greet(&config, &database);
    let app = router(state).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(until_asked(stop)).await?;
    drop(stopping);
    db.close().await;
    Ok(())
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
