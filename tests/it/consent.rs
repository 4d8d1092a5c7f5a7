//! A firm that has somebody of its own is asked before its secretariat names a person for it, and keepers learn of
//! people no more than they keep.

use ceptoar_portal::app::router::router;
use ceptoar_portal::features::access::{FirstWall, Role};
use ceptoar_portal::features::trail::reads::{self, Period};
use ceptoar_portal::kernel::ids::AccountId;
use ceptoar_portal::kernel::language::{Label, Language};
use chrono::TimeDelta;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::people::{World, invitation, invite, world};
use crate::support::{Client, factory};

/// The desk names somebody new for a firm; answers where that led.
async fn propose(client: &mut Client, firm: Uuid, window: Option<Uuid>, address: &str) -> String {
    let mut form = invitation("puppet", address, "member_poc");
    let window = window.map(|id| id.to_string()).unwrap_or_default();
    form.push(("window", &window));
    let reply = client.post(&format!("/people/places/{firm}/banks"), &form).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    reply.location().to_owned()
}

/// Letters that wait for this account, or window, with these words.
async fn letters(w: &mut World, to: Uuid, words: &str) -> i64 {
    w.number(format!(
        "select count(*) from deliveries d join mails m using (mail_id)
         where d.contact_id = '{to}' and d.stage = 'account' and m.body like '%{words}%'"
    ))
    .await
}

