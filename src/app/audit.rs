//! `audit`: checking the trail, and whose data an account read.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use clap::Subcommand;
use sqlx::Connection;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::database::Database;
use crate::features::trail::reads::{self, Period};
use crate::kernel::clock::{Clock, in_japan};
use crate::kernel::email_address::EmailAddress;
use crate::platform::audit::sealer::Sealer;
use crate::platform::audit::verify::verify;
use crate::platform::config::Config;
use crate::platform::db::pool;

/// What can be asked of the audit trail.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that nothing in the trail was changed, taken out or put in. Exit code 1 when something was.
    Verify {
        /// Anchor files. The first is the portal's own, further ones are copies of it. Default: the portal's own.
        #[arg(long, value_name = "FILE")]
        anchor: Vec<PathBuf>,
    },
    /// Whose data an account read in a period: items, and organisations whose windows were shown.
    Reads {
        /// Sign-in name.
        #[arg(long)]
        account: String,
        /// First day, in Japan.
        #[arg(long)]
        from: NaiveDate,
        /// Last day, in Japan.
        #[arg(long)]
        to: NaiveDate,
        /// As a CSV file on standard output.
        #[arg(long)]
        csv: bool,
    },
}

/// Runs an `audit` command.
///
/// # Errors
/// When the database or a file cannot be read.
pub async fn run(config: &Config, command: AuditCommand) -> anyhow::Result<ExitCode> {
    let database = Database::open(config).await?;
    match command {
        AuditCommand::Verify { anchor } => {
            let own = anchor_file(config, &database).filter(|file| file.exists());
            let files = if anchor.is_empty() { own.into_iter().collect() } else { anchor };
            check(&database, &files).await
        }
        AuditCommand::Reads { account, from, to, csv } => {
            let mut owner = database.owner().await?;
            let found = reads::of_account(&mut owner, &account, period(from, to)?).await?;
            print!("{}", if csv { reads::as_csv(&found)? } else { reads::as_table(&found) });
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// From the beginning of one day to the end of another, in Japan.
fn period(from: NaiveDate, to: NaiveDate) -> anyhow::Result<Period> {
    anyhow::ensure!(from <= to, "--from lies after --to");
    let midnight = |day: NaiveDate| in_japan(day, NaiveTime::MIN).context("no such day");
    Ok(Period { from: midnight(from)?, until: midnight(to)? + TimeDelta::days(1) })
}

async fn check(database: &Database, files: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let mut owner = database.owner().await?;
    let mut tx = owner.begin_with("begin isolation level repeatable read read only").await?;
    if files.is_empty() {
        eprintln!(
            "No anchor: a trail whose end was cut off, or that was computed anew as a whole, looks whole without one."
        );
    }
    match verify(&mut tx, files).await? {
        Ok(whole) => {
            println!("The audit trail is whole: {} events, head {}.", whole.events, hex::encode(whole.head));
            println!("Waiting for a seal: {}. Anchored heads that agree: {}.", whole.waiting, whole.marks);
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => {
            println!("THE AUDIT TRAIL IS NOT WHOLE: {fault}.");
            println!("What to do: docs/operations.md, “When the audit trail does not verify”.");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Where the anchor is written: as set, or beside a private database.
#[must_use]
pub fn anchor_file(config: &Config, database: &Database) -> Option<PathBuf> {
    config.audit_anchor.clone().or_else(|| database.directory().map(|directory| directory.join("audit-anchor")))
}

/// Starts sealing. Ends by itself when told to stop.
///
/// # Errors
/// When PORTAL_AUDIT_ANCHOR_MAIL is no address.
pub fn start(config: &Config, database: &Database, stop: watch::Receiver<bool>) -> anyhow::Result<JoinHandle<()>> {
    let file = anchor_file(config, database);
    let mail = config.audit_anchor_mail.as_deref().map(EmailAddress::parse).transpose();
    let mail = mail.map_err(|error| anyhow::anyhow!("PORTAL_AUDIT_ANCHOR_MAIL {error}"))?;
    if file.is_none() && !config.is_demonstration() {
        tracing::warn!(
            "PORTAL_AUDIT_ANCHOR is not set: a cut end of the audit trail, or one computed anew, could not be found out"
        );
    }
    let sealer = Sealer::new(pool(database.connections.worker.clone(), 1), Clock::System, file, mail);
    Ok(tokio::spawn(sealer.run(stop)))
}
