//! The outbox and the worker against a relay that behaves badly (docs/security-walls.md, "Fault schedule").

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ceptoar_portal::kernel::ids::{DeliveryId, MailId};
use ceptoar_portal::kernel::language::Language;
use ceptoar_portal::platform::db::pool;
use ceptoar_portal::platform::mail::letter::Letter;
use ceptoar_portal::platform::mail::lettre_relay::LettreRelay;
use ceptoar_portal::platform::mail::local_relay::{LocalRelay, read_mail};
use ceptoar_portal::platform::mail::message::{Message, Postmark};
use ceptoar_portal::platform::mail::outbox::{self, Fate, Outcome};
use ceptoar_portal::platform::mail::relay::{ConnectError, Connection, Relay, SendResult};
use ceptoar_portal::platform::mail::reply::{Reply, Stage};
use ceptoar_portal::platform::mail::smtp_server::{Moment, Received, Verdict};
use ceptoar_portal::platform::mail::smtp_url::{SmtpUrl, Tls};
use ceptoar_portal::platform::mail::worker::{self, WorkerSettings};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::sync::watch;
use uuid::Uuid;

use crate::support::database::TestDatabase;
use crate::support::sink::Sink;

/// An outbox with one mail, and a worker's pool.
struct Outbox {
    database: TestDatabase,
    pool: PgPool,
    mail: MailId,
    item: Uuid,
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
    async fn with(addresses: &[&str]) -> Self {
        let database = TestDatabase::fresh().await;
        let mut db = database.owner().await;
        let letter = Letter::new(Language::Ja, "【注意喚起】訓練用", "本文\n.\n以上", false).expect("a letter");
        let item = Uuid::new_v4();
        let now = "2026-11-21T12:10:00Z".parse().expect("an instant");
        let mail = outbox::store_mail(&mut db, "advisory", item, &letter, now).await.expect("a mail");
        let this = Self { pool: pool(database.connections.worker.clone(), 5), database, mail, item };
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

    fn work(&self, url: SmtpUrl) -> Worker {
        self.work_over(LettreRelay::new(url, "portal.example").expect("a relay"), |_| ())
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
        for _ in 0..400 {
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

async fn many(n: usize) -> Outbox {
    let addresses = numbered(n);
    Outbox::with(&addresses.iter().map(String::as_str).collect::<Vec<_>>()).await
}

#[tokio::test]
async fn every_recipient_gets_one_copy_with_an_id_of_its_own() {
    let outbox = many(60).await;
    let sink = Sink::open().await;
    let worker = outbox.work(sink.url());
    outbox.until("all sent", |n| n("sent") == 60).await;
    worker.stop().await;
    let mails = sink.kept();
    assert_eq!(mails.len(), 60);
    let mut ids = HashSet::new();
    for mail in &mails {
        assert_eq!(mail.to.len(), 1);
        let text = String::from_utf8(mail.data.clone()).expect("ASCII");
        let id = text.lines().find(|l| l.starts_with("Message-ID: ")).expect("an id");
        assert!(ids.insert(id.to_owned()), "{id} twice");
        assert!(text.contains(&format!("<{}>", mail.to[0])));
    }
    let row = outbox.row("w7@bank.example").await;
    assert_eq!((row.state.as_str(), row.attempts, row.lease_token, row.settled), ("sent", 1, None, true));
    assert_eq!(row.reply.as_deref(), Some("250 2.0.0 content"));
}

#[tokio::test]
async fn a_publication_wakes_a_sleeping_worker() {
    let outbox = Outbox::with(&[]).await;
    let sink = Sink::open().await;
    let relay = LettreRelay::new(sink.url(), "portal.example").expect("a relay");
    let worker = outbox.work_over(relay, |s| s.poll = Duration::from_secs(600));
    tokio::time::sleep(Duration::from_millis(300)).await;
    outbox.add("poc@bank.example", "").await;
    outbox.run("notify outbox").await;
    outbox.until("sent", |n| n("sent") == 1).await;
    worker.stop().await;
}

#[tokio::test]
async fn later_and_never_are_told_apart_at_every_stage() {
    // The local part says what happens to it.
    let plan = |moment, mail: &Received| {
        let Some(to) = mail.to.last() else { return Verdict::Accept };
        match (to.split('@').next().unwrap_or_default(), moment) {
            ("rcpt-later", Moment::Recipient) => Verdict::Say(450, "4.2.1 <rcpt-later@bank.example> busy"),
            ("rcpt-never", Moment::Recipient) => Verdict::Say(550, "5.1.1 <rcpt-never@bank.example> unknown"),
            ("data-later", Moment::Data) => Verdict::Say(451, "4.3.0 no"),
            ("data-never", Moment::Data) => Verdict::Say(554, "5.7.1 no"),
            ("dot-later", Moment::End) => Verdict::Say(452, "4.3.1 full"),
            ("dot-never", Moment::End) => Verdict::Say(552, "5.3.4 big"),
            ("lost", Moment::End) => Verdict::Close,
            ("unknown", Moment::End) => Verdict::KeepAndClose,
            ("reset", Moment::End) => Verdict::KeepAnswerAndReset,
            ("garbage", Moment::End) => Verdict::Bytes("\u{306f}い\r\n".into()),
            ("odd", Moment::End) => Verdict::Bytes(b"354 odd\r\n".to_vec()),
            ("split", Moment::End) => Verdict::Bytes(b"250-2.0.0 one\r\n250 2.0.0 two\r\n".to_vec()),
            ("leaving", Moment::Recipient) => Verdict::Say(421, "4.3.2 leaving"),
            _ => Verdict::Accept,
        }
    };
    let expected = [
        ("rcpt-later", "queued", "450 4.2.1 recipient", 0),
        ("rcpt-never", "refused", "550 5.1.1 recipient", 0),
        ("data-later", "queued", "451 4.3.0 data", 0),
        ("data-never", "queued", "554 5.7.1 data", 0),
        ("dot-later", "queued", "452 4.3.1 content", 0),
        ("dot-never", "refused", "552 5.3.4 content", 0),
        ("lost", "queued", "content", 0),
        ("unknown", "queued", "content", 1),
        ("reset", "sent", "250 2.0.0 content", 1),
        ("garbage", "queued", "content", 1),
        ("odd", "queued", "content", 1),
        ("split", "sent", "250 2.0.0 content", 1),
        ("leaving", "queued", "421 4.3.2 recipient", 0),
        ("good", "sent", "250 2.0.0 content", 1),
    ];
    let addresses = expected.map(|(name, ..)| format!("{name}@bank.example"));
    let outbox = Outbox::with(&addresses.each_ref().map(String::as_str)).await;
    let sink = Sink::scripted(plan).await;
    let worker = outbox.work(sink.url());
    outbox.until("all tried", |n| n("sent") == 3 && n("refused") == 2 && n("sending") == 0).await;
    for (name, state, reply, copies) in expected {
        let address = format!("{name}@bank.example");
        let mut row = outbox.row(&address).await;
        for _ in 0..100 {
            if row.attempts > 0 && row.lease_token.is_none() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            row = outbox.row(&address).await;
        }
        assert_eq!((row.state.as_str(), row.reply.as_deref()), (state, Some(reply)), "{name}");
        assert_eq!((row.attempts, sink.copies(&address)), (1, copies), "{name}");
        assert_eq!(row.settled, state != "queued", "{name}");
        if state == "queued" {
            assert!((40.0..75.0).contains(&row.wait), "{name} waits {} s", row.wait);
        }
    }
    // What is due again goes out again, under the same id.
    outbox.run("update deliveries set due_at = now() where state = 'queued'").await;
    outbox.until("tried again", |n| n("sending") == 0).await;
    worker.stop().await;
    let ids: HashSet<String> =
        sink.kept().iter().filter(|m| m.to == ["unknown@bank.example"]).map(message_id).collect();
    assert_eq!(ids.len(), 1);
}

fn message_id(mail: &Received) -> String {
    let text = String::from_utf8_lossy(&mail.data);
    text.lines().find(|l| l.starts_with("Message-ID: ")).expect("an id").to_owned()
}

#[tokio::test]
async fn a_relay_that_refuses_us_costs_no_recipient_anything() {
    let refuse = Arc::new(AtomicBool::new(true));
    let tried = Arc::new(AtomicUsize::new(0));
    let outbox = many(30).await;
    let (refusing, count) = (refuse.clone(), tried.clone());
    let sink = Sink::scripted(move |moment, _| {
        if moment == Moment::Sender && refusing.load(Ordering::Relaxed) {
            count.fetch_add(1, Ordering::Relaxed);
            return Verdict::Say(550, "5.7.1 sender denied");
        }
        Verdict::Accept
    })
    .await;
    let worker = outbox.work(sink.url());
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(outbox.states().await, [("queued".to_owned(), 30)]);
    let replies = outbox.run("update deliveries set reply = reply where reply = '550 5.7.1 sender'").await;
    assert!(replies >= 1, "the reason is on record");
    assert_eq!(outbox.run("update deliveries set reply = null where attempts > 0").await, 0, "no attempt is counted");
    assert!(tried.load(Ordering::Relaxed) <= 8, "it is not asked over and over: {tried:?}");
    refuse.store(false, Ordering::Relaxed);
    outbox.until("all sent", |n| n("sent") == 30).await;
    worker.stop().await;
}

#[tokio::test]
async fn a_relay_out_of_reach_holds_the_queue_and_nothing_else() {
    let outbox = many(12).await;
    let port = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port").local_addr().expect("an address").port();
    let worker = outbox.work(SmtpUrl { host: "127.0.0.1".into(), port, tls: Tls::None, credentials: None });
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(outbox.states().await, [("queued".to_owned(), 12)]);
    worker.stop().await;
    assert_eq!(outbox.row("w0@bank.example").await.attempts, 0);
}

#[tokio::test]
async fn without_the_required_tls_not_a_byte_of_mail_goes_out() {
    for (extensions, verdict) in [
        (vec![], Verdict::Accept),
        (vec!["STARTTLS"], Verdict::Say(454, "4.7.0 not now")),
        (vec!["STARTTLS"], Verdict::Bytes(b"220 go\r\n250 injected\r\n".to_vec())),
        (vec!["STARTTLS"], Verdict::Bytes(b"220 go\r\n".to_vec())),
    ] {
        let outbox = many(3).await;
        let heard = Arc::new(AtomicUsize::new(0));
        let count = heard.clone();
        let sink = Sink::with(
            extensions,
            |_| true,
            move |moment, _| {
                count.fetch_add(usize::from(matches!(moment, Moment::Sender | Moment::Data)), Ordering::Relaxed);
                (Duration::ZERO, if moment == Moment::StartTls { verdict.clone() } else { Verdict::Accept })
            },
        )
        .await;
        let url = SmtpUrl { tls: Tls::StartTls, ..sink.url() };
        let relay = LettreRelay::new(url, "portal.example").expect("a relay");
        let worker = outbox.work_over(relay, |s| s.deadline = Duration::from_millis(300));
        tokio::time::sleep(Duration::from_millis(400)).await;
        worker.stop().await;
        assert_eq!(outbox.states().await, [("queued".to_owned(), 3)]);
        assert_eq!((heard.load(Ordering::Relaxed), sink.kept().len()), (0, 0));
    }
}

#[tokio::test]
async fn what_is_too_late_is_given_up() {
    let outbox = Outbox::with(&["late@bank.example", "good@bank.example"]).await;
    outbox
        .run(
            "update deliveries d set give_up_at = now() - interval '1 second', reply = '450 recipient'
              from delivery_addresses a where a.delivery_id = d.delivery_id and a.address = 'late@bank.example'",
        )
        .await;
    let sink = Sink::open().await;
    let worker = outbox.work(sink.url());
    outbox.until("both settled", |n| n("expired") == 1 && n("sent") == 1).await;
    worker.stop().await;
    let row = outbox.row("late@bank.example").await;
    assert_eq!((row.reply.as_deref(), row.settled, sink.copies("late@bank.example")), (Some("450 recipient"), true, 0));
}

#[tokio::test]
async fn a_poisoned_row_hurts_nobody_else() {
    let outbox = many(20).await;
    outbox.add("no address at all", "架空").await;
    outbox.add("a@b.example\r\nRCPT TO:<c@d.example>", "架空").await;
    outbox.add("named@bank.example", "a\r\nBcc: all@bank.example\u{2028}").await;
    let sink = Sink::open().await;
    let worker = outbox.work(sink.url());
    outbox.until("all settled", |n| n("sent") == 21 && n("refused") == 2).await;
    worker.stop().await;
    assert_eq!(outbox.row("no address at all").await.reply.as_deref(), Some("address"));
    let named = sink.kept().into_iter().find(|m| m.to == ["named@bank.example"]).expect("a copy");
    assert!(!String::from_utf8_lossy(&named.data).contains("\r\nBcc"));
}

/// Panics over some recipients.
struct Cursed;

struct CursedConnection;

impl Relay for Cursed {
    type Connection = CursedConnection;

    async fn connect(&self) -> Result<CursedConnection, ConnectError> {
        Ok(CursedConnection)
    }
}

impl Connection for CursedConnection {
    async fn send(&mut self, message: &Message) -> SendResult {
        assert!(!message.to.to_string().starts_with("cursed"), "the curse");
        SendResult::Sent(Reply::answered(Stage::Content, 250, "2.0.0"))
    }

    fn usable(&self) -> bool {
        true
    }

    async fn close(self) {}
}

#[tokio::test]
async fn a_panic_over_one_copy_ends_that_copy_alone() {
    let outbox = many(10).await;
    outbox.add("cursed@bank.example", "").await;
    let worker = outbox.work_over(Cursed, |_| ());
    outbox.until("all settled", |n| n("sent") == 10 && n("refused") == 1).await;
    worker.stop().await;
    assert_eq!(outbox.row("cursed@bank.example").await.reply.as_deref(), Some("program"));
}

#[tokio::test]
async fn greylisting_ends_in_one_copy() {
    let outbox = many(5).await;
    let seen = std::sync::Mutex::new(HashSet::new());
    let sink = Sink::scripted(move |moment, mail| {
        let first =
            moment == Moment::Recipient && seen.lock().expect("a set").insert((mail.from.clone(), mail.to.clone()));
        if first { Verdict::Say(451, "4.7.1 greylisted") } else { Verdict::Accept }
    })
    .await;
    let worker = outbox.work(sink.url());
    outbox.until("all deferred", |n| n("queued") == 5).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    outbox.run("update deliveries set due_at = now()").await;
    outbox.until("all sent", |n| n("sent") == 5).await;
    worker.stop().await;
    assert_eq!(sink.kept().len(), 5);
    assert_eq!(outbox.row("w0@bank.example").await.attempts, 2);
}

#[tokio::test]
async fn a_relay_that_dribbles_is_left_at_the_deadline() {
    let outbox = Outbox::with(&["slow@bank.example", "good@bank.example"]).await;
    let sink = Sink::slow(|moment, mail| {
        let slow = moment == Moment::End && mail.to == ["slow@bank.example"];
        (if slow { Duration::from_secs(30) } else { Duration::ZERO }, Verdict::Accept)
    })
    .await;
    let relay = LettreRelay::new(sink.url(), "portal.example").expect("a relay");
    let worker = outbox.work_over(relay, |s| s.deadline = Duration::from_millis(400));
    outbox.until("one sent, one later", |n| n("sent") == 1 && n("queued") == 1).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    worker.stop().await;
    assert_eq!(outbox.row("slow@bank.example").await.reply.as_deref(), Some("deadline"));
}

#[tokio::test]
async fn a_relay_that_takes_few_conversations_still_gets_everything() {
    let outbox = many(40).await;
    let open = Arc::new(AtomicUsize::new(0));
    let sink = Sink::scripted(move |moment, _| {
        // The first two conversations are served; the others are told to come back.
        if moment == Moment::Greeting && open.fetch_add(1, Ordering::Relaxed) >= 2 {
            return Verdict::Say(421, "4.7.0 too many");
        }
        Verdict::Accept
    })
    .await;
    let worker = outbox.work(sink.url());
    outbox.until("all sent", |n| n("sent") == 40).await;
    worker.stop().await;
    assert_eq!(sink.kept().len(), 40);
}

#[tokio::test]
async fn two_workers_never_claim_the_same_row() {
    let outbox = many(300).await;
    let sink = Sink::open().await;
    let workers = [outbox.work(sink.url()), outbox.work(sink.url()), outbox.work(sink.url())];
    outbox.until("all sent", |n| n("sent") == 300).await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(sink.kept().len(), 300);
}

#[tokio::test]
async fn a_lost_lease_comes_back_and_its_old_holder_is_refused() {
    let outbox = Outbox::with(&["poc@bank.example"]).await;
    let (zombie, heir) = (Uuid::new_v4(), Uuid::new_v4());
    let long = Duration::from_secs(60);
    let claimed = outbox::claim(&outbox.pool, zombie, 10, long).await.expect("a claim");
    assert_eq!(claimed.len(), 1);
    assert!(outbox::claim(&outbox.pool, heir, 10, long).await.expect("a claim").is_empty(), "it is held");
    assert_eq!(outbox::reclaim(&outbox.pool).await.expect("a sweep"), 0, "the lease is good");
    outbox.run("update deliveries set lease_until = now() - interval '1 second'").await;
    assert_eq!(outbox::reclaim(&outbox.pool).await.expect("a sweep"), 1);
    let again = outbox::claim(&outbox.pool, heir, 10, long).await.expect("a claim");
    let end = |row: &outbox::Claimed, fate| Outcome {
        delivery_id: row.delivery_id,
        attempt: row.attempt,
        fate,
        reply: Some(Reply::at(Stage::Content)),
    };
    let held = [(claimed[0].delivery_id, claimed[0].attempt)];
    assert!(outbox::renew(&outbox.pool, zombie, &held, long).await.expect("an answer").is_empty());
    for fate in [Fate::Sent, Fate::Refused, Fate::Released, Fate::Later(long)] {
        assert_eq!(outbox::settle(&outbox.pool, zombie, &[end(&claimed[0], fate)]).await.expect("an answer"), 0);
    }
    assert_eq!(outbox.row("poc@bank.example").await.lease_token, Some(heir));
    // The right token with the wrong attempt is an old message too.
    let stale = Outcome { attempt: claimed[0].attempt, ..end(&again[0], Fate::Sent) };
    assert_eq!(outbox::settle(&outbox.pool, heir, &[stale]).await.expect("an answer"), 0);
    assert_eq!(outbox::settle(&outbox.pool, heir, &[end(&again[0], Fate::Sent)]).await.expect("an answer"), 1);
    assert_eq!(outbox::settle(&outbox.pool, heir, &[end(&again[0], Fate::Refused)]).await.expect("an answer"), 0);
    let row = outbox.row("poc@bank.example").await;
    assert_eq!((row.state.as_str(), row.attempts), ("sent", 2));
}

#[tokio::test]
async fn a_long_sending_keeps_its_lease() {
    let outbox = Outbox::with(&["poc@bank.example"]).await;
    let sink =
        Sink::slow(|moment, _| (Duration::from_millis(if moment == Moment::End { 2500 } else { 0 }), Verdict::Accept))
            .await;
    let relay = || LettreRelay::new(sink.url(), "portal.example").expect("a relay");
    let short = |s: &mut WorkerSettings<LettreRelay>| s.lease = Duration::from_secs(1);
    let workers = [outbox.work_over(relay(), short), outbox.work_over(relay(), short)];
    outbox.until("sent", |n| n("sent") == 1).await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(sink.kept().len(), 1);
}

#[tokio::test]
async fn a_stop_finishes_what_is_in_flight_and_gives_the_rest_back() {
    let outbox = many(200).await;
    let sink =
        Sink::slow(|moment, _| (Duration::from_millis(if moment == Moment::End { 150 } else { 0 }), Verdict::Accept))
            .await;
    let worker = outbox.work(sink.url());
    outbox.until("begun", |n| n("sent") >= 4).await;
    worker.stop().await;
    let kept = i64::try_from(sink.kept().len()).expect("few");
    assert_eq!(outbox.states().await, [("queued".to_owned(), 200 - kept), ("sent".to_owned(), kept)]);
    assert_eq!(outbox.run("update deliveries set attempts = 0 where attempts <> 0 and state = 'queued'").await, 0);
}

#[tokio::test]
async fn urgent_mails_go_first() {
    let outbox = many(40).await;
    outbox.run("update deliveries set priority = 9").await;
    outbox.add("urgent@bank.example", "").await;
    let claimed = outbox::claim(&outbox.pool, Uuid::new_v4(), 1, Duration::from_secs(9)).await.expect("a claim");
    assert_eq!(claimed[0].address, "urgent@bank.example");
}

#[tokio::test]
async fn the_worker_reaches_the_outbox_and_nothing_else() {
    let outbox = many(1).await;
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

#[tokio::test]
async fn the_demonstration_mailbox_holds_what_was_sent() {
    let outbox = many(50).await;
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
