//! Structured logs: ids and counts, never addresses, texts or secrets (docs/operations.md, "Logs").

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use super::config::LogFormat;

/// What is logged where `RUST_LOG` says nothing.
pub const USUAL: &str = "info,lettre=warn,sqlx=warn";

/// Starts logging to standard error. `RUST_LOG` chooses the level; the default is `info`.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(USUAL));
    let colours = std::io::stderr().is_terminal();
    // A second start (tests in one process) keeps the first subscriber.
    drop(lines(format, filter, colours, std::io::stderr).try_init());
}

/// What writes the log's lines, to wherever.
#[must_use]
pub fn lines<W>(format: LogFormat, filter: EnvFilter, colours: bool, to: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(to);
    match format {
        LogFormat::Text => Box::new(builder.with_target(false).with_ansi(colours).compact().finish()),
        LogFormat::Json => Box::new(builder.json().flatten_event(true).finish()),
    }
}
