//! The edge of the portal: form tokens, names, headers, methods, limits, connections.

mod connections;
mod sweep;

use ceptoar_portal::features::access::Role;

use crate::support::sources::files;
use crate::support::{Client, TestApp, factory};

async fn analyst(app: &TestApp) -> Client {
    let nisc = factory::organisation(&mut app.database.owner().await, "nisc").await;
    factory::person(app, "analyst-1", Role::NiscAnalyst, nisc, None, None).await;
    app.signed_in("analyst-1").await
}

#[test]
fn every_form_that_posts_carries_the_token() {
    let (mut forms, mut wrong) = (0, Vec::new());
    for (file, text) in files("templates", "html") {
        for part in text.split("<form").skip(1) {
            let (tag, rest) = part.split_once('>').expect("a tag");
            let tag = tag.to_ascii_lowercase();
            let harmless = tag.contains("method=\"get\"") || tag.contains("action=\"/language\"");
            forms += 1;
            let carries = tag.contains("method=\"post\"") && rest.starts_with("{{ chrome.form_token }}");
            if !(harmless || carries) {
                wrong.push(format!("{file}: <form{tag}>"));
            }
        }
    }
    assert!(forms > 15, "the scan finds the forms");
    assert_eq!(wrong, Vec::<String>::new(), "write {{{{ chrome.form_token }}}} right behind the tag");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_the_token_of_its_browser_does_nothing_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let mut analyst = analyst(&app).await;
    let page = analyst.get("/advisories/new").await;
    let token = page.values("form[data-autosave] input[name=form_token]").remove(0);
    assert_eq!(page.values("input[name=form_token]").len(), 2, "the draft and the sign-out carry it");

    let mut stranger = app.visitor();
    let strangers = stranger.get("/sign-in").await.values("input[name=form_token]").remove(0);
    assert_ne!(strangers, token);

    analyst.sends_token = false;
    analyst.headers.push(("sec-fetch-site", "same-origin".into()));
    for wrong in ["", "0", strangers.as_str(), &"0".repeat(64)] {
        let refused = analyst.post("/advisories", &[("form_token", wrong), ("title", "<b>残る題名</b>")]).await;
        assert_eq!(refused.status, 403, "{wrong}");
        assert_eq!(refused.texts("textarea[name=title]"), ["<b>残る題名</b>"]);
        assert!(!refused.body.contains("<b>残る"), "and escaped");
        assert_eq!(
            refused.values("main input[name=form_token]"),
            std::slice::from_ref(&token),
            "with a token that fits"
        );
    }
    let refused = analyst.post("/advisories", &[("title", "x")]).await;
    assert_eq!(refused.status, 403, "no token at all");
    let json = {
        analyst.headers.push(("accept", "application/json".into()));
        analyst.post("/advisories", &[("title", "x")]).await
    };
    assert!(json.status == 403 && json.json()["error"].is_string());
    let count: i64 = sqlx::query_scalar("select count(*) from advisories")
        .fetch_one(&mut app.database.owner().await)
        .await
        .expect("a number");
    assert_eq!(count, 0);

    // A header carries it as well, for scripts.
    analyst.headers.pop();
    analyst.headers.push(("x-form-token", token));
    assert_eq!(analyst.post("/advisories/search", &[("words", "x")]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_site_put_together_and_secrets_are_not_offered_again() {
    let app = TestApp::start().await;
    let mut analyst = analyst(&app).await;
    analyst.sends_token = false;
    let silent = analyst.post("/advisories", &[("title", "仕込まれた題名")]).await;
    assert!(silent.status == 403 && !silent.body.contains("仕込まれた"), "the browser did not vouch for it");
    analyst.headers.push(("sec-fetch-site", "cross-site".into()));
    let crossed = analyst.post("/advisories", &[("title", "仕込まれた題名")]).await;
    assert!(crossed.status == 403 && !crossed.body.contains("仕込まれた"));

    let mut stranger = app.visitor();
    stranger.sends_token = false;
    stranger.headers.push(("sec-fetch-site", "same-origin".into()));
    let refused = stranger.post("/sign-in", &[("name", "n"), ("password", "the very secret")]).await;
    assert!(refused.status == 403 && !refused.body.contains("the very secret"));
    assert!(refused.texts("form textarea").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_with_its_session_and_pages_for_everybody_have_none() {
    let app = TestApp::start().await;
    let mut visitor = app.visitor();
    let map = visitor.get("/map/2011-03-31").await;
    assert_eq!(map.status, 200);
    assert!(!map.headers.contains_key("set-cookie"), "a page kept for everybody gives nobody a cookie");
    assert!(!map.body.contains("form_token") && !map.body.contains("form-token"));

    let page = visitor.get("/sign-in").await;
    let cookie = page.headers.get("set-cookie").expect("a visit").to_str().expect("text").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    let before = page.values("form[action='/sign-in'] input[name=form_token]").remove(0);
    assert_eq!(
        visitor.get("/sign-in").await.values("form[action='/sign-in'] input[name=form_token]"),
        std::slice::from_ref(&before)
    );

    let mut analyst = analyst(&app).await;
    let first = analyst.form_token();
    assert_ne!(first, before);
    assert_eq!(analyst.post("/sign-out", &[]).await.status, 303);
    let mut again = app.signed_in("analyst-1").await;
    assert_ne!(again.form_token(), first, "a new session has a new token");
    again.sends_token = false;
    assert_eq!(again.post("/sign-out", &[("form_token", &first)]).await.status, 403);
    // The language switch stands on pages that are the same for everybody.
    assert_eq!(again.post("/language", &[("language", "en"), ("return_to", "/map")]).await.status, 303);
}
