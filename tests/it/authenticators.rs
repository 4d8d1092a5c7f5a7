//! How people prove who they are: links, passwords, apps, recovery codes, sessions. Passkeys need a
//! browser and are tested with one (tests/browser/passkeys.rs).

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::accounts::tickets::{self, Purpose};
use ceptoar_portal::kernel::ids::AccountId;
use ceptoar_portal::platform::security::totp::App;
use chrono::TimeDelta;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::support::{Client, Reply, TestApp, factory};

pub const PASSWORD: &str = "a quiet pond in the evening";

/// A real person without password and authenticator.
pub async fn newcomer(app: &TestApp, name: &str, role: Role) -> Uuid {
    let mut db = app.database.owner().await;
    let id = factory::account(app, name).await;
    sqlx::query(
        "update accounts set demonstration = false, password_hash = null, mail_address = $2 where account_id = $1",
    )
    .bind(id)
    .bind(format!("{name}@bank.example"))
    .execute(&mut db)
    .await
    .unwrap();
    let organisation = match role {
        Role::MemberPoc | Role::MemberReader => factory::member(&mut db, "banks", "架空銀行").await,
        _ => factory::organisation(&mut db, "nisc").await,
    };
    let ceptoar = matches!(role, Role::MemberPoc | Role::MemberReader).then_some("banks");
    factory::affiliate(&mut db, id, role, organisation, ceptoar, None).await;
    id
}

/// The path of a ticket that the operator issues.
pub async fn ticket(app: &TestApp, id: Uuid, purpose: Purpose) -> Option<String> {
    let mut db = app.database.owner().await;
    let token = tickets::issue(&mut db, AccountId(id), purpose, app.state.clock.now()).await.ok()?;
    Some(tickets::path(&token))
}

pub fn app_of(page: &Reply) -> Vec<u8> {
    let typed = page.texts("code.secret").remove(0).replace(' ', "");
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for letter in typed.bytes() {
        bits = (bits << 5) | u32::try_from(alphabet.iter().position(|a| *a == letter).unwrap()).unwrap();
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).unwrap());
        }
    }
    bytes
}

