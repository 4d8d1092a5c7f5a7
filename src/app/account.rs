//! `account`: the first accounts of real people.

use std::io::{BufRead, IsTerminal, Read};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use secrecy::SecretString;
use sqlx::Connection;

use super::database::Database;
use super::seed;
use crate::features::access::Role;
use crate::features::accounts::enrolment::{NewAccount, SHORTEST_PASSWORD, enrol};
use crate::kernel::clock::Clock;
use crate::platform::config::Config;
use crate::platform::security::password::{Cost, PasswordHasher};

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account. The password is read from standard input, one line.
    Add(NewAccountArgs),
}

/// Who gets an account.
#[derive(Debug, Args)]
pub struct NewAccountArgs {
    /// Sign-in name.
    #[arg(long)]
    name: String,
    /// Name as shown to others.
    #[arg(long)]
    display_name: String,
    /// Role, for example nisc_analyst, ministry_liaison, secretariat, member_poc.
    #[arg(long, value_parser = role)]
    role: Role,
    /// Code of the organisation, for example nisc, fsa, zenginkyo.
    #[arg(long)]
    organisation_code: String,
    /// The CEPTOAR, for roles that are held in one, for example banks.
    #[arg(long)]
    ceptoar: Option<String>,
}

fn role(code: &str) -> Result<Role, String> {
    Role::from_code(code).ok_or_else(|| format!("one of {}", Role::ALL.map(Role::code).join(", ")))
}

/// Runs an `account` command.
///
/// # Errors
/// When the account cannot be made; the message says why.
pub async fn run(config: &Config, command: AccountCommand) -> anyhow::Result<()> {
    match command {
        AccountCommand::Add(args) => add(config, args).await,
    }
}

async fn add(config: &Config, args: NewAccountArgs) -> anyhow::Result<()> {
    config.check()?;
    if config.is_demonstration() {
        bail!("a demonstration has its own accounts: run this with the settings of the production portal");
    }
    let password = tokio::task::spawn_blocking(password).await??;
    let hasher = PasswordHasher::new(Cost::Standard)?;
    let database = Database::open(config).await?;
    database.migrate().await?;
    seed::prepare(&database, config, &hasher).await?;
    let mut owner = database.owner().await?;
    let mut tx = owner.begin().await?;
    let new = NewAccount {
        name: args.name,
        display_name: args.display_name,
        role: args.role,
        organisation_code: args.organisation_code,
        ceptoar: args.ceptoar,
        password,
    };
    let account = enrol(&mut tx, &hasher, Clock::System.now(), new).await?;
    tx.commit().await?;
    println!("Account {account} is ready to sign in.");
    Ok(())
}

/// One line from standard input; typed at a terminal, it does not show.
fn password() -> anyhow::Result<SecretString> {
    let stdin = std::io::stdin();
    let quiet = stdin.is_terminal().then(Quiet::start);
    if quiet.is_some() {
        eprintln!("Password (at least {SHORTEST_PASSWORD} characters; it does not show):");
    }
    let mut line = String::new();
    stdin.lock().take(4096).read_line(&mut line).context("the password cannot be read from standard input")?;
    drop(quiet);
    Ok(line.trim_end_matches(['\r', '\n']).into())
}

/// A terminal that does not show what is typed, until this is dropped.
struct Quiet;

impl Quiet {
    fn start() -> Self {
        stty("-echo");
        Self
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        stty("echo");
    }
}

/// Without stty the password shows, which is better than no account.
fn stty(setting: &str) {
    let outcome = Command::new("stty").arg(setting).stdin(Stdio::inherit()).stderr(Stdio::null()).status();
    if !outcome.is_ok_and(|status| status.success()) {
        tracing::warn!("stty is not to be had: what is typed may show");
    }
}
