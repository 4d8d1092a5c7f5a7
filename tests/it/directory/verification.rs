//! Proof of life: every window is asked, one deliberate act proves it, and what is dead becomes somebody's task.

use ceptoar_portal::features::directory::verification::reminding;
use ceptoar_portal::kernel::ids::AccountId;
use sqlx::AssertSqlSafe;

use super::roster::{World, world};
use crate::support::{Client, Reply};

pub const BOARD: &str = "/directory/banks/verification";

pub fn opening<'a>(scope: &'a str, sure: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("scope", scope), ("due_year", "2026"), ("due_month", "12"), ("due_day", "4"), ("sure", sure)]
}

pub async fn opened(w: &World) -> Client {
    let mut desk = w.app.signed_in("desk").await;
    let done = desk.post(BOARD, &opening("all", "true")).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
    desk
}

/// The newest link that an address got, as a path.
pub async fn link(w: &mut World, address: &str) -> String {
    let bodies = w
        .texts(&format!(
            "select m.body from mails m join deliveries d using (mail_id) join delivery_addresses a using (delivery_id)
             where a.address = '{address}' and m.body like '%/verification/%' order by m.created_at desc"
        ))
        .await;
    let body = bodies.first().expect("a letter");
    let at = body.find("/verification/").expect("a link");
    body[at..].split_whitespace().next().expect("a path").to_owned()
}

pub async fn run(w: &mut World, sql: &str) {
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut w.db).await.expect("as the owner");
}

