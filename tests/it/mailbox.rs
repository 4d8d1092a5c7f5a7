//! The local mailbox of a demonstration.

use ceptoar_portal::features::access::Role;

use crate::support::TestApp;
use crate::support::factory;

const HEADERS: &str = "From: portal@ceptoar.example\r\nTo: RECIPIENT\r\n\
    Subject: =?utf-8?B?44CQ5rOo5oSP5Zaa6LW344CRPGI+?=\r\nMessage-ID: <1@ceptoar.example>\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";

/// Mails to `count` windows, all with one body: a link of the portal and one that is not.
async fn arrive(app: &TestApp, count: usize) {
    let mut db = app.database.owner().await;
    let text = format!("{}/advisories/7 と http://evil.example/", app.state.config.base_url());
    // base64 without a crate: the database has it.
    sqlx::query(
        "insert into local_mail_bodies values ('h', convert_to(encode(convert_to($1, 'UTF8'), 'base64') || chr(13) || chr(10), 'UTF8'))",
    )
    .bind(text)
    .execute(&mut db)
    .await
    .unwrap();
    for n in 0..count {
        let to = format!("window{n}@bank.example");
        sqlx::query("insert into local_mails (received_at, sender, recipient, headers, body_hash) values ($1, 's@ceptoar.example', $2, $3, 'h')")
            .bind(app.state.clock.now())
            .bind(&to)
            .bind(HEADERS.replace("RECIPIENT", &to).into_bytes())
            .execute(&mut db)
            .await
            .unwrap();
    }
}

async fn somebody(app: &TestApp) {
    let mut db = app.database.owner().await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    factory::person(app, "auditor", Role::Auditor, nisc, None, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_listed_found_and_read_as_sent() {
    let app = TestApp::start().await;
    somebody(&app).await;
    assert_eq!(app.visitor().get("/mailbox").await.status, 303, "not for strangers");
    let mut client = app.signed_in("auditor").await;
    assert_eq!(client.get("/mailbox").await.texts(".empty__title"), ["メールはまだありません"]);
    arrive(&app, 53).await;
    let first = client.get("/mailbox").await;
    let to = first.texts(".letters__to");
    assert_eq!((to.len(), to[0].as_str()), (50, "window52@bank.example"));
    assert_eq!(first.texts(".letters__subject")[0], "【注意喚起】<b>");
    let older = first.body.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(client.get(older).await.texts(".letters__to").len(), 3);
    let found = client.post("/mailbox", &[("recipient", " Window7@Bank ")]).await;
    assert_eq!(found.texts(".letters__to"), ["window7@bank.example"]);
    assert_eq!(client.post("/mailbox", &[("recipient", "%")]).await.texts(".letters__to").len(), 0);

    let here = found.body.split("<li><a href=\"").find(|part| part.starts_with("/mailbox/")).unwrap();
    let here = here.split('"').next().unwrap();
    let read = client.get(here).await;
    assert_eq!(read.texts("h1"), ["【注意喚起】<b>"]);
    assert_eq!(read.texts(".letter__body a").len(), 1);
    assert!(read.body.contains("href=\"/advisories/7\"") && !read.body.contains("href=\"http://evil"));
    assert!(read.texts(".facts dt").contains(&"Message-ID".to_owned()));
    let raw = client.get(&format!("{here}?view=raw")).await;
    let text = raw.texts(".letter__raw").concat();
    assert!(
        text.contains("=?utf-8?B?44CQ5rOo5oSP5Zaa6LW344CRPGI+?=") && text.contains("Content-Transfer-Encoding: base64")
    );
    assert!(!text.contains("evil.example"), "the body is as it was sent");
    assert_eq!(client.get("/mailbox/999999").await.status, 404);
    assert_eq!(client.get("/mailbox/x").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_mails_people_has_no_mailbox() {
    let app = TestApp::with_settings(&["--smtp-url", "smtp://relay.example"]).await;
    if app.state.config.is_demonstration() {
        panic!("a relay means real people");
    }
    somebody(&app).await;
    sqlx::query("update accounts set demonstration = false").execute(&mut app.database.owner().await).await.unwrap();
    arrive(&app, 1).await;
    let mut client = app.signed_in("auditor").await;
    for path in ["/mailbox", "/mailbox/1", "/mailbox/1?view=raw"] {
        assert_eq!(client.get(path).await.status, 404, "{path}");
    }
    assert_eq!(client.post("/mailbox", &[("recipient", "window")]).await.status, 404);
}
