//! S-4 in the browser: the yearly follow-up of the map, from its opening to an erratum.

use ceptoar_portal::platform::private_postgres::{self, Settings};
use sqlx::{Connection, PgConnection};

use crate::browser::{Page, Visitor};
use crate::portal::Portal;

/// The demonstration has three desks; the others' sheets are confirmed behind the pages.
async fn others_are_confirmed(portal: &Portal) {
    let cluster = private_postgres::ensure(&portal.directory, &Settings::default()).expect("the portal's database");
    let mut db = PgConnection::connect(&cluster.url("portal_owner", "portal")).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test looks behind the pages")]
    for query in [
        "alter table follow_up_sheets disable trigger follow_up_sheets_steps",
        "update follow_up_sheets set state = 'confirmed', version = version + 1 where state <> 'confirmed'",
        "alter table follow_up_sheets enable trigger follow_up_sheets_steps",
    ] {
        sqlx::query(query).execute(&mut db).await.unwrap();
    }
}

/// A demonstration may have a follow-up that runs already.
async fn none_runs(portal: &Portal) {
    let cluster = private_postgres::ensure(&portal.directory, &Settings::default()).expect("the portal's database");
    let mut db = PgConnection::connect(&cluster.url("portal_owner", "portal")).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test looks behind the pages")]
    for query in [
        "delete from follow_up_events",
        "delete from follow_up_reminders",
        "delete from follow_up_sheets",
        "delete from follow_ups",
    ] {
        sqlx::query(query).execute(&mut db).await.unwrap();
    }
}

async fn open(page: &Page) {
    page.sign_in("analyst").await;
    page.visit("/follow-up").await;
    page.picture("follow-up-index").await;
    let due = "(() => { const d = new Date(Date.now() + 20 * 86400000 + 9 * 3600000);
        document.querySelector('[name=due_year]').value = d.getUTCFullYear();
        document.querySelector('[name=due_month]').value = d.getUTCMonth() + 1;
        document.querySelector('[name=due_day]').value = d.getUTCDate(); return true; })()";
    assert!(page.holds(due).await);
    page.click("form[action='/follow-up'] button[type=submit]").await;
    page.wait_for("#sure-error").await;
    page.check("#sure").await;
    page.click("form[action='/follow-up'] button[type=submit]").await;
    page.wait_for("[data-sheets]").await;
    page.picture("follow-up-board").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_up_from_its_opening_to_an_erratum() {
    if std::env::var("PORTAL_BROWSER_TESTS").is_ok_and(|v| v == "skip") {
        eprintln!("browser test skipped: PORTAL_BROWSER_TESTS=skip (scripts/test says why)");
        return;
    }
    let portal = Portal::start().await;
    none_runs(&portal).await;
    let visitor = Visitor::launch(&portal.url).await;
    let page = visitor.page().await;
    open(&page).await;
    let year = page.address().await;
    let year = year.trim_start_matches(&format!("{}/follow-up/", portal.url)).split('?').next().unwrap().to_owned();
    let sheet = format!("/follow-up/{year}/sheets/power");
    page.sign_out().await;

    // The desk finds its task, forgets the day, is told so, and sends.
    page.sign_in("desk-power").await;
    assert!(page.text("[data-task]").await.contains("電力CEPTOAR"));
    page.picture("follow-up-task").await;
    page.click("[data-task] a[href*='/follow-up/']").await;
    page.wait_for("#count_1").await;
    page.picture("follow-up-sheet").await;
    page.fill("#count_1", "15").await;
    page.click("button[name=act][value=send]").await;
    page.wait_for("#counts_on-error").await;
    page.picture("follow-up-sheet-error").await;
    assert_eq!(page.value("#count_1").await, "15");
    page.fill("[name=counts_on_year]", "2026").await;
    page.fill("[name=counts_on_month]", "10").await;
    page.fill("[name=counts_on_day]", "1").await;
    page.click("button[name=act][value=send]").await;
    page.wait_for("[data-changes] [data-kind=counts]").await;
    page.sign_out().await;

    // The ministry checks, the centre sends it back once, and then confirms.
    page.sign_in("liaison-meti").await;
    page.visit(&sheet).await;
    page.picture("follow-up-check").await;
    page.click("input[name=step][value=check_as_ministry]").await;
    page.click("form[action$='/check'] button[type=submit]").await;
    page.wait_for(".notice--success").await;
    page.sign_out().await;
    page.sign_in("analyst").await;
    page.visit(&sheet).await;
    page.click("input[name=step][value=return_as_centre]").await;
    page.fill("#comment", "15社の内訳を備考に書いてください。").await;
    page.click("form[action$='/check'] button[type=submit]").await;
    page.wait_for(".notice--success").await;
    page.sign_out().await;
    page.sign_in("desk-power").await;
    page.visit(&sheet).await;
    assert!(page.text("[data-comment]").await.contains("15社の内訳"));
    page.picture("follow-up-returned").await;
    page.fill("#remark", "10月に1社が加わりました。").await;
    page.click("button[name=act][value=send]").await;
    page.wait_for("#history").await;
    page.sign_out().await;
    page.sign_in("analyst").await;
    page.visit(&sheet).await;
    page.click("input[name=step][value=confirm_unchecked]").await;
    page.fill("#comment", "省庁は前回の内容で確認済み。").await;
    page.click("form[action$='/check'] button[type=submit]").await;
    page.wait_for(".notice--success").await;
    page.sign_out().await;
    others_are_confirmed(&portal).await;

    // Previewed, published, frozen.
    page.sign_in("approver").await;
    page.visit(&format!("/follow-up/{year}/preview")).await;
    page.wait_for("[data-agrees]").await;
    assert!(page.text("[data-kind=counts]").await.contains("電力CEPTOAR"));
    page.picture("follow-up-preview").await;
    page.check("#sure").await;
    page.click("form[action$='/publication'] button").await;
    page.wait_for("[data-row=members]").await;
    let edition = page.address().await.trim_start_matches(&portal.url).to_owned();
    assert!(page.text("h1").await.contains("3月末日現在") && page.text("[data-row=members]").await.contains("15社"));
    page.picture("follow-up-published").await;
    page.visit(&sheet).await;
    assert!(page.text("main").await.contains("公表済みの版は変更できません"));
    page.visit(&format!("/follow-up/{year}")).await;
    page.picture("follow-up-board-published").await;

    // What was wrong stands beside.
    page.visit(&format!("{edition}/errata")).await;
    page.fill("#place", "電力CEPTOARの構成員の数").await;
    page.fill("#wrong", "15社3機関").await;
    page.fill("#right", "14社3機関").await;
    page.picture("follow-up-erratum").await;
    page.fill("#place", "電力CEPTOARの構成員の数").await;
    page.fill("#wrong", "15社3機関").await;
    page.fill("#right", "14社3機関").await;
    page.click("form[action$='/errata'] button[type=submit]").await;
    page.wait_for("[data-errata]").await;
    assert!(page.text("[data-errata]").await.contains("14社3機関"));
    page.sign_out().await;
    page.visit("/map").await;
    assert!(
        page.text("[data-errata]").await.contains("14社3機関")
            && page.text("[data-row=members]").await.contains("15社")
    );
    page.picture("follow-up-errata").await;
    page.visit("/map/2011-03-31").await;
    assert_eq!(page.text("[data-total=ceptoars]").await, "14");

    assert_eq!(page.complaints().await, Vec::<String>::new(), "nothing was blocked and no script failed");
}
