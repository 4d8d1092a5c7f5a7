//! A paused queue: nothing is claimed, nothing is lost, and it goes on; what workers say of the relay.

use std::time::Duration;

use ceptoar_portal::platform::config::Transport;
use ceptoar_portal::platform::mail::outbox;
use uuid::Uuid;

use super::{Outbox, many};
use crate::support::sink::Sink;
use ceptoar_portal::platform::mail::smtp_server::{Moment, Verdict};

over_each_transport! {
    a_worker_obeys_a_pause_and_goes_on_after_it,
    who_is_refused_by_the_relay_says_so_and_tries_when_told,
}

const ACCOUNT: &str = "insert into accounts (account_id, sign_in_name, display_name, password_hash, created_at)
                       values ('00000000-0000-0000-0000-000000000001', 'operator', 'operator', 'x', now())";
const PAUSE: &str = "insert into mail_pauses (reason, begun_by) values ('x', '00000000-0000-0000-0000-000000000001')";
const RESUME: &str = "update mail_pauses set ended_by = begun_by, ended_at = now()";
const LEASE: Duration = Duration::from_secs(30);

async fn claimable(outbox: &Outbox) -> usize {
    outbox::claim(&outbox.pool, Uuid::new_v4(), 100, LEASE).await.expect("a claim").len()
}

#[tokio::test]
async fn a_paused_queue_gives_nothing_out_and_gives_nothing_up() {
    let outbox = many(Transport::Pipelined, 3).await;
    outbox.run(ACCOUNT).await;
    outbox.run(PAUSE).await;
    outbox.run("update deliveries set give_up_at = now() - interval '1 minute' where delivery_id = (select min(delivery_id::text)::uuid from deliveries)").await;
    assert_eq!(claimable(&outbox).await, 0);
    assert_eq!(outbox::next_due(&outbox.pool).await.expect("an answer"), None, "a worker rests meanwhile");
    assert_eq!(outbox::expire(&outbox.pool).await.expect("an answer"), 0);
    outbox.run(RESUME).await;
    assert_eq!(outbox::expire(&outbox.pool).await.expect("an answer"), 1);
    assert_eq!(claimable(&outbox).await, 2);
}

async fn a_worker_obeys_a_pause_and_goes_on_after_it(by: Transport) {
    let outbox = many(by, 200).await;
    outbox.run(ACCOUNT).await;
    let sink = Sink::slow(|moment, _| {
        (if moment == Moment::End { Duration::from_millis(40) } else { Duration::ZERO }, Verdict::Accept)
    })
    .await;
    let worker = outbox.work(sink.url());
    outbox.until("some sent", |n| n("sent") >= 10).await;
    outbox.run(PAUSE).await;
    outbox.until("nothing is held", |n| n("sending") == 0).await;
    let sent = sink.kept().len();
    assert!(sent < 150, "the rest waits: {sent}");
    outbox.add("later@bank.example", "架空銀行").await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(sink.kept().len(), sent, "not one more");
    outbox.run(RESUME).await;
    outbox.until("all sent", |n| n("sent") == 201).await;
    worker.stop().await;
    assert_eq!(sink.kept().len(), 201, "each once");
}

async fn who_is_refused_by_the_relay_says_so_and_tries_when_told(by: Transport) {
    let outbox = many(by, 3).await;
    let open = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let gate = open.clone();
    let sink = Sink::scripted(move |moment, _| {
        let refused = moment == Moment::Sender && !gate.load(std::sync::atomic::Ordering::Relaxed);
        if refused { Verdict::Say(550, "5.7.1 not you") } else { Verdict::Accept }
    })
    .await;
    // The pause of a broken side of ours is thirty times the first one: nobody waits that long here.
    let worker = outbox.work_over(outbox.relay(sink.url()), |s| s.first_pause = Duration::from_secs(20));
    let trouble = "update mail_workers set try_now = try_now where trouble = '550 5.7.1 sender' and ours";
    while outbox.run(trouble).await == 0 {
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    outbox.until("all wait", |n| n("queued") == 3).await;
    open.store(true, std::sync::atomic::Ordering::Relaxed);
    outbox.run("update mail_workers set try_now = true").await;
    outbox.until("all sent", |n| n("sent") == 3).await;
    while outbox.run("update mail_workers set try_now = try_now where trouble is null and trouble_since is null").await
        == 0
    {
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    worker.stop().await;
}
