//! A throw-away PostgreSQL on disk, with `fsync` on as in earnest.

use std::path::PathBuf;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};

use crate::platform::db::{Connections, MIGRATOR};
use crate::platform::private_postgres::{self, PrivatePostgres, SUPERUSER, Settings, Stop};

/// The database of one benchmark; removed at the end.
#[derive(Debug)]
pub struct Field {
    cluster: Option<PrivatePostgres>,
    directory: PathBuf,
    /// How the roles connect.
    pub connections: Connections,
    /// The owner's URL, for a process of its own.
    pub url: String,
}

impl Field {
    /// Starts and migrates it.
    pub async fn prepare() -> anyhow::Result<Self> {
        // Not below /tmp or /dev/shm: memory would flatter every commit.
        let directory = PathBuf::from(format!("/var/tmp/ceptoar-portal-bench-{}", std::process::id()));
        let place = directory.clone();
        let settings = Settings { stop: Stop::Immediate, throw_away: true, ..Settings::default() };
        let cluster = tokio::task::spawn_blocking(move || private_postgres::ensure(&place, &settings)).await??;
        let mut root = PgConnection::connect(&cluster.url(SUPERUSER, "postgres")).await?;
        sqlx::raw_sql("create role portal_owner login createrole").execute(&mut root).await?;
        sqlx::raw_sql("create database portal owner portal_owner").execute(&mut root).await?;
        root.close().await?;
        let url = cluster.url("portal_owner", "portal");
        let options = |role| PgConnectOptions::from_str(&cluster.url(role, "portal"));
        let connections = Connections {
            owner: options("portal_owner")?,
            app: options("portal_app")?,
            worker: options("portal_worker")?,
        };
        let mut owner = PgConnection::connect(&url).await?;
        MIGRATOR.run(&mut owner).await?;
        owner.close().await?;
        Ok(Self { cluster: Some(cluster), directory, connections, url })
    }

    /// A connection as the owner.
    pub async fn owner(&self) -> anyhow::Result<PgConnection> {
        Ok(PgConnection::connect(&self.url).await?)
    }

    /// The server's process.
    pub fn server(&self) -> Option<u32> {
        let note = self.cluster.as_ref()?.directory().join("cluster/postmaster.pid");
        std::fs::read_to_string(note).ok()?.lines().next()?.trim().parse().ok()
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        let server = self.server();
        drop(self.cluster.take());
        // The guardian stops the server a moment after its last user has gone.
        for _ in 0..200 {
            if !server.is_some_and(|process| PathBuf::from(format!("/proc/{process}")).exists()) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        // What cannot be removed is worth nothing and stays in /var/tmp.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
