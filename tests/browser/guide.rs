//! The secretariat's guide (docs/guide), page after page as it tells it: a step that the guide describes and the portal
//! no longer has stops here. `scripts/guide-pictures` keeps the pictures.

use crate::browser::{Page, Visitor};
use crate::portal::Portal;

/// What a member is to be called.
const NEW_NAME: &str = "デモ第一銀行ホールディングス";

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_the_secretariats_guide() {
    if std::env::var("PORTAL_BROWSER_TESTS").is_ok_and(|v| v == "skip") {
        eprintln!("browser test skipped: PORTAL_BROWSER_TESTS=skip (scripts/test says why)");
        return;
    }
    let portal = Portal::start().await;
    let visitor = Visitor::launch(&portal.url).await;
    let page = visitor.page().await;
    page.visit("/sign-in").await;
    page.guide("sign-in").await;
    page.sign_in_here("desk-banks").await;
    page.guide("home").await;
    the_directory(&page).await;
    a_table(&page, &portal).await;
    page.visit("/directory/banks/proposals").await;
    page.click("tbody th a").await;
    page.wait_for("form[action$='/acceptance']").await;
    page.guide("proposal").await;
    page.visit("/directory/banks/verification").await;
    page.guide("verification").await;
    page.visit("/directory/banks/activities").await;
    page.click("a[href$='/activities/new']").await;
    page.wait_for("input[name=activity]").await;
    page.guide("activity").await;
    page.visit("/directory/banks/rules").await;
    page.guide("rules").await;
    page.visit("/directory/banks/requirements").await;
    page.guide("requirements").await;
    page.visit("/directory/banks/route").await;
    page.guide("route").await;
    page.click("a[href$='/route/walk']").await;
    page.wait_for("#result").await;
    page.wait_until("(document.querySelector('#result').scrollIntoView(), true)", 5).await;
    page.guide("walk").await;
    page.visit("/escalation").await;
    page.guide("ladders").await;
    page.visit("/search").await;
    page.fill("#words", "ぎんこう").await;
    page.click("form[action='/search'] .button--primary").await;
    page.wait_for("#found").await;
    page.guide("search").await;
    page.visit("/").await;
    page.click("[data-task] a[href*='/follow-up/']").await;
    page.wait_for("button[name=act][value=send]").await;
    page.guide("sheet").await;
    assert_eq!(page.complaints().await, Vec::<String>::new(), "nothing was blocked and no script failed");
}

async fn the_directory(page: &Page) {
    page.visit("/directory/banks").await;
    page.guide("members").await;
    page.click("tbody th a").await;
    page.wait_for("#basics").await;
    page.guide("member").await;
    page.click("a[href$='/name']").await;
    page.fill("#ja", NEW_NAME).await;
    page.fill("#reason", "合併による社名の変更").await;
    page.guide("change").await;
    page.click(".form button[type=submit]").await;
    page.wait_for("button[name=confirmed]").await;
    assert!(page.text("main").await.contains(NEW_NAME));
    page.guide("change-check").await;
}

/// A table with one new member and one row that cannot be taken.
async fn a_table(page: &Page, portal: &Portal) {
    let table = portal.directory.join("members.csv");
    let rows = "構成員の名称,よみ,単位,窓口の名称,メール(常時),電話(平日日中)\n\
                デモ新銀行,でもしんぎんこう,社,セキュリティ担当,duty@new-bank.example,03-0000-0001\n\
                デモ新信託銀行,でもしんしんたくぎんこう,社,セキュリティ担当,duty(at)trust.example,03-0000-0002\n";
    std::fs::write(&table, format!("\u{feff}{rows}")).unwrap();
    page.visit("/directory/banks/exchange").await;
    page.guide("exchange").await;
    page.choose_file("#file", &table).await;
    page.click("form[enctype] button[type=submit]").await;
    page.wait_until("document.querySelector('tbody') !== null && !document.querySelector('[http-equiv=refresh]')", 20)
        .await;
    page.guide("import").await;
}
