//! What a relay answers, and what becomes of the copies.

use crate::support::sink::Sink;
use ceptoar_portal::platform::config::Transport;
use ceptoar_portal::platform::mail::relay::{ConnectError, Connection, Relay, SendResult, StillOurs};
use ceptoar_portal::platform::mail::reply::{Reply, Stage};
use ceptoar_portal::platform::mail::sheet::AddressedCopy;
use ceptoar_portal::platform::mail::smtp_server::{Moment, Received, Verdict};
use ceptoar_portal::platform::mail::smtp_url::{SmtpUrl, Tls};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

use super::{Outbox, many};

over_each_transport! {
    later_and_never_are_told_apart_at_every_stage,
    a_relay_that_refuses_us_costs_no_recipient_anything,
    a_relay_out_of_reach_holds_the_queue_and_nothing_else,
    without_the_required_tls_not_a_byte_of_mail_goes_out,
    a_poisoned_row_hurts_nobody_else,
    a_panic_over_one_copy_ends_that_copy_alone,
    greylisting_ends_in_one_copy,
    a_relay_that_dribbles_is_left_at_the_deadline,
    a_relay_that_takes_few_conversations_still_gets_everything,
}

async fn later_and_never_are_told_apart_at_every_stage(by: Transport) {
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
    let outbox = Outbox::with(by, &addresses.each_ref().map(String::as_str)).await;
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
    let text = String::from_utf8_lossy(&mail.content);
    text.lines().find(|l| l.starts_with("Message-ID: ")).expect("an id").to_owned()
}

async fn a_relay_that_refuses_us_costs_no_recipient_anything(by: Transport) {
    let refuse = Arc::new(AtomicBool::new(true));
    let tried = Arc::new(AtomicUsize::new(0));
    let outbox = many(by, 30).await;
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
    outbox.until("all waiting", |n| n("queued") == 30).await;
    let replies = outbox.run("update deliveries set reply = reply where reply = '550 5.7.1 sender'").await;
    assert!(replies >= 1, "the reason is on record");
    assert_eq!(outbox.run("update deliveries set reply = null where attempts > 0").await, 0, "no attempt is counted");
    assert!(tried.load(Ordering::Relaxed) <= 8, "it is not asked over and over: {tried:?}");
    refuse.store(false, Ordering::Relaxed);
    outbox.until("all sent", |n| n("sent") == 30).await;
    worker.stop().await;
}

async fn a_relay_out_of_reach_holds_the_queue_and_nothing_else(by: Transport) {
    let outbox = many(by, 12).await;
    let port = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port").local_addr().expect("an address").port();
    let worker = outbox.work(SmtpUrl { host: "127.0.0.1".into(), port, tls: Tls::None, credentials: None });
    tokio::time::sleep(Duration::from_millis(600)).await;
    worker.stop().await;
    assert_eq!(outbox.states().await, [("queued".to_owned(), 12)]);
    assert_eq!(outbox.row("w0@bank.example").await.attempts, 0);
}

async fn without_the_required_tls_not_a_byte_of_mail_goes_out(by: Transport) {
    for (extensions, verdict) in [
        (vec![], Verdict::Accept),
        (vec!["STARTTLS"], Verdict::Say(454, "4.7.0 not now")),
        (vec!["STARTTLS"], Verdict::Bytes(b"220 go\r\n250 injected\r\n".to_vec())),
        (vec!["STARTTLS"], Verdict::Bytes(b"220 go\r\n".to_vec())),
    ] {
        let outbox = many(by, 3).await;
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
        let relay = outbox.relay(url);
        let worker = outbox.work_over(relay, |s| s.deadline = Duration::from_millis(300));
        tokio::time::sleep(Duration::from_millis(400)).await;
        worker.stop().await;
        outbox.until("all given back", |n| n("queued") == 3).await;
        assert_eq!((heard.load(Ordering::Relaxed), sink.kept().len()), (0, 0));
    }
}

async fn a_poisoned_row_hurts_nobody_else(by: Transport) {
    let outbox = many(by, 20).await;
    outbox.add("no address at all", "架空").await;
    outbox.add("a@b.example\r\nRCPT TO:<c@d.example>", "架空").await;
    outbox.add("named@bank.example", "a\r\nBcc: all@bank.example\u{2028}").await;
    let sink = Sink::open().await;
    let worker = outbox.work(sink.url());
    outbox.until("all settled", |n| n("sent") == 21 && n("refused") == 2).await;
    worker.stop().await;
    assert_eq!(outbox.row("no address at all").await.reply.as_deref(), Some("address"));
    let named = sink.kept().into_iter().find(|m| m.to == ["named@bank.example"]).expect("a copy");
    assert!(!String::from_utf8_lossy(&named.content).contains("\r\nBcc"));
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
    async fn send(&mut self, copy: &AddressedCopy, _: Option<&AddressedCopy>, _: StillOurs<'_>) -> SendResult {
        assert!(!copy.to.to_string().starts_with("cursed"), "the curse");
        SendResult::Sent(Reply::answered(Stage::Content, 250, "2.0.0"))
    }

    fn looks_ahead(&self) -> bool {
        true
    }

    fn usable(&self) -> bool {
        true
    }

    async fn close(self) {}
}

async fn a_panic_over_one_copy_ends_that_copy_alone(by: Transport) {
    let outbox = many(by, 10).await;
    outbox.add("cursed@bank.example", "").await;
    let worker = outbox.work_over(Cursed, |_| ());
    outbox.until("all settled", |n| n("sent") == 10 && n("refused") == 1).await;
    worker.stop().await;
    assert_eq!(outbox.row("cursed@bank.example").await.reply.as_deref(), Some("program"));
}

async fn greylisting_ends_in_one_copy(by: Transport) {
    let outbox = many(by, 5).await;
    let seen = std::sync::Mutex::new(HashSet::new());
    let sink = Sink::scripted(move |moment, mail| {
        let first =
            moment == Moment::Recipient && seen.lock().expect("a set").insert((mail.from.clone(), mail.to.clone()));
        if first { Verdict::Say(451, "4.7.1 greylisted") } else { Verdict::Accept }
    })
    .await;
    let worker = outbox.work(sink.url());
    let mut tried = 0;
    while tried < 5 {
        tokio::time::sleep(Duration::from_millis(25)).await;
        tried = outbox.run("update deliveries set reply = reply where state = 'queued' and attempts = 1").await;
    }
    outbox.run("update deliveries set due_at = now()").await;
    outbox.until("all sent", |n| n("sent") == 5).await;
    worker.stop().await;
    assert_eq!(sink.kept().len(), 5);
    assert_eq!(outbox.row("w0@bank.example").await.attempts, 2);
}

async fn a_relay_that_dribbles_is_left_at_the_deadline(by: Transport) {
    let outbox = Outbox::with(by, &["slow@bank.example", "good@bank.example"]).await;
    let sink = Sink::slow(|moment, mail| {
        let slow = moment == Moment::End && mail.to == ["slow@bank.example"];
        (if slow { Duration::from_secs(30) } else { Duration::ZERO }, Verdict::Accept)
    })
    .await;
    let relay = outbox.relay(sink.url());
    let worker = outbox.work_over(relay, |s| s.deadline = Duration::from_secs(2));
    while outbox.row("slow@bank.example").await.reply.as_deref() != Some("deadline") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    outbox.until("one sent, one later", |n| n("sent") == 1 && n("queued") == 1).await;
    worker.stop().await;
}

async fn a_relay_that_takes_few_conversations_still_gets_everything(by: Transport) {
    let outbox = many(by, 40).await;
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
