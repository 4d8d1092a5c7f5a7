//! F10: a restored database sends nothing before somebody releases it.

use std::time::{Duration, Instant};

use sqlx::Row;

use crate::ALONE;
use crate::field::Field;
use crate::ledger::Ledger;

const RECIPIENTS: usize = 40;

/// The statement that operations.md tells to run between a restore and the first start.
fn documented_pause() -> String {
    let text = include_str!("../../docs/operations.md");
    let from = text.find("insert into mail_pauses").expect("the statement in docs/operations.md");
    let length = text[from..].find(';').expect("its end");
    text[from..=from + length].to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_back_up_had_queued_waits_until_the_pause_is_ended() {
    let _alone = ALONE.lock().await;
    let field = Field::prepare("restored", "pipelined", RECIPIENTS).await;
    let ledger = Ledger::open("restored").await;
    let mut root = field.root().await;
    sqlx::raw_sql(
        "insert into accounts (sign_in_name, display_name, password_hash, demonstration, created_at)
         values ('sato', 'sato', 'x', false, now())",
    )
    .execute(&mut root)
    .await
    .expect("an account");
    // Twice: a back-up may hold a pause already.
    for _ in 0..2 {
        sqlx::raw_sql(sqlx::AssertSqlSafe(documented_pause())).execute(&mut root).await.expect("a pause");
    }
    let mut worker = field.worker(&ledger.sink);
    let begin = Instant::now();
    // It must have been at work, and not only have failed to start.
    let seen = "select count(*) from mail_workers";
    while sqlx::query(seen).fetch_one(&mut root).await.expect("workers").get::<i64, _>(0) == 0 {
        assert!(begin.elapsed() < Duration::from_secs(30), "a worker that does not begin");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sqlx::raw_sql("notify outbox").execute(&mut root).await.expect("a knock");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(ledger.read().len(), 0, "a mail left before anybody released the queue");
    let queued = sqlx::query("select count(*) from deliveries where state = 'queued' and attempts = 0");
    assert_eq!(
        queued.fetch_one(&mut root).await.expect("rows").get::<i64, _>(0),
        i64::try_from(RECIPIENTS).expect("few")
    );

    sqlx::raw_sql("update mail_pauses set ended_by = begun_by, ended_at = now() where ended_at is null; notify outbox")
        .execute(&mut root)
        .await
        .expect("its end");
    let begin = Instant::now();
    while !field.is_quiet().await {
        assert!(begin.elapsed() < Duration::from_secs(120), "released, and not sent: {:?}", field.rows().await);
        field.hurry().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!ledger.read().is_empty());
    field.signal(&worker, "TERM");
    assert!(worker.wait().expect("its end").success());
}
