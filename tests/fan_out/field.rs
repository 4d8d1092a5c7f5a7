//! The field: a database server of its own, worker processes, and dice.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ceptoar_portal::kernel::language::Language;
use ceptoar_portal::platform::db::MIGRATOR;
use ceptoar_portal::platform::mail::letter::Letter;
use ceptoar_portal::platform::mail::outbox;
use ceptoar_portal::platform::private_postgres::{self, PrivatePostgres, SUPERUSER, Settings, Stop};
use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

use crate::check::Row;
use crate::ledger::{self, Ledger};
use crate::plan;
use crate::sink::Sink;

/// What a killed worker delays.
pub const LEASE: Duration = Duration::from_secs(2);

/// Numbers that a seed repeats.
pub struct Dice(u64);

impl Dice {
    /// Thrown by `FAN_OUT_SEED`, or anew.
    pub fn new() -> Self {
        let given = std::env::var("FAN_OUT_SEED").ok().and_then(|s| s.parse().ok());
        let seed = given.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
        println!("FAN_OUT_SEED={seed}");
        Self(seed)
    }

    /// That of a run to be repeated.
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below another.
    pub fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.throw() % most as u64).expect("small")
    }

    /// Sleeps between two numbers of milliseconds.
    pub async fn nap(&mut self, least: u64, most: u64) {
        let more = self.throw() % (most - least);
        tokio::time::sleep(Duration::from_millis(least + more)).await;
    }

    fn throw(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Address, state, reply, and when it was settled.
type Delivery = (String, String, Option<String>, Option<DateTime<Utc>>);

/// The database and the processes.
pub struct Field {
    cluster: PrivatePostgres,
    directory: PathBuf,
    database: String,
    transport: &'static str,
}

fn settings() -> Settings {
    // Commits must outlive the server's death; the disk's honesty is not what is tested here.
    Settings { stop: Stop::Immediate, throw_away: true, linger: Duration::ZERO, ..Settings::default() }
}

impl Field {
    /// A migrated database with one mail and its deliveries, in a server of the test's own.
    pub async fn prepare(test: &str, transport: &'static str, recipients: usize) -> Self {
        let fallback = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}_{transport}"));
        let directory = private_postgres::throw_away_data_dir(&fallback);
        let cluster = private_postgres::ensure(&directory, &settings()).expect("a PostgreSQL");
        // Tests of one process may follow each other in one server.
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let database = format!("fan_out_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut root = PgConnection::connect(&cluster.url(SUPERUSER, "postgres")).await.expect("the server");
        for statement in [
            "do $$ begin if not exists (select from pg_roles where rolname = 'portal_owner') then
               create role portal_owner login createrole; end if; end $$"
                .to_owned(),
            format!("create database {database} owner portal_owner"),
        ] {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut root).await.expect("a database");
        }
        let this = Self { cluster, directory, database, transport };
        let mut owner = PgConnection::connect(&this.url("portal_owner")).await.expect("the owner");
        MIGRATOR.run(&mut owner).await.expect("migrations");
        let addresses: Vec<String> = (0..recipients).map(ledger::address).collect();
        fill(&mut owner, &addresses).await;
        this
    }

    /// A further item goes out, to these.
    pub async fn publish(&self, addresses: &[String]) {
        let mut owner = PgConnection::connect(&self.url("portal_owner")).await.expect("the owner");
        fill(&mut owner, addresses).await;
        sqlx::raw_sql("notify outbox").execute(&mut owner).await.expect("a knock");
    }

    pub fn url(&self, role: &str) -> String {
        self.cluster.url(role, &self.database)
    }

    pub async fn root(&self) -> PgConnection {
        PgConnection::connect(&self.url(SUPERUSER)).await.expect("the database")
    }

    /// A worker process of the real program.
    pub fn worker(&self, sink: &Sink) -> Child {
        self.worker_at(sink.url().port).env("RUST_LOG", "off").spawn().expect("a worker")
    }

    /// One with a short deadline for each mail, that says in a file by which token it claims.
    pub fn talkative_worker(&self, port: u16, log: &Path) -> Child {
        let log = std::fs::File::create(log).expect("a log");
        self.worker_at(port)
            .envs([("RUST_LOG", "off,ceptoar_portal::platform::mail::worker=info"), ("NO_COLOR", "1")])
            .env("PORTAL_MAIL_DEADLINE", plan::DEADLINE.as_secs().to_string())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("a worker")
    }

    fn worker_at(&self, port: u16) -> Command {
        let smtp = format!("smtp://127.0.0.1:{port}");
        let lease = LEASE.as_secs().to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ceptoar-portal"));
        command
            .env_clear()
            .envs([("DATABASE_URL", self.url("portal_owner")), ("SMTP_URL", smtp), ("PORTAL_MAIL_LEASE", lease)])
            .envs([("PORTAL_BASE_URL", "https://portal.test"), ("PORTAL_MAIL_FROM", "portal@portal.test")])
            .envs([("PORTAL_MAIL_CONNECTIONS", "4"), ("SMTP_TRANSPORT", self.transport)])
            .arg("worker")
            .stdin(Stdio::null());
        command
    }

    pub fn signal(&self, worker: &Child, signal: &str) {
        let sent = kill(signal, &worker.id().to_string()).status().expect("kill");
        assert!(sent.success(), "the worker had ended by itself");
    }

    /// Kills the server as a crash would.
    pub fn tear_down_database(&self) {
        let note = std::fs::read_to_string(self.cluster.directory().join("cluster/postmaster.pid")).expect("a server");
        let process = note.lines().next().expect("a process").trim();
        assert!(kill("QUIT", process).status().expect("kill").success());
        while Path::new("/proc").join(process).exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts it again.
    pub async fn bring_up_database(&mut self) {
        let directory = self.directory.clone();
        let ensure = move || private_postgres::ensure(&directory, &settings()).expect("the server again");
        self.cluster = tokio::task::spawn_blocking(ensure).await.expect("no panic");
    }

    /// Everybody the relay has a copy for that the database does not know to be sent: may be repeated.
    /// Taken after a worker's death, when its last statement and its last mail have come to an end.
    pub async fn in_doubt(&self, ledger: &Ledger) -> Vec<String> {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let rows = self.rows().await;
        let mut stored: Vec<String> = ledger.read().into_iter().map(|line| line.to).collect();
        stored.retain(|to| rows.get(to).is_some_and(|(state, _)| state == "sending"));
        stored.sort();
        stored.dedup();
        stored
    }

    /// Everybody whose copy some living worker holds.
    pub async fn sending(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select address from deliveries join delivery_addresses using (delivery_id)
             where state = 'sending' and lease_until > now()",
        )
        .fetch_all(&mut self.root().await)
        .await
        .expect("addresses")
    }

    /// What some workers hold; without tokens, whatever is not settled.
    pub async fn unsettled(&self, tokens: Option<&[Uuid]>) -> BTreeSet<String> {
        let addresses: Vec<String> = sqlx::query_scalar(
            "select address from deliveries join delivery_addresses using (delivery_id)
             where state = 'sending' and lease_token = any ($1) or $1 is null and state in ('queued', 'sending')",
        )
        .bind(tokens)
        .fetch_all(&mut self.root().await)
        .await
        .expect("addresses");
        addresses.into_iter().collect()
    }

    /// Every delivery, as a judgement wants it.
    pub async fn evidence(&self) -> BTreeMap<String, Row> {
        let rows: Vec<Delivery> = sqlx::query_as(
            "select address, state, reply, settled_at from deliveries join delivery_addresses using (delivery_id)",
        )
        .fetch_all(&mut self.root().await)
        .await
        .expect("rows");
        rows.into_iter()
            .map(|(address, state, reply, settled_at)| (address, Row { state, reply, settled_at }))
            .collect()
    }

    /// Lets retries come due at once.
    pub async fn hurry(&self) {
        sqlx::query("update deliveries set due_at = now() where state = 'queued' and due_at > now()")
            .execute(&mut self.root().await)
            .await
            .expect("an update");
    }

    /// Queues everything anew.
    pub async fn queue_again(&self) {
        sqlx::query(
            "update deliveries set state = 'queued', due_at = now(), attempts = 0, reply = null, settled_at = null,
                                   lease_token = null, lease_until = null",
        )
        .execute(&mut self.root().await)
        .await
        .expect("an update");
    }

    /// Whether a row without a lease has a reply on record.
    pub async fn was_answered(&self) -> bool {
        sqlx::query_scalar("select exists (select from deliveries where state = 'queued' and reply is not null)")
            .fetch_one(&mut self.root().await)
            .await
            .expect("an answer")
    }

    /// Whether nothing is left to do.
    pub async fn is_quiet(&self) -> bool {
        sqlx::query_scalar("select not exists (select from deliveries where state in ('queued', 'sending'))")
            .fetch_one(&mut self.root().await)
            .await
            .expect("an answer")
    }

    /// State and reply by address.
    pub async fn rows(&self) -> HashMap<String, (String, Option<String>)> {
        let rows: Vec<(String, String, Option<String>)> =
            sqlx::query_as("select address, state, reply from deliveries join delivery_addresses using (delivery_id)")
                .fetch_all(&mut self.root().await)
                .await
                .expect("rows");
        rows.into_iter().map(|(address, state, reply)| (address, (state, reply))).collect()
    }
}

