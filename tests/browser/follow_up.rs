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

/// Every file that the page offers comes, and is what its name says.
const FILES_COME: &str = "(() => {
    const begins = [['.pdf', '%PDF-', 'application/pdf'], ['.xlsx', 'PK', 'application/vnd.openxmlformats'], ['.csv', '', 'text/csv'], ['.json', '{', 'application/json']];
    const links = [...document.querySelectorAll('.downloads a')].map(a => a.getAttribute('href'));
    return ['.pdf', '.xlsx', '.csv'].every(kind => links.some(href => href.includes(kind)))
      && links.filter(href => href.includes('.csv')).length >= 2
      && links.every(href => {
        const r = new XMLHttpRequest();
        r.open('GET', href, false);
        r.overrideMimeType('text/plain; charset=x-user-defined');
        r.send();
        const [, first, kind] = begins.find(([name]) => href.includes(name));
        return r.status === 200 && r.getResponseHeader('content-type').startsWith(kind)
          && r.responseText.startsWith(first) && r.responseText.length > 500;
      });
  })()";

/// Looks into the demonstration's mailbox until a letter with that subject is there, and answers what it says.
async fn letter(page: &Page, subject: &str) -> String {
    for _ in 0..40 {
        page.visit("/mailbox").await;
        let there = format!(
            "(() => {{ const l = [...document.querySelectorAll('.letters a')].find(a => a.innerText.includes({subject:?}));
            if (l) l.click(); return !!l; }})()"
        );
        if page.holds(&there).await {
            page.wait_for(".letter").await;
            return page.text("main").await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    panic!("no letter {subject}");
}

/// A day in the three boxes of a field.
async fn fill_day(page: &Page, field: &str, [year, month, day]: [&str; 3]) {
    for (part, value) in [("year", year), ("month", month), ("day", day)] {
        page.fill(&format!("[name={field}_{part}]"), value).await;
    }
}

async fn send(page: &Page) {
    page.click("button[name=act][value=send]").await;
}

/// The desk of electric power finds its task, forgets since when, is told so and in another unit only warned, and sends.
async fn the_desk_fills_in(page: &Page) {
    page.sign_in("desk-power").await;
    assert!(page.text("[data-task]").await.contains("電力CEPTOAR"));
    page.picture("follow-up-task").await;
    page.click("[data-task] a[href*='/follow-up/']").await;
    page.wait_for("#count_1").await;
    page.picture("follow-up-sheet").await;
    page.fill("#count_1", "15").await;
    page.fill("#department_1", "情報通信部 架空室").await;
    send(page).await;
    page.wait_for("#counts_on-error").await;
    page.picture("follow-up-sheet-error").await;
    assert_eq!(page.value("#count_1").await, "15");
    fill_day(page, "counts_on", ["2026", "10", "1"]).await;
    fill_day(page, "desk_on", ["2026", "10", "1"]).await;
    let unit = page.value("#count_unit_1").await;
    choose(page, "#count_unit_1", "団体").await;
    page.click("button[name=act][value=save]").await;
    assert!(page.text("[data-doubts]").await.contains("今回: 団体"));
    choose(page, "#count_unit_1", &unit).await;
    send(page).await;
    page.wait_for("[data-changes] [data-kind=counts]").await;
    assert!(page.text("[data-changes] [data-kind=departments]").await.contains("架空室"));
    page.sign_out().await;
}

/// Chooses an entry of a list as its user would.
async fn choose(page: &Page, selector: &str, value: &str) {
    page.wait_for(selector).await;
    let chosen = format!(
        "(() => {{ const s = document.querySelector({selector:?}); s.value = {value:?}; return s.value === {value:?}; }})()"
    );
    assert!(page.holds(&chosen).await, "{selector} has no {value}");
}

/// A sheet without the date of the handling rules is kept as in preparation.
async fn without_a_rule_nothing_is_sent(page: &Page, year: &str) {
    page.sign_in("desk-water").await;
    page.visit(&format!("/follow-up/{year}/sheets/water")).await;
    page.fill("[name=rule_year]", "").await;
    page.fill("[name=rule_month]", "").await;
    page.fill("#remark", "取扱いルールは改定中です。").await;
    send(page).await;
    assert!(page.text("#rule-error").await.contains("要件①"));
    assert!(page.text(".page-head__labels").await.contains("準備中"));
    page.visit(&format!("/follow-up/{year}/sheets/water")).await;
    assert_eq!(page.value("#remark").await, "取扱いルールは改定中です。");
    page.sign_out().await;
}

