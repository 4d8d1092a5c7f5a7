//! The database: a pool per role, and transactions opened for a viewer.
//!
//! `portal_app` reads nothing outside a transaction that says who is looking, so a query that
//! forgot its filter finds no rows instead of somebody else's (docs/security-walls.md).

mod beside;

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use self::beside::Beside;
use crate::kernel::clock::japan_day;
use crate::kernel::ids::AccountId;

/// The migrations, built into the binary.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Connection settings of the three roles.
#[derive(Debug, Clone)]
pub struct Connections {
    /// Owns the tables; migrations and seeds only.
    pub owner: PgConnectOptions,
    /// Serves pages, under row security.
    pub app: PgConnectOptions,
    /// Sends mail.
    pub worker: PgConnectOptions,
}

/// The pool that pages are served from.
#[derive(Debug, Clone)]
pub struct Db {
    app: PgPool,
    beside: Beside,
}

/// A transaction of one request. Dropped without [`Tx::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct Tx(Transaction<'static, Postgres>);

impl Db {
    /// A pool of `portal_app` connections, opened as they are needed.
    #[must_use]
    pub fn new(options: PgConnectOptions, connections: u32) -> Self {
        // Two at most, and never all: pages come first.
        let beside = if connections > 2 { 2 } else { 1 };
        Self { app: pool(options, connections), beside: Beside::new(beside) }
    }

    /// A place in the queue of what is written beside an answer and what no answer waits for; none when it is full.
    #[must_use]
    pub fn place_beside(&self) -> Option<beside::Place> {
        self.beside.place()
    }

    /// Opens a transaction in which `viewer` is looking at `now`; `None` is somebody not signed in.
    ///
    /// # Errors
    /// When no connection can be had.
    pub async fn begin(&self, viewer: Option<AccountId>, now: DateTime<Utc>) -> sqlx::Result<Tx> {
        let mut tx = self.app.begin().await?;
        let account = viewer.map(|id| id.to_string()).unwrap_or_default();
        let today = japan_day(now).to_string();
        // The third argument keeps them inside this transaction: a pooled connection must not remember a viewer.
        sqlx::query!(
            "select set_config('portal.account', $1, true) as account, set_config('portal.today', $2, true) as today,
                    set_config('portal.now', $3, true) as now",
            account,
            today,
            now.to_rfc3339_opts(SecondsFormat::Micros, true)
        )
        .fetch_one(&mut *tx)
        .await?;
        Ok(Tx(tx))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> sqlx::Result<()> {
        sqlx::query_scalar!("select 1 as one").fetch_one(&self.app).await.map(|_| ())
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.app.close().await;
    }
}

impl Tx {
    /// Makes everything done in it true at once.
    ///
    /// # Errors
    /// When the database refuses or is gone; then nothing was done.
    pub async fn commit(self) -> sqlx::Result<()> {
        self.0.commit().await
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}

/// A lazily opened pool; waiting for a connection ends after five seconds, so that a dead database
/// is a clear answer and not a hanging page.
#[must_use]
pub fn pool(options: PgConnectOptions, connections: u32) -> PgPool {
    PgPoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(5)).connect_lazy_with(options)
}

/// The name of the constraint that a statement broke, for errors that are the visitor's and not ours.
#[must_use]
pub fn broken_constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::constraint)
}

/// Whether row security, or a function's own question, said no.
#[must_use]
pub fn is_forbidden(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "42501")
}

/// Whether the database was out of reach, as opposed to refusing a statement.
#[must_use]
pub fn is_unreachable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
        // 57P0x: shutting down, crashed, starting up; 53xxx: out of connections, memory or disk.
        sqlx::Error::Database(e) => e.code().is_some_and(|c| c.starts_with("57P") || c.starts_with("53")),
        _ => false,
    }
}

/// Whether a value made no sense to the database: a NUL in a text, a date beyond all calendars. Class 22
/// of the SQL standard, "data exception"; such values come from visitors, as ours are parsed.
#[must_use]
pub fn is_nonsense(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code.starts_with("22"))
}
