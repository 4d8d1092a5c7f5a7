//! Two times: what the portal said at the end of a day, next to what it now knows was so.

use chrono::TimeDelta;

use super::roster::{BANK, World, change, day, taken_back, window_form, world};
use crate::support::{Client, Reply};

/// A day as it follows an address.
pub fn on(name: &str, day: &str) -> String {
    let parts: Vec<&str> = day.split('-').collect();
    format!("{name}_year={}&{name}_month={}&{name}_day={}", parts[0], parts[1], parts[2])
}

/// What is said of a day, by the record of another.
pub fn as_recorded(path: &str, valid: &str, recorded: &str) -> String {
    format!("{path}?{}&{}", on("on", valid), on("rec", recorded))
}

pub async fn ok(client: &mut Client, path: &str) -> Reply {
    let page = client.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.body);
    page
}

fn renaming<'a>(nature: &'a str, reason: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("ja", "星見未来銀行(架空)"),
        ("reading", "ほしみみらいぎんこう"),
        ("en", ""),
        ("nature", nature),
        ("reason", reason),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_changes_what_we_know_and_not_what_we_said() {
    let w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let page = format!("{}/name", w.bank_page());
    let mut form = renaming("correction", "登記の名称と違っていたため");
    form.extend(day("2026", "11", "21"));
    change(&mut desk, &page, &form).await;
    let mut window = window_form("危機管理室", "crisis@bank.example");
    window.extend([("nature", "correction"), ("reason", "部署の名称の誤り")]);
    window.extend(day("2026", "11", "21"));
    change(&mut desk, &w.window_page(w.window), &window).await;
    // What we now know was so on a day of the past.
    let known = ok(&mut desk, &format!("{}?{}", w.bank_page(), on("on", "2026-10-01"))).await;
    assert!(known.body.contains("星見未来銀行") && known.body.contains("crisis@bank.example"));
    assert!(known.texts(".notice--warning").is_empty());
    // What we said of that day until yesterday.
    let said = ok(&mut desk, &as_recorded(&w.bank_page(), "2026-10-01", "2026-11-20")).await;
    assert_eq!(said.texts("h1"), [BANK]);
    assert!(said.body.contains("soc@bank.example") && !said.body.contains("crisis@bank.example"));
    assert!(!said.body.contains("星見未来銀行"), "not even in the history of changes");
    let banner = said.texts(".notice--warning").concat();
    assert!(banner.contains("2026年11月20日(金)の終わりの時点の記録"), "{banner}");
    // The list says the same.
    let list = ok(&mut desk, &as_recorded("/directory/banks", "2026-10-01", "2026-11-20")).await;
    assert!(list.body.contains(BANK) && !list.body.contains("星見未来銀行"));
    assert_eq!(list.texts("tbody tr").len(), 2);
    assert!(list.texts("tbody tr").concat().contains("2か所"), "{:?}", list.texts("tbody tr"));
    assert!(
        list.body.contains("rec_year=2026&#38;rec_month=11&#38;rec_day=20")
            || list.body.contains("rec_year=2026&amp;rec_month=11&amp;rec_day=20"),
        "its rows lead to the same record"
    );
    let now = ok(&mut desk, &format!("/directory/banks?{}", on("on", "2026-10-01"))).await;
    assert!(now.body.contains("星見未来銀行"));
    // Words are looked for in what was said.
    let search = |words: &'static str| {
        [
            ("words", words),
            ("on_year", "2026"),
            ("on_month", "10"),
            ("on_day", "1"),
            ("rec_year", "2026"),
            ("rec_month", "11"),
            ("rec_day", "20"),
        ]
    };
    assert_eq!(desk.post("/directory/banks/search", &search("星見銀行")).await.texts("tbody tr").len(), 1);
    assert_eq!(desk.post("/directory/banks/search", &search("星見未来")).await.texts("tbody tr").len(), 0);
    // At the end of today, the correction is recorded.
    w.app.state.clock.advance(TimeDelta::days(1));
    let mut desk = w.app.signed_in("desk2").await;
    let today = ok(&mut desk, &as_recorded(&w.bank_page(), "2026-10-01", "2026-11-21")).await;
    assert!(today.body.contains("星見未来銀行") && today.body.contains("crisis@bank.example"));
    let before = ok(&mut desk, &as_recorded(&w.bank_page(), "2026-10-01", "2026-11-20")).await;
    assert!(!before.body.contains("星見未来銀行") && !before.body.contains("crisis@bank.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_taken_back_is_in_the_record_of_its_days_alone() {
    let w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let mut form = renaming("change", "");
    form.extend(day("2027", "4", "1"));
    change(&mut desk, &format!("{}/name", w.bank_page()), &form).await;
    let last = day("2027", "3", "31").to_vec();
    change(&mut desk, &format!("/directory/banks/members/{}/leaving", w.rival), &last).await;
    for step in 0..2 {
        w.app.state.clock.advance(TimeDelta::days(1));
        desk = w.app.signed_in("desk2").await;
        if step == 0 {
            for page in [w.bank_page(), format!("/directory/banks/members/{}", w.rival)] {
                let done = taken_back(&mut desk, &page).await;
                assert_eq!(done.status, 303, "{}", done.body);
            }
        }
    }
    let name = async |desk: &mut Client, recorded: &str| {
        ok(desk, &as_recorded(&w.bank_page(), "2027-04-01", recorded)).await.texts("h1").concat()
    };
    assert_eq!(name(&mut desk, "2026-11-20").await, BANK, "not planned yet");
    assert_eq!(name(&mut desk, "2026-11-21").await, "星見未来銀行(架空)");
    assert_eq!(name(&mut desk, "2026-11-22").await, BANK, "taken back");
    let now = ok(&mut desk, &format!("{}?{}", w.bank_page(), on("on", "2027-04-01"))).await;
    assert_eq!(now.texts("h1"), [BANK]);
    let members = async |desk: &mut Client, recorded: &str| {
        ok(desk, &as_recorded("/directory/banks", "2027-04-01", recorded)).await.texts("tbody tr").len()
    };
    assert_eq!(members(&mut desk, "2026-11-20").await, 2);
    assert_eq!(members(&mut desk, "2026-11-21").await, 1, "the rival was to leave");
    assert_eq!(members(&mut desk, "2026-11-22").await, 2);
    // What was planned then is said to be planned then, and leads on by the same record.
    let then = ok(&mut desk, &as_recorded(&w.bank_page(), "2026-11-21", "2026-11-21")).await;
    assert!(then.texts(".member__plans").concat().contains("星見未来銀行"));
    let ahead = then.body.split("href=\"").find(|rest| rest.contains("on_year=2027")).expect("the plan's day");
    assert!(ahead.split('"').next().is_some_and(|href| href.contains("rec_day=21")), "{ahead:.200}");
    assert!(!then.body.contains("/withdrawal\""), "nothing is taken back from an old record");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_makes_no_two_versions_at_once() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let page = format!("{}/name", w.bank_page());
    for (hours, ja) in [(1, "星見未来銀行(架空)"), (-2, "星見明日銀行(架空)")] {
        w.app.state.clock.advance(TimeDelta::hours(hours));
        desk = w.app.signed_in(if hours < 0 { "desk2" } else { "desk" }).await;
        let mut form = renaming("correction", "登記の名称と違っていたため");
        form[0].1 = ja;
        form.extend(day("2026", "11", "21"));
        change(&mut desk, &page, &form).await;
    }
    let versions = "select concat_ws(' ', fact ->> 'ja', v.recorded -|- tstzrange(next.recorded_at, null),
                      exists (select from directory_versions o where o.relation = v.relation and o.fact_id = v.fact_id
                              and o.version_id <> v.version_id and o.recorded && v.recorded))
                    from directory_versions v join organisation_names next using (fact_id)
                    where v.relation = 'organisation_names' order by lower(v.recorded)";
    let first = format!("{BANK} f f");
    assert_eq!(w.texts(versions).await, [first.as_str(), "星見未来銀行(架空) t f"], "one after the other");
    drop(desk);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_record_offers_no_changes_and_says_when_there_was_none() {
    let w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let now = ok(&mut desk, &w.bank_page()).await;
    let edits = |page: &Reply| {
        let links = page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let of = ["/name", "/membership", "/leaving", "/new-window", "/end", "/joining"];
        links.filter(|href| of.iter().any(|end| href.ends_with(end)) || href.contains("/windows/")).count()
    };
    assert!(edits(&now) > 4);
    let old = ok(&mut desk, &format!("{}?{}", w.bank_page(), on("rec", "2026-11-20"))).await;
    assert_eq!(edits(&old), 0);
    assert_eq!(old.texts(".notice--warning").len(), 1);
    let list = ok(&mut desk, &format!("/directory/banks?{}", on("rec", "2026-11-20"))).await;
    assert_eq!((edits(&list), list.texts(".notice--warning").len()), (0, 1));
    // Today's record is the present one.
    let today = ok(&mut desk, &format!("{}?{}", w.bank_page(), on("rec", "2026-11-21"))).await;
    assert_eq!((edits(&today), today.texts(".notice--warning").len()), (edits(&now), 0));
    // Before anything was recorded.
    let nothing = ok(&mut desk, &as_recorded(&w.bank_page(), "2026-11-21", "2017-01-01")).await;
    assert!(nothing.body.contains("この時点の記録はありません") && !nothing.body.contains("soc@bank.example"));
    assert_eq!(
        ok(&mut desk, &as_recorded("/directory/banks", "2026-11-21", "2017-01-01")).await.texts("tbody tr").len(),
        0
    );
    for wrong in ["rec_year=2026&rec_month=11&rec_day=22", "rec_year=2026&rec_month=2&rec_day=30", "rec_year=%3Cb%3E"] {
        for path in [w.bank_page(), "/directory/banks".to_owned()] {
            let page = desk.get(&format!("{path}?{wrong}")).await;
            assert_eq!((page.status, page.texts("#rec-error").len()), (422, 1), "{path} {wrong}");
            assert!(!page.body.contains("<b>\""));
        }
    }
}

/// The page without what differs between two requests for it.
fn body(reply: &Reply) -> String {
    let main = reply.body.split("<main").nth(1).unwrap_or_default();
    main.split("</main>").next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_look_back_gets_what_they_got_before_and_no_more() {
    let w: World = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let mut window = window_form("危機管理室", "crisis@bank.example");
    window.extend([("nature", "correction"), ("reason", "部署の名称の誤り")]);
    window.extend(day("2026", "11", "21"));
    change(&mut desk, &w.window_page(w.window), &window).await;
    let record = on("rec", "2026-11-20");
    // They see the pages, without that field, and the parameter changes nothing.
    for name in ["analyst", "approver", "coordinator"] {
        let mut client = w.app.signed_in(name).await;
        for path in [w.bank_page(), "/directory/banks".to_owned()] {
            let plain = ok(&mut client, &path).await;
            let asked = ok(&mut client, &format!("{path}?{record}")).await;
            assert!(!plain.body.contains("rec_year"), "{name} {path}");
            assert_eq!(body(&asked).contains("soc@bank.example"), body(&plain).contains("soc@bank.example"), "{name}");
            assert_eq!(asked.texts(".notice--warning").len(), 0, "{name} {path}");
            assert_eq!(asked.texts("tbody tr, .window__value"), plain.texts("tbody tr, .window__value"), "{name}");
        }
    }
    // For the others there is no such page.
    for name in ["life-desk", "rival-admin", "rival-handler", "reader", "liaison", "auditor", "operator"] {
        let mut client = w.app.signed_in(name).await;
        for path in [w.bank_page(), "/directory/banks".to_owned()] {
            assert_eq!(client.get(&format!("{path}?{record}")).await.status, 404, "{name} {path}");
        }
    }
    // The firm's own people look back at their firm.
    for name in ["bank-admin", "handler", "no-handler"] {
        let mut client = w.app.signed_in(name).await;
        let then = ok(&mut client, &format!("{}?{record}", w.bank_page())).await;
        assert!(then.body.contains("soc@bank.example") && !then.body.contains("crisis@bank.example"), "{name}");
        assert_eq!(client.get(&format!("/directory/banks?{record}")).await.status, 404, "{name}");
    }
}

/// Whoever may not look back is not asked for a record, and an address that carries one shows what is recorded now.
pub async fn shows_the_present_alone(w: &World, path: &str, recorded: &str, names: &[&str]) {
    for name in names {
        let mut client = w.app.signed_in(name).await;
        let plain = ok(&mut client, path).await;
        let asked = ok(&mut client, &format!("{path}?{}", on("rec", recorded))).await;
        assert!(!plain.body.contains("rec_year") && !asked.body.contains("rec_year"), "{name} {path}");
        assert_eq!(body(&asked), body(&plain), "{name} {path}");
    }
}
