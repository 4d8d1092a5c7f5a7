//! 整備状況: types of information that a CEPTOAR shares and the steps of its setting up, dated and correctable.

use ceptoar_portal::kernel::ids::AccountId;
use sqlx::AssertSqlSafe;

use crate::directory::roster::{World, world};
use crate::support::{Client, Reply};

const SETUP: &str = "/directory/banks/setup";

fn typed<'a>(subject: &'a str, [year, month, day]: [&'a str; 3]) -> Vec<(&'a str, &'a str)> {
    vec![("subject", subject), ("since_year", year), ("since_month", month), ("since_day", day)]
}

fn with<'a>(mut fields: Vec<(&'a str, &'a str)>, other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    fields.retain(|(name, _)| !other.iter().any(|(known, _)| known == name));
    fields.extend(other);
    fields
}

async fn recorded(desk: &mut Client, fields: &[(&str, &str)]) {
    let done = desk.post(SETUP, fields).await;
    assert_eq!(done.location(), format!("{SETUP}?done=recorded"), "{:?}", done.texts(".error-summary a"));
}

async fn fact(w: &mut World, subject: &str) -> String {
    let query = format!("select '{SETUP}/' || fact_id from setup_facts where subject = '{subject}'");
    w.texts(&query).await.first().expect("a fact").clone()
}

fn group(page: &Reply, id: &str) -> Vec<String> {
    page.texts(&format!("[data-group={id}] .item"))
}