/// What the app shows now, found as an attacker would: by trying all codes against the same secret.
pub fn code(app: &TestApp, secret: &[u8]) -> String {
    let totp = totp_rs::Builder::new()
        .with_algorithm(totp_rs::Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(30)
        .with_secret(totp_rs::Secret::from(secret.to_vec()))
        .build()
        .unwrap();
    let code = totp.generate(u64::try_from(app.state.clock.now().timestamp()).unwrap()).to_string();
    let own = App::new(secret.to_vec(), "x", "x").unwrap();
    assert!(own.step(&code, app.state.clock.now()).is_some());
    code
}

/// A member's person with password and app; answers secret and recovery codes, signed in.
pub async fn equipped(app: &TestApp, name: &str) -> (Uuid, Client, Vec<u8>, Vec<String>) {
    let id = newcomer(app, name, Role::MemberPoc).await;
    let path = ticket(app, id, Purpose::Enrol).await.expect("a ticket");
    let mut client = app.visitor();
    let (secret, codes) = enrol(app, &mut client, &path).await;
    (id, client, secret, codes)
}

pub async fn enrol(app: &TestApp, client: &mut Client, path: &str) -> (Vec<u8>, Vec<String>) {
    let reply = client.post(path, &[("password", PASSWORD)]).await;
    assert_eq!((reply.status, reply.location()), (303, "/enrol"), "{}", reply.body);
    enrol_app(app, client).await
}

pub async fn enrol_app(app: &TestApp, client: &mut Client) -> (Vec<u8>, Vec<String>) {
    let page = client.get("/enrol/app").await;
    let secret = app_of(&page);
    let picture = client.get("/enrol/app/code.png").await;
    assert_eq!(picture.headers["content-type"], "image/png");
    assert_eq!(picture.headers["cache-control"], "no-store");
    assert_eq!(client.post("/enrol/app", &[("code", "000000")]).await.status, 422);
    let done = client.post("/enrol/app", &[("code", &code(app, &secret))]).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let codes = done.texts(".codes code");
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

pub async fn is_signed_in(client: &mut Client) -> bool {
    client.get("/account").await.status == 200
}

/// The second page, after the password.
pub async fn with_password(app: &TestApp, name: &str) -> Client {
    let mut client = app.visitor();
    let reply = client.post("/sign-in", &[("name", name), ("password", PASSWORD)]).await;
    assert_eq!((reply.status, reply.location()), (303, "/sign-in/second"), "{}", reply.body);
    client
}

pub async fn number(db: &mut PgConnection, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(db).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_member_enrols_an_app_and_signs_in_with_it() {
    let app = TestApp::start().await;
    let (_, mut client, secret, codes) = equipped(&app, "tanto").await;
    assert!(is_signed_in(&mut client).await, "enrolment ends in a session");
    assert_eq!(client.get("/enrol").await.status, 404, "and is over");

    // The code that was typed at enrolment opens nothing more; the next one does, once.
    let mut second = with_password(&app, "tanto").await;
    assert!(!is_signed_in(&mut second).await, "a password alone is no session");
    assert_eq!(second.post("/sign-in/second", &[("code", &code(&app, &secret))]).await.status, 422);
    app.state.clock.advance(TimeDelta::seconds(30));
    let shown = code(&app, &secret);
    assert_eq!(second.post("/sign-in/second", &[("code", &shown)]).await.status, 303);
    assert!(is_signed_in(&mut second).await);
    let mut again = with_password(&app, "tanto").await;
    assert_eq!(again.post("/sign-in/second", &[("code", &shown)]).await.status, 422);

    // A recovery code works once, as people type it, and a letter tells how many are left.
    let typed = codes[0].to_lowercase().replace('-', " ");
    assert_eq!(again.post("/sign-in/second", &[("code", &typed)]).await.status, 303);
    let mut db = app.database.owner().await;
    let letter: String = sqlx::query_scalar("select body from mails where item_kind = 'account' and body like '%9個%'")
        .fetch_one(&mut db)
        .await
        .expect("a letter");
    assert!(!letter.contains(&codes[0]));
    let mut third = with_password(&app, "tanto").await;
    assert_eq!(third.post("/sign-in/second", &[("code", &codes[0])]).await.status, 422);

    // Nothing of it lies in the database in clear.
    let dump: String = sqlx::query_scalar(
        "select string_agg(t, '') from (select a::text as t from authenticators a
         union all select r::text from recovery_codes r union all select s::text from sign_in_steps s) x",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert!(!dump.contains(&hex(&secret)) && !dump.contains(&codes[1].replace('-', "")));
    assert_eq!(number(&mut db, "select count(*) from recovery_codes where used_at is not null").await, 1);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_at_once_one_gets_in() {
    let app = TestApp::start().await;
    let (_, _, secret, codes) = equipped(&app, "tanto").await;
    app.state.clock.advance(TimeDelta::seconds(30));
    for typed in [code(&app, &secret), codes[3].clone()] {
        let mut tries = Vec::new();
        let held = with_password(&app, "tanto").await;
        for _ in 0..50 {
            let (mut client, typed) = (held.clone(), typed.clone());
            tries.push(tokio::spawn(async move { client.post("/sign-in/second", &[("code", &typed)]).await.status }));
        }
        let mut welcome = 0;
        for one in tries {
            welcome += usize::from(one.await.unwrap() == 303);
        }
        let sessions = number(
            &mut app.database.owner().await,
            "select count(*) from sessions where opened_by in ('password_totp', 'recovery_code') and ended_at is null",
        )
        .await;
        assert!(sessions <= 3, "{sessions} sessions");
        // Those who come after the step is over are sent back to the sign-in page, which is a redirect too.
        assert!(welcome >= 1);
        let mut db = app.database.owner().await;
        sqlx::query("delete from sign_in_attempts").execute(&mut db).await.unwrap();
    }
    let mut db = app.database.owner().await;
    let opened =
        number(&mut db, "select count(*) from audit_events where action = 'session.open' and outcome = 'done'");
    assert_eq!(opened.await, 3, "one at enrolment, one for each code");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_works_once_in_time_and_for_its_purpose() {
    let app = TestApp::start().await;
    let id = newcomer(&app, "tanto", Role::MemberPoc).await;
    assert_eq!(ticket(&app, id, Purpose::Recover).await, None, "nothing to recover yet");
    assert_eq!(ticket(&app, id, Purpose::ResetPassword).await, None, "no password to reset");
    let older = ticket(&app, id, Purpose::Enrol).await.expect("a ticket");
    let path = ticket(&app, id, Purpose::Enrol).await.expect("a ticket");
    let mut visitor = app.visitor();
    assert_eq!(visitor.get(&older).await.status, 404, "a newer one ends the older");

    // Looking does nothing, however often; nor does a password that will not do.
    for _ in 0..3 {
        assert_eq!(visitor.get(&path).await.status, 200);
    }
    let weak = visitor.post(&path, &[("password", "short")]).await;
    assert_eq!(weak.status, 422);
    assert!(weak.body.contains("15文字以上") && !weak.body.contains("\"short\""));
    let named = visitor.post(&path, &[("password", "架空銀行架空銀行架空銀行架空")]).await;
    assert_eq!(named.status, 422, "the organisation's own name is no password");
    enrol(&app, &mut visitor, &path).await;
    assert_eq!(app.visitor().post(&path, &[("password", PASSWORD)]).await.status, 404, "used");
    assert_eq!(app.visitor().get(&path).await.status, 404);
    assert_eq!(ticket(&app, id, Purpose::Enrol).await, None, "an equipped account needs no first authenticator");

    // Reset: another password, the same app, no session; open ones end.
    let path = ticket(&app, id, Purpose::ResetPassword).await.expect("a ticket");
    let reply = app.visitor().post(&path, &[("password", "lanterns over the harbour")]).await;
    assert_eq!(reply.location(), "/sign-in?password=1");
    assert!(!is_signed_in(&mut visitor).await, "whoever sat there with the old password is out");
    let mut client = app.visitor();
    let form = [("name", "tanto"), ("password", "lanterns over the harbour")];
    assert_eq!(client.post("/sign-in", &form).await.location(), "/sign-in/second", "the app is still asked for");

    // Time, and suspension.
    let path = ticket(&app, id, Purpose::Recover).await.expect("a ticket");
    app.state.clock.advance(TimeDelta::minutes(31));
    assert_eq!(app.visitor().get(&path).await.status, 404);
    let path = ticket(&app, id, Purpose::Recover).await.expect("a ticket");
    let mut db = app.database.owner().await;
    sqlx::query("update accounts set suspended_at = now()").execute(&mut db).await.unwrap();
    assert_eq!(app.visitor().post(&path, &[("password", PASSWORD)]).await.status, 404);
    assert_eq!(ticket(&app, id, Purpose::Recover).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_loss_link_and_password_together_replace_the_app() {
    let app = TestApp::start().await;
    let (id, mut old, secret, codes) = equipped(&app, "tanto").await;
    let path = ticket(&app, id, Purpose::Recover).await.expect("a ticket");
    let mut client = app.visitor();
    let reply = client.post(&path, &[("password", "not the password at all")]).await;
    assert_eq!(reply.status, 422, "the link alone is not enough");
    assert_eq!(client.get("/enrol").await.status, 404);
    app.state.clock.advance(TimeDelta::seconds(60));
    enrol(&app, &mut client, &path).await;
    assert!(is_signed_in(&mut client).await && !is_signed_in(&mut old).await);
    app.state.clock.advance(TimeDelta::seconds(60));
    let mut thief = with_password(&app, "tanto").await;
    for typed in [code(&app, &secret), codes[0].clone()] {
        assert_eq!(thief.post("/sign-in/second", &[("code", &typed)]).await.status, 422, "the lost ones are dead");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_do_not_sign_in_by_password_and_app() {
    let app = TestApp::start().await;
    let (id, mut client, secret, codes) = equipped(&app, "tanto").await;
    let mut db = app.database.owner().await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    factory::affiliate(&mut db, id, Role::NiscAnalyst, nisc, None, None).await;

    let reply = client.get("/account").await;
    assert_eq!(reply.status, 303, "the session is too weak from this minute on");
    assert!(client.get("/sign-in").await.body.contains("パスキーでサインインしてください"));
    app.state.clock.advance(TimeDelta::seconds(30));
    let mut second = with_password(&app, "tanto").await;
    assert!(second.get("/sign-in/second").await.texts("#code").is_empty());
    for typed in [code(&app, &secret), codes[0].clone()] {
        assert_eq!(second.post("/sign-in/second", &[("code", &typed)]).await.status, 422);
    }
    assert!(!is_signed_in(&mut second).await);
    let told = "select count(*) from mails where item_kind = 'account' and body like '%9個%'";
    assert_eq!(number(&mut db, told).await, 1, "the code is used up, and its owner hears of it");

    // The database refuses such a session even if the program were to ask for it.
    let mut tx = app.state.db.begin(Some(AccountId(id)), app.state.clock.now()).await.unwrap();
    let now = app.state.clock.now();
    for (by, allowed) in [("password_totp", false), ("recovery_code", false), ("demonstration", false)] {
        let done = sqlx::query(
            "insert into sessions (token_hash, account_id, opened_by, opened_at, last_seen_at, confirmed_at, expires_at)
             values ('x', $1, $2, $3, $3, $3, $3)",
        )
        .bind(id)
        .bind(by)
        .bind(now)
        .execute(&mut *tx)
        .await;
        assert_eq!(done.is_ok(), allowed, "{by}");
        tx = app.state.db.begin(Some(AccountId(id)), now).await.unwrap();
    }

    // A staff newcomer is not offered an app, and cannot take one.
    let id = newcomer(&app, "analyst", Role::NiscAnalyst).await;
    let path = ticket(&app, id, Purpose::Enrol).await.expect("a ticket");
    let mut staff = app.visitor();
    staff.post(&path, &[("password", PASSWORD)]).await;
    assert!(!staff.get("/enrol").await.body.contains("/enrol/app"));
    assert_eq!(staff.get("/enrol/app").await.status, 404);
    assert_eq!(staff.post("/enrol/app", &[("code", "123456")]).await.status, 404);
    // And the password alone enrols nothing.
    let reply = app.visitor().post("/sign-in", &[("name", "analyst"), ("password", PASSWORD)]).await;
    assert_eq!(reply.status, 422);
    assert!(reply.body.contains("リンクを依頼"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_new_at_sign_in_and_step_up_and_the_old_ones_dead() {
    let app = TestApp::start().await;
    let (_, mut client, secret, _) = equipped(&app, "tanto").await;
    let planted = client.clone();
    // Somebody signs in over a living session.
    app.state.clock.advance(TimeDelta::seconds(30));
    assert_eq!(client.post("/sign-in", &[("name", "tanto"), ("password", PASSWORD)]).await.status, 303);
    client.post("/sign-in/second", &[("code", &code(&app, &secret))]).await;
    assert!(is_signed_in(&mut client).await && !is_signed_in(&mut planted.clone()).await);

    // Stale after five minutes: a page is led to, a form is kept.
    assert_eq!(client.get("/account/address").await.status, 200);
    app.state.clock.advance(TimeDelta::minutes(6));
    let stale = client.clone();
    assert_eq!(client.get("/account/address").await.location(), "/account/confirm?return_to=%2Faccount%2Faddress");
    let form = [("address", "new@bank.example"), ("more", "a \"quoted\" <thing>")];
    let sent_on = client.post("/account/address", &form).await;
    assert_eq!(sent_on.status, 307);
    let to = sent_on.location().to_owned();
    let page = client.post(&to, &form).await;
    assert_eq!(page.status, 403);
    assert_eq!(page.values("input[name=more]"), ["a \"quoted\" <thing>"]);
    let by_code = "form:has(#confirm_code)";
    let wrong = client.press(&page, by_code, &[("confirm_code", "000000")]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.values("input[name=address]"), ["new@bank.example"], "still kept");
    let done = client.press(&wrong, by_code, &[("confirm_code", &code(&app, &secret))]).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(client.press(&done, "form[data-send-on]", &[]).await.location(), "/account?sent=1");
    assert!(!is_signed_in(&mut stale.clone()).await, "the token before the step-up is dead");

    // The absolute end stays where it was.
    for _ in 0..24 {
        app.state.clock.advance(TimeDelta::minutes(29));
        client.get("/account").await;
    }
    app.state.clock.advance(TimeDelta::minutes(24));
    assert!(!is_signed_in(&mut client).await, "twelve hours after the sign-in, not after the step-up");
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_ones_password_needs_the_old_one_ends_other_sessions_and_is_told() {
    let app = TestApp::start().await;
    let (_, mut client, secret, _) = equipped(&app, "tanto").await;
    app.state.clock.advance(TimeDelta::seconds(30));
    let mut other = with_password(&app, "tanto").await;
    other.post("/sign-in/second", &[("code", &code(&app, &secret))]).await;
    assert!(is_signed_in(&mut other).await);
    let wrong = client.post("/account/password", &[("old", "x"), ("new", "lanterns over the harbour")]).await;
    assert_eq!(wrong.status, 422);
    assert!(!wrong.body.contains("lanterns"));
    let done = client.post("/account/password", &[("old", PASSWORD), ("new", "lanterns over the harbour")]).await;
    assert_eq!(done.location(), "/account?done=1");
    assert!(is_signed_in(&mut client).await && !is_signed_in(&mut other).await);
    let told = number(
        &mut app.database.owner().await,
        "select count(*) from mails where body like '%パスワードが変更されました%'",
    )
    .await;
    assert_eq!(told, 1);
    // The only app cannot be removed.
    let page = client.get("/account").await;
    let id = page.values("button[name=authenticator]").remove(0);
    assert_eq!(client.post("/account/authenticators/removal", &[("authenticator", &id)]).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_address_is_confirmed_there_and_told_to_both() {
    let app = TestApp::start().await;
    let (_, mut client, _, _) = equipped(&app, "tanto").await;
    assert_eq!(client.post("/account/address", &[("address", "nonsense")]).await.status, 422);
    client.post("/account/address", &[("address", "new@bank.example")]).await;
    let mut db = app.database.owner().await;
    let present = "select mail_address from accounts where sign_in_name = 'tanto'";
    let before: String = sqlx::query_scalar(present).fetch_one(&mut db).await.unwrap();
    assert_eq!(before, "tanto@bank.example");
    let body: String = sqlx::query_scalar(
        "select m.body from mails m join deliveries d using (mail_id) join delivery_addresses a using (delivery_id)
         where a.address = 'new@bank.example'",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    let path = body.lines().find_map(|l| l.find("/ticket/").map(|at| l[at..].trim().to_owned())).expect("a link");
    assert_eq!(app.visitor().get(&path).await.status, 200);
    // Whoever merely reads the new mailbox changes nothing, nor does somebody else who is signed in.
    let stranger = app.visitor().post(&path, &[]).await;
    assert!(stranger.status == 303 && stranger.location().starts_with("/sign-in?return_to=%2Fticket%2F"));
    equipped(&app, "other").await;
    assert_eq!(app.signed_in("other").await.post(&path, &[]).await.status, 403);
    let unchanged: String = sqlx::query_scalar(present).fetch_one(&mut db).await.unwrap();
    assert_eq!(unchanged, "tanto@bank.example");
    assert_eq!(client.post(&path, &[]).await.location(), "/account?address=1");
    let after: String = sqlx::query_scalar(present).fetch_one(&mut db).await.unwrap();
    assert_eq!(after, "new@bank.example");
    for (address, letters) in [("new@bank.example", 2), ("tanto@bank.example", 3)] {
        let n: i64 = sqlx::query_scalar("select count(*) from delivery_addresses where address = $1")
            .bind(address)
            .fetch_one(&mut db)
            .await
            .unwrap();
        assert_eq!(n, letters, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_not_told_by_answers_or_work() {
    let app = TestApp::start().await;
    equipped(&app, "known").await;
    let suspended = newcomer(&app, "suspended", Role::MemberPoc).await;
    let mut db = app.database.owner().await;
    sqlx::query("update accounts set suspended_at = now() where account_id = $1")
        .bind(suspended)
        .execute(&mut db)
        .await
        .unwrap();
    newcomer(&app, "invited", Role::MemberPoc).await;
    let mut answers = Vec::new();
    let blank = app.visitor().post("/sign-in/forgotten", &[("name", "\u{3000}")]).await;
    assert!(blank.status == 422 && blank.body.contains("value=\"\u{3000}\""), "what was typed stays: {}", blank.body);
    for name in ["known", "nobody", "suspended", "invited"] {
        let before = app.state.hasher.verified();
        let reply = app.visitor().post("/sign-in", &[("name", name), ("password", "a wrong password")]).await;
        assert_eq!(app.state.hasher.verified() - before, 1, "{name} costs exactly one");
        let forgotten = app.visitor().post("/sign-in/forgotten", &[("name", name)]).await;
        let text = |r: &Reply| r.without_request_id().replace(name, "NAME");
        answers.push((reply.status, text(&reply), forgotten.status, text(&forgotten)));
    }
    assert_eq!((answers[0].0, answers[0].2), (422, 200));
    assert!(answers.iter().all(|a| *a == answers[0]));
    // One letter, to the one that can use it.
    for _ in 0..100 {
        let sent = "select count(*) from mails where body like '%パスワードの再設定%'";
        if number(&mut db, sent).await == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no letter, or more than one");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_at_once_compute_two_hashes_at_a_time() {
    let app = TestApp::start().await;
    let mut tries = Vec::new();
    for n in 0..200_u8 {
        let mut client = app.visitor();
        client.address = ([198, 51, 100, n], 40000).into();
        tries.push(tokio::spawn(async move {
            client.post("/sign-in", &[("name", "nobody-at-all"), ("password", "a wrong password")]).await.status
        }));
    }
    let mut verified = 0;
    for one in tries {
        let status = one.await.unwrap();
        assert!(status == 422 || status == 429 || status == 503, "{status}");
        verified += usize::from(status == 422);
    }
    assert!(app.state.hasher.most_at_once() <= 2);
    assert!(app.state.hasher.verified() >= verified && verified <= 50, "the name's limit binds from everywhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_cannot_keep_a_name_out_where_it_is_known() {
    let app = TestApp::start().await;
    let (_, _, secret, _) = equipped(&app, "tanto").await;
    for n in 0..60_u8 {
        let mut client = app.visitor();
        client.address = ([198, 51, 100, n], 40000).into();
        client.post("/sign-in", &[("name", "tanto"), ("password", "a guess")]).await;
    }
    let mut elsewhere = app.visitor();
    elsewhere.address = ([203, 0, 113, 5], 40000).into();
    let form = [("name", "tanto"), ("password", PASSWORD)];
    assert_eq!(elsewhere.post("/sign-in", &form).await.status, 429);
    app.state.clock.advance(TimeDelta::seconds(30));
    let mut owner = with_password(&app, "tanto").await;
    assert_eq!(owner.post("/sign-in/second", &[("code", &code(&app, &secret))]).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_does_not_lock_out_everybody_behind_the_same_address() {
    let app = TestApp::start().await;
    // Both work behind one address; only one of them has signed in from there.
    equipped(&app, "tanto").await;
    factory::account(&app, "new-here").await;
    let guess = async |name: &str, password: &str| {
        app.visitor().post("/sign-in", &[("name", name), ("password", password)]).await.status
    };
    for n in 0..100 {
        assert_eq!(guess(&format!("name-{n}"), "a guess").await, 422);
    }
    assert_eq!(guess("another", "a guess").await, 429, "the address has used up its tries");
    assert_eq!(guess("new-here", factory::PASSWORD).await, 429, "whoever never signed in from there waits");
    assert_eq!(guess("tanto", PASSWORD).await, 303, "whoever did does not");
    // It is no way round for guessing: the name has its ten as ever,
    for _ in 0..9 {
        assert_eq!(guess("tanto", "a guess").await, 429);
    }
    assert_eq!(guess("tanto", PASSWORD).await, 429);
    // elsewhere nothing is known of it,
    let mut elsewhere = app.visitor();
    elsewhere.address = ([203, 0, 113, 5], 40000).into();
    for n in 0..100 {
        elsewhere.post("/sign-in", &[("name", &format!("name-{n}")), ("password", "a guess")]).await;
    }
    assert_eq!(elsewhere.post("/sign-in", &[("name", "tanto"), ("password", PASSWORD)]).await.status, 429);
    // and all names that are known at an address have a bound together.
    let mut db = app.database.owner().await;
    app.state.clock.advance(TimeDelta::minutes(16));
    assert_eq!(guess("tanto", "a guess").await, 422);
    let address = sqlx::query("update sign_in_attempts set attempts = 100 where subject like 'address:%'");
    assert_eq!(address.execute(&mut db).await.unwrap().rows_affected(), 2);
    assert_eq!(guess("tanto", PASSWORD).await, 303);
    let known = sqlx::query("update sign_in_attempts set attempts = 300 where subject like 'known-address:%'");
    assert_eq!(known.execute(&mut db).await.unwrap().rows_affected(), 1);
    assert_eq!(guess("tanto", PASSWORD).await, 429);
}

/// Status, page and hashes of one wrong password.
async fn wrong_at(app: &TestApp, name: &str) -> (u16, String, usize) {
    let before = app.state.hasher.verified();
    let reply = app.visitor().post("/sign-in", &[("name", name), ("password", "a guess")]).await;
    (reply.status, reply.without_request_id().replace(name, "NAME"), app.state.hasher.verified() - before)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_over_its_limit_tells_nobody_which_names_are_known_there() {
    let app = TestApp::start().await;
    equipped(&app, "tanto").await;
    factory::account(&app, "new-here").await;
    let mut anywhere = app.visitor();
    for n in 0..100 {
        anywhere.post("/sign-in", &[("name", &format!("name-{n}")), ("password", "a guess")]).await;
    }
    for n in 0..12 {
        let known = wrong_at(&app, "tanto").await;
        assert_eq!((known.0, known.2), (429, usize::from(n < 10)), "{n}");
        for name in ["new-here", "nobody-at-all"] {
            assert_eq!(wrong_at(&app, name).await, known, "{name}, {n}");
        }
    }
    let throttled = "select count(*) from audit_events where detail->>'reason' in ('throttled', 'unknown')";
    assert_eq!(number(&mut app.database.owner().await, throttled).await, 101, "one line for all of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_over_its_limit_tells_nobody_where_it_is_known() {
    let app = TestApp::start().await;
    equipped(&app, "tanto").await;
    for name in ["tanto", "nobody-at-all"] {
        for n in 0..60_u8 {
            let mut client = app.visitor();
            client.address = ([198, 51, 100, n], 40000).into();
            client.post("/sign-in", &[("name", name), ("password", "a guess")]).await;
        }
    }
    let known = wrong_at(&app, "tanto").await;
    assert_eq!((known.0, known.2), (429, 1));
    assert_eq!(wrong_at(&app, "nobody-at-all").await, known);
    with_password(&app, "tanto").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_knows_the_password_stops_no_grave_step() {
    let app = TestApp::start().await;
    let (_, mut owner, secret, _) = equipped(&app, "tanto").await;
    for _ in 0..2 {
        let mut thief = with_password(&app, "tanto").await;
        for _ in 0..8 {
            thief.post("/sign-in/second", &[("code", "000000")]).await;
        }
    }
    let mut thief = with_password(&app, "tanto").await;
    assert_eq!(thief.post("/sign-in/second", &[("code", "000000")]).await.status, 429);
    app.state.clock.advance(TimeDelta::seconds(30));
    let right = code(&app, &secret);
    let reply = owner.post("/account/confirm", &[("confirm_resend", "0"), ("confirm_code", &right)]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    // Nor do wrong passwords in the owner's own session stop a passkey.
    for _ in 0..15 {
        owner.post("/account/password", &[("old", "x"), ("new", "lanterns over the harbour")]).await;
    }
    let code = [("confirm_resend", "0"), ("confirm_code", "000000")];
    assert_eq!(owner.post("/account/confirm", &code).await.status, 429);
    for _ in 0..20 {
        let key = [("confirm_resend", "0"), ("confirm_ceremony", "x"), ("confirm_credential", "x")];
        assert_eq!(owner.post("/account/confirm", &key).await.status, 422, "the key is looked at");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_throttled_in_the_database() {
    let app = TestApp::start().await;
    let (_, _, secret, codes) = equipped(&app, "tanto").await;
    app.state.clock.advance(TimeDelta::seconds(30));
    let mut client = with_password(&app, "tanto").await;
    let mut last = 0;
    for _ in 0..12 {
        last = client.post("/sign-in/second", &[("code", "000000")]).await.status;
    }
    assert_eq!(last, 429);
    for typed in [code(&app, &secret), codes[0].clone()] {
        assert_eq!(client.post("/sign-in/second", &[("code", &typed)]).await.status, 429, "even the right one");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_keeps_an_account_gets_a_ticket_for_it() {
    let app = TestApp::start().await;
    let id = newcomer(&app, "tanto", Role::MemberPoc).await;
    let mut db = app.database.owner().await;
    let (banks, power) =
        (factory::secretariat_of(&mut db, "banks").await, factory::secretariat_of(&mut db, "power").await);
    let nisc = factory::organisation(&mut db, "nisc").await;
    let staff = newcomer(&app, "analyst", Role::NiscAnalyst).await;
    for (name, role, place, ceptoar, member, other) in [
        ("desk", Role::Secretariat, banks, Some("banks"), true, false),
        ("far", Role::Secretariat, power, Some("power"), false, false),
        ("admin", Role::SystemAdmin, nisc, None, false, true),
        ("approver", Role::NiscApprover, nisc, None, false, true),
    ] {
        let viewer = factory::person(&app, name, role, place, ceptoar, None).await;
        for (target, allowed) in [(id, member), (staff, other), (viewer, false)] {
            let now = app.state.clock.now();
            let mut tx = app.state.db.begin(Some(AccountId(viewer)), now).await.unwrap();
            let issued = tickets::issue(&mut tx, AccountId(target), Purpose::Enrol, now).await;
            assert_eq!(issued.is_ok(), allowed, "{name} for {target}");
        }
    }
    // Nobody signed in may ask for a reset alone.
    let now = app.state.clock.now();
    for purpose in [Purpose::Enrol, Purpose::Recover, Purpose::Address] {
        let mut tx = app.state.db.begin(None, now).await.unwrap();
        assert!(tickets::issue(&mut tx, AccountId(id), purpose, now).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_held_step_enrolment_does_not_exist() {
    let app = TestApp::start().await;
    let mut visitor = app.visitor();
    for path in ["/enrol", "/enrol/app", "/enrol/app/code.png"] {
        assert_eq!(visitor.get(path).await.status, 404, "{path}");
    }
    for path in ["/enrol/app", "/enrol/passkey", "/enrol/passkey/challenge", "/sign-in/second/challenge"] {
        assert_eq!(visitor.post(path, &[("code", "1")]).await.status, 404, "{path}");
    }
    // A step after the password is no step of enrolment.
    equipped(&app, "tanto").await;
    let mut half = with_password(&app, "tanto").await;
    assert_eq!(half.get("/enrol").await.status, 404);
    for page in ["/help/passkeys", "/help/totp", "/sign-in/forgotten"] {
        assert_eq!(visitor.get(page).await.status, 200, "{page}");
    }
}