/// Standing of each window on the board, by address of the window's label.
pub fn standings(page: &Reply) -> Vec<String> {
    page.texts("tbody td[data-label=状況]")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_window_is_asked_and_one_act_proves_it() {
    let mut w = world().await;
    run(&mut w, "update contact_channels set last_verified_on = null").await;
    let mut desk = opened(&w).await;
    let page = desk.get(BOARD).await;
    assert_eq!(standings(&page), ["回答待ち", "回答待ち", "回答待ち"], "the members of another CEPTOAR are not asked");
    assert_eq!(w.number("select count(*) from mails where body like '%/verification/%'").await, 3);
    let path = link(&mut w, "soc@bank.example").await;
    let mut reader = w.app.visitor();
    for _ in 0..3 {
        let question = reader.get(&path).await;
        assert_eq!(question.status, 200);
        assert!(question.body.contains("s***@bank.example") && !question.body.contains("soc@bank.example"));
        assert!(!question.body.contains(path.trim_start_matches("/verification/")), "the link is not on its page");
    }
    assert_eq!(w.number("select count(*) from window_proofs").await, 0, "looking proves nothing");
    let done = reader.post(&path, &[("answer", "alive")]).await;
    assert!(done.body.contains("確認できました"), "{}", done.body);
    assert!(reader.get(&path).await.body.contains("確認できました"));
    assert_eq!(w.number("select count(*) from window_proofs").await, 1);
    assert_eq!(
        w.texts("select value || last_verified_on from contact_channels where last_verified_on is not null").await,
        ["soc@bank.example2026-11-21"]
    );
    assert_eq!(w.number("select count(*) from directory_versions").await, 0, "a proof is not a change");
    let shown = desk.get(&w.bank_page()).await.texts(".window__routes li").concat();
    assert!(shown.contains("最終確認 2026/11/21(メールのリンク)"), "{shown}");
    let page = desk.get(BOARD).await;
    assert_eq!(standings(&page), ["回答待ち", "回答待ち", "確認済"]);
    assert!(page.texts(".tally").concat().contains("(3か所のうち1か所) 33%"), "{:?}", page.texts(".tally"));
    let detail = w.texts("select detail::text from audit_events where action like 'verification.%'").await.concat();
    assert!(detail.contains("alive") && detail.contains("\"letters\": 3") && !detail.contains('@'), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_or_came_back_is_a_task_until_it_is_mended() {
    let mut w = world().await;
    let mut desk = opened(&w).await;
    let path = link(&mut w, "night@bank.example").await;
    let mut reader = w.app.visitor();
    let long = "長".repeat(301);
    let refused = reader.post(&path, &[("answer", "moved"), ("remark", &long)]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains(&long), "what was typed stays");
    assert_eq!(reader.post(&path, &[("answer", "perhaps")]).await.status, 422);
    let told = reader.post(&path, &[("answer", "moved"), ("remark", "業務部に移りました")]).await;
    assert!(told.body.contains("事務局に伝えました"));
    // A second answer changes nothing.
    reader.post(&path, &[("answer", "alive")]).await;
    run(
        &mut w,
        "update deliveries d set state = 'refused', settled_at = now() from delivery_addresses a
                 where a.delivery_id = d.delivery_id and a.address = 'soc@rival.example'",
    )
    .await;
    let page = desk.get(BOARD).await;
    assert_eq!(standings(&page), ["メール不達", "変更が必要 伝言: 業務部に移りました", "回答待ち"]);
    let task = desk.get("/").await.texts("[data-task]").concat();
    assert!(task.contains("回答待ち1か所"), "a letter that came back waits for nobody: {task}");
    assert!(task.contains("連絡先を直す窓口が2か所"), "{task}");
    let only = desk.get(&format!("{BOARD}?standing=moved")).await;
    assert_eq!(only.texts("tbody tr").len(), 1);
    // Who answers the telephone is alive; the dead address stays a task.
    let rival = w.texts("select contact_id::text from contact_channels where value = 'soc@rival.example'").await;
    run(
        &mut w,
        &format!(
            "insert into contact_channels (contact_id, position, kind, value, hours, valid)
                          values ('{}', 2, 'phone', '03-0000-5678', 'always', '[2018-04-01,)')",
            rival[0]
        ),
    )
    .await;
    let call = format!("{BOARD}/windows/{}", rival[0]);
    let form = desk.get(&call).await;
    assert!(form.body.contains("03-0000-5678"), "{}", form.body);
    let wrong = desk.post(&call, &[("way", "7"), ("spoke_with", "")]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.texts(".error-summary a").len(), 2, "{:?}", wrong.texts(".error-summary"));
    let done = desk.post(&call, &[("way", "0"), ("spoke_with", "当直")]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(w.texts("select value || spoke_with from window_proofs where way = 'call'").await, ["03-0000-5678当直"]);
    assert_eq!(standings(&desk.get(BOARD).await)[0], "メール不達");
    // Asked again at once: nobody. A day later: the silent one, and whoever has another address now.
    let page = desk.get(BOARD).await;
    let again = desk.press(&page, "form[action$=reminder]", &[]).await;
    assert!(again.location().ends_with("done=nobody"), "{}", again.location());
    run(&mut w, "update contact_channels set value = 'new@rival.example' where value = 'soc@rival.example'").await;
    run(&mut w, "update verification_requests set asked_at = asked_at - interval '1 day'").await;
    let old = link(&mut w, "soc@bank.example").await;
    let again = desk.press(&page, "form[action$=reminder]", &[]).await;
    assert!(again.location().ends_with("done=reminded"), "{}", again.location());
    assert_eq!(standings(&desk.get(BOARD).await)[0], "変更が必要 伝言: 業務部に移りました");
    let new = link(&mut w, "new@rival.example").await;
    assert_eq!(reader.get(&new).await.status, 200);
    assert_eq!(reader.get(&old).await.status, 404, "only the newest link works");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_ends_with_its_links_and_leaves_its_result() {
    let mut w = world().await;
    let mut desk = opened(&w).await;
    let path = link(&mut w, "soc@bank.example").await;
    let page = desk.get(BOARD).await;
    let second = desk.post(BOARD, &opening("all", "true")).await;
    assert_eq!(second.status, 422);
    assert!(second.body.contains("別の確認が実施中です"), "{}", second.body);
    let ended = desk.press(&page, "form[action$=end]", &[]).await;
    assert!(ended.location().ends_with("done=ended"), "{}", ended.body);
    let mut reader = w.app.visitor();
    let dead = reader.get(&path).await;
    let unknown = reader.get(&format!("/verification/{}", "0".repeat(64))).await;
    assert_eq!((dead.status, dead.without_request_id()), (unknown.status, unknown.without_request_id()));
    assert_eq!(reader.post(&path, &[("answer", "alive")]).await.status, 404);
    assert!(desk.get(BOARD).await.body.contains("0 / 3か所を確認"));
    // What is fresh is not asked in a round of the unproven.
    run(&mut w, "update contact_channels set last_verified_on = '2026-10-01' where value <> 'night@bank.example'")
        .await;
    run(&mut w, "update contact_channels set last_verified_on = '2026-08-01' where value = 'night@bank.example'").await;
    assert_eq!(desk.post(BOARD, &opening("unproven", "true")).await.status, 303);
    assert_eq!(desk.get(BOARD).await.texts("tbody tr").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_wrong_is_said_and_nobody_is_asked() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    for (form, field) in [
        (opening("all", ""), "sure"),
        (opening("some", "true"), "scope"),
        (vec![("scope", "all"), ("due_year", "2026"), ("due_month", "11"), ("due_day", "21"), ("sure", "true")], "due"),
        (vec![("scope", "all"), ("due_year", "2027"), ("due_month", "3"), ("due_day", "1"), ("sure", "true")], "due"),
        (vec![("scope", "all"), ("due_year", "x"), ("due_month", "13"), ("due_day", "0"), ("sure", "true")], "due"),
    ] {
        let refused = desk.post(BOARD, &form).await;
        assert_eq!(refused.status, 422, "{form:?}");
        assert_eq!(refused.values(".error-summary a[href]").len(), 0);
        assert!(
            refused.body.contains(&format!("href=\"#{field}\"")),
            "{form:?}: {:?}",
            refused.texts(".error-summary")
        );
    }
    assert_eq!(w.number("select count(*) from verification_rounds").await, 0);
    assert_eq!(w.number("select count(*) from mails").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_are_their_own_desks_alone() {
    let mut w = world().await;
    opened(&w).await;
    let round = w.texts("select round_id::text from verification_rounds").await.concat();
    let window = w.window;
    let nowhere = w.app.signed_in("desk").await.get("/directory/nowhere/verification").await;
    assert_eq!(nowhere.status, 404);
    for name in ["life-desk", "bank-admin", "handler", "analyst", "approver", "liaison", "auditor"] {
        let mut other = w.app.signed_in(name).await;
        assert_eq!(other.get(BOARD).await.status, 404, "{name}");
        assert_eq!(other.get(&format!("{BOARD}/windows/{window}")).await.status, 404, "{name}");
        for path in [BOARD.to_owned(), format!("{BOARD}/{round}/end"), format!("{BOARD}/{round}/reminder")] {
            assert_eq!(other.post(&path, &opening("all", "true")).await.status, 404, "{name} {path}");
        }
    }
    // A coordinator looks and does nothing.
    let mut coordinator = w.app.signed_in("coordinator").await;
    let page = coordinator.get(BOARD).await;
    assert_eq!((page.status, page.texts("main form").len()), (200, 0));
    assert_eq!(coordinator.post(&format!("{BOARD}/{round}/end"), &[]).await.status, 404);
    // A round of one CEPTOAR is not reached through another's address.
    let mut life = w.app.signed_in("life-desk").await;
    for what in ["end", "reminder"] {
        assert_eq!(life.post(&format!("/directory/life/verification/{round}/{what}"), &[]).await.status, 404);
    }
    assert_eq!(life.get(&format!("/directory/life/verification/windows/{window}")).await.status, 404);
    assert_eq!(w.number("select count(*) from verification_rounds where closed_at is null").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_security_alone_keeps_rounds_apart() {
    let mut w = world().await;
    opened(&w).await;
    let count = |table: &'static str| format!("select count(*) from {table}");
    let mut seen = Vec::new();
    for name in ["desk", "life-desk", "bank-admin", "analyst"] {
        let account = w.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        let account = account[0].parse().map(AccountId).expect("an id");
        let now = w.app.state.clock.now();
        let mut tx = w.app.state.db.begin(Some(account), now).await.expect("a transaction");
        for table in ["verification_rounds", "verification_requests"] {
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(count(table))).fetch_one(&mut *tx).await.expect("a count");
            seen.push(rows);
        }
        let letter = sqlx::query(
            "select enqueue_window_letters(array[$1]::uuid[], array['x@evil.example'], array['x'], array['ja'],
                                           array['s'], array['b'], array['\\x00'::bytea], 20::smallint, now())",
        )
        .bind(w.second)
        .execute(&mut *tx)
        .await;
        assert_eq!(letter.is_ok(), matches!(name, "desk" | "bank-admin"), "{name}: {letter:?}");
    }
    assert_eq!(seen, [1, 3, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_windows_are_asked_again_by_themselves_each_time_once() {
    let mut w = world().await;
    // Day by day and by hand the clock is the portal's; the desk signs in anew each time.
    opened(&w).await;
    let answered = link(&mut w, "soc@bank.example").await;
    assert!(w.app.visitor().post(&answered, &[("answer", "alive")]).await.body.contains("確認できました"));
    let moved = link(&mut w, "night@bank.example").await;
    w.app.visitor().post(&moved, &[("answer", "moved"), ("remark", "移りました")]).await;
    let first = link(&mut w, "soc@rival.example").await;
    // Somebody without an address is asked by nobody.
    run(
        &mut w,
        "insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, valid)
                 select gen_random_uuid(), organisation_id, ceptoar_id, 5, '無線', false, valid from contacts
                 where label = '窓口' and position = 2",
    )
    .await;
    run(
        &mut w,
        "insert into verification_requests (round_id, contact_id, organisation_id, asked_at)
                 select r.round_id, k.contact_id, k.organisation_id, r.opened_at from verification_rounds r, contacts k
                 where k.label = '無線'",
    )
    .await;
    let worker = sqlx::PgPool::connect_with(w.app.database.connections.worker.clone()).await.expect("a pool");
    let mut days = Vec::new();
    for _ in 0..24 {
        w.app.state.clock.advance(chrono::TimeDelta::days(1));
        for _ in 0..2 {
            let now = w.app.state.clock.now();
            let (one, two) = tokio::join!(
                reminding::remind(&worker, "http://portal.example", now),
                reminding::remind(&worker, "http://portal.example", now)
            );
            let sent = one.expect("reminders") + two.expect("reminders");
            if sent > 0 {
                assert_eq!(sent, 1, "the silent one alone, by one process");
                days.push(ceptoar_portal::kernel::clock::japan_day(now).to_string());
            }
        }
    }
    assert_eq!(days, ["2026-12-01", "2026-12-05"], "three days before, and on the day after");
    let letters = w
        .texts(
            "select address || ' ' || subject from mails join deliveries using (mail_id)
             join delivery_addresses using (delivery_id) where mails.created_at > '2026-11-30' order by mails.created_at",
        )
        .await;
    assert_eq!(
        letters,
        [
            "soc@rival.example 【再送・要確認】緊急窓口の連絡先の確認",
            "soc@rival.example 【期限超過】緊急窓口の連絡先の確認"
        ]
    );
    let newest = link(&mut w, "soc@rival.example").await;
    let mut reader = w.app.visitor();
    assert_eq!(reader.get(&first).await.status, 404, "only the newest link works");
    assert!(reader.post(&newest, &[("answer", "alive")]).await.body.contains("確認できました"));
    let kept =
        w.texts("select concat_ws(' ', occasion, on_day, letters) from verification_reminders order by on_day").await;
    assert_eq!(kept, ["before_3 2026-12-01 1", "after_1 2026-12-05 1"]);
    let trail = w.texts("select detail::text from audit_events where action = 'verification.remind' order by 1").await;
    assert!(trail.len() == 2 && trail[0].contains("after_1") && !trail.concat().contains('@'), "{trail:?}");
    // By hand it is still the desk's: of those who moved, whoever has another address since.
    run(&mut w, "update contact_channels set value = 'day@bank.example' where value = 'night@bank.example'").await;
    let mut desk = w.app.signed_in("desk").await;
    let page = desk.get(BOARD).await;
    assert!(page.body.contains("自動でもう一度送ります"));
    let again = desk.press(&page, "form[action$=reminder]", &[]).await;
    assert!(again.location().ends_with("done=reminded"), "{}", again.location());
    link(&mut w, "day@bank.example").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_just_now_or_is_over_is_left_alone() {
    let mut w = world().await;
    opened(&w).await;
    let worker = sqlx::PgPool::connect_with(w.app.database.connections.worker.clone()).await.expect("a pool");
    w.app.state.clock.advance(chrono::TimeDelta::days(9));
    let mut today = w.app.signed_in("desk").await;
    let page = today.get(BOARD).await;
    assert!(today.press(&page, "form[action$=reminder]", &[]).await.location().ends_with("done=reminded"));
    // The portal stood still for half a day: it is the day of the reminder, and the desk was quicker.
    w.app.state.clock.advance(chrono::TimeDelta::hours(12));
    let sent = reminding::remind(&worker, "http://portal.example", w.app.state.clock.now()).await.expect("reminders");
    assert_eq!(sent, 0);
    w.app.state.clock.advance(chrono::TimeDelta::days(3));
    let mut today = w.app.signed_in("desk").await;
    let page = today.get(BOARD).await;
    assert_eq!(today.press(&page, "form[action$=end]", &[]).await.status, 303);
    w.app.state.clock.advance(chrono::TimeDelta::days(3));
    let sent = reminding::remind(&worker, "http://portal.example", w.app.state.clock.now()).await.expect("reminders");
    assert_eq!(sent, 0, "over is over");
    // The worker sends to nobody else: another window, another address, a round without a reminder.
    let round = w.texts("select round_id::text from verification_rounds").await.concat();
    run(&mut w, "update verification_rounds set closed_at = null, closed_by = null").await;
    let window = w.window;
    for (address, occasion) in [("evil@evil.example", "before_3"), ("soc@bank.example", "after_1")] {
        let asked: i32 = sqlx::query_scalar(AssertSqlSafe(format!(
            "select verification_ask_again('{round}', '{occasion}', array['{window}']::uuid[], array['{address}'], array['s'],
               array['b'], array['h']::bytea[], array['t']::bytea[], 20::smallint, '2026-12-07', '2026-12-07Z')"
        )))
        .fetch_one(&worker)
        .await
        .expect("an answer");
        assert_eq!(asked, 0, "{address}");
    }
    for table in ["verification_rounds", "verification_requests", "contacts", "contact_channels"] {
        let read = sqlx::query(AssertSqlSafe(format!("select * from {table}"))).execute(&worker).await;
        assert!(read.is_err(), "{table} is not the worker's to read");
    }
    let write = sqlx::query(
        "select write_window_letters(array[gen_random_uuid()], array['x@evil.example'], array['x'], array['ja'],
                                     array['s'], array['b'], array['h']::bytea[], 20::smallint, now())",
    );
    assert!(write.execute(&worker).await.is_err(), "nobody calls that from outside");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_twice_at_once_or_after_answering() {
    let mut w = world().await;
    opened(&w).await;
    let worker = sqlx::PgPool::connect_with(w.app.database.connections.worker.clone()).await.expect("a pool");
    let round = w.texts("select round_id::text from verification_rounds").await.concat();
    run(&mut w, &format!("insert into verification_reminders values ('{round}', 'before_3', '2026-12-02', 0, now())"))
        .await;
    let window = w.window;
    let ask = async |at: &str| {
        let query = format!(
            "select verification_ask_again('{round}', 'before_3', array['{window}', '{window}']::uuid[],
               array['soc@bank.example', 'soc@bank.example'], array['s', 's'], array['b', 'b'], array['h', 'h']::bytea[],
               array['t1', 't2']::bytea[], 20::smallint, '2026-12-02', '{at}')"
        );
        sqlx::query_scalar::<_, i32>(AssertSqlSafe(query)).fetch_one(&worker).await.expect("a number")
    };
    assert_eq!(ask("2026-12-02T00:00:00Z").await, 1, "named twice, asked once");
    assert_eq!(ask("2026-12-02T00:01:00Z").await, 0, "asked a minute ago");
    assert_eq!(ask("2026-12-03T00:00:00Z").await, 1, "a day later");
    run(&mut w, "update verification_requests set answer = 'alive', way = 'link', answered_at = now()").await;
    assert_eq!(ask("2026-12-05T00:00:00Z").await, 0, "answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_yearly_round_is_a_task_from_april_until_there_is_one() {
    let mut w = world().await;
    let asks = |page: &Reply| page.texts("[data-task]").concat().contains("今年度の連絡先の確認を始めてください(銀行");
    let mut desk = opened(&w).await;
    assert!(!asks(&desk.get("/").await), "there is one of this fiscal year");
    let page = desk.get(BOARD).await;
    desk.press(&page, "form[action$=end]", &[]).await;
    assert!(!asks(&desk.get("/").await), "and there was one");
    // 31 March in Japan, and 1 April.
    w.app.state.clock.advance(chrono::TimeDelta::days(130));
    assert!(!asks(&w.app.signed_in("desk").await.get("/").await));
    w.app.state.clock.advance(chrono::TimeDelta::days(1));
    let page = w.app.signed_in("desk").await.get("/").await;
    assert!(asks(&page) && page.body.contains(BOARD), "{:?}", page.texts("[data-task]"));
    for name in ["coordinator", "bank-admin", "handler", "analyst", "life-desk"] {
        assert!(!asks(&w.app.signed_in(name).await.get("/").await), "{name}");
    }
    let mut desk = w.app.signed_in("desk").await;
    let form = [("scope", "all"), ("due_year", "2027"), ("due_month", "4"), ("due_day", "15"), ("sure", "true")];
    assert_eq!(desk.post(BOARD, &form).await.status, 303);
    assert!(!asks(&desk.get("/").await));
    // In the next fiscal year's winter it is asked for again, also by who did nothing all the year.
    w.app.state.clock.advance(chrono::TimeDelta::days(660));
    assert!(asks(&w.app.signed_in("desk").await.get("/").await));
    run(&mut w, "update contacts set valid = daterange(lower(valid), '2027-01-01')").await;
    assert!(!asks(&w.app.signed_in("desk").await.get("/").await), "where there is no window there is nothing to ask");
}
