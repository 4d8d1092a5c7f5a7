//! Gets the database ready: starts the private cluster or uses the given server, makes the three
//! roles able to connect, and migrates.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, bail};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use crate::platform::config::Config;
use crate::platform::db::{Connections, MIGRATOR};
use crate::platform::private_postgres::{self, PrivatePostgres, Settings};

/// The database, ready to be used for as long as this lives.
#[derive(Debug)]
pub struct Database {
    /// How each role connects.
    pub connections: Connections,
    /// Passwords that the roles need on a given server, as far as they are derived.
    passwords: Vec<(&'static str, String)>,
    /// Keeps the private cluster running.
    private: Option<PrivatePostgres>,
    /// What the operator should know about where it is.
    pub notice: Option<String>,
}

impl Database {
    /// Where the private cluster lives, if there is one.
    #[must_use]
    pub fn directory(&self) -> Option<PathBuf> {
        self.private.as_ref().map(|p| p.directory().to_path_buf())
    }

    /// Opens the database that the settings name.
    ///
    /// # Errors
    /// When it cannot be started or reached; the message says what to do.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        match &config.database_url {
            Some(url) => given(config, url),
            None => private(config).await,
        }
    }

    /// Brings the schema up to date, and sets the role passwords that a given server needs.
    ///
    /// # Errors
    /// When a migration fails, or the database is newer than this program.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        let mut owner = self.owner().await?;
        MIGRATOR.run(&mut owner).await.context("the database schema could not be brought up to date")?;
        for (role, options) in [("portal_app", &self.connections.app), ("portal_worker", &self.connections.worker)] {
            let password = self.passwords.iter().find(|(name, _)| *name == role).map(|(_, password)| password.as_str());
            let_in(&mut owner, role, options, password).await?;
        }
        owner.close().await?;
        Ok(())
    }

    /// A connection as the owner: for migrations and seeds, never for requests.
    ///
    /// # Errors
    /// When the server refuses it.
    pub async fn owner(&self) -> anyhow::Result<PgConnection> {
        let options = self.connections.owner.clone().disable_statement_logging();
        options.connect().await.context("the database cannot be reached as its owner")
    }
}

/// The portal's own cluster in the data directory.
async fn private(config: &Config) -> anyhow::Result<Database> {
    let (directory, notice) = match &config.data_dir {
        Some(directory) => (directory.clone(), None),
        None => private_postgres::default_data_dir(&std::env::current_dir()?),
    };
    let cluster =
        tokio::task::spawn_blocking(move || private_postgres::ensure(&directory, &Settings::default())).await??;
    for mended in cluster.notices() {
        tracing::warn!("{mended}");
    }
    let options = |role| PgConnectOptions::from_str(&cluster.url(role, "portal"));
    let connections =
        Connections { owner: options("portal_owner")?, app: options("portal_app")?, worker: options("portal_worker")? };
    let mut superuser = PgConnection::connect(&cluster.url("portal_superuser", "postgres")).await?;
    create_owner_and_database(&mut superuser).await?;
    superuser.close().await?;
    Ok(Database { connections, passwords: Vec::new(), private: Some(cluster), notice })
}

