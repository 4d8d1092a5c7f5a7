//! A firm answers: typed, saved, sent, changed; late, twice at once, wrong.

use ceptoar_portal::features::surveys::reminding;
use ceptoar_portal::platform::db;
use chrono::TimeDelta;

use super::world::{ANSWERS, KEEPERS, NAMED, ask, make, opened, step, version, with, world};

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_saves_sends_and_sends_again_and_the_last_state_counts() {
    let mut world = world().await;
    let survey = opened(&world).await;
    let mut keeper = world.w.app.signed_in("bank-admin").await;
    let home = keeper.get("/").await;
    assert!(home.body.contains("調査「2026年度 利用システム調査」に回答してください"), "{}", home.body);
    let asked = keeper.get(&survey).await;
    assert!(asked.body.contains("事務局が会社名とともに見る"), "said before anybody answers");
    let path = world.form(&survey, "bank-admin");
    let saved = keeper.post(&path, &[("version", "0"), ("act", "save"), ("answer_3", "12")]).await;
    assert!(saved.location().ends_with("?done=saved"), "{:?}", saved.texts(".error-summary"));
    let page = keeper.get(&path).await;
    assert_eq!(page.values("#answer_3"), ["12"]);
    assert_eq!(world.w.number("select count(*) from survey_answers").await, 0, "nothing is sent yet");
    let mut desk = world.w.app.signed_in("desk").await;
    assert!(!desk.get(&survey).await.body.contains("回答済"));
    let sent = world.answer(&survey, "bank-admin", &ANSWERS).await;
    assert!(sent.location().ends_with("?done=sent"), "{:?}", sent.texts(".error-summary"));
    assert!(!keeper.get("/").await.body.contains("に回答してください"), "the task ends by itself");
    let again = with(&ANSWERS, &[("answer_1", "3"), ("product_5_1", "別の製品")]);
    assert_eq!(world.answer(&survey, "bank-admin", &again).await.status, 303);
    let rows = world
        .w
        .texts(
            "select place || coalesce(trim_scale(number)::text, '') || words || product from survey_answers order by 1",
        )
        .await;
    assert_eq!(rows, ["1120", "1人手が足りない", "1別の製品", "2", "3"], "{rows:?}");
    let page = desk.get(&survey).await;
    assert!(page.body.contains("回答済"));
    let read = page.hrefs("[data-firms] a").remove(0);
    let answers = desk.get(&read).await;
    assert!(answers.body.contains("別の製品") && answers.body.contains("120台") && answers.body.contains("使わない"));
    let acts = world
        .w
        .texts("select action from audit_events where action ~ '^survey.(save|send|read)$' order by sequence")
        .await;
    assert_eq!(acts, ["survey.save", "survey.send", "survey.send", "survey.read"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_answers_are_said_at_their_question_and_kept() {
    let mut world = world().await;
    let survey = opened(&world).await;
    let fields = |page: &crate::support::Reply| page.attributes(".error-summary a", "href");
    for (field, other) in [
        ("#answer_1", [("answer_1", "")]),
        ("#answer_1", [("answer_1", "4")]),
        ("#answer_1", [("answer_1", "x")]),
        ("#answer_2", [("answer_2", "0")]),
        ("#answer_3", [("answer_3", "")]),
        ("#answer_3", [("answer_3", "10001")]),
        ("#answer_3", [("answer_3", "-1")]),
        ("#answer_3", [("answer_3", "many")]),
        ("#product_5_1", [("product_5_1", "")]),
    ] {
        let page = world.answer(&survey, "bank-admin", &with(&ANSWERS, &other)).await;
        assert_eq!((page.status, fields(&page)), (422, vec![field.to_owned()]), "{other:?}");
        assert!(page.body.contains("人手が足りない"), "what was typed stays");
    }
    let twice = [("vendor_5_2", "架空ネット"), ("product_5_2", "VPN gate"), ("release_5_2", "7.2")];
    let page = world.answer(&survey, "bank-admin", &with(&ANSWERS, &twice)).await;
    assert_eq!(fields(&page), ["#product_5_2"]);
    let both = world.answer(&survey, "bank-admin", &[&ANSWERS[..], &[("answer_1", "2")]].concat()).await;
    assert_eq!(fields(&both), ["#answer_1"], "one choice is one choice");
    // More rows than there may be, and questions that are not there.
    let many: Vec<String> = (1..=101).map(|row| format!("product_5_{row}")).collect();
    let names: Vec<String> = (1..=101).map(|row| format!("製品{row}")).collect();
    let rows: Vec<(&str, &str)> =
        many.iter().zip(&names).map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = world.answer(&survey, "bank-admin", &with(&ANSWERS, &rows)).await;
    assert_eq!(fields(&page), ["#vendor_5_1"]);
    assert!(page.body.contains("製品は100件まで") && page.body.contains("製品101"));
    assert_eq!(world.answer(&survey, "bank-admin", &with(&ANSWERS, &rows[..100])).await.status, 303);
    for stranger in [("answer_6", "1"), ("vendor_1_1", "x"), ("product_5_104", "x"), ("visibility", "counted")] {
        assert_eq!(
            world.answer(&survey, "rival-admin", &with(&ANSWERS, &[stranger])).await.status,
            400,
            "{stranger:?}"
        );
    }
    assert_eq!(world.w.number("select count(distinct organisation_id) from survey_answers").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_people_of_a_firm_the_second_sees_what_changed_and_keeps_their_text() {
    let mut world = world().await;
    let survey = opened(&world).await;
    let path = world.form(&survey, "bank-admin");
    let mut first = world.w.app.signed_in("bank-admin").await;
    let mut second = world.w.app.signed_in("bank-admin").await;
    let seen = version(&second.get(&path).await);
    assert_eq!(first.post(&path, &with(&ANSWERS, &[("version", &seen), ("act", "send")])).await.status, 303);
    let mine = with(&ANSWERS, &[("answer_3", "77"), ("version", &seen), ("act", "send")]);
    let page = second.post(&path, &mine).await;
    assert_eq!(page.status, 422);
    assert!(page.texts("[role=alert]").concat().contains("別の方が保存しました"));
    assert_eq!(page.values("#answer_3"), ["77"]);
    assert_eq!(page.texts("[data-stored]"), ["保存されている内容: １２０"], "only where it differs");
    let seen = version(&page);
    assert_eq!(second.post(&path, &with(&mine, &[("version", &seen)])).await.status, 303);
    assert_eq!(
        world.w.texts("select trim_scale(number)::text from survey_answers where number is not null").await,
        ["77"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn when_time_is_over_nothing_is_taken_and_what_was_typed_is_not_lost() {
    let mut world = world().await;
    let survey = opened(&world).await;
    let path = world.form(&survey, "bank-admin");
    let mut keeper = world.w.app.signed_in("bank-admin").await;
    let seen = version(&keeper.get(&path).await);
    let typed = with(&ANSWERS, &[("version", &seen), ("act", "send")]);
    let mut desk = world.w.app.signed_in("desk").await;
    step(&mut desk, &survey, "close", &[]).await;
    let page = keeper.post(&path, &typed).await;
    assert_eq!(page.status, 422);
    assert!(page.texts("[role=alert]").concat().contains("回答の受付は終わりました"));
    assert!(page.body.contains("人手が足りない") && page.texts("[name=act]").is_empty());
    assert!(keeper.get(&path).await.body.contains("この会社は回答していません"));
    // The end of the due day, by the clock of Japan.
    let second = opened(&world).await;
    world.w.app.state.clock.advance(TimeDelta::days(27));
    let path = world.form(&second, "rival-admin");
    let mut rival = world.w.app.signed_in("rival-admin").await;
    assert_eq!(rival.get(&path).await.values("input[name=version]"), ["0"], "on the due day itself");
    world.w.app.state.clock.advance(TimeDelta::days(1));
    let mut rival = world.w.app.signed_in("rival-admin").await;
    assert_eq!(rival.post(&path, &with(&ANSWERS, &[("version", "0"), ("act", "send")])).await.status, 422);
    let mut desk = world.w.app.signed_in("desk").await;
    let late = desk.get(&second).await;
    assert_eq!(late.texts(".table__row--attention").len(), 4);
    assert!(desk.get("/").await.body.contains("期限が過ぎました"), "the desk has to do something");
    assert!(!rival.get("/").await.body.contains("に回答してください"), "the firm cannot");
    assert_eq!(world.w.number("select count(*) from survey_answers").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firm_gets_one_letter_a_day_and_none_when_it_has_answered() {
    let mut world = world().await;
    let survey = opened(&world).await;
    let worker = db::pool(world.w.app.database.connections.worker.clone(), 2);
    let letters = "select count(*) from mails where subject like '%調査%'";
    assert_eq!(world.w.number(letters).await, 4);
    let mut desk = world.w.app.signed_in("desk").await;
    let by_hand = desk.post(&format!("{survey}/reminder"), &[]).await;
    assert!(by_hand.location().ends_with("letters=0"), "they were written to today: {}", by_hand.location());
    world.answer(&survey, "bank-admin", &ANSWERS).await;
    world.w.app.state.clock.advance(TimeDelta::days(1));
    let mut desk = world.w.app.signed_in("desk").await;
    for sent in ["letters=3", "letters=0"] {
        assert!(desk.post(&format!("{survey}/reminder"), &[]).await.location().ends_with(sent), "{sent}");
    }
    let now = |world: &super::world::World| world.w.app.state.clock.now();
    assert_eq!(reminding::remind(&worker, "http://portal.example", now(&world)).await.unwrap(), 0, "too early");
    world.w.app.state.clock.advance(TimeDelta::days(23));
    let at = now(&world);
    let (one, two) = tokio::join!(
        reminding::remind(&worker, "http://portal.example", at),
        reminding::remind(&worker, "http://portal.example", at)
    );
    assert_eq!(one.unwrap() + two.unwrap(), 3, "of two that try, one");
    assert_eq!(world.w.number(letters).await, 10);
    // More time: those who are silent are reminded again when it is due.
    let mut desk = world.w.app.signed_in("desk").await;
    let later = [("due_year", "2026"), ("due_month", "12"), ("due_day", "25")];
    step(&mut desk, &survey, "extend", &later).await;
    assert_eq!(reminding::remind(&worker, "http://portal.example", at).await.unwrap(), 0);
    world.w.app.state.clock.advance(TimeDelta::days(7));
    sqlx::query("update accounts set language = 'en' where sign_in_name = 'rival-admin'")
        .execute(&mut world.w.db)
        .await
        .unwrap();
    assert_eq!(reminding::remind(&worker, "http://portal.example", now(&world)).await.unwrap(), 3);
    assert_eq!(world.w.number("select count(*) from mails where subject like '%A survey is due'").await, 1);
    assert_eq!(
        world.w.number("select count(*) from audit_events where action = 'survey.remind' and account_id is null").await,
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joined_later_is_not_asked_and_who_left_stays_counted() {
    let mut world = world().await;
    let mut desk = world.w.app.signed_in("desk").await;
    let group = crate::support::factory::group(&mut world.w.db, "banks", "決済", &[world.third, world.fourth]).await;
    let survey = make(&mut desk, &with(&NAMED, &[("survey_group", &group), ("participation", "voluntary")])).await;
    ask(&mut desk, &survey, &[("question_kind", "one"), ("wording", "問い"), ("choices", "はい\nいいえ")]).await;
    step(&mut desk, &survey, "open", &[]).await;
    let mut outside = world.w.app.signed_in(KEEPERS[0]).await;
    assert_eq!(outside.get(&survey).await.status, 404);
    assert_eq!(outside.get(&world.form(&survey, KEEPERS[0])).await.status, 404);
    let mut third = world.w.app.signed_in("third-admin").await;
    assert!(third.get("/").await.body.contains("に回答できます(任意"), "voluntary");
    assert!(third.get(&survey).await.body.contains("回答は任意です"));
    assert_eq!(world.answer(&survey, "third-admin", &[("answer_1", "2")]).await.status, 303);
    sqlx::query("update memberships set valid = '[2018-04-01,2026-11-21)' where organisation_id = $1")
        .bind(world.third)
        .execute(&mut world.w.db)
        .await
        .unwrap();
    let page = desk.get(&survey).await;
    assert!(page.texts("[data-firms] tbody tr").concat().contains("退会"), "{:?}", page.texts("[data-firms] tbody tr"));
    let results = desk.get(&format!("{survey}/results")).await;
    assert!(results.texts("[data-question] tbody tr").concat().contains("1社(100%)"), "{}", results.body);
    let form = world.form(&survey, "third-admin");
    let changed = third.post(&form, &[("version", "1"), ("act", "send"), ("answer_1", "1")]).await;
    assert!(changed.status >= 400, "it has left: {}", changed.status);
    assert_eq!(world.w.texts("select place::text from survey_answers").await, ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_draft_holds_is_said_and_stays_on_the_page() {
    let world = world().await;
    let survey = opened(&world).await;
    let mut keeper = world.w.app.signed_in("bank-admin").await;
    let path = world.form(&survey, "bank-admin");
    let seen = version(&keeper.get(&path).await);
    // The same box a great many times: small on its way, large as it is kept.
    let mut typed = vec![("answer_1", "1"); 25_000];
    typed.extend([("version", seen.as_str()), ("act", "save")]);
    let reply = keeper.post(&path, &typed).await;
    assert_eq!(reply.status, 422, "{}", reply.texts("h1").concat());
    assert!(
        reply.texts(".error-summary").concat().contains("入力した内容が多すぎて"),
        "{:?}",
        reply.texts(".error-summary")
    );
}
