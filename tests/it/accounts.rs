//! Signing in and out.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::accounts::tickets::Purpose;
use chrono::TimeDelta;

use crate::authenticators::{
    PASSWORD, app_of, code, enrol, equipped, is_signed_in, newcomer, number, ticket, with_password,
};
use crate::support::{Client, Reply, TestApp, factory};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_lives_until_it_is_signed_out_idle_or_old() {
    let app = TestApp::start().await;
    factory::account(&app, "somebody").await;
    let mut client = app.signed_in("somebody").await;
    let mut thief = client.clone();
    assert_eq!(client.get("/sign-in").await.status, 303, "already signed in");

    assert_eq!(client.post("/sign-out", &[]).await.location(), "/sign-in?signed_out=1");
    assert_eq!(thief.get("/sign-in").await.status, 200, "the cookie is dead on the server too");

    let mut client = app.signed_in("somebody").await;
    app.state.clock.advance(TimeDelta::minutes(31));
    assert_eq!(client.get("/sign-in").await.status, 200, "idle for too long");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_after_the_session_ended_is_not_lost() {
    let app = TestApp::start().await;
    let nisc = factory::organisation(&mut app.database.owner().await, "nisc").await;
    factory::person(&app, "analyst", Role::NiscAnalyst, nisc, None, None).await;
    let mut client = app.signed_in("analyst").await;
    app.state.clock.advance(TimeDelta::hours(13));
    let reply = client.post("/advisories", &[("title", "typed")]).await;
    assert_eq!(reply.status, 401);
    assert!(reply.body.contains("別のタブでサインイン"), "the page says how to send it again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_of_real_people_knows_no_demonstration_account() {
    let production =
        ["--smtp-url=smtp://relay.go.jp", "--base-url=https://portal.go.jp", "--mail-from=portal@ceptoar.go.jp"];
    let app = TestApp::with_settings(&production).await;
    factory::account(&app, "somebody").await;
    let mut visitor = app.visitor();
    assert!(!visitor.get("/sign-in").await.body.contains("poc-bank-1"));
    assert_eq!(visitor.post("/sign-in/demonstration", &[("name", "somebody")]).await.status, 404);
    let form = [("name", "somebody"), ("password", factory::PASSWORD)];
    assert_eq!(visitor.post("/sign-in", &form).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_names_wrong_passwords_and_suspended_accounts_get_the_same_answer() {
    let app = TestApp::start().await;
    factory::account(&app, "somebody").await;
    factory::account(&app, "suspended").await;
    sqlx::query("update accounts set suspended_at = now() where sign_in_name = 'suspended'")
        .execute(&mut app.database.owner().await)
        .await
        .unwrap();
    let mut answers = Vec::new();
    for (name, password) in [("nobody", "x"), ("somebody", "x"), ("suspended", factory::PASSWORD)] {
        let reply = app.visitor().post("/sign-in", &[("name", name), ("password", password)]).await;
        answers.push((reply.status, reply.without_request_id().replace(name, "NAME")));
    }
    assert_eq!(answers[0].0, 422);
    assert!(answers.iter().all(|a| *a == answers[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_throttled_by_name_and_address_for_real_and_unreal_names() {
    let app = TestApp::start().await;
    factory::account(&app, "somebody").await;
    for name in ["somebody", "nobody"] {
        let mut statuses = Vec::new();
        for _ in 0..12 {
            statuses.push(app.visitor().post("/sign-in", &[("name", name), ("password", "guess")]).await.status);
        }
        assert_eq!(statuses[..10], [422; 10]);
        assert_eq!(statuses[10..], [429; 2]);
        // Other spellings of the same name are the same name.
        let spelt = name.to_uppercase();
        assert_eq!(app.visitor().post("/sign-in", &[("name", &spelt), ("password", "guess")]).await.status, 429);
    }
    // The owner, from elsewhere, is not locked out.
    let mut owner = app.visitor();
    owner.address = ([198, 51, 100, 7], 40000).into();
    let form = [("name", "somebody"), ("password", factory::PASSWORD)];
    assert_eq!(owner.post("/sign-in", &form).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_each_visitor_has_a_counter_of_their_own() {
    let app = TestApp::with_settings(&["--trusted-proxies=192.0.2.1"]).await;
    factory::account(&app, "somebody").await;
    let mut guesser = app.visitor();
    guesser.headers.push(("x-forwarded-for", "198.51.100.66".into()));
    for _ in 0..11 {
        guesser.post("/sign-in", &[("name", "somebody"), ("password", "guess")]).await;
    }
    let form = [("name", "somebody"), ("password", factory::PASSWORD)];
    assert_eq!(guesser.post("/sign-in", &form).await.status, 429);
    let mut owner = app.visitor();
    owner.headers.push(("x-forwarded-for", "198.51.100.7".into()));
    assert_eq!(owner.post("/sign-in", &form).await.status, 303);
}

/// The open link in the letter for an address.
async fn address_link(app: &TestApp, client: &mut Client, address: &str) -> String {
    assert_eq!(client.post("/account/address", &[("address", address)]).await.location(), "/account?sent=1");
    let body: String = sqlx::query_scalar(
        "select m.body from mails m join deliveries d using (mail_id) join delivery_addresses a using (delivery_id)
         where a.address = $1 order by m.created_at desc limit 1",
    )
    .bind(address)
    .fetch_one(&mut app.database.owner().await)
    .await
    .unwrap();
    body.lines().find_map(|l| l.find("/ticket/").map(|at| l[at..].trim().to_owned())).expect("a link")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_approval_is_confirmed_and_then_publishes_what_was_sent() {
    let app = TestApp::start().await;
    let (id, _, secret, _) = equipped(&app, "tanto").await;
    let mut db = app.database.owner().await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    factory::person(&app, "analyst", Role::NiscAnalyst, nisc, None, None).await;
    factory::affiliate(&mut db, id, Role::NiscApprover, nisc, None, None).await;
    let bank = factory::member(&mut db, "banks", "架空第一銀行").await;
    factory::window(&mut db, bank, Some("banks"), "soc@bank1.example").await;
    let mut analyst = app.signed_in("analyst").await;
    let draft = [
        ("kind", "early_warning"),
        ("title", "VPN装置の脆弱性の悪用について"),
        ("summary", "悪用が確認されています。"),
        ("impact", "外部から侵入されるおそれがあります。"),
        ("countermeasure", "更新してください。"),
        ("products", "ExampleVPN 9"),
        ("purpose", "prevention"),
        ("level", "AMBER"),
        ("handler_scope", "handlers"),
        ("ceptoar", "banks"),
        ("next", "preview"),
    ];
    let saved = analyst.post("/advisories", &draft).await;
    let item = saved.location().trim_end_matches("/submission").to_owned();
    assert_eq!(analyst.post(&format!("{item}/submission"), &[]).await.status, 303, "{}", saved.body);

    let mut approver = app.signed_in("tanto").await;
    let path = format!("{item}/publication");
    let form = format!("form[action='{path}']");
    let page = approver.get(&path).await;
    app.state.clock.advance(TimeDelta::minutes(6));
    let stale = approver.press(&page, &form, &[]).await;
    assert_eq!(stale.status, 307, "{}", stale.body);
    // The browser sends the same form on to where it is led.
    let moved = page.body.replace(&format!("action=\"{path}\""), &format!("action=\"{}\"", stale.location()));
    let moved = Reply { body: moved, ..page.clone() };
    let asked = approver.press(&moved, "form[action^='/account/confirm']", &[]).await;
    assert_eq!(asked.status, 403, "{}", asked.body);

    // No test has a passkey at hand: for the moment of the proof this is somebody for whom an app is enough.
    let staff = "update affiliations set valid = case when $2 then '[2018-04-01,)' else '[2018-04-01,2018-04-02)' end
                 ::daterange where account_id = $1 and role = 'nisc_approver'";
    sqlx::query("alter table affiliations disable trigger user").execute(&mut db).await.unwrap();
    sqlx::query(staff).bind(id).bind(false).execute(&mut db).await.unwrap();
    let to = stale.location().to_owned();
    let by_code = approver.get(&to).await;
    assert_eq!(by_code.texts("form:has(#confirm_code)").len(), 1);
    let mut typed: Vec<(&str, String)> = vec![("confirm_resend", "1".into()), ("confirm_code", code(&app, &secret))];
    for field in ["edits", "recipients", "audience"] {
        typed.extend(
            page.values(&format!("{form} input[name={field}]")).into_iter().take(1).map(|value| (field, value)),
        );
    }
    let typed: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let before = approver.form_token();
    let confirmed = approver.press(&by_code, "form:has(#confirm_code)", &typed).await;
    sqlx::query(staff).bind(id).bind(true).execute(&mut db).await.unwrap();
    sqlx::query("alter table affiliations enable trigger user").execute(&mut db).await.unwrap();
    assert_eq!(confirmed.status, 200, "{}", confirmed.body);
    let token = confirmed.values("form[data-send-on] input[name=form_token]");
    assert!(token.len() == 1 && token[0] != before, "the token of the new session");
    let published = approver.press(&confirmed, "form[data-send-on]", &[]).await;
    assert!(published.location().ends_with("/deliveries?published=1"), "{}", published.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_waited_arrives_as_it_was_typed_and_goes_nowhere_else() {
    let app = TestApp::start().await;
    let (_, mut client, secret, _) = equipped(&app, "tanto").await;
    app.state.clock.advance(TimeDelta::minutes(6));
    let typed = [
        ("reason", "一行目\r\n\r\n \"二\" <b>&amp;</b> + % ' "),
        ("twice", "1"),
        ("twice", "2"),
        ("empty", ""),
        ("submit", "x"),
        ("password", "not to be repeated"),
    ];
    let to = "/account/confirm?return_to=%2Faccount%2Faddress%3Fa%3D1";
    let page = client.post(to, &typed).await;
    assert!(page.status == 403 && !page.body.contains("not to be repeated"));
    let by_code = "form:has(#confirm_code)";
    let done = client.press(&page, by_code, &[("confirm_code", &code(&app, &secret))]).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let html = scraper::Html::parse_document(&done.body);
    let form = scraper::Selector::parse("form[data-send-on]").unwrap();
    let form = html.select(&form).next().unwrap();
    assert_eq!((form.attr("method"), form.attr("action")), (Some("post"), Some("/account/address?a=1")));
    let inputs = scraper::Selector::parse("input").unwrap();
    let kept: Vec<(String, String)> = form
        .select(&inputs)
        .map(|e| (e.attr("name").unwrap().to_owned(), e.attr("value").unwrap().replace('\n', "\r\n")))
        .filter(|(name, _)| name != "form_token")
        .collect();
    let sent: Vec<(String, String)> = typed[..5].iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    assert_eq!(kept, sent, "no proof, no secret, nothing lost");

    // Only what waits for a confirmation is sent on.
    for elsewhere in ["%2Fsign-out", "%2F%2Fevil.example%2Fx", "%2Fnothing%2Fsuch"] {
        app.state.clock.advance(TimeDelta::seconds(30));
        let to = format!("/account/confirm?return_to={elsewhere}");
        let proof = [("confirm_resend", "1"), ("confirm_code", &code(&app, &secret)), ("a", "b")];
        let reply = client.post(&to, &proof).await;
        assert_eq!((reply.status, reply.location()), (303, "/"), "{elsewhere}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_enrolment_never_replaces_what_was_enrolled_since() {
    let app = TestApp::start().await;
    let id = newcomer(&app, "tanto", Role::MemberPoc).await;
    let first = ticket(&app, id, Purpose::Enrol).await.expect("a ticket");
    let mut thief = app.visitor();
    assert_eq!(thief.post(&first, &[("password", "lanterns over the harbour")]).await.location(), "/enrol");
    let stolen = app_of(&thief.get("/enrol/app").await);
    // A newer link ends the step, before the newer is even used.
    let second = ticket(&app, id, Purpose::Enrol).await.expect("a ticket");
    assert_eq!(thief.get("/enrol").await.status, 404);
    let mut owner = app.visitor();
    let (secret, _) = enrol(&app, &mut owner, &second).await;
    assert_eq!(thief.post("/enrol/app", &[("code", &code(&app, &stolen))]).await.status, 404);
    assert!(is_signed_in(&mut owner).await && !is_signed_in(&mut thief).await);

    // Even a step that somehow lived on enrols nothing where there is an authenticator.
    let mut db = app.database.owner().await;
    sqlx::query("update sign_in_steps set ended_at = null where purpose = 'enrol'").execute(&mut db).await.unwrap();
    assert_eq!(thief.post("/enrol/app", &[("code", &code(&app, &stolen))]).await.status, 404);
    assert_eq!(number(&mut db, "select count(*) from authenticators").await, 1);
    app.state.clock.advance(TimeDelta::seconds(60));
    let mut again = with_password(&app, "tanto").await;
    assert_eq!(again.post("/sign-in/second", &[("code", &code(&app, &secret))]).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_or_a_changed_password_ends_what_was_under_way() {
    let app = TestApp::start().await;
    let (id, mut client, _, _) = equipped(&app, "tanto").await;
    // Half-way through a recovery when the password is reset by mail.
    let recover = ticket(&app, id, Purpose::Recover).await.expect("a ticket");
    let mut half = app.visitor();
    assert_eq!(half.post(&recover, &[("password", PASSWORD)]).await.location(), "/enrol");
    let reset = ticket(&app, id, Purpose::ResetPassword).await.expect("a ticket");
    assert_eq!(half.get("/enrol").await.status, 200, "that somebody says they forgot it ends nothing");
    app.visitor().post(&reset, &[("password", PASSWORD)]).await;
    assert_eq!(half.get("/enrol").await.status, 404);
    // An unused link as well.
    let recover = ticket(&app, id, Purpose::Recover).await.expect("a ticket");
    let reset = ticket(&app, id, Purpose::ResetPassword).await.expect("a ticket");
    app.visitor().post(&reset, &[("password", PASSWORD)]).await;
    assert_eq!(app.visitor().get(&recover).await.status, 404);
    assert!(!is_signed_in(&mut client).await);

    // A link for a new address ends with the password, and with "end other sessions".
    let mut client = app.signed_in("tanto").await;
    let link = address_link(&app, &mut client, "one@bank.example").await;
    let fields = [("old", PASSWORD), ("new", "lanterns over the harbour")];
    assert_eq!(client.post("/account/password", &fields).await.location(), "/account?done=1");
    assert_eq!(client.post(&link, &[]).await.status, 404);
    let link = address_link(&app, &mut client, "two@bank.example").await;
    assert_eq!(client.get(&link).await.status, 200);
    assert_eq!(client.post("/account/sessions/end", &[]).await.location(), "/account?done=1");
    assert_eq!(client.post(&link, &[]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_added_authenticator_needs_a_session_strong_enough_for_today() {
    let app = TestApp::start().await;
    let (id, mut client, _, _) = equipped(&app, "tanto").await;
    assert_eq!(client.post("/account/authenticators", &[]).await.location(), "/enrol");
    assert_eq!(client.get("/enrol").await.status, 200);
    let mut db = app.database.owner().await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    factory::affiliate(&mut db, id, Role::NiscAnalyst, nisc, None, None).await;
    assert_eq!(client.get("/enrol").await.status, 404, "opened with an app, and now a passkey is needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_hears_once_that_a_limit_was_reached() {
    let app = TestApp::start().await;
    let mut client = app.visitor();
    for _ in 0..30 {
        client.post("/sign-in", &[("name", "nobody"), ("password", "a guess")]).await;
    }
    let mut db = app.database.owner().await;
    let throttled = "select count(*) from audit_events where detail->>'reason' = 'throttled'";
    assert_eq!(number(&mut db, throttled).await, 1);
    app.state.clock.advance(TimeDelta::minutes(16));
    for _ in 0..30 {
        client.post("/sign-in", &[("name", "nobody"), ("password", "a guess")]).await;
    }
    assert_eq!(number(&mut db, throttled).await, 2, "once in each window");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_whose_password_is_known_hears_of_it_once() {
    let app = TestApp::start().await;
    equipped(&app, "tanto").await;
    let mut db = app.database.owner().await;
    let told = "select count(*) from mails where body like '%知られているおそれ%'";
    let mut thief = with_password(&app, "tanto").await;
    for (tries, letters) in [(4, 0), (1, 1), (4, 1)] {
        for _ in 0..tries {
            assert_eq!(thief.post("/sign-in/second", &[("code", "000000")]).await.status, 422);
        }
        assert_eq!(number(&mut db, told).await, letters);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_that_wait_leave_connections_for_the_pages() {
    let app = TestApp::start().await;
    let (_, mut client, _, _) = equipped(&app, "tanto").await;
    let written = "select count(*) from audit_events where action = 'route.ask'";
    // Nothing can be written into the trail for a while, and each page below would wait there for a connection.
    let mut owner = app.database.owner().await;
    sqlx::query("begin").execute(&mut owner).await.unwrap();
    sqlx::query("lock table audit_events in exclusive mode").execute(&mut owner).await.unwrap();
    for _ in 0..12 {
        assert_eq!(client.get("/trail").await.status, 404);
    }
    let begun = std::time::Instant::now();
    assert!(is_signed_in(&mut client).await);
    assert!(begun.elapsed() < std::time::Duration::from_secs(3), "{:?}", begun.elapsed());
    sqlx::query("rollback").execute(&mut owner).await.unwrap();
    for _ in 0..60 {
        if number(&mut owner, written).await == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no line, or more than one");
}
