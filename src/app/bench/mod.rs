//! Benchmarks kept with the program, so that a ministry can repeat them on its own machine
//! (docs/benchmarks.md). Everything happens in a throw-away database and on the loopback interface.

mod board;
mod days;
mod distance;
mod escalation;
mod fan_out;
mod field;
mod import;
mod portal;
mod postfix;
mod process;
mod publish;
mod search;
mod sign_ins;
mod sink;
mod statistics;
mod store;
mod walls;

use clap::{Args, Subcommand};

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Mails per second from the enqueuing to the last 250, next to smtp-source and the bare transport.
    FanOut(FanOut),
    /// How long a publication takes, next to a bare INSERT … SELECT.
    Publish(Publish),
    /// What row security costs: pages with it and without it.
    Walls(Walls),
    /// A table of a whole CEPTOAR that comes in: its dry run, and applying it.
    Import(Import),
    /// Many sign-ins at once, and what readers feel of it.
    SignIns(SignIns),
    /// The search over a large directory, next to its limit.
    Search(Search),
    /// Pages as of another day next to today's, and the map on A3 paper.
    Days(Days),
    /// The statistics of ten years of items, next to their limit.
    Statistics(Statistics),
    /// The delivery page while many watch it, and how soon each of them sees a receipt.
    Board(Board),
    /// What the worker's look at silence costs.
    Escalation(Escalation),
    /// Writes the table that `import` brings in to its standard output: by a process of its own, whose memory is not the
    /// portal's.
    #[command(hide = true)]
    ImportTable(ImportTable),
    /// Takes and forgets mail on a free port; used where Postfix's smtp-sink is not installed.
    #[command(hide = true)]
    Sink,
}

/// Settings of the fan-out.
#[derive(Debug, Clone, Copy, Args)]
pub struct FanOut {
    /// Recipients.
    #[arg(long, default_value_t = 10_000)]
    pub recipients: i32,
    /// Conversations with the sink. Not `connections`, which is a setting of every command.
    #[arg(long, default_value_t = 8)]
    pub conversations: u16,
    /// Rounds; medians are shown.
    #[arg(long, default_value_t = 3)]
    pub rounds: u32,
    /// Recipients behind a line with 10 ms of round trip, over 10 conversations; 0 leaves it out.
    #[arg(long, default_value_t = 2_000)]
    pub distant: i32,
}

/// Settings of the publication.
#[derive(Debug, Clone, Copy, Args)]
pub struct Publish {
    /// Recipients.
    #[arg(long, default_value_t = 15_000)]
    pub recipients: i32,
    /// Rounds; medians are shown.
    #[arg(long, default_value_t = 5)]
    pub rounds: u32,
}

/// Settings of the walls.
#[derive(Debug, Clone, Copy, Args)]
pub struct Walls {
    /// Recipients of the newest item.
    #[arg(long, default_value_t = 15_000)]
    pub recipients: i32,
    /// Older items, each to 150 members.
    #[arg(long, default_value_t = 1_000)]
    pub advisories: i32,
    /// Rounds; medians are shown.
    #[arg(long, default_value_t = 5)]
    pub rounds: u32,
}

/// Settings of the import.
#[derive(Debug, Clone, Copy, Args)]
pub struct Import {
    /// Rows of the table.
    #[arg(long, default_value_t = 50_000)]
    pub rows: usize,
}

/// Which table is written.
#[derive(Debug, Clone, Copy, Args)]
pub struct ImportTable {
    /// Its rows.
    pub rows: usize,
    /// As a workbook, not as CSV.
    #[arg(long)]
    pub workbook: bool,
}

/// Settings of the sign-ins.
#[derive(Debug, Clone, Copy, Args)]
pub struct SignIns {
    /// How many at once.
    #[arg(long, default_value_t = 200)]
    pub at_once: u32,
}

/// Settings of the search.
#[derive(Debug, Clone, Copy, Args)]
pub struct Search {
    /// Members, each with three windows.
    #[arg(long, default_value_t = 20_000)]
    pub organisations: i32,
    /// CEPTOARs over which they are spread. 10 of 2,000: the largest one counts 1,788 members.
    #[arg(long, default_value_t = 10)]
    pub ceptoars: i32,
}

/// Settings of other days.
#[derive(Debug, Clone, Copy, Args)]
pub struct Days {
    /// Members, each with three windows.
    #[arg(long, default_value_t = 20_000)]
    pub organisations: i32,
}

/// Settings of the statistics.
#[derive(Debug, Clone, Copy, Args)]
pub struct Statistics {
    /// Items of ten years.
    #[arg(long, default_value_t = 1_300)]
    pub advisories: i32,
    /// Rounds; medians are shown.
    #[arg(long, default_value_t = 9)]
    pub rounds: u32,
}

/// Settings of escalation.
#[derive(Debug, Clone, Copy, Args)]
pub struct Escalation {
    /// Members, each with a window.
    #[arg(long, default_value_t = 10_000)]
    pub organisations: i32,
    /// CEPTOARs over which they are spread.
    #[arg(long, default_value_t = 10)]
    pub ceptoars: i32,
    /// Items that all of them have, and nobody has acknowledged.
    #[arg(long, default_value_t = 10)]
    pub advisories: i32,
}

/// Settings of the board.
#[derive(Debug, Clone, Copy, Args)]
pub struct Board {
    /// Recipients.
    #[arg(long, default_value_t = 15_000)]
    pub recipients: i32,
    /// Pages that are open at once, every other one a desk's.
    #[arg(long, default_value_t = 200)]
    pub watchers: usize,
    /// Receipts that are looked for, one every three seconds.
    #[arg(long, default_value_t = 10)]
    pub receipts: usize,
}

/// Runs a benchmark and prints its figures.
///
/// # Errors
/// When something it needs cannot be had.
pub async fn run(bench: Bench) -> anyhow::Result<()> {
    match bench {
        Bench::FanOut(settings) => fan_out::run(settings).await,
        Bench::Publish(settings) => publish::run(settings).await,
        Bench::Walls(settings) => walls::run(settings).await,
        Bench::Import(settings) => import::run(settings).await,
        Bench::ImportTable(table) => import::write_table(table),
        Bench::SignIns(settings) => sign_ins::run(settings).await,
        Bench::Search(settings) => search::run(settings).await,
        Bench::Days(settings) => days::run(settings).await,
        Bench::Statistics(settings) => statistics::run(settings).await,
        Bench::Board(settings) => board::run(settings).await,
        Bench::Escalation(settings) => escalation::run(settings).await,
        Bench::Sink => sink::serve().await,
    }
}

/// The middle one of some figures.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