/// What the database alone says to a statement of this viewer's.
async fn straight(w: &mut World, name: &str, statement: String) -> bool {
    let id = AccountId(w.account(name).await);
    let mut tx = w.app.state.db.begin(Some(id), w.app.state.clock.now()).await.expect("a transaction");
    sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_secretariat_names_the_firm_confirms() {
    for wall in [FirstWall::Standing, FirstWall::OpenForTests] {
        let mut w = world().await;
        let (bank, window) = (w.bank, w.window);
        let mut desk = w.app.signed_in("desk").await;
        let request = propose(&mut desk, bank, Some(window), "puppet@desk.example").await;
        assert!(request.starts_with("/people/requests/"), "{request}");
        let given = "select count(*) from affiliations f join accounts a using (account_id)
                     where a.mail_address = 'puppet@desk.example'";
        assert_eq!(w.number(given).await, 0, "nothing is given yet");
        assert_eq!(w.number("select count(*) from account_tickets").await, 0);
        assert_eq!(w.number("select count(*) from audit_events where action = 'people.propose'").await, 1);
        let (keeper, handler) = (w.account("bank-admin").await, w.poc);
        assert_eq!(letters(&mut w, keeper, "提案しました").await, 1);
        assert_eq!(letters(&mut w, handler, "提案しました").await, 0, "the firm has a keeper");
        assert!(desk.get(&request).await.body.contains("提案先の組織の方が行います"));
        assert!(desk.get("/people").await.body.contains("佐藤 花子"), "the desk sees what waits");

        let mut state = w.app.state.clone();
        state.first_wall = wall;
        w.app.router = router(state);
        let before = w.everything().await;
        for name in
            ["desk", "life-desk", "poc", "rival-poc", "insurer-admin", "approver", "operator", "analyst", "insurer-poc"]
        {
            let mut client = w.app.signed_in(name).await;
            for step in ["/confirmation", "/refusal"] {
                let reply = client.post(&format!("{request}{step}"), &[]).await;
                assert_eq!(reply.status, 404, "{wall:?} {name} {step}");
            }
            if name != "desk" {
                let reply = client.get(&request).await;
                assert_eq!(reply.status, 404, "{wall:?} {name}");
                assert_eq!(client.post(&format!("{request}/withdrawal"), &[]).await.status, 404, "{wall:?} {name}");
                let list = client.get("/people/requests").await;
                assert!(!list.body.contains("佐藤 花子"), "{wall:?} {name}");
            }
        }
        assert_eq!(w.everything().await, before, "{wall:?}");

        // Straight at the database: neither around the firm, nor in its place.
        let id = request.rsplit('/').next().unwrap_or_default().to_owned();
        for name in ["desk", "poc", "operator"] {
            assert!(
                !straight(&mut w, name, format!("select people_decide('{id}', 'confirmed', now())")).await,
                "{name}"
            );
        }
        let around = format!(
            "select people_invite('x', 'X', 'x@desk.example', 'ja', true, 'member_reader', '{bank}', 'banks', null,
                                  viewer_today(), null, 'x', now())"
        );
        assert!(!straight(&mut w, "desk", around.clone()).await, "{wall:?}: the desk goes around the firm");
        assert!(straight(&mut w, "bank-admin", around).await, "the firm's own keeper asks nobody");

        let mut admin = w.app.signed_in("bank-admin").await;
        assert!(admin.get("/people/requests").await.body.contains(&request));
        let page = admin.get(&request).await;
        assert!(page.body.contains("puppet@desk.example") && page.body.contains("佐藤 花子"), "{}", page.body);
        assert_eq!(admin.post(&format!("{request}/confirmation"), &[]).await.status, 303);
        let held = format!(
            "{given} and f.contact_id = '{window}' and f.confirmed_by = '{keeper}'
             and f.granted_by = (select account_id from accounts where sign_in_name = 'desk')"
        );
        assert_eq!(w.number(held).await, 1);
        assert_eq!(w.number("select count(*) from account_tickets where purpose = 'enrol'").await, 1);
        assert_eq!(admin.post(&format!("{request}/confirmation"), &[]).await.status / 100, 4, "once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keeper_a_handler_of_the_firm_answers() {
    let mut w = world().await;
    let rival = w.rival;
    let mut desk = w.app.signed_in("desk").await;
    let request = propose(&mut desk, rival, None, "new@rival.example").await;
    let mut handler = w.app.signed_in("rival-poc").await;
    let id = w.account("rival-poc").await;
    assert_eq!(letters(&mut w, id, &request).await, 1, "the letter leads there");
    assert_eq!(handler.get("/people").await.status, 404, "and keeps nobody by that");
    assert!(handler.get("/people/requests").await.body.contains(&request));
    let page = handler.get(&request).await;
    assert!(page.body.contains("new@rival.example") && !page.body.contains("href=\"/people\""), "{}", page.body);
    // A reader of the firm does not answer for it.
    factory::person(&w.app, "rival-reader", Role::MemberReader, rival, Some("banks"), None).await;
    assert_eq!(w.app.signed_in("rival-reader").await.get(&request).await.status, 404);
    assert_eq!(handler.post(&format!("{request}/confirmation"), &[]).await.status, 303);
    let page = handler.get(&request).await;
    assert!(page.body.contains("承認済"), "{}", page.body);
    assert_eq!(w.number("select count(*) from account_tickets where purpose = 'enrol'").await, 1, "the link is out");
    // The link went out with the confirmation; no other one is to be had by it.
    let new: Uuid = sqlx::query_scalar("select account_id from accounts where mail_address = 'new@rival.example'")
        .fetch_one(&mut w.db)
        .await
        .unwrap();
    let again = format!("select 1 / issue_account_ticket('\\x02', '{new}', 'enrol', null, now(), now())::int");
    assert!(!straight(&mut w, "rival-poc", again).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_who_proposed_nor_who_is_named_confirms() {
    let mut w = world().await;
    let (bank, keeper, poc) = (w.bank, w.account("bank-admin").await, w.poc);
    let mut desk = w.app.signed_in("desk").await;
    let form = [("duty", "member_poc"), ("reason", "x")];
    let reply = desk.post(&format!("/people/{keeper}/duties/{bank}/banks"), &form).await;
    let request = reply.location().to_owned();
    assert!(request.starts_with("/people/requests/"), "{request}");
    let mut admin = w.app.signed_in("bank-admin").await;
    assert!(admin.get(&request).await.body.contains("ご自分についての申請"));
    assert_eq!(admin.post(&format!("{request}/confirmation"), &[]).await.status, 404, "about oneself");
    assert_eq!(admin.post(&format!("{request}/refusal"), &[]).await.status, 404, "about oneself");
    // Nobody else keeps the firm's people, so its handler answers.
    assert_eq!(w.app.signed_in("poc").await.post(&format!("{request}/confirmation"), &[]).await.status, 303);

    // The same desk's person who also works at the firm does not answer for what they proposed.
    let desk_id = w.account("desk").await;
    factory::affiliate(&mut w.db, desk_id, Role::MemberPoc, bank, Some("banks"), None).await;
    let mut desk = w.app.signed_in("desk").await;
    let request = propose(&mut desk, bank, None, "puppet@desk.example").await;
    assert_eq!(desk.post(&format!("{request}/confirmation"), &[]).await.status, 404);
    // Proposed twice is told; taken back, refused and forgotten ones give nothing.
    let twice = invitation("puppet", "puppet@desk.example", "member_poc");
    assert_eq!(desk.post(&format!("/people/places/{bank}/banks"), &twice).await.status, 409);
    assert_eq!(desk.post(&format!("{request}/withdrawal"), &[]).await.status, 303);
    let request = propose(&mut desk, bank, None, "puppet@desk.example").await;
    assert_eq!(w.app.signed_in("bank-admin").await.post(&format!("{request}/refusal"), &[]).await.status, 303);
    let request = propose(&mut desk, bank, None, "puppet@desk.example").await;
    w.app.state.clock.advance(TimeDelta::days(15));
    let mut admin = w.app.signed_in("bank-admin").await;
    assert_eq!(admin.post(&format!("{request}/confirmation"), &[]).await.status, 404, "its time is over");
    let given = "select count(*) from affiliations f join accounts a using (account_id)
                 where a.mail_address = 'puppet@desk.example'";
    assert_eq!(w.number(given).await, 0);
    // Whoever proposed must still keep the desk when the firm confirms.
    let mut desk = w.app.signed_in("desk").await;
    let request = propose(&mut desk, bank, None, "late@desk.example").await;
    sqlx::query("update affiliations set valid = daterange(lower(valid), '2026-01-01') where account_id = $1 and role = 'secretariat'")
        .bind(desk_id)
        .execute(&mut w.db)
        .await
        .unwrap();
    assert_eq!(admin.post(&format!("{request}/confirmation"), &[]).await.status, 409);
    assert_eq!(w.number(format!("select count(*) from affiliations where account_id = '{poc}'")).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_the_firm_must_confirm_ends_nothing_yet() {
    let mut w = world().await;
    let (poc, rival) = (w.poc, w.rival);
    let leaving = w.duty_of(poc).await.to_string();
    let mut desk = w.app.signed_in("desk").await;
    let page = desk.get(&format!("/people/{poc}/duties/{rival}/banks?leaving={leaving}")).await;
    assert!(page.body.contains("いまの担当はそのまま続きます"), "{}", page.body);
    let form = [("duty", "member_poc"), ("reason", "転籍"), ("leaving", leaving.as_str())];
    let reply = desk.post(&format!("/people/{poc}/duties/{rival}/banks"), &form).await;
    assert!(reply.location().starts_with("/people/requests/"));
    let open = format!("select count(*) from affiliations where account_id = '{poc}' and upper_inf(valid)");
    assert_eq!(w.number(open).await, 1);
    // The other firm learns the name and the address, and nothing of where the person works now.
    let page = w.app.signed_in("rival-poc").await.get(reply.location()).await;
    assert!(page.body.contains("poc@people.example") && !page.body.contains("星見銀行"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_person_of_a_firm_is_named_alone_and_its_windows_are_told() {
    let mut w = world().await;
    let quiet = factory::member(&mut w.db, "banks", "静波銀行(架空)").await;
    let window = factory::window(&mut w.db, quiet, Some("banks"), "window@quiet.example").await;
    let mut desk = w.app.signed_in("desk").await;
    // What the desk types as the name of an account that exists is not what the windows read.
    sqlx::query("update accounts set display_name = '本名 太郎' where sign_in_name = 'insurer-poc'")
        .execute(&mut w.db)
        .await
        .unwrap();
    let mut form = invitation("known", "insurer-poc@people.example", "member_poc");
    let other = factory::member(&mut w.db, "banks", "凪銀行(架空)").await;
    let others = factory::window(&mut w.db, other, Some("banks"), "window@other.example").await;
    let at = others.to_string();
    form.push(("window", &at));
    assert_eq!(invite(&mut desk, other, "banks", &form).await.0, 303);
    let told = "登録された方: 本名 太郎%insurer-poc@people.example%役割: 情報担当%セプター: _%担当する窓口: _%";
    let told = told.replace("情報担当", Role::MemberPoc.label(Language::Ja));
    assert_eq!(letters(&mut w, others, &told).await, 1);
    let form = invitation("first", "first@quiet.example", "member_admin");
    let (status, person) = invite(&mut desk, quiet, "banks", &form).await;
    assert!(status == 303 && person.is_some());
    assert_eq!(letters(&mut w, window, "登録された方: 佐藤 花子").await, 1);
    let told =
        "select count(*) from audit_events where action = 'people.invite' and (detail ->> 'nobody_to_ask')::boolean
                and detail ->> 'windows_told' = '1'";
    assert_eq!(w.number(told).await, 2);
    // As long as the first one has not signed in, the firm has nobody to ask.
    let form = invitation("second", "second@quiet.example", "member_poc");
    assert!(invite(&mut desk, quiet, "banks", &form).await.1.is_some());
    sqlx::query("update accounts set password_hash = 'x' where account_id = $1")
        .bind(person)
        .execute(&mut w.db)
        .await
        .unwrap();
    let form = invitation("third", "third@quiet.example", "member_poc");
    assert_eq!(invite(&mut desk, quiet, "banks", &form).await, (303, None), "now it is asked");
    // The firm's own keeper names people as before, and nobody writes to the windows.
    let mut admin = w.app.signed_in("bank-admin").await;
    let form = invitation("own", "own@bank.example", "member_poc");
    assert!(invite(&mut admin, w.bank, "banks", &form).await.1.is_some());
    let told = "select count(*) from audit_events where action = 'people.invite' and detail ? 'nobody_to_ask'";
    assert_eq!(w.number(told).await, 3);
}

/// What the inviter types tells nothing about names that exist: neither refused nor changed because of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_name_that_is_taken_gets_the_same_answer() {
    let mut w = world().await;
    let quiet = factory::member(&mut w.db, "banks", "静波銀行(架空)").await;
    factory::window(&mut w.db, quiet, Some("banks"), "window@quiet.example").await;
    let mut desk = w.app.signed_in("desk").await;
    for (n, name) in ["analyst", "insurer-poc", "nobody-has-this"].into_iter().enumerate() {
        let address = format!("new{n}@quiet.example");
        let (status, person) = invite(&mut desk, quiet, "banks", &invitation(name, &address, "member_poc")).await;
        assert_eq!(status, 303, "{name}");
        let given: String = sqlx::query_scalar("select sign_in_name from accounts where account_id = $1")
            .bind(person)
            .fetch_one(&mut w.db)
            .await
            .unwrap();
        let digits = given.strip_prefix(&format!("{name}-")).expect("the name that was typed");
        assert!(digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()), "{given}");
        let letter = format!("select count(*) from mails where body like '%「{given}」%'");
        assert_eq!(w.number(letter).await, 1, "the person is told the whole name");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_emergency_brake_is_told_to_the_other_keepers() {
    let mut w = world().await;
    let poc = w.poc;
    let mut insurer = w.app.signed_in("insurer-admin").await;
    let form = invitation("x", "poc@people.example", "member_reader");
    assert_eq!(invite(&mut insurer, w.insurer, "life", &form).await.0, 303);
    let mut admin = w.app.signed_in("bank-admin").await;
    assert_eq!(admin.post(&format!("/people/{poc}/suspension"), &[("reason", "秘密の理由")]).await.status, 303);
    for (name, told) in [
        ("insurer-admin", 1),
        ("life-desk", 1),
        ("desk", 1),
        ("operator", 1),
        ("bank-admin", 0),
        ("poc", 1),
        ("rival-poc", 0),
        ("approver", 0),
    ] {
        let id = w.account(name).await;
        assert_eq!(letters(&mut w, id, "停止しました").await, told, "{name}");
    }
    assert_eq!(w.number("select count(*) from mails where body like '%秘密%'").await, 0, "reasons do not travel");

    // Whoever keeps all of a person pulls no brake: nobody else is written to.
    let rival = w.account("rival-poc").await;
    let mut desk = w.app.signed_in("desk").await;
    let before = w.number("select count(*) from mails").await;
    assert_eq!(desk.post(&format!("/people/{rival}/suspension"), &[("reason", "x")]).await.status, 303);
    assert_eq!(w.number("select count(*) from mails").await, before + 1, "only the person themselves");
    assert_eq!(letters(&mut w, rival, "サインインできません").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_people_stands_in_the_trail_and_addresses_are_counted() {
    let mut w = world().await;
    let (poc, rival) = (w.poc, w.account("rival-poc").await);
    let mut desk = w.app.signed_in("desk").await;
    let desk_id = w.account("desk").await;
    let reads = format!("select coalesce(sum(reads), 0) from contact_reads where account_id = '{desk_id}'");
    let looked = "select count(*) from audit_events where action = 'people.read' and outcome = 'done'";
    assert!(desk.get(&format!("/people/{poc}")).await.body.contains("poc@people.example"));
    assert_eq!(desk.get(&format!("/people/{rival}")).await.status, 200);
    assert_eq!((w.number(reads.clone()).await, w.number(looked).await), (2, 2));
    assert_eq!(desk.get(&format!("/people/{}", Uuid::new_v4())).await.status, 404);
    // When an account was stolen, it has to be known whose entries it saw.
    let now = w.app.state.clock.now();
    let period = Period { from: now - TimeDelta::hours(1), until: now + TimeDelta::hours(1) };
    let seen = reads::of_account(&mut w.db, "desk", period).await.expect("readings");
    let people: Vec<&str> = seen.iter().filter(|r| r.kind == "people").map(|r| r.what.as_str()).collect();
    assert_eq!(people, ["poc", "rival-poc"]);
    assert_eq!(w.number(looked).await, 2, "nothing was seen");
    // Over the limit of the hour no address is shown, and none of the page.
    sqlx::query("update contact_reads set reads = 100000").execute(&mut w.db).await.unwrap();
    let reply = desk.get(&format!("/people/{poc}")).await;
    assert!(reply.status == 429 && !reply.body.contains("poc@people.example"), "{}", reply.status);
    assert_eq!(w.number("select count(*) from audit_events where action = 'limit.contacts'").await, 0, "told before");
    // A page without an address costs nothing.
    sqlx::query("delete from contact_reads").execute(&mut w.db).await.unwrap();
    let mut insurer = w.app.signed_in("insurer-admin").await;
    let form = invitation("x", "poc@people.example", "member_reader");
    assert_eq!(invite(&mut insurer, w.insurer, "life", &form).await.0, 303);
    assert_eq!(desk.get(&format!("/people/{poc}")).await.status, 200, "a second firm's hat hides the address");
    assert_eq!(w.number(reads).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_learns_nothing_of_what_others_keep() {
    let mut w = world().await;
    let poc = w.poc;
    let mut insurer = w.app.signed_in("insurer-admin").await;
    let form = invitation("x", "poc@people.example", "member_reader");
    assert_eq!(invite(&mut insurer, w.insurer, "life", &form).await.0, 303);
    let mut operator = w.app.signed_in("operator").await;
    assert_eq!(operator.post(&format!("/people/{poc}/suspension"), &[("reason", "秘密の理由")]).await.status, 303);
    for name in ["insurer-admin", "bank-admin", "desk", "life-desk"] {
        let page = w.app.signed_in(name).await.get(&format!("/people/{poc}")).await;
        assert!(page.body.contains("ほかの管理担当者が停止"), "{name}: {}", page.body);
        assert!(!page.body.contains("秘密の理由") && !page.body.contains("operator"), "{name}");
        assert!(
            !straight(&mut w, name, format!("select 1 / count(*) from people_suspensions('{poc}') where reason <> ''"))
                .await
        );
        let more = format!("select 1 / count(*) from people_person('{poc}') where split or staff");
        assert!(!straight(&mut w, name, more).await, "{name}");
    }
    let page = operator.get(&format!("/people/{poc}")).await;
    assert!(page.body.contains("秘密の理由") && page.body.contains("operator"));
    assert_eq!(operator.post(&format!("/people/{poc}/lifting"), &[("reason", "済")]).await.status, 303);

    // The insurer's duty is over: that the person works elsewhere is not the insurer's business.
    let sessions = "現在サインイン中";
    assert!(!insurer.get(&format!("/people/{poc}")).await.body.contains(sessions));
    let duty: Uuid =
        sqlx::query_scalar("select affiliation_id from affiliations where account_id = $1 and ceptoar_id = 'life'")
            .bind(poc)
            .fetch_one(&mut w.db)
            .await
            .unwrap();
    let end = [("when", "at_once"), ("reason", "x")];
    assert_eq!(insurer.post(&format!("/people/duties/{duty}/end"), &end).await.status, 303);
    for (name, state, not) in [("insurer-admin", "担当なし", "利用中"), ("bank-admin", "利用中", "担当なし")]
    {
        let page = w.app.signed_in(name).await.get(&format!("/people/{poc}")).await;
        let shown = page.texts(".page-head__labels").join("");
        assert!(shown.contains(state) && !shown.contains(not), "{name}: {shown}");
    }
}

/// Suspending those who could say no, naming somebody, and lifting the suspension is no way around the firm.
#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_keeper_is_still_somebody_to_ask() {
    let mut w = world().await;
    let rival = w.rival;
    let keeper = w.account("rival-poc").await;
    let mut desk = w.app.signed_in("desk").await;
    assert_eq!(desk.post(&format!("/people/{keeper}/suspension"), &[("reason", "x")]).await.status, 303);
    assert_eq!(letters(&mut w, keeper, "サインインできません").await, 1, "the keeper hears of it");
    let around = format!(
        "select people_invite('x', 'X', 'x@desk.example', 'ja', true, 'member_poc', '{rival}', 'banks', null,
                              viewer_today(), null, 'x', now())"
    );
    assert!(!straight(&mut w, "desk", around.clone()).await, "the desk goes around the firm");
    let request = propose(&mut desk, rival, None, "puppet@desk.example").await;
    assert!(request.starts_with("/people/requests/"), "{request}");
    assert_eq!(letters(&mut w, keeper, "提案しました").await, 0, "they could not look at it");
    let id = request.rsplit('/').next().unwrap_or_default().to_owned();
    let decide = format!("select people_decide('{id}', 'confirmed', now())");
    assert!(!straight(&mut w, "rival-poc", decide).await, "whoever is shut out decides nothing");
    assert_eq!(desk.post(&format!("/people/{keeper}/lifting"), &[("reason", "x")]).await.status, 303);
    assert_eq!(letters(&mut w, keeper, "再開されました").await, 1);
    let mut handler = w.app.signed_in("rival-poc").await;
    assert_eq!(handler.post(&format!("{request}/refusal"), &[]).await.status, 303);

    // Whom staff suspended does not hold the firm up.
    factory::window(&mut w.db, rival, Some("banks"), "window@rival.example").await;
    let now = "update accounts set suspended_at = now() where account_id = $1";
    sqlx::query(now).bind(keeper).execute(&mut w.db).await.unwrap();
    sqlx::query(
        "insert into account_suspensions (account_id, suspended_at, suspended_by, reason, rank)
         select $1, now(), account_id, 'x', 3 from accounts where sign_in_name = 'approver'",
    )
    .bind(keeper)
    .execute(&mut w.db)
    .await
    .unwrap();
    assert!(straight(&mut w, "desk", around).await);
}

/// Two proposals of one duty at the same moment make one request.
#[tokio::test(flavor = "multi_thread")]
async fn two_proposals_at_the_same_moment_make_one_request() {
    let mut w = world().await;
    let (poc, rival) = (w.poc, w.rival);
    let desk = AccountId(w.account("desk").await);
    let statement = format!(
        "select request_id from people_propose('{poc}', null, null, null, null, true, 'member_poc', '{rival}', 'banks',
                                               null, viewer_today(), null, 'x', now())"
    );
    let now = w.app.state.clock.now();
    let mut first = w.app.state.db.begin(Some(desk), now).await.expect("a transaction");
    sqlx::query(AssertSqlSafe(statement.clone())).execute(&mut *first).await.expect("the first");
    let db = w.app.state.db.clone();
    let second = tokio::spawn(async move {
        let mut tx = db.begin(Some(desk), now).await.expect("a transaction");
        let answer = sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await.is_ok();
        tx.commit().await.expect("an end");
        answer
    });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    first.commit().await.expect("an end");
    assert!(!second.await.expect("an answer"), "the second finds the first");
    assert_eq!(w.number("select count(*) from grant_requests").await, 1);
}

/// A desk alone names nobody of whom no window hears, and no keeper who would reach into another CEPTOAR.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_desk_may_not_name_alone() {
    let mut w = world().await;
    let quiet = factory::member(&mut w.db, "banks", "静波銀行(架空)").await;
    let mut desk = w.app.signed_in("desk").await;
    let form = invitation("first", "first@quiet.example", "member_poc");
    assert_eq!(invite(&mut desk, quiet, "banks", &form).await.0, 422, "no window");
    let around = |role: &str| {
        format!(
            "select people_invite('x', 'X', 'x@desk.example', 'ja', true, '{role}', '{quiet}', 'banks', null,
                                  viewer_today(), null, 'x', now())"
        )
    };
    assert!(!straight(&mut w, "desk", around("member_poc")).await);
    factory::window(&mut w.db, quiet, Some("banks"), "window@quiet.example").await;
    assert!(straight(&mut w, "desk", around("member_admin")).await, "in one CEPTOAR");
    sqlx::query(
        "insert into memberships (ceptoar_id, organisation_id, unit, valid) values ('life', $1, '社', '[2018-04-01,)')",
    )
    .bind(quiet)
    .execute(&mut w.db)
    .await
    .unwrap();
    assert!(!straight(&mut w, "desk", around("member_admin")).await);
    let keeper = invitation("first", "first@quiet.example", "member_admin");
    assert_eq!(invite(&mut desk, quiet, "banks", &keeper).await.0, 422, "in two");
    let (poc, path) = (w.poc, format!("/people/{}/duties/{quiet}/banks", w.poc));
    assert_eq!(desk.post(&path, &[("duty", "member_admin"), ("reason", "x")]).await.status, 422);
    let given = format!(
        "select people_give('{poc}', 'member_admin', '{quiet}', 'banks', null, viewer_today(), null, 'x', now())"
    );
    assert!(!straight(&mut w, "desk", given).await);
    assert_eq!(invite(&mut desk, quiet, "banks", &form).await.0, 303, "somebody who handles items");
}

/// What an account is called is not for whoever knows only its address.
#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_by_address_shows_the_name_that_was_typed() {
    let mut w = world().await;
    sqlx::query("update accounts set display_name = '本名 太郎' where sign_in_name = 'insurer-poc'")
        .execute(&mut w.db)
        .await
        .unwrap();
    let bank = w.bank;
    let mut desk = w.app.signed_in("desk").await;
    let request = propose(&mut desk, bank, None, "insurer-poc@people.example").await;
    let mut admin = w.app.signed_in("bank-admin").await;
    for client in [&mut desk, &mut admin] {
        for path in [request.as_str(), "/people/requests", "/people"] {
            let page = client.get(path).await;
            assert!(!page.body.contains("本名 太郎"), "{path}");
            assert!(path == "/people" || page.body.contains("佐藤 花子"), "{path}: {}", page.body);
        }
    }
    assert_eq!(admin.post(&format!("{request}/confirmation"), &[]).await.status, 303);
    assert!(admin.get(&request).await.body.contains("本名 太郎"), "now this firm keeps the person");
}
