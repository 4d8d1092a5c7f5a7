//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::account::{self, AccountCommand};
use super::audit::{self, AuditCommand};
use super::bench::Bench;
use super::mailing::WorkerOptions;
use super::seed::seed;
use super::serve::{serve, work};
use crate::platform::config::Config;
use crate::platform::telemetry;

/// Information-sharing portal for Japan's CEPTOARs (セプター).
#[derive(Debug, Parser)]
#[command(name = "ceptoar-portal", version, about)]
struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve pages and send mail.
    Serve,
    /// Send mail only, beside other processes that serve pages.
    Worker(WorkerOptions),
    /// Measure on this machine (docs/benchmarks.md).
    #[command(subcommand)]
    Bench(Bench),
    /// Bring the database schema up to date.
    Migrate,
    /// Serve the portal and a bare server of the same bytes, for scripts/bench-pages.
    #[command(hide = true)]
    BenchPages,
    /// Load the reference data and, in demonstration mode, the invented roster.
    Seed,
    /// Make accounts.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Check the audit trail, or list whose data an account read.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Look at settings.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Check the settings without starting anything.
    Check,
}

/// Reads the command line and runs it.
pub fn main() -> ExitCode {
    // Before settings, threads and run time: a child has nothing to do with them.
    if let Some(code) = super::parsing::child(std::env::args_os()) {
        return code;
    }
    let cli = Cli::parse();
    telemetry::start(cli.config.log_format);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Audit(command) => return audit::run(&cli.config, command).await,
        Command::Serve => serve(cli.config).await?,
        Command::Bench(bench) => super::bench::run(bench).await?,
        Command::Worker(options) => work(cli.config, options).await?,
        Command::Migrate => {
            let database = super::database::Database::open(&cli.config).await?;
            database.migrate().await?;
        }
        Command::BenchPages => super::bench_pages::serve(cli.config).await?,
        Command::Seed => seed(&cli.config).await?,
        Command::Account(command) => account::run(&cli.config, command).await?,
        Command::Config(ConfigCommand::Check) => {
            cli.config.check_to_serve()?;
            println!("The settings are consistent. Mode: {:?}.", cli.config.mode());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("ceptoar-portal: {error:#}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// A flag of a benchmark that is called like a setting would be read as that setting, and panic.
    #[test]
    fn every_benchmark_can_be_started() {
        let command = Cli::command();
        let bench = command.find_subcommand("bench").expect("the benchmarks");
        for name in bench.get_subcommands().filter(|c| !c.is_hide_set()).map(|c| c.get_name()) {
            assert!(Cli::try_parse_from(["ceptoar-portal", "bench", name]).is_ok(), "{name}");
        }
    }
}
