//! A database per test, cloned from a migrated template in a throw-away cluster.

use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use ceptoar_portal::features::directory::reference;
use ceptoar_portal::features::feature_map;
use ceptoar_portal::platform::db::{Connections, MIGRATOR};
use ceptoar_portal::platform::private_postgres::{self, PrivatePostgres, Settings};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

static CLUSTER: OnceLock<PrivatePostgres> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(0);
/// Databases whose test is over. A cluster in memory that kept them all would take gigabytes.
static FINISHED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A database of its own; dropped when the next one is made after its test is over.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    pub connections: Connections,
}

fn cluster() -> &'static PrivatePostgres {
    CLUSTER.get_or_init(|| {
        let fallback = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgresql");
        private_postgres::ensure(&private_postgres::throw_away_data_dir(&fallback), &Settings::throw_away())
            .expect("a throw-away PostgreSQL")
    })
}

async fn superuser(database: &str) -> PgConnection {
    let url = cluster().url(private_postgres::SUPERUSER, database);
    for _ in 0..200 {
        match PgConnection::connect(&url).await {
            Ok(connection) => return connection,
            // Starting up, or too many connections: other tests give theirs back soon.
            Err(sqlx::Error::Database(e)) if matches!(e.code().as_deref(), Some("57P03" | "53300")) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the throw-away PostgreSQL does not answer")
}

async fn run(connection: &mut PgConnection, statement: String) {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.expect("a statement");
}

impl TestDatabase {
    /// A migrated database with the reference data in it.
    pub async fn fresh() -> Self {
        let mut root = superuser("postgres").await;
        let template = template(&mut root).await;
        let finished = std::mem::take(&mut *FINISHED.lock().unwrap_or_else(PoisonError::into_inner));
        for finished in finished {
            run(&mut root, format!("drop database if exists {finished} with (force)")).await;
        }
        let name = format!("t_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        run(&mut root, format!("drop database if exists {name} with (force)")).await;
        run(&mut root, format!("create database {name} template {template} owner portal_owner strategy file_copy"))
            .await;
        root.close().await.expect("closing");
        let options = |role| PgConnectOptions::from_str(&cluster().url(role, &name)).expect("a URL");
        let connections = Connections {
            owner: options("portal_owner"),
            app: options("portal_app"),
            worker: options("portal_worker"),
        };
        Self { name, connections }
    }

    /// A connection that row security does not bind: to arrange and to look behind.
    pub async fn owner(&self) -> PgConnection {
        superuser(&self.name).await
    }

    /// Breaks the rule of the database that `scripts/mutants` is at, if it is.
    pub async fn break_a_rule(&self) {
        if let Ok(mutant) = std::env::var("MUTANT_SQL") {
            run(&mut self.owner().await, mutant).await;
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        FINISHED.lock().unwrap_or_else(PoisonError::into_inner).push(std::mem::take(&mut self.name));
    }
}

/// The template of this program's migrations and reference data; made by whoever comes first.
async fn template(root: &mut PgConnection) -> String {
    let mut stamp = String::new();
    for migration in MIGRATOR.iter() {
        stamp.push_str(&migration.checksum[..2].iter().map(|b| format!("{b:02x}")).collect::<String>());
    }
    // Reference data is compiled in; a new build may carry new data.
    let built =
        std::fs::metadata(std::env::current_exe().expect("a program")).and_then(|m| m.modified()).expect("a time");
    let built = built.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_nanos();
    let name = format!("tpl_{}_{built}", &stamp[stamp.len().saturating_sub(16)..]);
    run(root, "select pg_advisory_lock(7702)".into()).await;
    let there: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1 and datistemplate)")
            .bind(&name)
            .fetch_one(&mut *root)
            .await
            .expect("an answer");
    if !there {
        sweep(root).await;
        run(
            root,
            "do $$ begin if not exists (select from pg_roles where rolname = 'portal_owner') then
               create role portal_owner login createrole; end if; end $$"
                .into(),
        )
        .await;
        run(root, format!("drop database if exists {name} with (force)")).await;
        run(
            root,
            format!("create database {name} template template0 owner portal_owner encoding 'UTF8' locale 'C.UTF-8'"),
        )
        .await;
        let url = cluster().url("portal_owner", &name);
        let mut owner = PgConnection::connect(&url).await.expect("the owner");
        MIGRATOR.run(&mut owner).await.expect("migrations");
        reference::load(&mut owner).await.expect("reference data");
        feature_map::load_editions(&mut owner).await.expect("editions");
        owner.close().await.expect("closing");
        run(root, format!("alter database {name} is_template true allow_connections false")).await;
    }
    run(root, "select pg_advisory_unlock(7702)".into()).await;
    name
}

/// Drops what earlier runs left: their templates, and databases of processes that are gone.
async fn sweep(root: &mut PgConnection) {
    let names: Vec<String> = sqlx::query_scalar("select datname from pg_database where datname ~ '^(t|tpl)_'")
        .fetch_all(&mut *root)
        .await
        .expect("names");
    for name in names {
        let process = name.strip_prefix("t_").and_then(|rest| rest.split('_').next());
        if process.is_some_and(|pid| Path::new("/proc").join(pid).exists()) {
            continue;
        }
        if process.is_none() {
            run(root, format!("alter database {name} is_template false")).await;
        }
        run(root, format!("drop database if exists {name} with (force)")).await;
    }
}
