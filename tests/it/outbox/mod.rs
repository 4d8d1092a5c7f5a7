//! The outbox and the worker against a relay that behaves badly (docs/security-walls.md, "Fault schedule").

/// These tests, over each way of speaking to the relay.
macro_rules! over_each_transport {
    ($($test:ident),* $(,)?) => {
        mod pipelined {
            $(#[tokio::test] async fn $test() { super::$test(super::Transport::Pipelined).await; })*
        }
        mod stepwise {
            $(#[tokio::test] async fn $test() { super::$test(super::Transport::Stepwise).await; })*
        }
    };
}

mod leases;
mod pausing;
mod pipelining;
mod relay;

use crate::support::database::TestDatabase;
use crate::support::sink::Sink;
use ceptoar_portal::kernel::ids::{DeliveryId, MailId};
use ceptoar_portal::kernel::language::Language;
use ceptoar_portal::platform::config::Transport;
use ceptoar_portal::platform::db::pool;
use ceptoar_portal::platform::mail::letter::Letter;
use ceptoar_portal::platform::mail::local_relay::{LocalRelay, read_mail};
use ceptoar_portal::platform::mail::outbox::{self};
use ceptoar_portal::platform::mail::relay::Relay;
use ceptoar_portal::platform::mail::sheet::Postmark;
use ceptoar_portal::platform::mail::smtp_relay::SmtpRelay;
use ceptoar_portal::platform::mail::smtp_url::SmtpUrl;
use ceptoar_portal::platform::mail::worker::{self, WorkerSettings};
use sqlx::PgPool;
use std::collections::HashSet;
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// An outbox with one mail, and a worker's pool.
struct Outbox {
    database: TestDatabase,
    pool: PgPool,
    mail: MailId,
    item: Uuid,
    by: Transport,
}

/// One row as the delivery page sees it.
#[derive(Debug, sqlx::FromRow)]
struct Row {
    state: String,
    attempts: i16,
    reply: Option<String>,
    lease_token: Option<Uuid>,
    settled: bool,
    wait: f64,
}

impl Outbox {
    async fn with(by: Transport, addresses: &[&str]) -> Self {
        let database = TestDatabase::fresh().await;
        let mut db = database.owner().await;
        let letter = Letter::new(Language::Ja, "【注意喚起】訓練用", "本文\n.\n以上", false).expect("a letter");
        let item = Uuid::new_v4();
        let now = "2026-11-21T12:10:00Z".parse().expect("an instant");
        let mail = outbox::store_mail(&mut db, "advisory", item, &letter, outbox::Readers::Everybody, now)
            .await
            .expect("a mail");
        let this = Self { pool: pool(database.connections.worker.clone(), 5), database, mail, item, by };
        for address in addresses {
            this.add(address, "架空銀行").await;
        }
        this
    }

    async fn add(&self, address: &str, addressee: &str) -> DeliveryId {
        let id = DeliveryId::random();
        let mut db = self.database.owner().await;
        sqlx::query(
            "insert into deliveries (delivery_id, mail_id, item_id, organisation_id, ceptoar_id, contact_id, stage,
                                     position, priority, give_up_at)
             values ($1, $2, $3, gen_random_uuid(), 'banks', gen_random_uuid(), 'member', 1, 1, now() + interval '1 day')",
        )
        .bind(id.0)
        .bind(self.mail.0)
        .bind(self.item)
        .execute(&mut db)
        .await
        .expect("a delivery");
        sqlx::query(
            "insert into delivery_addresses (delivery_id, organisation_id, ceptoar_id, address, addressee)
             values ($1, gen_random_uuid(), 'banks', $2, $3)",
        )
        .bind(id.0)
        .bind(address)
        .bind(addressee)
        .execute(&mut db)
        .await
        .expect("an address");
        id
    }

    async fn row(&self, address: &str) -> Row {
        sqlx::query_as(
            "select state, attempts, reply, lease_token, settled_at is not null as settled,
                    extract(epoch from due_at - now())::float8 as wait
             from deliveries join delivery_addresses using (delivery_id) where address = $1",
        )
        .bind(address)
        .fetch_one(&mut self.database.owner().await)
        .await
        .expect("a row")
    }

    async fn run(&self, statement: &'static str) -> u64 {
        sqlx::query(statement).execute(&mut self.database.owner().await).await.expect("a statement").rows_affected()
    }

    async fn states(&self) -> Vec<(String, i64)> {
        sqlx::query_as("select state, count(*) from deliveries group by 1 order by 1")
            .fetch_all(&mut self.database.owner().await)
            .await
            .expect("counts")
    }

    fn relay(&self, url: SmtpUrl) -> SmtpRelay {
        SmtpRelay::new(url, "portal.example", self.by).expect("a relay")
    }

    fn work(&self, url: SmtpUrl) -> Worker {
        self.work_over(self.relay(url), |_| ())
    }

    fn work_over<R: Relay>(&self, relay: R, change: impl FnOnce(&mut WorkerSettings<R>)) -> Worker {
        let postmark = Postmark::new("portal@ceptoar.example", "https://portal.example").expect("a postmark");
        let mut settings = WorkerSettings::new(self.pool.clone(), relay, postmark, 4);
        settings.poll = Duration::from_millis(50);
        settings.first_pause = Duration::from_millis(20);
        settings.lease = Duration::from_secs(2);
        settings.grace = Duration::from_secs(3);
        change(&mut settings);
        let (stop, stopping) = watch::channel(false);
        Worker { stop, task: tokio::spawn(worker::run(settings, stopping)) }
    }

    /// Waits until a condition over the counts of the states holds.
    async fn until(&self, what: &str, holds: impl Fn(&dyn Fn(&str) -> i64) -> bool) {
        for _ in 0..1200 {
            let states = self.states().await;
            if holds(&|state| states.iter().find(|(s, _)| s == state).map_or(0, |(_, n)| *n)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("never came: {what}; {:?}", self.states().await);
    }
}

struct Worker {
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Worker {
    async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.expect("no panic").expect("a clean end");
    }
}

fn numbered(n: usize) -> Vec<String> {
    (0..n).map(|n| format!("w{n}@bank.example")).collect()
}

async fn many(by: Transport, n: usize) -> Outbox {
    let addresses = numbered(n);
    Outbox::with(by, &addresses.iter().map(String::as_str).collect::<Vec<_>>()).await
}

over_each_transport! {
    every_recipient_gets_one_copy_with_an_id_of_its_own,
    the_demonstration_mailbox_holds_what_was_sent,
}

async fn every_recipient_gets_one_copy_with_an_id_of_its_own(by: Transport) {
    let outbox = many(by, 60).await;
    let sink = Sink::open().await;
    let worker = outbox.work(sink.url());
    outbox.until("all sent", |n| n("sent") == 60).await;
    worker.stop().await;
    let mails = sink.kept();
    assert_eq!(mails.len(), 60);
    let mut ids = HashSet::new();
    for mail in &mails {
        assert_eq!(mail.to.len(), 1);
        let text = String::from_utf8(mail.content.clone()).expect("ASCII");
        let id = text.lines().find(|l| l.starts_with("Message-ID: ")).expect("an id");
        assert!(ids.insert(id.to_owned()), "{id} twice");
        assert!(text.contains(&format!("<{}>", mail.to[0])));
    }
    let row = outbox.row("w7@bank.example").await;
    assert_eq!((row.state.as_str(), row.attempts, row.lease_token, row.settled), ("sent", 1, None, true));
    assert_eq!(row.reply.as_deref(), Some("250 2.0.0 content"));
}

#[tokio::test]
async fn the_worker_reaches_the_outbox_and_nothing_else() {
    let outbox = many(Transport::Pipelined, 1).await;
    for denied in [
        "select 1 from accounts",
        "select 1 from contacts",
        "select 1 from advisories",
        "update deliveries set contact_id = gen_random_uuid()",
        "update mails set body = ''",
        "delete from deliveries",
        "insert into mails select * from mails",
        "update delivery_addresses set address = 'x@y.example'",
    ] {
        let refused = sqlx::query(denied).execute(&outbox.pool).await.expect_err(denied);
        assert_eq!(refused.as_database_error().and_then(|e| e.code()).as_deref(), Some("42501"), "{denied}");
    }
}

async fn the_demonstration_mailbox_holds_what_was_sent(by: Transport) {
    let outbox = many(by, 50).await;
    let clock = ceptoar_portal::kernel::clock::Clock::fixed("2026-11-21T12:10:00Z".parse().expect("an instant"));
    let relay = LocalRelay::start(pool(outbox.database.connections.worker.clone(), 1), clock).await.expect("a relay");
    let worker = outbox.work(relay.url().clone());
    outbox.until("all sent", |n| n("sent") == 50).await;
    worker.stop().await;
    let mails: Vec<(String, Vec<u8>, Vec<u8>)> =
        sqlx::query_as("select recipient, headers, body from local_mails join local_mail_bodies using (body_hash)")
            .fetch_all(&mut outbox.database.owner().await)
            .await
            .expect("mails");
    assert_eq!(mails.len(), 50);
    let read = read_mail(&mails[0].1, &mails[0].2).expect("a mail");
    assert_eq!(
        (read.subject.as_str(), read.text.as_str(), read.drill),
        ("【注意喚起】訓練用", "本文\r\n.\r\n以上\r\n", false)
    );
    assert_eq!(read.to, format!("架空銀行 <{}>", mails[0].0));
    assert_eq!(outbox.run("update local_mail_bodies set body = body").await, 1, "one text is kept once");
}
