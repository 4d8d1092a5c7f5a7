//! Guessing digits over weeks, and strangers who say that they forgot somebody's password.

use std::time::Duration;

use ceptoar_portal::features::accounts::tickets::Purpose;
use chrono::TimeDelta;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::authenticators::{code, enrol, equipped, number, ticket, with_password};
use crate::support::TestApp;

/// So many wrong codes, five in each quarter of an hour.
async fn guess(app: &TestApp, name: &str, tries: usize) {
    for n in 0..tries {
        if n % 5 == 0 {
            app.state.clock.advance(TimeDelta::minutes(16));
        }
        let mut thief = with_password(app, name).await;
        thief.address = ([203, 0, 113, 9], 40000).into();
        let reply = thief.post("/sign-in/second", &[("code", "000000")]).await;
        assert_eq!(reply.status, 422, "{n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_wrong_codes_in_a_week_close_the_app_until_its_owner_proves_otherwise() {
    let app = TestApp::start().await;
    let (_, _, secret, codes) = equipped(&app, "tanto").await;
    let mut db = app.database.owner().await;
    let closed = "select count(*) from authenticators where closed_at is not null";
    let told = "select count(*) from mails where regexp_replace(body, '\\s', '', 'g') like '%サインインを止めました%'";
    guess(&app, "tanto", 12).await;
    app.state.clock.advance(TimeDelta::days(2));
    // The owner's own sign-in gives whoever guesses no new tries.
    let mut owner = with_password(&app, "tanto").await;
    assert_eq!(owner.post("/sign-in/second", &[("code", &code(&app, &secret))]).await.status, 303);
    assert_eq!(number(&mut db, closed).await, 0);
    guess(&app, "tanto", 7).await;
    assert_eq!((number(&mut db, closed).await, number(&mut db, told).await), (0, 0));
    guess(&app, "tanto", 1).await;
    assert_eq!((number(&mut db, closed).await, number(&mut db, told).await), (1, 1));
    assert_eq!(number(&mut db, "select count(*) from audit_events where action = 'authenticator.close'").await, 1);

    // The right code opens nothing, at the door and in the database; nor does it a month later.
    for wait in [TimeDelta::minutes(16), TimeDelta::days(30)] {
        app.state.clock.advance(wait);
        let mut second = with_password(&app, "tanto").await;
        let reply = second.post("/sign-in/second", &[("code", &code(&app, &secret))]).await;
        assert_eq!(reply.status, 422);
        assert!(reply.body.contains("認証アプリは使えません"), "{}", reply.body);
        assert!(sqlx::query("update authenticators set last_step = last_step + 1").execute(&mut db).await.is_err());
    }
    assert_eq!(number(&mut db, told).await, 1, "once");
    // A recovery code opens the account, and the app with it.
    let mut second = with_password(&app, "tanto").await;
    assert_eq!(second.post("/sign-in/second", &[("code", &codes[0])]).await.status, 303);
    assert_eq!(number(&mut db, closed).await, 0);
    let mut second = with_password(&app, "tanto").await;
    assert_eq!(second.post("/sign-in/second", &[("code", &code(&app, &secret))]).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keepers_link_opens_what_guessing_closed_and_a_new_password_does_not() {
    let app = TestApp::start().await;
    let (id, _, secret, _) = equipped(&app, "tanto").await;
    let mut db = app.database.owner().await;
    guess(&app, "tanto", 20).await;
    let path = ticket(&app, id, Purpose::ResetPassword).await.expect("a link");
    let reply = app.visitor().post(&path, &[("password", crate::authenticators::PASSWORD)]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    app.state.clock.advance(TimeDelta::minutes(16));
    let mut second = with_password(&app, "tanto").await;
    assert_eq!(second.post("/sign-in/second", &[("code", &code(&app, &secret))]).await.status, 422, "still closed");

    let path = ticket(&app, id, Purpose::Recover).await.expect("a link");
    app.state.clock.advance(TimeDelta::minutes(16));
    let mut client = app.visitor();
    let (secret, _) = enrol(&app, &mut client, &path).await;
    app.state.clock.advance(TimeDelta::minutes(16));
    let mut second = with_password(&app, "tanto").await;
    assert_eq!(second.post("/sign-in/second", &[("code", &code(&app, &secret))]).await.status, 303);
    // The new app has a count of its own.
    guess(&app, "tanto", 19).await;
    assert_eq!(number(&mut db, "select count(*) from authenticators where closed_at is not null").await, 0);
}

/// In a stolen session the digits are guessed at the confirmation page: the same count.
#[tokio::test(flavor = "multi_thread")]
async fn the_confirmation_page_counts_the_same_guesses() {
    let app = TestApp::start().await;
    let (_, mut client, secret, _) = equipped(&app, "tanto").await;
    let mut db = app.database.owner().await;
    guess(&app, "tanto", 15).await;
    app.state.clock.advance(TimeDelta::minutes(16));
    let mut thief = with_password(&app, "tanto").await;
    assert_eq!(thief.post("/sign-in/second", &[("code", &code(&app, &secret))]).await.status, 303);
    for _ in 0..5 {
        let form = [("confirm_resend", "0"), ("confirm_code", "000000")];
        assert_eq!(thief.post("/account/confirm", &form).await.status, 422);
    }
    assert_eq!(number(&mut db, "select count(*) from authenticators where closed_at is not null").await, 1);
    app.state.clock.advance(TimeDelta::seconds(30));
    let right = code(&app, &secret);
    let reply = thief.post("/account/confirm", &[("confirm_resend", "0"), ("confirm_code", &right)]).await;
    assert!(reply.status == 422 && reply.body.contains("認証アプリは使えません"), "{}", reply.body);
    client.get("/").await;
}

/// The portal stopped after the twentieth code was counted and before the app was closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_at_the_last_guess_leaves_nothing_refused_in_silence() {
    let app = TestApp::start().await;
    let (_, _, secret, _) = equipped(&app, "tanto").await;
    let mut db = app.database.owner().await;
    guess(&app, "tanto", 1).await;
    let counted = sqlx::query("update sign_in_attempts set attempts = 20 where subject like 'codes-of:%'");
    assert_eq!(counted.execute(&mut db).await.unwrap().rows_affected(), 1);
    for _ in 0..2 {
        app.state.clock.advance(TimeDelta::seconds(30));
        let mut owner = with_password(&app, "tanto").await;
        let reply = owner.post("/sign-in/second", &[("code", &code(&app, &secret))]).await;
        assert!(reply.status == 422 && reply.body.contains("認証アプリは使えません"), "{}", reply.body);
        for (what, query) in [
            ("closed", "select count(*) from authenticators where closed_at is not null"),
            (
                "told",
                "select count(*) from mails
                 where regexp_replace(body, '\\s', '', 'g') like '%サインインを止めました%'",
            ),
            ("in the trail", "select count(*) from audit_events where action = 'authenticator.close'"),
        ] {
            assert_eq!(number(&mut db, query).await, 1, "{what}");
        }
    }
}

async fn living_links(db: &mut PgConnection, id: Uuid) -> i64 {
    sqlx::query_scalar(
        "select count(*) from account_tickets where account_id = $1 and purpose = 'reset_password' and used_at is null",
    )
    .bind(id)
    .fetch_one(db)
    .await
    .unwrap()
}

/// Asks from an address, and waits for the letter that the answer does not wait for.
async fn forgot(app: &TestApp, db: &mut PgConnection, last: u8, letters: i64) {
    let mut anybody = app.visitor();
    anybody.address = ([203, 0, 113, last], 40000).into();
    assert_eq!(anybody.post("/sign-in/forgotten", &[("name", "tanto")]).await.status, 200);
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if number(&mut *db, "select count(*) from mails where body like '%パスワードの再設定が%'").await == letters
        {
            return;
        }
    }
    panic!("not {letters} letters");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_asks_again_voids_no_link() {
    let app = TestApp::start().await;
    let (id, _, _, _) = equipped(&app, "tanto").await;
    let mut db = app.database.owner().await;
    forgot(&app, &mut db, 1, 1).await;
    let body: String = sqlx::query_scalar("select body from mails where body like '%パスワードの再設定が%'")
        .fetch_one(&mut db)
        .await
        .unwrap();
    let own = body.lines().find_map(|l| l.find("/ticket/").map(|at| l[at..].trim().to_owned())).expect("a link");
    forgot(&app, &mut db, 2, 2).await;
    forgot(&app, &mut db, 3, 3).await;
    assert_eq!(app.visitor().get(&own).await.status, 200, "the owner's link works");
    // A fourth in time is answered alike, and is no letter: three are in the mailbox.
    app.state.clock.advance(TimeDelta::minutes(16));
    let mut anybody = app.visitor();
    assert_eq!(anybody.post("/sign-in/forgotten", &[("name", "tanto")]).await.status, 200);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(living_links(&mut db, id).await, 3);
    let reply = app.visitor().post(&own, &[("password", crate::authenticators::PASSWORD)]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert_eq!(living_links(&mut db, id).await, 0, "using one ends all");
    assert_eq!(app.visitor().get(&own).await.status, 404, "and each works once");

    // Links whose time is over make room, and a keeper's link takes the place of all.
    app.state.clock.advance(TimeDelta::minutes(16));
    forgot(&app, &mut db, 4, 4).await;
    app.state.clock.advance(TimeDelta::minutes(31));
    forgot(&app, &mut db, 5, 5).await;
    assert_eq!(living_links(&mut db, id).await, 1);
    ticket(&app, id, Purpose::ResetPassword).await.expect("a link");
    assert_eq!(living_links(&mut db, id).await, 1);
    forgot(&app, &mut db, 6, 6).await;
    assert_eq!(living_links(&mut db, id).await, 2, "and no stranger voids the keeper's");
}
