//! The handling rule and its members' consent, and how the requirements stand by what is on record.

use ceptoar_portal::kernel::ids::AccountId;
use sqlx::AssertSqlSafe;

use super::roster::{BANK, RIVAL, World, world};
use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, Reply};

pub const RULES: &str = "/directory/banks/rules";
const REQUIREMENTS: &str = "/directory/banks/requirements";

/// An edition, in force from a day.
fn edition<'a>(title: &'a str, name: &'a str, adopted: [&'a str; 3], from: [&'a str; 3]) -> Vec<(&'a str, &'a str)> {
    vec![
        ("title", title),
        ("edition", name),
        ("adopted_year", adopted[0]),
        ("adopted_month", adopted[1]),
        ("adopted_day", adopted[2]),
        ("from_year", from[0]),
        ("from_month", from[1]),
        ("from_day", from[2]),
        ("summary", "構成員の中だけで扱う。"),
        ("kept_at", "共有フォルダー/規程"),
    ]
}

fn first<'a>() -> Vec<(&'a str, &'a str)> {
    edition("情報の取扱いに関する規程", "第1版", ["2018", "4", "1"], ["2018", "4", "1"])
}

pub fn second<'a>() -> Vec<(&'a str, &'a str)> {
    edition("情報の取扱いに関する規程", "第2版", ["2026", "11", "1"], ["2026", "12", "1"])
}

pub async fn adopted(w: &World) -> Client {
    let mut desk = w.app.signed_in("desk").await;
    let done = desk.post(RULES, &first()).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary"));
    desk
}

