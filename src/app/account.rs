//! `account`: the first accounts of real people.

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use sqlx::{Connection, PgConnection};

use super::database::Database;
use super::seed;
use crate::features::access::Role;
use crate::features::accounts::enrolment::store::{Equipment, find_account};
use crate::features::accounts::enrolment::{NewAccount, enrol};
use crate::features::accounts::sign_in;
use crate::features::accounts::tickets::{self, Purpose};
use crate::kernel::clock::Clock;
use crate::platform::config::Config;
use crate::platform::security::password::{Cost, PasswordHasher};

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account, and print the link by which its person chooses a password and an authenticator.
    Add(NewAccountArgs),
    /// Print another link for an account.
    Link(LinkArgs),
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
    /// Where letters about the account go.
    #[arg(long)]
    mail_address: String,
    /// The window that the person answers for: its position (1 is the first) or its id.
    #[arg(long)]
    window: Option<String>,
}

/// Who gets another link.
#[derive(Debug, Args)]
pub struct LinkArgs {
    /// Sign-in name.
    #[arg(long)]
    name: String,
    /// What for.
    #[arg(long)]
    purpose: LinkPurpose,
}

/// What a link is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LinkPurpose {
    /// The first password and authenticator.
    Enrol,
    /// Another authenticator in place of lost ones; asks for the password.
    Recover,
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
        AccountCommand::Link(args) => link(config, args).await,
    }
}

async fn add(config: &Config, args: NewAccountArgs) -> anyhow::Result<()> {
    let mut owner = production(config).await?;
    let mut tx = owner.begin().await?;
    let now = Clock::System.now();
    let new = NewAccount {
        name: args.name,
        display_name: args.display_name,
        role: args.role,
        organisation_code: args.organisation_code,
        ceptoar: args.ceptoar,
        mail_address: args.mail_address,
        window: args.window,
    };
    let account = enrol(&mut tx, now, new).await?;
    let token = tickets::issue(&mut tx, account, Purpose::Enrol, now).await?;
    tx.commit().await?;
    println!(
        "Account {account} is made. Its person chooses a password and a passkey or app here, once, within 72 hours:"
    );
    println!("{}{}", config.base_url(), tickets::path(&token));
    Ok(())
}

/// Another link for somebody who has an account: the way in when nobody is left who could send one.
async fn link(config: &Config, args: LinkArgs) -> anyhow::Result<()> {
    let mut owner = production(config).await?;
    let mut tx = owner.begin().await?;
    let now = Clock::System.now();
    let name = sign_in::looked_up(&args.name);
    let account = find_account(&mut tx, &name).await?.with_context(|| format!("no account has the name {name}"))?;
    let (purpose, life) = match args.purpose {
        LinkPurpose::Enrol => (Purpose::Enrol, "72 hours"),
        LinkPurpose::Recover => (Purpose::Recover, "30 minutes"),
    };
    if let Some(reason) = refusal(args.purpose, account) {
        bail!("no link for {name}: {reason}");
    }
    let token = tickets::issue(&mut tx, account.account_id, purpose, now).await?;
    tx.commit().await?;
    println!("Works once, within {life}:");
    println!("{}{}", config.base_url(), tickets::path(&token));
    Ok(())
}

/// Why an account gets no such link, and what helps.
fn refusal(purpose: LinkPurpose, account: Equipment) -> Option<&'static str> {
    if account.suspended {
        return Some("the account is suspended; somebody who manages accounts has to reinstate it first");
    }
    match purpose {
        LinkPurpose::Enrol if account.has_authenticator => {
            Some("it has a passkey or an app already; for one who lost it use --purpose recover")
        }
        LinkPurpose::Recover if !account.has_password => Some("it has no password yet; use --purpose enrol"),
        LinkPurpose::Enrol | LinkPurpose::Recover => None,
    }
}

/// The database of a portal of real people, ready for accounts.
async fn production(config: &Config) -> anyhow::Result<PgConnection> {
    config.check()?;
    if config.is_demonstration() {
        bail!("a demonstration has its own accounts: run this with the settings of the production portal");
    }
    let database = Database::open(config).await?;
    database.migrate().await?;
    seed::prepare(&database, config, &PasswordHasher::new(Cost::Standard)?).await?;
    database.owner().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::AccountId;

    #[test]
    fn a_refused_link_says_why_and_what_helps() {
        let account = |suspended, has_password, has_authenticator| Equipment {
            account_id: AccountId::random(),
            suspended,
            has_password,
            has_authenticator,
        };
        let said = |purpose, account| refusal(purpose, account).unwrap_or_default();
        assert!(said(LinkPurpose::Enrol, account(false, true, true)).contains("--purpose recover"));
        assert!(said(LinkPurpose::Recover, account(false, false, false)).contains("--purpose enrol"));
        assert!(said(LinkPurpose::Recover, account(true, true, true)).contains("suspended"));
        assert_eq!(refusal(LinkPurpose::Enrol, account(false, true, false)), None);
        assert_eq!(refusal(LinkPurpose::Recover, account(false, true, true)), None);
    }
}
