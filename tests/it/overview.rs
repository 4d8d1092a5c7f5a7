//! セプターの状況: how the CEPTOARs stand, for those who look over them, in numbers and no names.

use ceptoar_portal::kernel::ids::AccountId;
use sqlx::AssertSqlSafe;

use crate::directory::roster::{BANK, RIVAL, World, world};
use crate::follow_up;
use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, Reply};

const OVERVIEW: &str = "/overview";

fn names(page: &Reply) -> Vec<String> {
    page.texts("[data-overview] tbody th a")
}

/// What stands beside a CEPTOAR.
fn row(page: &Reply, name: &str) -> Vec<String> {
    let place = names(page).iter().position(|known| known == name).expect("a row") + 1;
    page.texts(&format!("[data-overview] tbody tr:nth-child({place}) td"))
}

async fn name(w: &mut World, ceptoar: &str) -> String {
    let query = format!("select ja from ceptoar_names where ceptoar_id = '{ceptoar}' and valid @> date '2026-11-21'");
    w.texts(&query).await.pop().expect("a name")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sees_the_ceptoars_that_they_look_over_and_no_firm() {
    let mut w = world().await;
    let [banks, life] = [name(&mut w, "banks").await, name(&mut w, "life").await];
    let all = w
        .texts(
            "select n.ja from ceptoars c join sectors s using (sector_id) join ceptoar_names n using (ceptoar_id)
             where n.valid @> date '2026-11-21' order by s.position, c.position, c.ceptoar_id",
        )
        .await;
    let of_ministry = w
        .texts(
            "select n.ja from ceptoars c join sectors s using (sector_id) join ceptoar_names n using (ceptoar_id)
             join sector_ministries m using (sector_id) join organisations o using (organisation_id)
             where o.code = 'fsa' and m.valid @> date '2026-11-21' and n.valid @> date '2026-11-21'
             order by s.position, c.position, c.ceptoar_id",
        )
        .await;
    assert!(of_ministry.contains(&banks) && of_ministry.contains(&life) && of_ministry.len() < all.len());
    for (who, expected) in [
        ("liaison", of_ministry),
        ("analyst", all.clone()),
        ("approver", all),
        ("desk", vec![banks.clone()]),
        ("coordinator", vec![banks.clone()]),
        ("life-desk", vec![life]),
    ] {
        let page = w.app.signed_in(who).await.get(OVERVIEW).await;
        assert_eq!(names(&page), expected, "{who}");
        assert!(!page.body.contains(BANK) && !page.body.contains(RIVAL), "{who}");
        assert!(page.texts("nav a").iter().any(|entry| entry == "セプターの状況"), "{who} finds the way");
    }
    for who in ["bank-admin", "handler", "reader", "auditor", "operator"] {
        let mut client = w.app.signed_in(who).await;
        assert_eq!(client.get(OVERVIEW).await.status, 404, "{who}");
        assert!(!client.get("/").await.texts("nav a").iter().any(|entry| entry == "セプターの状況"), "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_says_what_the_page_of_the_requirements_says() {
    let mut w = world().await;
    let banks = name(&mut w, "banks").await;
    sqlx::query("update contact_channels set last_verified_on = null").execute(&mut w.db).await.unwrap();
    let mut liaison = w.app.signed_in("liaison").await;
    let page = liaison.get(OVERVIEW).await;
    let cells = row(&page, &banks);
    assert_eq!(cells[..6], ["2", "不足", "一部不足", "不足", "不足", "不足"]);
    assert_eq!(cells[6..], ["0% (0 / 3か所)", "記録なし"], "no follow-up is open");
    sqlx::query("update contact_channels set last_verified_on = '2026-11-01' where value = 'soc@bank.example'")
        .execute(&mut w.db)
        .await
        .unwrap();
    // Old enough to count for the year, and no longer for the ninety days.
    sqlx::query("update contact_channels set last_verified_on = '2026-08-01' where value = 'soc@rival.example'")
        .execute(&mut w.db)
        .await
        .unwrap();
    factory::case_team(&w.app).await;
    factory::published_advisory(&w.app, NewAdvisory { ceptoars: &["banks"], ..NewAdvisory::default() }).await;
    factory::published_advisory(&w.app, NewAdvisory { ceptoars: &["life"], drill: true, ..NewAdvisory::default() })
        .await;
    let cells = row(&liaison.get(OVERVIEW).await, &banks);
    assert_eq!(cells[1..7], ["不足", "満たしています", "満たしています", "不足", "不足", "33% (1 / 3か所)"]);
    let requirements = liaison.get("/directory/banks/requirements").await;
    assert_eq!(requirements.texts(".light"), cells[1..6], "the same evidence");
    assert!(requirements.body.contains("窓口のある構成員: 2 / 2、1年以内に確認済: 2"), "{}", requirements.body);
    for closed in ["/directory/banks", "/directory/banks/rules", "/directory/banks/verification"] {
        assert!(!requirements.body.contains(&format!("href=\"{closed}\"")), "no way that is closed: {closed}");
        assert_eq!(liaison.get(closed).await.status, 404, "{closed}");
    }
    let summary = liaison.get(OVERVIEW).await.texts("[data-summary] dd");
    assert!(summary[1].starts_with("1 / ") && summary[0].starts_with("0 / "), "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_answers_for_those_that_somebody_looks_over_alone() {
    let mut w = world().await;
    factory::case_team(&w.app).await;
    factory::published_advisory(&w.app, NewAdvisory { ceptoars: &["banks"], ..NewAdvisory::default() }).await;
    for (who, expected) in [
        ("liaison", "banks1 life0"),
        ("analyst", "banks1 life0 power0"),
        ("desk", "banks1"),
        ("coordinator", "banks1"),
        ("life-desk", "life0"),
        ("bank-admin", ""),
        ("handler", ""),
        ("auditor", ""),
        ("operator", ""),
    ] {
        let account: uuid::Uuid = sqlx::query_scalar("select account_id from accounts where sign_in_name = $1")
            .bind(who)
            .fetch_one(&mut w.db)
            .await
            .unwrap();
        let now = w.app.state.clock.now();
        let mut tx = w.app.state.db.begin(Some(AccountId(account)), now).await.unwrap();
        let seen: Vec<String> = sqlx::query_scalar(
            "select ceptoar_id || shared from ceptoar_evidence(array['banks', 'life', 'power'], viewer_today(), '2026-04-01Z', 'infinity', 366, 90) order by 1",
        )
        .fetch_all(&mut *tx)
        .await
        .unwrap();
        assert_eq!(seen.join(" "), expected, "{who}");
        let hops = sqlx::query(AssertSqlSafe("select from advisory_hops")).fetch_all(&mut *tx).await;
        assert!(hops.is_err(), "{who} reads no hops directly");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hops_follow_the_audience_of_every_item() {
    let mut w = world().await;
    factory::case_team(&w.app).await;
    for ceptoars in [&["banks"][..], &["banks", "life"]] {
        factory::published_advisory(&w.app, NewAdvisory { ceptoars, ..NewAdvisory::default() }).await;
    }
    let counted = "select ceptoar_id || stage || advisory_id || count(*) from advisory_audience group by ceptoar_id, stage, advisory_id";
    let kept = "select ceptoar_id || stage || advisory_id || organisations from advisory_hops";
    let odd = format!("(({counted}) except ({kept})) union all (({kept}) except ({counted}))");
    assert_eq!(w.texts(&odd).await, [""; 0]);
    assert!(w.number("select count(*) from advisory_hops where stage = 'member'").await == 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_of_the_sheet_stands_there_while_a_follow_up_is_open() {
    let w = follow_up::world::World::build().await;
    let columns = async |client: &mut Client| client.get(OVERVIEW).await.texts("[data-overview] thead th").len();
    let mut liaison = w.app.signed_in("liaison-meti").await;
    let without = columns(&mut liaison).await;
    w.open().await;
    assert_eq!(columns(&mut liaison).await, without + 1);
    let page = liaison.get(OVERVIEW).await;
    let states = page.texts("[data-overview] .status");
    assert_eq!(states.len(), names(&page).len());
    assert!(states.iter().all(|state| state == "準備中"), "{states:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_day_has_the_lights_of_that_day() {
    let mut w = world().await;
    let banks = name(&mut w, "banks").await;
    for query in [
        "update contact_channels set last_verified_on = null",
        // Proven this month; and once before, which the window itself does not remember.
        "update contact_channels set last_verified_on = '2026-11-10' where value = 'soc@bank.example'",
        "insert into window_proofs (contact_id, kind, value, way, proven_at)
         select contact_id, kind, value, 'link', at from contact_channels,
                unnest(array['2026-06-01 03:00+00', '2026-11-10 03:00+00']::timestamptz[]) at where value = 'soc@bank.example'",
        "insert into handling_rules (rule_id, ceptoar_id, title, edition, adopted_on, valid, recorded_by, recorded_at)
         select gen_random_uuid(), 'banks', '規程', '1', '2026-11-01', '[2026-12-01,)', account_id, now()
         from accounts where sign_in_name = 'desk'",
        "insert into activities (activity_id, ceptoar_id, title, from_on, to_on, kinds, done, recorded_by, recorded_at)
         select gen_random_uuid(), 'banks', '分析', '2026-10-05', '2026-10-05', '{analysis}', '分析', account_id, now()
         from accounts where sign_in_name = 'desk'",
    ] {
        sqlx::query(AssertSqlSafe(query)).execute(&mut w.db).await.unwrap();
    }
    let mut liaison = w.app.signed_in("liaison").await;
    let on = |[year, month, day]: [&str; 3]| format!("?on_year={year}&on_month={month}&on_day={day}");
    for (day, lights, share) in [
        (["2026", "5", "31"], ["不足", "一部不足", "不足"], "0% (0 / 3か所)"),
        (["2026", "6", "1"], ["不足", "一部不足", "不足"], "33% (1 / 3か所)"),
        (["2026", "10", "5"], ["不足", "一部不足", "満たしています"], "0% (0 / 3か所)"),
        (["2026", "11", "21"], ["不足", "一部不足", "満たしています"], "33% (1 / 3か所)"),
        (["2026", "12", "1"], ["一部不足", "一部不足", "満たしています"], "33% (1 / 3か所)"),
    ] {
        let page = liaison.get(&format!("{OVERVIEW}{}", on(day))).await;
        let cells = row(&page, &banks);
        assert_eq!([&cells[1], &cells[2], &cells[5]], lights, "{day:?}");
        assert_eq!(cells[6], share, "{day:?}");
        let requirements = liaison.get(&format!("/directory/banks/requirements{}", on(day))).await;
        assert_eq!(requirements.texts(".light"), cells[1..6], "{day:?}");
    }
    let there = liaison.get(&format!("{OVERVIEW}{}", on(["2026", "12", "1"]))).await;
    assert!(there.body.contains("今日とは別の日の登録を表示しています。"));
    let wrong = liaison.get(&format!("{OVERVIEW}{}", on(["2026", "13", "1"]))).await;
    assert!(wrong.status == 422 && wrong.values("input[name=on_month]") == ["13"], "{}", wrong.status);
}