/// The owner may create the other two roles; it is no superuser, so row security binds it too.
async fn create_owner_and_database(superuser: &mut PgConnection) -> anyhow::Result<()> {
    // Two portals may start at once on one data directory.
    sqlx::raw_sql("select pg_advisory_lock(7701)").execute(&mut *superuser).await?;
    sqlx::raw_sql(
        "do $$ begin
           if not exists (select from pg_roles where rolname = 'portal_owner') then
             create role portal_owner login createrole createdb;
           end if;
         end $$",
    )
    .execute(&mut *superuser)
    .await?;
    let there = sqlx::query_scalar!(r#"select exists (select from pg_database where datname = 'portal') as "there!""#)
        .fetch_one(&mut *superuser)
        .await?;
    if !there {
        sqlx::raw_sql("create database portal owner portal_owner").execute(&mut *superuser).await?;
    }
    sqlx::raw_sql("select pg_advisory_unlock(7701)").execute(superuser).await?;
    Ok(())
}

/// A given server. The roles' passwords are derived from the owner's, so that one setting is
/// enough and every process arrives at the same (docs/decisions/0005).
fn given(config: &Config, url: &SecretString) -> anyhow::Result<Database> {
    let owner = options("DATABASE_URL", url)?;
    let secret = url::Url::parse(url.expose_secret()).ok().and_then(|u| u.password().map(ToOwned::to_owned));
    let mut passwords = Vec::new();
    let mut role =
        |name: &'static str, setting: &str, url: &Option<SecretString>| -> anyhow::Result<PgConnectOptions> {
            if let Some(url) = url {
                return options(setting, url);
            }
            let role = owner.clone().username(name);
            let Some(secret) = &secret else { return Ok(role) };
            let password = derived_password(secret, name)?;
            let role = role.password(&password);
            passwords.push((name, password));
            Ok(role)
        };
    let app = role("portal_app", "DATABASE_APP_URL", &config.database_app_url)?;
    let worker = role("portal_worker", "DATABASE_WORKER_URL", &config.database_worker_url)?;
    if !config.is_demonstration() {
        for (setting, options) in
            [("DATABASE_URL", &owner), ("DATABASE_APP_URL", &app), ("DATABASE_WORKER_URL", &worker)]
        {
            confidential(setting, options)?;
        }
    }
    Ok(Database { connections: Connections { owner, app, worker }, passwords, private: None, notice: None })
}

/// Refuses a connection over a network that could be read or answered by somebody else. Without a setting the
/// driver would take what it gets.
fn confidential(setting: &str, options: &PgConnectOptions) -> anyhow::Result<()> {
    let host = options.get_host();
    let here = options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let verified = matches!(options.get_ssl_mode(), PgSslMode::VerifyFull);
    if here || verified {
        return Ok(());
    }
    bail!(
        "{setting} leads over a network without a checked certificate: add ?sslmode=verify-full (and \
         &sslrootcert=… where the server's certificate is from an authority of your own)"
    )
}

/// Reads a connection string; what is wrong with it is not repeated, as it holds a password.
fn options(setting: &str, url: &SecretString) -> anyhow::Result<PgConnectOptions> {
    PgConnectOptions::from_str(url.expose_secret())
        .map_err(|_| anyhow::anyhow!("{setting} is not of the form postgres://role:password@host:5432/database"))
}

fn derived_password(secret: &str, role: &str) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).context("the owner's password cannot be a key")?;
    mac.update(role.as_bytes());
    Ok(hex::encode(mac.finalize().into_bytes()))
}

/// Makes sure that a role can sign in; gives it its derived password where it cannot yet.
async fn let_in(
    owner: &mut PgConnection,
    role: &'static str,
    options: &PgConnectOptions,
    password: Option<&str>,
) -> anyhow::Result<()> {
    let attempt = || options.clone().disable_statement_logging();
    if let Ok(connection) = attempt().connect().await {
        connection.close().await?;
        return Ok(());
    }
    let Some(password) = password else {
        bail!("the server does not let the role {role} in: allow it there, or correct its connection setting");
    };
    // Both parts are our own: a fixed name and hexadecimal digits.
    let statement = AssertSqlSafe(format!("alter role {role} login password '{password}'"));
    sqlx::raw_sql(statement)
        .execute(owner)
        .await
        .with_context(|| format!("role {role} could not be given a password"))?;
    attempt().connect().await.with_context(|| format!("the role {role} still cannot sign in"))?.close().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_over_a_network_needs_a_checked_certificate() {
        let judged = |url: &str| confidential("DATABASE_URL", &url.parse().expect("a URL")).is_ok();
        for here in [
            "postgres://o@localhost/portal",
            "postgres://o@127.0.0.1:5433/portal",
            "postgres://o@[::1]/portal",
            "postgres://o@localhost/portal?host=/var/run/postgresql",
        ] {
            assert!(judged(here), "{here}");
        }
        for away in ["postgres://o@db.example/portal", "postgres://o@10.0.0.5/portal?sslmode=require"] {
            assert!(!judged(away), "{away}");
        }
        assert!(judged("postgres://o@db.example/portal?sslmode=verify-full"));
    }
}
