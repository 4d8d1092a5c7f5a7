//! 情勢判断: what a coordinator makes of the situation, and what it proposes to the centre.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::kernel::ids::AccountId;
use sqlx::AssertSqlSafe;

use crate::directory::roster::world;
use crate::support::{Client, factory};

const SITUATION: &str = "/judgements/ceptoars/banks";

fn judged<'a>(grade: &'a str, title: &'a str, proposal: &'a str) -> [(&'a str, &'a str); 4] {
    [("grade", grade), ("title", title), ("body", "複数の銀行で同じ現象がある。"), ("proposal", proposal)]
}

async fn write(client: &mut Client, fields: &[(&str, &str)]) -> String {
    let done = client.post(SITUATION, fields).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
    done.location().split('?').next().expect("a path").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_judges_and_the_centre_answers_what_is_proposed() {
    let mut w = world().await;
    let mut coordinator = w.app.signed_in("coordinator").await;
    let page = coordinator.get(SITUATION).await;
    assert!(page.body.contains("まだ判断が書かれていません") && page.texts("[data-picture] div").len() == 4);
    let refused = coordinator.post(SITUATION, &[("title", ""), ("body", "残る文章")]).await;
    assert_eq!((refused.status, refused.texts(".error-summary a").len()), (422, 2), "{}", refused.body);
    assert!(refused.body.contains("残る文章") && refused.body.contains("状況を選んでください"), "what was typed stays");
    let long = "長".repeat(4001);
    let refused = coordinator.post(SITUATION, &[("grade", "calm"), ("title", "x"), ("body", &long)]).await;
    assert!(refused.status == 422 && refused.texts("#body-error").concat().contains("4000"), "{}", refused.status);
    let own = write(&mut coordinator, &judged("watch", "様子を見る", "")).await;
    let proposed =
        write(&mut coordinator, &judged("alert", "分野を越えて知らせたい", "早期警戒情報の発出を検討してほしい")).await;
    let page = coordinator.get(SITUATION).await;
    assert!(page.texts("[data-current]").concat().contains("警戒"), "the newest holds");
    assert!(page.texts("[data-past]").concat().contains("様子を見る"));
    // The centre sees the proposal, a task for it, and not what was thought aloud.
    let mut analyst = w.app.signed_in("analyst").await;
    assert!(analyst.get("/").await.texts("[data-task]").concat().contains("提案1件に回答してください"));
    let list = analyst.get("/judgements").await.texts("[data-judgements] .item");
    assert!(list.len() == 1 && list[0].contains("分野を越えて知らせたい"), "{list:?}");
    assert_eq!(analyst.get(&own).await.status, 404);
    assert_eq!(analyst.get(SITUATION).await.status, 404, "the desk's own workspace");
    let answer = format!("{proposed}/answer");
    let refused = analyst.post(&answer, &[("choice", "taken_up")]).await;
    assert!(refused.status == 422 && refused.body.contains("value=\"taken_up\" checked"), "{}", refused.body);
    let said = [("choice", "taken_up"), ("words", "本日中に発出します。")];
    assert!(analyst.post(&answer, &said).await.location().ends_with("done=answered"));
    let late = w.app.signed_in("approver").await.post(&answer, &[("choice", "declined"), ("words", "別の回答")]).await;
    assert!(
        late.status == 409 && late.body.contains("別の回答") && late.body.contains("本日中に発出します"),
        "{}",
        late.body
    );
    assert!(coordinator.get(&proposed).await.texts("[data-answer]").concat().contains("採用して対応する"));
    assert_eq!(analyst.get("/").await.texts("[data-task]").concat(), "", "answered");
    // What is answered stays; what is not may be taken back, with a reason.
    let back = coordinator.post(&format!("{proposed}/withdrawal"), &[("reason", "誤り")]).await;
    assert!(back.status == 409 && back.body.contains("誤り"), "{}", back.status);
    assert_eq!(coordinator.post(&format!("{own}/withdrawal"), &[("reason", " ")]).await.status, 422);
    let back = coordinator.post(&format!("{own}/withdrawal"), &[("reason", "書き間違い")]).await;
    assert!(back.location().ends_with("done=withdrawn"));
    assert!(coordinator.get(&own).await.texts("[data-gone]").concat().contains("書き間違い"));
    let trail = w
        .texts("select action || detail::text from audit_events where action like 'judgement.%' order by sequence")
        .await;
    assert_eq!(trail.len(), 4, "{trail:?}");
    assert!(!trail.concat().contains("分野"), "the trail says that, not what: {trail:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_learns_of_a_judgement() {
    let mut w = world().await;
    let mut coordinator = w.app.signed_in("coordinator").await;
    let own = write(&mut coordinator, &judged("calm", "内輪の判断", "")).await;
    let proposed = write(&mut coordinator, &judged("alert", "提案", "頼みたいこと")).await;
    assert_eq!(w.app.signed_in("desk").await.get(&own).await.status, 200, "the desk works with its coordinator");
    for name in ["life-desk", "liaison", "handler", "bank-admin", "reader", "auditor", "operator"] {
        let mut client = w.app.signed_in(name).await;
        for path in [&own, &proposed, SITUATION] {
            assert_eq!(client.get(path).await.status, 404, "{name} {path}");
        }
        let list = client.get("/judgements").await;
        assert!(!list.body.contains("内輪の判断") && !list.body.contains("提案</a>"), "{name}");
        for path in [SITUATION.to_owned(), format!("{proposed}/answer"), format!("{proposed}/withdrawal")] {
            let fields =
                [&judged("calm", "偽", "")[..], &[("choice", "noted"), ("words", "x"), ("reason", "x")]].concat();
            assert_eq!(client.post(&path, &fields).await.status, 404, "{name} {path}");
        }
    }
    assert_eq!(
        coordinator.post(&format!("{proposed}/answer"), &[("choice", "noted"), ("words", "x")]).await.status,
        404
    );
    assert_eq!(w.number("select count(*) from judgements").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_keeps_judgements_where_the_code_forgot() {
    let mut w = world().await;
    let mut coordinator = w.app.signed_in("coordinator").await;
    write(&mut coordinator, &judged("calm", "内輪の判断", "")).await;
    write(&mut coordinator, &judged("alert", "提案", "頼みたいこと")).await;
    for (name, sees, answers, takes_back) in [
        ("coordinator", 2, false, true),
        ("desk", 2, false, true),
        ("analyst", 1, true, false),
        ("life-desk", 0, false, false),
        ("handler", 0, false, false),
        ("liaison", 0, false, false),
    ] {
        let account = w.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        let account = account[0].parse().map(AccountId).expect("an id");
        let asked = [
            ("judgement_answer(judgement_id, 'noted', 'x')", answers),
            ("judgement_take_back(judgement_id, 'x')", takes_back),
        ];
        for (function, may) in asked {
            let ids = w.texts("select judgement_id::text from judgements where proposal <> ''").await;
            let mut tx = w.app.state.db.begin(Some(account), w.app.state.clock.now()).await.expect("a transaction");
            let seen: i64 =
                sqlx::query_scalar("select count(*) from judgements").fetch_one(&mut *tx).await.expect("a count");
            assert_eq!(seen, sees, "{name}");
            let sql = format!("select {}", function.replace("judgement_id", &format!("'{}'", ids[0])));
            let done: bool = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *tx).await.expect("an answer");
            assert_eq!(done, may, "{name} {function}");
        }
        for write in [
            "insert into judgements (judgement_id, ceptoar_id, grade, title, body, written_by, written_by_name, written_at)
             select gen_random_uuid(), 'life', 'calm', 'x', 'x', viewer_account(), display_name, viewer_now()
             from accounts where account_id = viewer_account()",
            "insert into judgements (judgement_id, ceptoar_id, grade, title, body, written_by, written_by_name, written_at)
             select gen_random_uuid(), 'banks', 'calm', 'x', 'x', viewer_account(), 'somebody else', viewer_now()",
            "update judgements set title = 'x'",
            "delete from judgements",
        ] {
            if name == "life-desk" && write.contains("'life'") {
                continue;
            }
            let mut tx = w.app.state.db.begin(Some(account), w.app.state.clock.now()).await.expect("a transaction");
            assert!(sqlx::query(write).execute(&mut *tx).await.is_err(), "{name}: {write}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_their_own_proposal() {
    let w = world().await;
    let mut coordinator = w.app.signed_in("coordinator").await;
    let proposed = write(&mut coordinator, &judged("alert", "題名", "検討してほしい")).await;
    let mut db = w.app.database.owner().await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    let account = sqlx::query_scalar("select account_id from accounts where sign_in_name = 'coordinator'")
        .fetch_one(&mut db)
        .await
        .expect("an account");
    factory::affiliate(&mut db, account, Role::NiscAnalyst, nisc, None, None).await;
    let answer = format!("{proposed}/answer");
    let said = [("choice", "noted"), ("words", "自分の回答")];
    assert_eq!(w.app.signed_in("coordinator").await.post(&answer, &said).await.status, 409);
    assert!(w.app.signed_in("analyst").await.post(&answer, &said).await.location().ends_with("done=answered"));
}
