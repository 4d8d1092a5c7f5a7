//! The portal as people see it: the real program, a real browser, every step of the main job
//! (write, preview, approve, watch, read the mail, acknowledge), with pictures of each page at
//! desktop and telephone width in both languages, left in `target/screenshots`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop where it stands")]

mod browser;
mod follow_up;
mod guide;
mod hostile;
mod passkeys;
mod portal;
mod weekend;

use browser::Visitor;
use portal::Portal;

#[tokio::test(flavor = "multi_thread")]
async fn an_advisory_from_the_desk_to_the_telephone() {
    if std::env::var("PORTAL_BROWSER_TESTS").is_ok_and(|v| v == "skip") {
        eprintln!("browser test skipped: PORTAL_BROWSER_TESTS=skip (scripts/test says why)");
        return;
    }
    let portal = Portal::start().await;
    let visitor = Visitor::launch(&portal.url).await;

    // The public map and a profile.
    let page = visitor.page().await;
    page.visit("/").await;
    page.picture("home").await;
    page.visit("/map/2011-03-31").await;
    assert!(page.text("main").await.contains("銀行等CEPTOAR"));
    page.picture("map-2011").await;
    page.visit("/map").await;
    page.picture("map").await;
    page.visit("/ceptoars/water").await;
    page.picture("profile-water").await;
    page.visit("/sign-in").await;
    page.picture("sign-in").await;

    // The analyst writes; the draft saves itself.
    page.sign_in("analyst").await;
    page.visit("/advisories/new").await;
    page.fill("#title", "VPN装置の脆弱性の悪用について").await;
    page.fill(
        "#summary",
        "VPN装置の既知の脆弱性を使った侵入が続いています。\n更新の有無を今夜のうちに確かめてください。",
    )
    .await;
    page.fill("#impact", "社内のネットワークに侵入されるおそれがあります。").await;
    page.fill("#countermeasure", "1. 版を確かめる\n2. 修正版に更新する\n3. できないときは外部からの接続を止める").await;
    page.click("input[name=kind][value=early_warning]").await;
    page.click("input[name=ceptoar][value=banks]").await;
    page.click("input[name=ceptoar][value=water]").await;
    page.wait_for("[data-autosave-status][data-state=saved]").await;
    assert!(page.address().await.ends_with("/draft"), "the draft has its own address by now");
    page.picture("draft").await;
    let item = page.address().await.trim_end_matches("/draft").trim_start_matches(&portal.url).to_owned();

    // RED with everybody in the organisation makes no sense, and the form says so at the field.
    page.click("input[name=level][value=RED]").await;
    page.click("button[name=next][value=preview]").await;
    page.wait_for("#handler_scope-error").await;
    page.picture("draft-error").await;
    page.click("input[name=level][value=AMBER]").await;
    page.check("input[name=ceptoar][value=banks]").await;
    page.check("input[name=ceptoar][value=water]").await;
    page.click("button[name=next][value=preview]").await;
    page.wait_for(".tally").await;
    page.picture("preview").await;
    page.click(&format!("form[action='{item}/submission'] button")).await;
    page.click("dialog .button--primary").await;
    page.wait_for(".notice--success").await;
    page.sign_out().await;

    // Another person approves, after typing how many it reaches.
    page.sign_in("approver").await;
    page.visit(&format!("{item}/publication")).await;
    page.picture("approval").await;
    let recipients = page.value("input[name=recipients]").await;
    assert!(recipients.parse::<u32>().unwrap() > 2500, "the roster has its real size");
    page.click(&format!("form[action='{item}/publication'] .button--primary")).await;
    page.click("dialog .button--primary").await;
    page.wait_for("#typed_count-error").await;
    page.fill("#typed_count", &recipients).await;
    page.click(&format!("form[action='{item}/publication'] .button--primary")).await;
    page.click("dialog .button--primary").await;
    page.wait_for("[data-live-src]").await;
    page.picture("deliveries-running").await;
    // The page refreshes itself; nothing is left to be sent.
    page.wait_until(
        "[...document.querySelectorAll('[data-live-src] .tally b')].slice(0, 2).every(b => b.innerText === '0')",
        120,
    )
    .await;
    page.picture("deliveries-done").await;

    // The mail of the first bank's window, as rendered and as sent.
    page.visit("/mailbox").await;
    page.picture("mailbox").await;
    page.click(".letters a").await;
    page.wait_for(".letter").await;
    let mail = page.text("main").await;
    assert!(mail.contains("TLP:AMBER") && mail.contains("早期警戒情報"));
    assert!(!mail.contains("VPN装置"), "from AMBER upward the mail has no content");
    page.picture("mail").await;
    page.sign_out().await;

    // The bank reads it on a telephone and acknowledges with a button.
    page.narrow().await;
    page.visit(&item).await;
    assert!(page.address().await.contains("/sign-in"), "the link asks for a sign-in");
    page.sign_in_here("poc-bank-1").await;
    page.wait_for("form[action$='/acknowledgement']").await;
    page.picture("advisory-unacknowledged").await;
    page.click("form[action$='/acknowledgement'] button").await;
    page.wait_for(".notice--success").await;
    page.picture("advisory-acknowledged").await;
    page.visit("/advisories").await;
    page.picture("list").await;
    page.sign_out().await;

    // A gas firm's window finds nothing, under the very address.
    page.wide().await;
    page.sign_in("poc-gas-1").await;
    page.visit(&item).await;
    assert_eq!(page.text("h1").await, "ページが見つかりません");
    page.picture("not-found").await;
    page.visit("/advisories").await;
    assert!(!page.text("main").await.contains("VPN"));
    page.picture("list-empty").await;
    page.sign_out().await;

    // The board counts the acknowledgement.
    page.sign_in("desk-banks").await;
    page.picture("home-desk").await;
    page.visit(&format!("{item}/deliveries?ceptoar=banks")).await;
    page.picture("deliveries-desk").await;

    assert_eq!(page.complaints().await, Vec::<String>::new(), "nothing was blocked and no script failed");
}
