//! S-1 in the browser: an advisory to banks, broadcasters and water, from the draft to the file for the case's papers.

use crate::browser::{Page, Visitor};
use crate::portal::Portal;

const TITLE: &str = "VPN装置の脆弱性の悪用について";

/// The desk decides first, by day and by night, early warnings too.
async fn desk_decides(page: &Page, desk: &str, ceptoar: &str) {
    page.sign_in(desk).await;
    page.visit(&format!("/directory/{ceptoar}/route/agreement")).await;
    for field in ["relay_office", "relay_off", "relay_urgent"] {
        page.click(&format!("input[name={field}][value=decided]")).await;
    }
    page.fill("#minutes", "60").await;
    page.fill("#reason", "総会で決めました。").await;
    page.click("main form[method=post] button[type=submit]").await;
    page.click("button[name=confirmed]").await;
    page.wait_for(".notice--success").await;
    page.sign_out().await;
}

/// The analyst writes it and passes it to the approver; answers its address.
async fn written(page: &Page) -> String {
    page.sign_in("analyst").await;
    page.visit("/advisories/new").await;
    page.fill("#title", TITLE).await;
    page.fill("#summary", "架空VPN装置の既知の脆弱性を使った侵入が続いています。").await;
    page.fill("#countermeasure", "修正版に更新する").await;
    // What members do about it is asked by two weeks from now.
    let due = ceptoar_portal::kernel::clock::Clock::System.now() + chrono::TimeDelta::days(14);
    for (part, format) in [("year", "%Y"), ("month", "%m"), ("day", "%d"), ("hour", "17"), ("minute", "0")] {
        page.fill(&format!("input[name=measures_due_{part}]"), &due.format(format).to_string()).await;
    }
    page.click("input[name=kind][value=early_warning]").await;
    page.click("input[name=level][value=AMBER]").await;
    for ceptoar in ["banks", "broadcast", "water"] {
        page.check(&format!("input[name=ceptoar][value={ceptoar}]")).await;
    }
    page.click("button[name=next][value=preview]").await;
    page.wait_for(".tally").await;
    let item = page.path().await.trim_end_matches("/submission").to_owned();
    submit(page, &item).await;
    // Step 2: nobody approves their own.
    page.visit(&format!("{item}/publication")).await;
    assert_eq!(page.count(&format!("form[action='{item}/publication']")).await, 0, "the author has no button");
    page.sign_out().await;
    item
}

async fn submit(page: &Page, item: &str) {
    page.click(&format!("form[action='{item}/submission'] button")).await;
    page.click("dialog .button--primary").await;
    page.wait_for(".notice--success").await;
}

/// Comes back with a comment at a line, is mended, approved for half an hour later, and stopped by its author.
async fn reviewed(page: &Page, item: &str) {
    page.sign_in("approver").await;
    page.visit(&format!("{item}/publication")).await;
    page.click("[data-field=summary] a.lines__number").await;
    page.wait_for("#body").await;
    page.fill("#body", "対象の型番を補ってください。").await;
    page.click("main form.form button[type=submit]").await;
    page.wait_for(".notice--success").await;
    page.visit(&format!("{item}/publication")).await;
    page.fill("#remark", "型番を補ってください。").await;
    page.click("form[action$='/return'] button").await;
    page.wait_until("location.pathname === '/advisories'", 20).await;
    page.sign_out().await;

    page.sign_in("analyst").await;
    page.visit(&format!("{item}/draft")).await;
    assert!(page.text("main").await.contains("対象の型番を補ってください。"));
    page.fill("#summary", "架空VPN装置(型番 K-1)の既知の脆弱性を使った侵入が続いています。").await;
    page.click("button[name=next][value=preview]").await;
    page.wait_for(".tally").await;
    submit(page, item).await;
    page.sign_out().await;

    page.sign_in("approver").await;
    page.visit(&format!("{item}/publication")).await;
    assert!(page.text("main").await.contains("型番 K-1"), "what is different since the last look");
    page.click("input[name=release][value='30']").await;
    page.click("#release-time button").await;
    page.wait_for("#release-time .notice").await;
    approve(page, item).await;
    page.wait_for("[data-release]").await;
    page.sign_out().await;
    page.sign_in("analyst").await;
    page.visit(item).await;
    page.click("[data-release] button").await;
    page.click("dialog .button--danger-primary").await;
    page.wait_for(".notice--success").await;
    page.sign_out().await;
}

