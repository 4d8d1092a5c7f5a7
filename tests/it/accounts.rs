//! Signing in and out.

use ceptoar_portal::features::access::Role;
use chrono::TimeDelta;

use crate::support::{TestApp, factory};

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
