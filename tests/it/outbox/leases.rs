//! Leases, turns and stops.

use crate::support::sink::Sink;
use ceptoar_portal::platform::config::Transport;
use ceptoar_portal::platform::mail::outbox::{self, Fate, Outcome};
use ceptoar_portal::platform::mail::reply::{Reply, Stage};
use ceptoar_portal::platform::mail::smtp_relay::SmtpRelay;
use ceptoar_portal::platform::mail::smtp_server::{Moment, Verdict};
use ceptoar_portal::platform::mail::worker::WorkerSettings;
use std::time::Duration;
use uuid::Uuid;

use super::{Outbox, many};

over_each_transport! {
    a_publication_wakes_a_sleeping_worker,
    what_is_too_late_is_given_up,
    two_workers_never_claim_the_same_row,
    a_long_sending_keeps_its_lease,
    a_stop_finishes_what_is_in_flight_and_gives_the_rest_back,
}

async fn a_publication_wakes_a_sleeping_worker(by: Transport) {
    let outbox = Outbox::with(by, &[]).await;
    let sink = Sink::open().await;
    let relay = outbox.relay(sink.url());
    let worker = outbox.work_over(relay, |s| s.poll = Duration::from_secs(600));
    tokio::time::sleep(Duration::from_millis(300)).await;
    outbox.add("poc@bank.example", "").await;
    outbox.run("notify outbox").await;
    outbox.until("sent", |n| n("sent") == 1).await;
    worker.stop().await;
}

async fn what_is_too_late_is_given_up(by: Transport) {
    let outbox = Outbox::with(by, &["late@bank.example", "good@bank.example"]).await;
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

async fn two_workers_never_claim_the_same_row(by: Transport) {
    let outbox = many(by, 300).await;
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
    let outbox = Outbox::with(Transport::Pipelined, &["poc@bank.example"]).await;
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
    // The right token with the wrong attempt is old news too.
    let stale = Outcome { attempt: claimed[0].attempt, ..end(&again[0], Fate::Sent) };
    assert_eq!(outbox::settle(&outbox.pool, heir, &[stale]).await.expect("an answer"), 0);
    assert_eq!(outbox::settle(&outbox.pool, heir, &[end(&again[0], Fate::Sent)]).await.expect("an answer"), 1);
    assert_eq!(outbox::settle(&outbox.pool, heir, &[end(&again[0], Fate::Refused)]).await.expect("an answer"), 0);
    let row = outbox.row("poc@bank.example").await;
    assert_eq!((row.state.as_str(), row.attempts), ("sent", 2));
}

async fn a_long_sending_keeps_its_lease(by: Transport) {
    let outbox = Outbox::with(by, &["poc@bank.example"]).await;
    let sink =
        Sink::slow(|moment, _| (Duration::from_millis(if moment == Moment::End { 2500 } else { 0 }), Verdict::Accept))
            .await;
    let relay = || outbox.relay(sink.url());
    let short = |s: &mut WorkerSettings<SmtpRelay>| s.lease = Duration::from_secs(1);
    let workers = [outbox.work_over(relay(), short), outbox.work_over(relay(), short)];
    outbox.until("sent", |n| n("sent") == 1).await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(sink.kept().len(), 1);
}

async fn a_stop_finishes_what_is_in_flight_and_gives_the_rest_back(by: Transport) {
    let outbox = many(by, 200).await;
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
    let outbox = many(Transport::Pipelined, 40).await;
    outbox.run("update deliveries set priority = 9").await;
    outbox.add("urgent@bank.example", "").await;
    let claimed = outbox::claim(&outbox.pool, Uuid::new_v4(), 1, Duration::from_secs(9)).await.expect("a claim");
    assert_eq!(claimed[0].address, "urgent@bank.example");
}