/// Presses the button on the approver's page, with what it asks for.
async fn approve(page: &Page, item: &str) {
    if page.count("#typed_count").await == 1 {
        let recipients = page.value("input[name=recipients]").await;
        page.fill("#typed_count", &recipients).await;
    }
    if page.count("#open_comments").await == 1 {
        page.check("#open_comments").await;
    }
    page.click(&format!("form[action='{item}/publication'][method=post] .button--primary")).await;
    page.click("dialog .button--primary").await;
}

/// Another person publishes it, typing the number where it is large.
async fn publish(page: &Page, item: &str) {
    page.sign_in("approver").await;
    page.visit(&format!("{item}/publication")).await;
    approve(page, item).await;
    page.wait_for("[data-road]").await;
    page.sign_out().await;
}

/// Begins the next version of an item and publishes it with whatever is changed; answers its address.
async fn next_version(page: &Page, item: &str, step: &str, change: impl AsyncFnOnce(&Page)) -> String {
    page.sign_in("analyst").await;
    page.visit(&format!("{item}/next")).await;
    page.click(&format!("input[name=next_step][value={step}]")).await;
    page.fill("#reason", "状況が変わったため").await;
    page.click("main form[method=post] button[type=submit]").await;
    page.wait_for("#title").await;
    change(page).await;
    page.click("button[name=next][value=preview]").await;
    page.wait_for(".tally").await;
    let next = page.path().await.trim_end_matches("/submission").to_owned();
    submit(page, &next).await;
    page.sign_out().await;
    publish(page, &next).await;
    next
}