async fn fill(owner: &mut PgConnection, addresses: &[String]) {
    let text = "本文です。\n".repeat(300);
    let letter = Letter::new(Language::Ja, "【注意喚起】配信試験", &text, false).expect("a letter");
    let now = "2026-11-21T12:10:00Z".parse().expect("an instant");
    let item = Uuid::new_v4();
    let mail =
        outbox::store_mail(owner, "advisory", item, &letter, outbox::Readers::Everybody, now).await.expect("a mail");
    sqlx::query(
        "with made as (
           insert into deliveries (delivery_id, mail_id, item_id, organisation_id, ceptoar_id, contact_id, stage,
                                   position, priority, give_up_at)
           select gen_random_uuid(), $1, $2, gen_random_uuid(), 'banks', gen_random_uuid(), 'member', 1, 1,
                  now() + interval '1 day'
           from generate_series(1, cardinality($3::text[])) returning delivery_id),
         numbered as (select delivery_id, row_number() over () as n from made)
         insert into delivery_addresses (delivery_id, organisation_id, ceptoar_id, address, addressee)
         select delivery_id, gen_random_uuid(), 'banks', ($3::text[])[n], '架空の構成員' from numbered",
    )
    .bind(mail.0)
    .bind(item)
    .bind(addresses)
    .execute(owner)
    .await
    .expect("deliveries");
}

/// The shell's own `kill`: a minimal system has no program of that name.
fn kill(signal: &str, process: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "kill -\"$0\" \"$1\"", signal, process]);
    command
}