/// The centre sees who has not answered and whom to call, and reminds them.
async fn the_late_are_reminded(page: &Page, year: &str) {
    page.sign_in("analyst").await;
    page.visit(&format!("/follow-up/{year}")).await;
    let late = page.text("[data-late]").await;
    assert!(late.contains("水道CEPTOAR") && !late.contains("電力CEPTOAR") && late.contains("担当:"), "{late}");
    page.picture("follow-up-late").await;
    page.click(&format!("form[action='/follow-up/{year}/reminder'] button")).await;
    page.wait_for(".notice--success").await;
    assert!(letter(page, "フォローアップの提出期限").await.contains(&format!("/follow-up/{year}/sheets/")));
    page.sign_out().await;
}

/// The ministry checks, the centre sends it back once with a comment that the desk gets by mail, and then confirms.
async fn checked_returned_and_confirmed(page: &Page, sheet: &str) {
    page.sign_in("liaison-meti").await;
    page.visit(sheet).await;
    page.picture("follow-up-check").await;
    page.click("input[name=step][value=check_as_ministry]").await;
    page.click("form[action$='/check'] button[type=submit]").await;
    page.wait_for(".notice--success").await;
    page.sign_out().await;
    page.sign_in("analyst").await;
    page.visit(sheet).await;
    page.click("input[name=step][value=return_as_centre]").await;
    page.fill("#comment", "15社の内訳を備考に書いてください。").await;
    page.click("form[action$='/check'] button[type=submit]").await;
    page.wait_for(".notice--success").await;
    assert!(letter(page, "【差戻し】").await.contains("15社の内訳を備考に書いてください。"));
    page.sign_out().await;
    page.sign_in("desk-power").await;
    page.visit(sheet).await;
    assert!(page.text("[data-comment]").await.contains("15社の内訳"));
    assert!(page.text(".page-head__labels").await.contains("差戻し"));
    page.picture("follow-up-returned").await;
    page.fill("#remark", "10月に1社が加わりました。").await;
    send(page).await;
    page.wait_for("#history").await;
    page.sign_out().await;
    page.sign_in("analyst").await;
    page.visit(sheet).await;
    page.click("input[name=step][value=confirm_unchecked]").await;
    page.fill("#comment", "省庁は前回の内容で確認済み。").await;
    page.click("form[action$='/check'] button[type=submit]").await;
    page.wait_for(".notice--success").await;
    page.sign_out().await;
}

/// Previewed with what is different, published in every form, frozen. Answers the edition's address.
async fn previewed_and_published(page: &Page, portal: &Portal, year: &str, sheet: &str) -> String {
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
    assert!(page.holds(FILES_COME).await, "PDF, Excel and CSV come");
    page.visit(sheet).await;
    assert!(page.text("main").await.contains("公表済みの版は変更できません"));
    page.visit(&format!("/follow-up/{year}")).await;
    page.picture("follow-up-board-published").await;
    edition
}

/// What was wrong stands beside the edition, which stays as it is.
async fn corrected_beside(page: &Page, edition: &str) {
    page.visit(&format!("{edition}/errata")).await;
    let fill = async || {
        page.fill("#place", "電力CEPTOARの構成員の数").await;
        page.fill("#wrong", "15社3機関").await;
        page.fill("#right", "14社3機関").await;
    };
    fill().await;
    page.picture("follow-up-erratum").await;
    fill().await;
    page.click("form[action$='/errata'] button[type=submit]").await;
    page.wait_for("[data-errata]").await;
    assert!(page.text("[data-errata]").await.contains("14社3機関"));
    page.sign_out().await;
    page.visit("/map").await;
    assert!(page.text("[data-errata]").await.contains("14社3機関"));
    assert!(page.text("[data-row=members]").await.contains("15社"));
    page.picture("follow-up-errata").await;
}

/// Earlier editions are as they were: names of their time, what is reconstructed marked as such.
async fn earlier_editions_stand(page: &Page) {
    page.visit("/map/2011-03-31").await;
    assert_eq!(page.text("[data-total=ceptoars]").await, "14");
    assert_eq!(page.text("[data-total=sectors]").await, "10");
    assert!(page.holds("document.querySelectorAll('main .confidence').length > 3").await);
    page.visit("/map/2007-03-31").await;
    assert_eq!(page.text("[data-total=planned]").await, "3");
    page.picture("follow-up-2007").await;
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

    the_desk_fills_in(&page).await;
    without_a_rule_nothing_is_sent(&page, &year).await;
    the_late_are_reminded(&page, &year).await;
    checked_returned_and_confirmed(&page, &sheet).await;
    others_are_confirmed(&portal).await;
    let edition = previewed_and_published(&page, &portal, &year, &sheet).await;
    corrected_beside(&page, &edition).await;
    earlier_editions_stand(&page).await;

    assert_eq!(page.complaints().await, Vec::<String>::new(), "nothing was blocked and no script failed");
}
