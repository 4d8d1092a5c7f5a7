//! What is written into the log while people work: ids and counts, and no word of theirs (docs/operations.md, "Logs").
//! A journey with planted words goes through the whole portal and its mail worker, under the very formatters that
//! `serve` logs with, and none of the words may be in any line.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::accounts::tickets::Purpose;
use ceptoar_portal::platform::config::LogFormat;
use ceptoar_portal::platform::config::Transport;
use ceptoar_portal::platform::db::pool;
use ceptoar_portal::platform::mail::sheet::Postmark;
use ceptoar_portal::platform::mail::smtp_relay::SmtpRelay;
use ceptoar_portal::platform::mail::smtp_server::{Moment, Verdict};
use ceptoar_portal::platform::mail::worker::{self, WorkerSettings};
use ceptoar_portal::platform::telemetry;
use chrono::TimeDelta;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::authenticators::{self, PASSWORD};
use crate::support::factory::NewAdvisory;
use crate::support::sink::Sink;
use crate::support::{Client, Reply, TestApp, factory};

/// Everything that was logged.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).expect("text")
    }
}

/// The planted words, each with what it is.
#[derive(Debug, Default)]
struct Planted(Vec<(&'static str, String)>);

impl Planted {
    fn add(&mut self, what: &'static str, word: impl Into<String>) {
        let word = word.into();
        assert!(word.chars().count() >= 6, "{what}: {word:?} could be anywhere");
        self.0.push((what, word));
    }

    /// Every secret that a page gave a browser: cookies, form tokens, links.
    fn add_browser(&mut self, client: &Client) {
        for name in ["portal_session", "portal_visit", "portal_step"] {
            if let Some(value) = client.cookie(name) {
                self.add("a cookie", value);
            }
        }
    }

    fn add_page(&mut self, page: &Reply) {
        for token in page.values("input[name=form_token]") {
            self.add("a form token", token);
        }
    }

    /// Planted words in the log, as they are or as addresses and strings of programs write them.
    fn found(&self, log: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (what, word) in &self.0 {
            let encoded: String = url::form_urlencoded::byte_serialize(word.as_bytes()).collect();
            let debug = format!("{word:?}");
            let ascii: String = word.escape_unicode().collect();
            for form in [word.as_str(), &encoded, debug.trim_matches('"'), &ascii] {
                // Six digits may be part of a longer number, such as a process id or a time.
                let digits = form.bytes().all(|b| b.is_ascii_digit());
                let alone = |at: usize| {
                    let (before, after) = (&log[..at], &log[at + form.len()..]);
                    let joins = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '.');
                    !joins(before.chars().next_back()) && !joins(after.chars().next())
                };
                if log.match_indices(form).any(|(at, _)| !digits || alone(at)) {
                    found.push(format!("{what}: {form}"));
                    break;
                }
            }
        }
        found
    }
}

const RED_TITLE: &str = "極秘の題名カナリア";
const RED_BODY: &str = "本文のカナリアは黄色い";
const TAKEN: &str = "night-duty@canary-taken.example";
const REFUSED: &str = "night-duty@canary-refused.example";
const TELEPHONE: &str = "090-5555-0147";
const WRONG: &str = "wrong canary password 7";

/// Somebody enrols, signs in wrongly and rightly, and changes the password.
async fn account(app: &TestApp, planted: &mut Planted) {
    planted.add("a password", PASSWORD);
    planted.add("a wrong password", WRONG);
    let id = authenticators::newcomer(app, "tanto", Role::MemberPoc).await;
    planted.add("a person's address", "tanto@bank.example");
    let link = authenticators::ticket(app, id, Purpose::Enrol).await.unwrap();
    planted.add("a link", link.rsplit('/').next().unwrap());
    let mut client = app.visitor();
    planted.add_page(&client.get(&link).await);
    let (secret, codes) = authenticators::enrol(app, &mut client, &link).await;
    planted.add("an app's secret", hex::encode(&secret));
    codes.iter().for_each(|code| planted.add("a recovery code", code));
    planted.add_browser(&client);
    let mut wrong = app.visitor();
    planted.add_page(&wrong.get("/sign-in").await);
    planted.add_browser(&wrong);
    assert_eq!(wrong.post("/sign-in", &[("name", "tanto"), ("password", WRONG)]).await.status, 422);
    // People type passwords into the name field.
    assert_eq!(wrong.post("/sign-in", &[("name", WRONG), ("password", WRONG)]).await.status, 422);
    let answer = format!("{{\"id\":\"{WRONG}\"}}");
    let passkey = [("ceremony", WRONG), ("credential", answer.as_str())];
    assert!(wrong.post("/sign-in/passkey", &passkey).await.status < 500);
    assert_eq!(wrong.post("/sign-in/forgotten", &[("name", "tanto")]).await.status, 200);
    app.state.clock.advance(TimeDelta::seconds(30));
    let mut half = authenticators::with_password(app, "tanto").await;
    planted.add_browser(&half);
    assert_eq!(half.post("/sign-in/second", &[("code", "918273")]).await.status, 422);
    planted.add("a wrong code", "918273");
    let code = authenticators::code(app, &secret);
    planted.add("a code", &code);
    assert_eq!(half.post("/sign-in/second", &[("code", &code)]).await.status, 303);
    planted.add_browser(&half);
    let new = "eleven canaries on the roof";
    planted.add("a new password", new);
    assert_eq!(half.post("/account/password", &[("old", PASSWORD), ("new", new)]).await.status, 303);
    planted.add("an address asked for", "moved@canary-moved.example");
    assert!(half.post("/account/address", &[("address", "moved@canary-moved.example")]).await.status < 400);
}

/// A RED item is written, published, read, and looked after; the windows are looked up in an emergency.
async fn items(app: &TestApp, planted: &mut Planted) {
    for (what, word) in [
        ("a RED title", RED_TITLE),
        ("a RED body", RED_BODY),
        ("an address", TAKEN),
        ("an address", REFUSED),
        ("a telephone", TELEPHONE),
    ] {
        planted.add(what, word);
    }
    let mut db = app.database.owner().await;
    let bank = factory::member(&mut db, "banks", "架空第三銀行").await;
    let (taken, refused) = (
        factory::window(&mut db, bank, Some("banks"), TAKEN).await,
        factory::window(&mut db, bank, Some("banks"), REFUSED).await,
    );
    sqlx::query("insert into contact_channels values ($1, 2, 'phone', $2, 'always')")
        .bind(taken)
        .bind(TELEPHONE)
        .execute(&mut db)
        .await
        .unwrap();
    let named = [taken, refused];
    let red = NewAdvisory {
        level: "RED",
        scope: "named",
        title: RED_TITLE,
        ceptoars: &[],
        named: &named,
        ..NewAdvisory::default()
    };
    let sent = factory::draft_advisory(app, red).await;
    let draft = factory::draft_advisory(app, red).await;
    sqlx::query("update advisory_texts set summary = $1, impact = $1").bind(RED_BODY).execute(&mut db).await.unwrap();
    factory::publish(app, sent, false).await;
    factory::person(app, "poc", Role::MemberPoc, bank, Some("banks"), Some(taken)).await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    factory::person(app, "desk", Role::Secretariat, desk, Some("banks"), None).await;
    // Not within the statement: this test's own statements are in the log that says more.
    let host = "@canary-people.example";
    sqlx::query("update accounts set mail_address = sign_in_name || $1").bind(host).execute(&mut db).await.unwrap();
    planted.add("a person's address", host);

    let mut poc = app.signed_in("poc").await;
    let page = poc.get(&format!("/advisories/{sent}")).await;
    assert!(page.status == 200 && page.body.contains(RED_TITLE) && page.body.contains(RED_BODY));
    assert_eq!(poc.post(&format!("/advisories/{sent}/acknowledgement"), &[]).await.status, 303);
    assert_eq!(poc.post("/advisories/search", &[("words", RED_TITLE)]).await.status, 200);
    planted.add_page(&page);
    planted.add_browser(&poc);
    let mut author = app.signed_in("case-author").await;
    assert!(author.get(&format!("/advisories/{draft}/draft")).await.body.contains(RED_BODY));
    let reason = "理由のカナリア、夜間にどこにもつながらない";
    planted.add("a reason", reason);
    let glass = format!("/break-glass/organisations/{bank}");
    let opened = author.post(&glass, &[("reason", reason), ("confirm", "true")]).await;
    let windows = author.get(opened.location()).await;
    assert!(windows.body.contains(TELEPHONE) && windows.body.contains(TAKEN), "{}", windows.status);
    let mut desk = app.signed_in("desk").await;
    planted.add("a new person's address", "new@canary-new.example");
    let invitation = [
        ("display_name", "名前のカナリア"),
        ("sign_in_name", "canary-name"),
        ("mail_address", "new@canary-new.example"),
        ("language", "ja"),
        ("duty", "member_reader"),
    ];
    planted.add("a person's name", "名前のカナリア");
    assert_eq!(desk.post(&format!("/people/places/{bank}/banks"), &invitation).await.status, 303);
    assert_eq!(desk.post("/people/search", &[("words", "名前のカナリア")]).await.status, 200);
    broken(app, &mut author, draft, planted).await;
}

/// The database refuses a text, and says with it what the text was.
async fn broken(app: &TestApp, author: &mut Client, draft: uuid::Uuid, planted: &mut Planted) {
    let word = "題名のカナリアが壊れる";
    planted.add("a text that the database refused", word);
    sqlx::query("alter table advisory_texts add constraint no_canaries check (title not like '%壊れる') not valid")
        .execute(&mut app.database.owner().await)
        .await
        .unwrap();
    let form = [
        ("kind", "alert"),
        ("title", word),
        ("summary", RED_BODY),
        ("countermeasure", RED_BODY),
        ("purpose", "prevention"),
        ("level", "RED"),
        ("handler_scope", "named"),
        ("next", "save"),
    ];
    let refused = author.post(&format!("/advisories/{draft}/draft"), &form).await;
    assert_eq!(refused.status, 500, "{}", refused.body);
    assert!(!refused.body.contains("no_canaries") && !refused.body.contains("constraint"), "nothing of the database");
}

/// Everything that waits is sent; the relay takes one window's mails and refuses the other's, and says so in full.
async fn mails(app: &TestApp) {
    let sink = Sink::scripted(|moment, mail| match (moment, mail.to.last().map(String::as_str)) {
        (Moment::Recipient, Some(REFUSED)) => {
            Verdict::Say(550, "5.1.1 <night-duty@canary-refused.example> 極秘の題名カナリア is unknown")
        }
        _ => Verdict::Accept,
    })
    .await;
    let relay = SmtpRelay::new(sink.url(), "portal.example", Transport::Pipelined).unwrap();
    let postmark = Postmark::new("portal@ceptoar.example", "https://portal.example").unwrap();
    let mut settings = WorkerSettings::new(pool(app.database.connections.worker.clone(), 5), relay, postmark, 2);
    settings.poll = Duration::from_millis(50);
    let (stop, stopping) = watch::channel(false);
    let work = tokio::spawn(worker::run(settings, stopping));
    let mut db = app.database.owner().await;
    for n in 0.. {
        let waiting: i64 = sqlx::query_scalar("select count(*) from deliveries where state in ('queued', 'sending')")
            .fetch_one(&mut db)
            .await
            .unwrap();
        if waiting == 0 {
            break;
        }
        assert!(n < 400, "{waiting} mails still wait");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    stop.send_replace(true);
    work.await.unwrap().unwrap();
    assert!(sink.copies(TAKEN) >= 1 && sink.copies(REFUSED) == 0);
}

/// On one thread, as a subscriber of a test is one thread's.
async fn journey(format: LogFormat, filter: &str) {
    let log = Log::default();
    let to = log.clone();
    // With one subscriber alone, what another test's thread says first would be deaf for all (tracing keeps for each
    // line of code whether anybody listens, and asks the thread that comes there first).
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let lines = telemetry::lines(format, EnvFilter::new(filter), false, move || to.clone());
    let _heard = tracing::subscriber::set_default(lines);
    let app = TestApp::start().await;
    let mut planted = Planted::default();
    account(&app, &mut planted).await;
    items(&app, &mut planted).await;
    mails(&app).await;
    // The database itself is gone at last.
    app.state.db.close().await;
    let mut late = app.visitor();
    let secret = "late canary password 9";
    planted.add("a password of somebody too late", secret);
    assert_eq!(late.post("/sign-in", &[("name", "tanto"), ("password", secret)]).await.status, 503);

    let text = log.text();
    for heard in [
        "answered POST /sign-in with 422",
        "answered POST /account/password with 303",
        "answered GET /advisories/{id} with 200",
        "answered GET /break-glass/{id} with 200",
        "request failed",
        "no_canaries",
        "database out of reach",
        "mail worker started",
        "refused: reach this window by telephone",
    ] {
        assert!(text.contains(heard), "the log did not hear: {heard}\n{text}");
    }
    assert!(planted.0.len() > 40 && text.lines().count() > 30, "{} words, {}", planted.0.len(), text.lines().count());
    assert_eq!(planted.found(&text), Vec::<String>::new(), "{format:?} {filter}");

    // Each of the words would have been found.
    for (what, word) in &planted.0 {
        tracing::info!(%word, "planted");
        let found = planted.found(&log.text());
        assert!(found.iter().any(|found| found.starts_with(what)), "{what} is not found even if it is there");
        log.0.lock().unwrap().clear();
    }
}

#[tokio::test]
async fn no_word_of_anybody_is_in_the_log_for_people() {
    journey(LogFormat::Text, telemetry::USUAL).await;
}

#[tokio::test]
async fn no_word_of_anybody_is_in_the_log_for_programs() {
    journey(LogFormat::Json, telemetry::USUAL).await;
}

/// As an operator would set it who looks for a fault.
#[tokio::test]
async fn no_word_of_anybody_is_in_the_log_that_says_more() {
    journey(LogFormat::Json, "debug").await;
}