/// Step 4: what the newest mail to an address with such a subject says, as it was sent; waits until it has arrived.
async fn mail(page: &Page, (recipient, subject): (&str, &str)) -> String {
    for _ in 0..40 {
        page.visit("/mailbox").await;
        page.fill("#recipient", recipient).await;
        page.click("form[action='/mailbox'] button").await;
        page.wait_until(&format!("document.querySelector('#recipient')?.defaultValue === {recipient:?}"), 20).await;
        let found =
            format!("[...document.querySelectorAll('.letters a')].find(a => a.innerText.includes({subject:?}))");
        let href: Option<String> = page.answer(format!("{found}?.getAttribute('href') ?? null")).await;
        if let Some(href) = href {
            page.visit(&href).await;
            return page.text(".letter").await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    panic!("no mail with {subject} came to {recipient}");
}

/// Steps 5: the desk reads, acknowledges and decides.
async fn decide(page: &Page, desk: &str, (item, ceptoar): (&str, &str), supplement: Option<&str>) {
    page.sign_in(desk).await;
    page.visit(item).await;
    page.click("form[action$='/acknowledgement'] button").await;
    page.wait_for(".notice--success").await;
    page.visit(&format!("{item}/relays/{ceptoar}")).await;
    let decision = if supplement.is_some() { "forward_with_supplement" } else { "forward" };
    page.click(&format!("input[name=decision][value={decision}]")).await;
    if let Some(text) = supplement {
        page.fill("#supplement", text).await;
    }
    page.click("main form[method=post] button[type=submit]").await;
    page.click("button[name=confirmed]").await;
    page.wait_for(".notice--success").await;
}

/// How often a word stands in the table that the page hands out, decoded as old programs read it; and how many lines it has.
async fn saved_table(page: &Page, item: &str, word: &str) -> (u64, u64) {
    page.visit(&format!("{item}/deliveries")).await;
    let script = format!(
        "(async () => {{
            const form = document.querySelector(\"form[action='{item}/record']\");
            const body = new URLSearchParams(new FormData(form));
            body.set('format', 'csv_cp932');
            const reply = await fetch(form.action, {{ method: 'POST', body }});
            const text = new TextDecoder('shift_jis', {{ fatal: true }}).decode(await reply.arrayBuffer());
            const lines = text.split('\\r\\n').filter(line => line !== '');
            return [lines.filter(line => line.includes({word:?})).length, lines.length - 1];
        }})()"
    );
    let [found, lines]: [u64; 2] = page.answer(script).await;
    (found, lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weekend_advisory_travels_the_whole_road() {
    if std::env::var("PORTAL_BROWSER_TESTS").is_ok_and(|v| v == "skip") {
        eprintln!("browser test skipped: PORTAL_BROWSER_TESTS=skip (scripts/test says why)");
        return;
    }
    let portal = Portal::start().await;
    let visitor = Visitor::launch(&portal.url).await;
    let page = visitor.page().await;
    desk_decides(&page, "desk-banks", "banks").await;
    desk_decides(&page, "desk-water", "water").await;

    // Steps 1 to 3: a draft is the centre's alone; who will get it, today and in 2023.
    let item = written(&page).await;
    page.sign_in("desk-banks").await;
    page.visit(&item).await;
    assert_eq!(page.text("h1").await, "ページが見つかりません");
    page.sign_out().await;
    page.sign_in("approver").await;
    page.visit(&format!("{item}/audience?on_year=2023&on_month=11&on_day=25&ceptoar=water")).await;
    let then = page.text("main").await;
    assert!(then.contains("厚生労働省") && !then.contains("国土交通省"), "{then}");
    page.sign_out().await;

    // Between: a comment, a return, an approval for later that its author stops.
    reviewed(&page, &item).await;

    // Step 4: released. The mail names level and kind, and nothing of what it says.
    publish(&page, &item).await;
    page.sign_in("desk-banks").await;
    let mail = mail(&page, (".banks.secretariat.example", "【要判断】")).await;
    assert!(mail.contains("TLP:AMBER") && !mail.contains("VPN"), "{mail}");
    page.sign_out().await;

    // Step 5: members have nothing before their desk has decided.
    page.sign_in("poc-bank-1").await;
    page.visit(&item).await;
    assert_eq!(page.text("h1").await, "ページが見つかりません");
    page.sign_out().await;
    decide(&page, "desk-banks", (&item, "banks"), Some("勘定系の回線が対象です。")).await;
    page.sign_out().await;
    decide(&page, "desk-water", (&item, "water"), None).await;
    // Step 6: a hub telephones its desk; FAX sheet and script are there, and another hub reports itself.
    page.visit(&format!("{item}/calls?ceptoar=water")).await;
    assert!(page.text("main").await.contains("衛星電話"), "the telephones of the network for disasters");
    page.visit(&format!("{item}/script?ceptoar=water")).await;
    assert!(!page.text("main").await.contains("VPN"), "at AMBER nothing of the content is told by telephone");
    page.visit(&format!("{item}/deliveries?ceptoar=water")).await;
    page.click("table a[href*='/receipts/water/']").await;
    page.click("input[name=channel][value=phone]").await;
    page.fill("#answered_by", "当直").await;
    page.click("main form[method=post] button[type=submit]").await;
    page.click("button[name=confirmed]").await;
    page.wait_for(".notice--success").await;
    page.sign_out().await;
    page.narrow().await;
    page.sign_in("hub-water-1").await;
    page.visit(&item).await;
    page.picture("hub-advisory").await;
    page.click("[data-onward] a").await;
    page.fill("#told", "230").await;
    page.fill("#behind", "220").await;
    page.click("main form[method=post] button[type=submit]").await;
    page.wait_for("#told-error").await;
    page.fill("#told", "212").await;
    page.click("main form[method=post] button[type=submit]").await;
    page.wait_for(".notice--success").await;
    page.picture("hub-report").await;
    page.sign_out().await;
    page.wide().await;

    // A member reads the desk's words apart from the original, and acknowledges.
    page.sign_in("poc-bank-1").await;
    page.visit(&item).await;
    assert!(page.text("main").await.contains("勘定系の回線が対象です。"));
    page.click("form[action$='/acknowledgement'] button").await;
    page.wait_for(".notice--success").await;
    // And says what it does about it, which is another thing.
    page.click("[data-measures] a").await;
    page.click("input[name=measure][value=investigating]").await;
    page.click("main form button[type=submit]").await;
    page.wait_for(".notice--success").await;
    page.sign_out().await;

    // The board: the road with its counts, and businesses behind hubs apart from members.
    page.sign_in("analyst").await;
    page.visit(&format!("{item}/deliveries")).await;
    page.wait_until(
        "[...document.querySelectorAll('[data-live-src] .tally b')].slice(0, 2).every(b => b.innerText === '0')",
        120,
    )
    .await;
    page.visit(&format!("{item}/deliveries")).await;
    let onward = page.text("[data-onward]").await;
    assert!(onward.contains("1 / 8 が報告") && onward.contains("212 / 220"), "{onward}");
    page.picture("board-road").await;
    page.sign_out().await;

    // Step 7: a gas firm finds nothing.
    page.sign_in("poc-gas-1").await;
    page.visit(&item).await;
    assert_eq!(page.text("h1").await, "ページが見つかりません");
    page.visit("/advisories").await;
    assert!(!page.text("main").await.contains("VPN"));
    page.sign_out().await;

    // Step 8: the second report. The first is old, and its acknowledgement does not carry over.
    let second = next_version(&page, &item, "follow_up", async |page| {
        page.fill("#countermeasure", "修正版 2.1 に更新する").await;
    })
    .await;
    decide(&page, "desk-banks", (&second, "banks"), None).await;
    page.sign_out().await;
    page.sign_in("poc-bank-1").await;
    page.visit(&item).await;
    assert!(page.text("main").await.contains("旧版"));
    page.visit(&second).await;
    page.wait_for("form[action$='/acknowledgement'] button").await;
    page.sign_out().await;

    // Step 9: lowered to GREEN and for all sectors. Gas sees this version alone.
    let third = next_version(&page, &second, "lowering", async |page| {
        page.click("input[name=level][value=GREEN]").await;
        page.click("input[name=handler_scope][value=organisation]").await;
        let every = "document.querySelectorAll('input[name=sector]').forEach(box => { box.checked = true; }), true";
        assert!(page.holds(every).await);
    })
    .await;
    page.sign_in("poc-gas-1").await;
    page.visit(&third).await;
    assert!(page.text("h1").await.contains("VPN"));
    for old in [&item, &second] {
        page.visit(old).await;
        assert_eq!(page.text("h1").await, "ページが見つかりません");
    }
    page.sign_out().await;
    page.sign_in("analyst").await;
    page.visit(&third).await;
    let history = page.text("main").await;
    assert!(history.contains("TLP:AMBER → TLP:GREEN") || history.contains("AMBER"), "{history}");

    // Step 10: the table opens in old programs, and its totals are those of the screen.
    page.visit(&format!("{item}/deliveries")).await;
    let sent = "[...document.querySelectorAll('#progress-table tbody tr')].reduce((sum, row) =>
        sum + Number(row.children[3].innerText.replaceAll(',', '')), 0)";
    let sent: u64 = page.answer(sent.to_owned()).await;
    let (found, lines) = saved_table(&page, &item, "送信済").await;
    assert!(sent > 0 && lines >= sent, "{sent} of {lines}");
    assert_eq!(found, sent);
    assert_eq!(page.complaints().await, Vec::<String>::new(), "nothing was blocked and no script failed");
}