#[tokio::test(flavor = "multi_thread")]
async fn types_and_steps_stand_with_their_days() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    assert!(desk.get(SETUP).await.body.contains("下の「整備状況を記録する」から"));
    recorded(&mut desk, &with(typed("step_analysis", ["2027", "1", "15"]), &[("remark", "架空協会と調整中")])).await;
    recorded(&mut desk, &typed("step_rules", ["２００７", "3", ""])).await;
    recorded(&mut desk, &typed("intake_crime", ["2007", "4", ""])).await;
    let ended = [("until_year", "2020"), ("until_month", "3"), ("until_day", "31")];
    recorded(&mut desk, &with(typed("intake_viruses", ["2007", "4", "1"]), &ended)).await;
    let page = desk.get(SETUP).await;
    assert_eq!(group(&page, "intakes"), ["ITを利用した金融犯罪の情報 2007年4月から"], "a month stays a month");
    assert_eq!(group(&page, "over"), ["ウイルスの情報 2007年4月1日(日)から2020年3月31日(火)まで"]);
    let steps = ["取扱いルールの制定 2007年3月", "分析の体制の整備 2027年1月15日(金)(予定) 架空協会と調整中"];
    assert_eq!(group(&page, "steps"), steps);
    for (other, field) in [
        (vec![], "twice"),
        (vec![("since_year", "2020"), ("since_month", "3"), ("since_day", "31")], "twice"),
        (vec![("since_year", "2020"), ("since_month", "4"), ("since_day", "1")], ""),
    ] {
        let again = desk.post(SETUP, &with(typed("intake_viruses", ["2007", "4", ""]), &other)).await;
        assert_eq!(again.status == 422, field == "twice", "{other:?}: {:?}", again.texts(".error-summary"));
        if field == "twice" {
            assert!(again.texts("#since-error").concat().contains("すでに記録されています"), "{}", again.body);
        }
    }
    let wrong = with(typed("step_rules", ["2007", "13", ""]), &[("remark", "残る文章")]);
    let page = desk.post(SETUP, &with(wrong, &[("subject", "dance")])).await;
    assert_eq!((page.status, page.texts(".error-summary a").len()), (422, 2));
    assert!(page.body.contains("残る文章") && page.values("#since-month") == ["13"], "{}", page.body);
    let trail = w.texts("select action || (detail ->> 'ceptoar') from audit_events where action like 'setup.%'").await;
    assert_eq!(trail, ["setup.recordbanks"; 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn services_and_networks_are_told_by_name_and_several_at_once() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let bare = desk.post(SETUP, &typed("service_tests", ["2021", "4", ""])).await;
    assert!(bare.status == 422 && bare.texts("#remark-error").concat().contains("文章を入力"), "{}", bare.body);
    for (subject, text) in [
        ("service_tests", "公開サイトの診断(年1回)"),
        ("service_tests", "内部の機器の診断"),
        ("network_disaster", "衛星電話網"),
    ] {
        recorded(&mut desk, &with(typed(subject, ["2021", "4", ""]), &[("remark", text)])).await;
    }
    let closed = [("remark", "無線網"), ("until_year", "2025"), ("until_month", "3"), ("until_day", "31")];
    recorded(&mut desk, &with(typed("network_accident", ["2010", "4", ""]), &closed)).await;
    let page = w.app.signed_in("handler").await.get(SETUP).await;
    assert_eq!(group(&page, "services").len(), 2, "members see what there is for them");
    assert_eq!(group(&page, "networks"), ["既存の連絡網: 災害 2021年4月から 衛星電話網"]);
    assert!(group(&page, "over").concat().contains("無線網"));
    let then = desk.get(&format!("{SETUP}?on_year=2024&on_month=4&on_day=1")).await;
    assert_eq!(group(&then, "networks").len(), 2, "as of a day");
    let forged = sqlx::query(
        "insert into setup_facts (fact_id, ceptoar_id, subject, from_on, day_known, recorded_by, recorded_at)
         select gen_random_uuid(), 'banks', 'network_other', '2020-04-01', true, account_id, now() from accounts limit 1",
    );
    assert!(forged.execute(&mut w.db).await.is_err(), "a network without a word");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_section_holds_until_the_next_one_and_begins_the_sheet_of_the_follow_up() {
    let w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let section = |year, text| with(typed("profile_traits", [year, "4", "1"]), &[("remark", text)]);
    let empty = desk.post(SETUP, &section("2020", " ")).await;
    assert!(empty.status == 422 && empty.texts("#remark-error").concat().contains("文章を入力"), "{}", empty.body);
    recorded(&mut desk, &section("2020", "一番目の特徴")).await;
    recorded(&mut desk, &with(section("2024", "二番目の特徴"), &[("remark_en", "The second")])).await;
    recorded(&mut desk, &section("2027", "四月からの特徴")).await;
    let twice = desk.post(SETUP, &section("2024", "同じ日から")).await;
    assert!(twice.status == 422 && twice.texts("#since-error").concat().contains("すでに記録されています"));
    assert!(twice.body.contains("同じ日から"), "what was typed stays");
    recorded(&mut desk, &typed("function_sharing", ["2007", "4", ""])).await;
    let page = desk.get(SETUP).await;
    assert_eq!(group(&page, "functions"), ["セプター内の情報共有 2007年4月から"]);
    let sections = [
        "概要の文章: 特徴 2024年4月1日(月)から 二番目の特徴",
        "概要の文章: 特徴 2027年4月1日(木)から(予定) 四月からの特徴",
    ];
    assert_eq!(group(&page, "sections"), sections);
    assert_eq!(group(&page, "sections-before"), ["概要の文章: 特徴 2020年4月1日(水)から 一番目の特徴"]);
    let english = desk.post(SETUP, &with(typed("step_rules", ["2007", "3", ""]), &[("remark_en", "x")])).await;
    assert_eq!(english.texts("#remark_en-error").len(), 1, "a step has no English");
    // The sheet for March 2027 begins with what holds then, and says that it is new.
    let mut analyst = w.app.signed_in("analyst").await;
    let opening = [
        ("fiscal_year", "2026"),
        ("due_year", "2027"),
        ("due_month", "2"),
        ("due_day", "26"),
        ("plan", "重要インフラのサイバーセキュリティに係る行動計画"),
        ("plan_en", "Cybersecurity Policy for Critical Infrastructure Protection"),
        ("sure", "true"),
    ];
    assert_eq!(analyst.post("/follow-up", &opening).await.status, 303);
    let sheet = desk.get("/follow-up/2026/sheets/banks").await;
    assert_eq!(sheet.texts("#traits"), ["二番目の特徴"]);
    assert_eq!(sheet.texts("#traits_en"), ["The second"]);
    let change = sheet.texts("[data-changes] [data-kind=traits] td");
    assert_eq!(change.get(1).map(String::as_str), Some("二番目の特徴 [English] The second"), "{change:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_keeps_what_was_said_and_two_editors_lose_nothing() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    recorded(&mut desk, &typed("step_operation", ["2007", "4", ""])).await;
    let path = fact(&mut w, "step_operation").await;
    let right = with(typed("step_operation", ["2008", "4", "1"]), &[("version", "1")]);
    assert_eq!(desk.post(&path, &right).await.texts("#correction-error").len(), 1, "not without a reason");
    let same = with(typed("step_operation", ["2007", "4", ""]), &[("version", "1"), ("correction", "x")]);
    assert_eq!(desk.post(&path, &same).await.status, 422);
    let done = desk.post(&path, &with(right, &[("correction", "年の誤り")])).await;
    assert_eq!(done.location(), format!("{path}?done=corrected"));
    let history = desk.get(&path).await.texts("[data-history]").concat();
    assert!(history.contains("運用の開始 2007年4月") && history.contains("年の誤り"), "{history}");
    let theirs = with(same, &[("remark", "別の人が書いた補足"), ("correction", "補足")]);
    let late = w.app.signed_in("desk2").await.post(&path, &theirs).await;
    assert_eq!(late.status, 422);
    assert!(late.texts("[data-meanwhile]").concat().contains("2008年4月1日(火)"), "{}", late.body);
    assert!(late.body.contains("別の人が書いた補足") && late.values("input[name=version]") == ["2", "2"]);
    let back = format!("{path}/withdrawal");
    assert_eq!(desk.post(&back, &[("version", "2")]).await.status, 422);
    let stale = desk.post(&back, &[("version", "1"), ("reason", "誤り")]).await;
    assert!(stale.status == 409 && stale.body.contains("value=\"誤り\""), "{}", stale.status);
    let done = desk.post(&back, &[("version", "2"), ("reason", "別のセプターのこと")]).await;
    assert_eq!(done.location(), format!("{SETUP}?done=withdrawn"));
    assert!(desk.get(&path).await.texts("[data-gone]").concat().contains("別のセプターのこと"));
    let gone = desk.post(&path, &with(theirs, &[("version", "3")])).await;
    assert_eq!(gone.status, 409);
    assert!(gone.texts("[data-meanwhile]").concat().contains("別の人が書いた補足"), "{}", gone.body);
    assert_eq!(w.app.signed_in("reader").await.get(&path).await.status, 404, "members do not learn of it");
    assert_eq!(desk.post(&back, &[("version", "3"), ("reason", "x")]).await.status, 409);
    assert_eq!(w.number("select count(*) from setup_fact_versions").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reads_what_is_theirs_and_only_the_desk_writes() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    recorded(&mut desk, &typed("step_rules", ["2007", "3", ""])).await;
    let path = fact(&mut w, "step_rules").await;
    let random = format!("{SETUP}/{}", uuid::Uuid::from_u128(7));
    for (who, sees) in [
        ("coordinator", true),
        ("analyst", true),
        ("liaison", true),
        ("handler", true),
        ("reader", true),
        ("life-desk", false),
        ("auditor", false),
        ("operator", false),
    ] {
        let mut client = w.app.signed_in(who).await;
        let expected = if sees { 200 } else { 404 };
        assert_eq!(client.get(SETUP).await.status, expected, "{who}");
        let page = client.get(&path).await;
        assert_eq!(page.status, expected, "{who}");
        let nothing = client.get(&random).await;
        if !sees {
            let same = |reply: &Reply, path: &str| reply.without_request_id().replace(path, "PATH");
            assert_eq!(same(&page, &path), same(&nothing, &random), "{who}");
        }
        assert!(page.texts("main form").is_empty(), "{who}");
        let fields =
            with(typed("step_rules", ["2008", "3", ""]), &[("version", "1"), ("correction", "x"), ("reason", "x")]);
        for path in [SETUP, &path, &format!("{path}/withdrawal"), &random] {
            assert_eq!(client.post(path, &fields).await.status, 404, "{who} {path}");
        }
    }
    let id = path.rsplit('/').next().unwrap();
    let mut life = w.app.signed_in("life-desk").await;
    let elsewhere =
        life.post(&format!("/directory/life/setup/{id}/withdrawal"), &[("version", "1"), ("reason", "x")]).await;
    assert_eq!(elsewhere.status, 404);
    assert_eq!(w.texts("select version || subject from setup_facts").await, ["1step_rules"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_security_alone_keeps_facts_apart() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    recorded(&mut desk, &typed("step_rules", ["2007", "3", ""])).await;
    recorded(&mut desk, &typed("step_operation", ["2007", "4", ""])).await;
    let path = fact(&mut w, "step_operation").await;
    desk.post(&format!("{path}/withdrawal"), &[("version", "1"), ("reason", "x")]).await;
    for (name, expected, writes) in [
        ("desk", [2, 1], true),
        ("coordinator", [2, 1], false),
        ("analyst", [2, 1], false),
        ("liaison", [2, 1], false),
        ("reader", [1, 0], false),
        ("life-desk", [0, 0], false),
        ("auditor", [0, 0], false),
    ] {
        let account = w.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        let account: AccountId = account[0].parse().map(AccountId).expect("an id");
        let begin = async || w.app.state.db.begin(Some(account), w.app.state.clock.now()).await.expect("a transaction");
        let mut tx = begin().await;
        for (table, expected) in ["setup_facts", "setup_fact_versions"].into_iter().zip(expected) {
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
                .fetch_one(&mut *tx)
                .await
                .expect("a count");
            assert_eq!(rows, expected, "{name} {table}");
        }
        let forged =
            "insert into setup_facts (fact_id, ceptoar_id, subject, from_on, day_known, recorded_by, recorded_at)
             values (gen_random_uuid(), 'banks', 'step_other', '2026-09-10', true, viewer_account(), viewer_now())";
        assert_eq!(sqlx::query(forged).execute(&mut *tx).await.is_ok(), writes, "{name} adds");
        for (change, of_desk) in [("version + 1, recorded_by = viewer_account()", true), ("version + 2", false)] {
            let mut tx = begin().await;
            let query =
                format!("update setup_facts set correction = 'y', recorded_at = viewer_now(), version = {change}");
            let changed =
                sqlx::query(AssertSqlSafe(query)).execute(&mut *tx).await.map_or(0, |done| done.rows_affected());
            assert_eq!(changed, u64::from(writes && of_desk), "{name}: {change}");
        }
        let mut tx = begin().await;
        assert!(sqlx::query("delete from setup_facts").execute(&mut *tx).await.is_err(), "{name} deletes nothing");
    }
}
