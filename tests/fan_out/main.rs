//! The fan-out under fire: real worker processes, a real database server and a relay in a mood.
//!
//! Workers are killed at random moments, one is suspended beyond its leases, one is asked to stop, and
//! the database is torn down once. Afterwards the relay's own record and the database must agree
//! (docs/security-walls.md, "Fault schedule": I1 to I7). `FAN_OUT_SEED` repeats a run.
#![allow(clippy::disallowed_methods, reason = "tests look behind the pages with plain queries")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop where it stands")]

#[path = "../it/support/sink.rs"]
mod sink;

mod check;
mod field;
mod ledger;
mod plan;
mod relay;
mod restored;
mod schedule;
mod start;
mod tls;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use field::{Dice, Field};
use ledger::Ledger;

const RECIPIENTS: usize = 600;
const KILLS: usize = 10;

/// Two of them at once would only slow each other down.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_little_repeated_whatever_dies() {
    under_fire("pipelined").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_little_repeated_step_by_step() {
    under_fire("stepwise").await;
}

async fn under_fire(transport: &'static str) {
    let _alone = ALONE.lock().await;
    let begin = Instant::now();
    let mut dice = Dice::new();
    let mut field = Field::prepare("fan_out", transport, RECIPIENTS).await;
    let ledger = Ledger::open(transport).await;
    let mut faults: Vec<Vec<String>> = Vec::new();

    for round in 0..KILLS {
        let mut worker = field.worker(&ledger.sink);
        dice.nap(150, 900).await;
        if round == KILLS / 2 {
            field.tear_down_database();
            field.bring_up_database().await;
            // The worker may have been told of nothing it had sent: everything it held is in question.
            faults.push(field.sending().await);
            dice.nap(200, 600).await;
        }
        field.signal(&worker, "KILL");
        worker.wait().expect("its end");
        faults.push(field.in_doubt(&ledger).await);
        field.hurry().await;
    }
    // Suspended beyond its leases while another goes on; then it wakes and must not do any harm.
    let mut zombie = field.worker(&ledger.sink);
    dice.nap(400, 800).await;
    field.signal(&zombie, "STOP");
    faults.push(field.in_doubt(&ledger).await);
    let mut heir = field.worker(&ledger.sink);
    tokio::time::sleep(field::LEASE + Duration::from_millis(500)).await;
    field.signal(&zombie, "CONT");
    dice.nap(300, 600).await;
    // A worker that is asked to stop leaves nothing in doubt.
    for worker in [&mut zombie, &mut heir] {
        field.signal(worker, "TERM");
        assert!(worker.wait().expect("its end").success(), "an orderly stop ends well");
    }
    assert_eq!(field.sending().await, Vec::<String>::new(), "an orderly stop gives everything back");

    let mut last = field.worker(&ledger.sink);
    while !field.is_quiet().await {
        assert!(
            begin.elapsed() < Duration::from_secs(120),
            "I7: the queue never came to rest: {:?}",
            field.rows().await
        );
        field.hurry().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    field.signal(&last, "TERM");
    last.wait().expect("its end");
    judge(&field, &ledger, &faults).await;
    println!("{} faults, {:?}", faults.len(), begin.elapsed());
}

/// The invariants.
async fn judge(field: &Field, ledger: &Ledger, faults: &[Vec<String>]) {
    let rows = field.rows().await;
    let stored = ledger.read();
    assert_eq!(rows.len(), RECIPIENTS);
    let mut copies: HashMap<&str, usize> = HashMap::new();
    let mut ids: HashMap<&str, &str> = HashMap::new();
    for line in &stored {
        assert!(rows.contains_key(&line.to), "I1: an outsider got a mail");
        *copies.entry(&line.to).or_default() += 1;
        let to = ids.entry(&line.id).or_insert(&line.to);
        assert_eq!(*to, line.to, "I4: one id, two recipients");
        assert_eq!(line.recipients, 1, "I4: one recipient per message");
        assert_eq!(line.text, stored[0].text, "I6: one text for all");
    }
    assert_eq!(ids.len(), copies.len(), "I4: copies of one recipient share one id");
    let mut repeated = 0;
    for (address, (state, reply)) in &rows {
        let copies = copies.get(address.as_str()).copied().unwrap_or(0);
        if ledger::is_dead(address) {
            assert_eq!((state.as_str(), copies), ("refused", 0), "{address}");
            assert_eq!(reply.as_deref(), Some("550 5.1.1 recipient"));
            continue;
        }
        assert!(copies >= 1, "I2: {address} got nothing and is {state}");
        assert_eq!(state, "sent", "I5: {address}");
        // A copy may follow another only where a fault, or a silent relay, left the first in doubt.
        let doubts = faults.iter().filter(|in_doubt| in_doubt.contains(address)).count();
        let silences = usize::from(ledger::is_silent(address));
        assert!(copies <= 1 + doubts + silences, "I3: {copies} copies to {address}, {doubts} doubts");
        repeated += copies - 1;
    }
    println!("{} copies stored, {repeated} of them repeats", stored.len());
}
