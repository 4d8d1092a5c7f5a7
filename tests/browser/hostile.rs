//! Text of others never runs: an item full of markup, shown by a real browser to several roles in both languages.

use std::collections::BTreeSet;

use crate::browser::{Page, Visitor};
use crate::portal::Portal;

/// Payloads that can be typed: those with escapes in them are for the tests through the door.
fn payloads() -> Vec<&'static str> {
    include_str!("../payloads/markup.txt").lines().filter(|line| !line.contains('\\') && !line.is_empty()).collect()
}

/// As many payloads as a field takes.
fn filled(from: &mut impl Iterator<Item = &'static str>) -> String {
    let mut text = String::new();
    for payload in from.by_ref() {
        text.push_str(payload);
        text.push('\n');
        if text.chars().count() > 1500 {
            break;
        }
    }
    text
}

/// Writes an item with payloads in every field and has it published; answers its address.
async fn publish(page: &Page, portal: &Portal, title: &str, texts: &mut impl Iterator<Item = &'static str>) -> String {
    page.sign_in("analyst").await;
    page.visit("/advisories/new").await;
    page.fill("#title", title).await;
    for field in ["#summary", "#impact", "#countermeasure"] {
        page.fill(field, &filled(texts)).await;
    }
    page.fill("#products", "<img src=x onerror=zq()>\n\"><script>zq()</script>").await;
    page.fill("#links", "https://outside.example/?\"onmouseover=zq()//<script>zq()</script>").await;
    page.click("input[name=kind][value=alert]").await;
    page.click("input[name=purpose][value=prevention]").await;
    page.click("input[name=ceptoar][value=banks]").await;
    page.click("button[name=next][value=preview]").await;
    page.wait_for(".tally").await;
    let item = page.address().await.trim_end_matches("/submission").trim_start_matches(&portal.url).to_owned();
    look(page, &[format!("{item}/draft"), format!("{item}/submission")]).await;
    page.visit(&format!("{item}/submission")).await;
    page.click(&format!("form[action='{item}/submission'] button")).await;
    page.click("dialog .button--primary").await;
    page.wait_for(".notice--success").await;
    page.sign_out().await;

    page.sign_in("approver").await;
    look(page, &[format!("{item}/publication")]).await;
    page.visit(&format!("{item}/publication")).await;
    let recipients = page.value("input[name=recipients]").await;
    if page.holds("document.querySelector('#typed_count') !== null").await {
        page.fill("#typed_count", &recipients).await;
    }
    page.click(&format!("form[action='{item}/publication'] .button--primary")).await;
    page.click("dialog .button--primary").await;
    page.wait_for("[data-live-src]").await;
    page.sign_out().await;
    item
}

/// Opens each page in both languages, touches everything on it, and looks whether anything ran.
async fn look(page: &Page, addresses: &[String]) {
    for language in ["ja", "en"] {
        page.speak(language).await;
        for address in addresses {
            page.visit(address).await;
            page.wait_for("main").await;
            page.touch_everything().await;
            assert_eq!(page.executions().await, 0, "a script ran on {address} ({language})");
            assert_eq!(page.violations().await, Vec::<String>::new(), "{address} ({language})");
        }
    }
    page.speak("ja").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_of_others_never_runs() {
    if std::env::var("PORTAL_BROWSER_TESTS").is_ok_and(|v| v == "skip") {
        eprintln!("browser test skipped: PORTAL_BROWSER_TESTS=skip (scripts/test says why)");
        return;
    }
    let portal = Portal::start().await;
    let visitor = Visitor::launch(&portal.url).await;
    let page = visitor.page().await;
    page.count_executions().await;
    // The counting counts: a page of its own with the same words does run them.
    page.visit_text("<img src=x onerror=zq()>").await;
    page.wait_until("window.zqRuns > 0", 10).await;

    let all = payloads();
    let mut texts = all.iter().copied().cycle();
    let mut items = Vec::new();
    for title in ["<script>zq()</script>", "\"><img src=x onerror=zq()>"] {
        items.push(publish(&page, &portal, title, &mut texts).await);
    }
    let length: usize = all.iter().map(|payload| payload.chars().count() + 1).sum();
    assert!(all.len() > 120 && length < 2 * 3 * 1500, "all payloads were typed: {length} characters");
    for name in ["analyst", "poc-bank-1", "desk-banks"] {
        page.sign_in(name).await;
        let mut addresses: BTreeSet<String> = ["/", "/advisories", "/mailbox"].map(str::to_owned).into();
        for item in &items {
            addresses.extend([item.clone(), format!("{item}/deliveries"), format!("{item}/deliveries?ceptoar=banks")]);
        }
        look(&page, &addresses.into_iter().collect::<Vec<_>>()).await;
        page.sign_out().await;
    }
    page.sign_in("analyst").await;
    page.visit("/mailbox").await;
    page.click(".letters a").await;
    page.wait_for(".letter").await;
    page.touch_everything().await;
    assert_eq!(page.executions().await, 0);
    assert_eq!(page.violations().await, Vec::<String>::new());
}
