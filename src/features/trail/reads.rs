//! Whose data an account read: what has to be known within days when an account was stolen.

pub mod store;

use crate::platform::tables::harmless;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::kernel::period::short_time;

/// From an instant until before another.
#[derive(Debug, Clone, Copy)]
pub struct Period {
    /// From.
    pub from: DateTime<Utc>,
    /// Until before.
    pub until: DateTime<Utc>,
}

/// Something that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// `advisory`, `people` or `contacts`.
    pub kind: String,
    /// How it was read: the action's code.
    pub action: String,
    /// The item's number, or the person's or organisation's name.
    pub what: String,
    /// The item's, the person's or the organisation's id.
    pub id: String,
    /// The first time in the period.
    pub first_at: DateTime<Utc>,
    /// The last time in it.
    pub last_at: DateTime<Utc>,
}

/// What the account read in the period, by kind and name.
///
/// # Errors
/// When there is no such account, or the database fails.
pub async fn of_account(owner: &mut PgConnection, name: &str, period: Period) -> anyhow::Result<Vec<Reading>> {
    anyhow::ensure!(store::exists(owner, name).await?, "there is no account named {name}");
    Ok(store::readings(owner, name, period).await?)
}

/// For reading on a screen.
#[must_use]
pub fn as_table(readings: &[Reading]) -> String {
    let mut table = String::new();
    for r in readings {
        let (first, last) = (short_time(r.first_at), short_time(r.last_at));
        table.push_str(&format!("{first}  {last}  {:24}  {}  {}\n", r.action, r.id, r.what));
    }
    table.push_str(&format!("{} read (times: first and last, in Japan)\n", readings.len()));
    table
}

/// For other programs.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn as_csv(readings: &[Reading]) -> anyhow::Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(["kind", "action", "id", "name", "first (UTC)", "last (UTC)"])?;
    for r in readings {
        let cells = [&r.kind, &r.action, &r.id, &r.what].map(|cell| harmless(cell));
        writer.write_record(cells.into_iter().chain([r.first_at.to_rfc3339(), r.last_at.to_rfc3339()]))?;
    }
    Ok(format!("\u{FEFF}{}", String::from_utf8(writer.into_inner()?)?))
}