/// A new edition, typed into the form as it stands.
pub async fn offered(desk: &mut Client, typed: &[(&str, &str)]) -> Reply {
    let newest = desk.get(RULES).await.values("input[name=newest]").concat();
    let mut form = typed.to_vec();
    form.push(("newest", &newest));
    desk.post(RULES, &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_of_two_editors_sees_the_others_edition_and_nothing_that_was_said_is_lost() {
    let mut w = world().await;
    let mut desk = adopted(&w).await;
    let opened = desk.get(RULES).await.values("input[name=newest]").concat();
    assert_eq!(offered(&mut desk, &second()).await.status, 303);
    let third = edition("情報の取扱いに関する規程", "第3版", ["2027", "3", "1"], ["2027", "4", "1"]);
    let mut stale = third.clone();
    stale.push(("newest", &opened));
    let mut colleague = w.app.signed_in("desk2").await;
    let refused = colleague.post(RULES, &stale).await;
    assert_eq!(refused.status, 422);
    assert!(refused.texts("#from-error").concat().contains("入力している間に"), "{}", refused.body);
    assert_eq!(refused.values("#edition"), ["第3版"], "the text typed is kept");
    assert!(refused.body.contains("第2版"), "with what is registered now");
    let again = colleague.press(&refused, "main form[action$=rules]", &third).await;
    assert_eq!(again.status, 303, "{}", again.body);
    // What is taken back stays known, and so does until when the edition before was to hold.
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    let three = rule(&mut w, "第3版").await;
    assert_eq!(desk.post(&format!("{RULES}/{three}/withdrawal"), &[]).await.status, 303);
    let said = "select concat_ws(' ', fact ->> 'edition', fact ->> 'valid') from directory_versions
                where relation = 'handling_rules' order by 1";
    assert!(w.texts(said).await.contains(&"第3版 [2027-04-01,)".to_owned()), "{:?}", w.texts(said).await);
    let one = rule(&mut w, "第2版").await;
    let paper = format!("{RULES}/{one}/consents/{}", w.bank);
    let noted = desk.post(&paper, &[]).await;
    assert_eq!(noted.status, 303, "{}", noted.body);
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(desk.post(&format!("{paper}/withdrawal"), &[]).await.status, 303);
    assert_eq!(w.number("select count(*) from directory_versions where relation = 'handling_rule_consents'").await, 1);
}

pub async fn rule(w: &mut World, edition: &str) -> String {
    let query = format!("select rule_id::text from handling_rules where edition = '{edition}'");
    w.texts(&query).await.first().expect("an edition").clone()
}

fn lights(page: &Reply) -> Vec<String> {
    page.texts(".light")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_holds_from_its_day_and_consent_does_not_carry_over() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    assert!(desk.get(RULES).await.body.contains("取扱いルールが登録されていません"));
    let mut desk = {
        drop(desk);
        adopted(&w).await
    };
    let page = desk.get(RULES).await;
    assert!(page.body.contains("第1版") && page.body.contains("0 / 2"), "{}", page.body);
    let one = rule(&mut w, "第1版").await;
    let mut admin = w.app.signed_in("bank-admin").await;
    let route = format!("{RULES}/{one}/consents/{}", w.bank);
    let hasty = admin.post(&route, &[]).await;
    assert_eq!(hasty.status, 303);
    assert_eq!(w.number("select count(*) from handling_rule_consents").await, 0, "not without saying so");
    assert_eq!(admin.post(&route, &[("sure", "true")]).await.status, 303);
    assert!(admin.get(RULES).await.body.contains("同意済みです(ポータルで同意)"));
    assert!(desk.get(RULES).await.body.contains("1 / 2"));
    // On paper, and taken back.
    let paper = format!("{RULES}/{one}/consents/{}", w.rival);
    assert_eq!(desk.post(&paper, &[]).await.status, 303);
    assert!(desk.get(RULES).await.body.contains("2 / 2"));
    let twice = desk.post(&paper, &[]).await;
    assert!(twice.location().ends_with("?done=nothing"));
    assert_eq!(desk.post(&format!("{paper}/withdrawal"), &[]).await.status, 303);
    let own = desk.post(&format!("{route}/withdrawal"), &[]).await;
    assert!(own.location().ends_with("?done=nothing"), "what a firm said itself stays");
    assert!(desk.get(RULES).await.body.contains("1 / 2"));
    // The next edition: planned, then in force, without anybody's consent.
    assert_eq!(offered(&mut desk, &second()).await.status, 303);
    let page = desk.get(RULES).await;
    assert!(page.body.contains("2026年12月1日(火)から施行予定") && page.body.contains("1 / 2"), "{}", page.body);
    w.app.state.clock.advance(chrono::TimeDelta::days(12));
    let mut desk = w.app.signed_in("desk").await;
    let page = desk.get(RULES).await;
    assert!(
        page.body.contains("0 / 2") && page.body.contains("2018年4月1日(日)から2026年11月30日(月)まで"),
        "{}",
        page.body
    );
    let detail = w.texts("select action || detail::text from audit_events where action like 'rule.%'").await;
    assert_eq!(detail.len(), 5, "{detail:?}");
    assert!(detail.iter().all(|event| event.contains("banks") && !event.contains(BANK)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planned_edition_is_taken_back_while_nobody_agreed_to_it() {
    let mut w = world().await;
    let mut desk = adopted(&w).await;
    offered(&mut desk, &second()).await;
    let (one, two) = (rule(&mut w, "第1版").await, rule(&mut w, "第2版").await);
    let old = desk.post(&format!("{RULES}/{one}/withdrawal"), &[]).await;
    assert!(old.location().ends_with("?done=nothing"), "only the newest");
    assert_eq!(desk.post(&format!("{RULES}/{two}/withdrawal"), &[]).await.status, 303);
    let left = w.texts("select edition || valid::text from handling_rules").await;
    assert_eq!(left, ["第1版[2018-04-01,)"], "the one before holds on");
    let mut admin = w.app.signed_in("bank-admin").await;
    admin.post(&format!("{RULES}/{one}/consents/{}", w.bank), &[("sure", "true")]).await;
    let agreed = desk.post(&format!("{RULES}/{one}/withdrawal"), &[]).await;
    assert!(agreed.location().ends_with("?done=nothing"));
    assert_eq!(w.number("select count(*) from handling_rules").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_wrong_is_said_at_its_field_and_kept() {
    let w = world().await;
    let mut desk = adopted(&w).await;
    let mut wrong = edition("", "第2版", ["2026", "2", "30"], ["2018", "4", "1"]);
    wrong[8] = ("summary", "打った文章は残ります");
    let page = offered(&mut desk, &wrong).await;
    assert_eq!(page.status, 422);
    assert_eq!(page.texts(".error-summary a").len(), 2, "{:?}", page.texts(".error-summary"));
    assert!(page.body.contains("打った文章は残ります"));
    let early = edition("規程", "第2版", ["2018", "4", "1"], ["2018", "4", "1"]);
    let page = offered(&mut desk, &early).await;
    assert!(page.status == 422 && page.texts(".field__error").concat().contains("より後"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_are_for_the_desk_the_centre_and_each_firm() {
    let mut w = world().await;
    let mut desk = adopted(&w).await;
    let one = rule(&mut w, "第1版").await;
    desk.post(&format!("{RULES}/{one}/consents/{}", w.rival), &[]).await;
    for (who, rules, others, requirements) in [
        ("coordinator", 200, true, 200),
        ("analyst", 200, true, 200),
        ("bank-admin", 200, false, 404),
        ("handler", 200, false, 404),
        ("no-handler", 200, false, 404),
        ("reader", 404, false, 404),
        ("life-desk", 404, false, 404),
        ("liaison", 404, false, 200),
        ("auditor", 404, false, 404),
        ("operator", 404, false, 404),
    ] {
        let mut client = w.app.signed_in(who).await;
        let page = client.get(RULES).await;
        assert_eq!(page.status, rules, "{who}");
        assert_eq!(page.body.contains(RIVAL), others, "{who} and another firm's consent");
        assert_eq!(client.get(REQUIREMENTS).await.status, requirements, "{who}");
        let refused = client.post(RULES, &second()).await;
        assert_eq!(refused.status, 404, "{who} keeps no editions");
        let agree = client.post(&format!("{RULES}/{one}/consents/{}", w.bank), &[]).await;
        let may = matches!(who, "bank-admin" | "handler");
        assert_eq!(agree.status, if may { 303 } else { 404 }, "{who} agrees for the bank");
        let withdrawn = client.post(&format!("{RULES}/{one}/withdrawal"), &[]).await;
        assert_eq!(withdrawn.status, 404, "{who}");
    }
    let mut handler = w.app.signed_in("handler").await;
    for path in [
        format!("{RULES}/{one}/consents/{}", w.rival),
        format!("{RULES}/{one}/consents/{}", uuid::Uuid::nil()),
        format!("{RULES}/{}/consents/{}", uuid::Uuid::nil(), w.bank),
        format!("/directory/life/rules/{one}/consents/{}", w.bank),
    ] {
        assert_eq!(handler.post(&path, &[("sure", "true")]).await.status, 404, "{path}");
    }
    assert_eq!(w.number("select count(*) from handling_rule_consents").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn lights_follow_the_evidence() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    sqlx::query("update contact_channels set last_verified_on = null").execute(&mut w.db).await.unwrap();
    let at = async |desk: &mut Client| lights(&desk.get(REQUIREMENTS).await);
    assert_eq!(at(&mut desk).await, ["不足", "一部不足", "不足", "不足", "不足"]);
    adopted(&w).await;
    assert_eq!(at(&mut desk).await[0], "一部不足");
    let one = rule(&mut w, "第1版").await;
    for firm in [w.bank, w.rival] {
        desk.post(&format!("{RULES}/{one}/consents/{firm}"), &[]).await;
    }
    sqlx::query("update contact_channels set last_verified_on = '2026-11-01' where value in ('soc@bank.example', 'soc@rival.example')")
        .execute(&mut w.db)
        .await
        .unwrap();
    assert_eq!(at(&mut desk).await, ["満たしています", "満たしています", "不足", "不足", "不足"]);
    factory::case_team(&w.app).await;
    let drill = NewAdvisory { ceptoars: &["banks"], drill: true, ..NewAdvisory::default() };
    factory::published_advisory(&w.app, drill).await;
    assert_eq!(at(&mut desk).await[2..4], ["一部不足", "満たしています"]);
    let other = NewAdvisory { ceptoars: &["life"], ..NewAdvisory::default() };
    factory::published_advisory(&w.app, other).await;
    assert_eq!(at(&mut desk).await[2], "一部不足", "what went elsewhere is no evidence here");
    let real = NewAdvisory { ceptoars: &["banks"], ..NewAdvisory::default() };
    factory::published_advisory(&w.app, real).await;
    assert_eq!(at(&mut desk).await[2], "満たしています");
    sqlx::query("update contacts set valid = daterange(lower(valid), '2026-11-21') where contact_id in (select contact_id from contact_channels where value = 'soc@rival.example')")
        .execute(&mut w.db)
        .await
        .unwrap();
    assert_eq!(at(&mut desk).await[1], "不足", "a member without a window");
    let page = desk.get(REQUIREMENTS).await;
    assert!(page.body.contains("窓口のある構成員: 1 / 2"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_security_alone_keeps_rules_and_consents_apart() {
    let mut w = world().await;
    let mut desk = adopted(&w).await;
    let one = rule(&mut w, "第1版").await;
    desk.post(&format!("{RULES}/{one}/consents/{}", w.rival), &[]).await;
    for (name, sees, forged) in [
        ("desk", [1, 1], "paper"),
        ("life-desk", [0, 0], ""),
        ("bank-admin", [1, 0], "portal"),
        ("rival-admin", [1, 1], ""),
        ("no-handler", [1, 0], ""),
        ("analyst", [1, 1], ""),
        ("auditor", [0, 0], ""),
    ] {
        let account = w.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        let account: AccountId = account[0].parse().map(AccountId).expect("an id");
        for way in ["portal", "paper"] {
            let mut tx = w.app.state.db.begin(Some(account), w.app.state.clock.now()).await.expect("a transaction");
            for (table, expected) in ["handling_rules", "handling_rule_consents"].into_iter().zip(sees) {
                let rows: i64 = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
                    .fetch_one(&mut *tx)
                    .await
                    .expect("a count");
                assert_eq!(rows, expected, "{name} {table}");
            }
            let consent =
                sqlx::query("insert into handling_rule_consents values ($1::uuid, $2, '2026-11-21', $3, $4, now())")
                    .bind(one.parse::<uuid::Uuid>().unwrap())
                    .bind(w.bank)
                    .bind(way)
                    .bind(account.0)
                    .execute(&mut *tx)
                    .await;
            assert_eq!(consent.is_ok(), way == forged, "{name} {way}: {consent:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_page_says_what_is_to_be_done_and_until_when() {
    let mut w = world().await;
    let mut desk = adopted(&w).await;
    for desk in ["banks", "life"] {
        let office = factory::secretariat_of(&mut w.db, desk).await;
        factory::window(&mut w.db, office, Some(desk), &format!("desk@{desk}.example")).await;
    }
    let tasks = |page: Reply| page.texts("section[aria-labelledby=tasks] li");
    for (who, count) in
        [("bank-admin", 1), ("handler", 1), ("no-handler", 0), ("reader", 0), ("desk", 1), ("life-desk", 1)]
    {
        let found = tasks(w.app.signed_in(who).await.get("/").await);
        assert_eq!(found.len(), count, "{who}: {found:?}");
        let asked = if who.ends_with("desk") { "今年度の連絡先の確認" } else { "(第1版)への同意" };
        assert!(found.iter().all(|task| task.contains(asked)), "{found:?}");
    }
    let one = rule(&mut w, "第1版").await;
    let mut admin = w.app.signed_in("bank-admin").await;
    admin.post(&format!("{RULES}/{one}/consents/{}", w.bank), &[("sure", "true")]).await;
    assert_eq!(tasks(admin.get("/").await), [""; 0], "done is done");
    let round = [("scope", "all"), ("due_year", "2026"), ("due_month", "12"), ("due_day", "4"), ("sure", "true")];
    assert_eq!(desk.post("/directory/banks/verification", &round).await.status, 303);
    let found = tasks(desk.get("/").await);
    assert!(
        found.len() == 1 && found[0].contains("回答待ち4か所") && found[0].contains("期限 2026年12月4日(金)"),
        "{found:?}"
    );
    assert!(!found[0].contains("過ぎています"));
    assert_eq!(tasks(w.app.signed_in("coordinator").await.get("/").await), [""; 0], "who cannot do it is not asked to");
    w.app.state.clock.advance(chrono::TimeDelta::days(14));
    let found = tasks(w.app.signed_in("desk").await.get("/").await);
    assert!(found[0].contains("過ぎています"), "{found:?}");
}
