//! 活動状況: what a desk writes down, who reads it, and the totals that come of it.

use ceptoar_portal::kernel::ids::AccountId;
use scraper::{Html, Selector};
use sqlx::AssertSqlSafe;

use crate::directory::roster::{World, world};
use crate::support::{Client, Reply, factory};

const YEAR: &str = "/directory/banks/activities";
const NEW: &str = "/directory/banks/activities/new";

/// An entry of some kinds on a day of 2026, or of another year.
fn typed<'a>(title: &'a str, [year, month, day]: [&'a str; 3], kinds: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("title", title),
        ("began_year", year),
        ("began_month", month),
        ("began_day", day),
        ("done", "全構成員に届いたことを確かめた。"),
    ];
    fields.extend(kinds.iter().map(|kind| ("activity", *kind)));
    fields
}

fn drill<'a>() -> Vec<(&'a str, &'a str)> {
    typed("2026年度セプター訓練", ["２０２６", "9", "10"], &["drill"])
}

/// The same with other values.
fn with<'a>(mut fields: Vec<(&'a str, &'a str)>, other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    fields.retain(|(name, _)| !other.iter().any(|(known, _)| known == name));
    fields.extend(other);
    fields
}

async fn recorded(client: &mut Client, path: &str, fields: &[(&str, &str)]) {
    let done = client.post(path, fields).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".error-summary a"));
    assert!(done.location().ends_with("&done=recorded"), "{}", done.location());
}

async fn entry(w: &mut World, title: &str) -> String {
    let query = format!(
        "select '/directory/' || ceptoar_id || '/activities/' || activity_id from activities where title = '{title}'"
    );
    w.texts(&query).await.first().expect("an entry").clone()
}

/// The rows of the totals: what, recorded, sectors, without, difference.
fn totals(page: &Reply) -> Vec<Vec<String>> {
    let rows = page.texts("[data-totals] tbody tr th, [data-totals] tbody tr td > span");
    rows.chunks(5).map(<[String]>::to_vec).collect()
}

/// One row of them. The number's link names its row for those who do not see the table.
fn total(page: &Reply, what: &str) -> [String; 4] {
    let row = totals(page).into_iter().find(|row| row[0] == what).unwrap_or_else(|| panic!("{what}: {}", page.body));
    [row[1].replace(what, "").trim().to_owned(), row[2].clone(), row[3].clone(), row[4].clone()]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_writes_down_what_was_done_and_its_year_shows_it() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let empty = desk.get(YEAR).await;
    assert!(
        empty.body.contains("まだ記録されていません") && empty.body.contains("「活動を記録する」から"),
        "{}",
        empty.body
    );
    recorded(&mut desk, NEW, &with(drill(), &[("joined", "1,602"), ("organiser", "架空協会")])).await;
    let last_year = typed("2025年度の演習", ["2026", "3", "31"], &["cross_sector_exercise", "own_exercise"]);
    recorded(&mut desk, NEW, &last_year).await;
    let numbers = [("received", "３"), ("passed_on", "1"), ("withheld", "2"), ("link", "https://www.bank.example/a")];
    let sharing = typed("情報の共有", ["2026", "4", "1"], &["sharing"]);
    recorded(&mut desk, NEW, &with(sharing, &numbers)).await;
    let page = desk.get(YEAR).await;
    assert_eq!(page.texts("[data-entries] .item__title"), ["情報の共有", "2026年度セプター訓練"], "by day");
    assert!(page.body.contains("受け取った情報: 3件(展開1、見送り2)") && page.body.contains("参加した構成員: 1,602"));
    assert!(page.body.contains("2026年度(令和8年度)の記録: 2件"), "{}", page.body);
    assert_eq!(attrs(&page, "[data-entries] a[rel]", "href"), ["https://www.bank.example/a"]);
    let before = desk.get(&format!("{YEAR}?year=2025")).await;
    assert_eq!(before.texts("[data-entries] .item__title"), ["2025年度の演習"]);
    assert_eq!(before.texts("[data-entries] .badge"), ["分野横断的演習", "自主的な訓練・演習"]);
    for year in ["2031", "x", "1900"] {
        let page = desk.get(&format!("{YEAR}?year={year}")).await;
        assert!(page.body.contains("2026年度(令和8年度)の記録"), "{year}");
    }
    let trail =
        w.texts("select action || (detail ->> 'ceptoar') from audit_events where action like 'activity.%'").await;
    assert_eq!(trail, ["activity.recordbanks"; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_wrong_is_said_at_its_field_and_kept() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let mut fields_of = async |other: &[(&'static str, &'static str)]| {
        let page = desk.post(NEW, &with(drill(), other)).await;
        assert_eq!(page.status, 422, "{other:?}");
        (attrs(&page, ".error-summary a", "href"), page)
    };
    let (wrong, page) = fields_of(&[("title", ""), ("began_month", "13"), ("link", "javascript:alert(1)")]).await;
    assert_eq!(wrong, ["#title", "#began", "#link"]);
    assert!(page.body.contains("全構成員に届いたことを確かめた。") && page.body.contains("javascript:alert(1)"));
    assert_eq!(page.values("#began-month"), ["13"]);
    assert!(page.body.contains("value=\"drill\" checked"), "what was ticked stays ticked");
    let ended = |year, month, day| [("ended_year", year), ("ended_month", month), ("ended_day", day)];
    let (wrong, page) = fields_of(&ended("2027", "4", "1")).await;
    assert_eq!(wrong, ["#ended"]);
    assert!(page.body.contains("年度ごとに分けて"), "{}", page.body);
    assert_eq!(fields_of(&ended("2026", "9", "9")).await.0, ["#ended"]);
    assert_eq!(fields_of(&[("began_month", "11"), ("began_day", "22")]).await.0, ["#began"], "tomorrow");
    assert_eq!(fields_of(&[("activity", "dance")]).await.0, ["#activity"]);
    assert_eq!(fields_of(&[("received", "1"), ("passed_on", "1"), ("withheld", "1")]).await.0, ["#received"]);
    assert_eq!(fields_of(&[("joined", "many")]).await.0, ["#joined"]);
    assert_eq!(w.number("select count(*) from activities").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_keeps_what_was_said_before_and_a_second_editor_loses_nothing() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    recorded(&mut desk, NEW, &with(drill(), &[("joined", "12")])).await;
    let path = entry(&mut w, "2026年度セプター訓練").await;
    let mut second = w.app.signed_in("desk2").await;
    assert_eq!(second.get(&path).await.values("input[name=version]"), ["1", "1"]);
    let why = [("version", "1"), ("joined", "13"), ("correction", "数え間違い")];
    let silent = desk.post(&path, &with(drill(), &[("version", "1"), ("joined", "13")])).await;
    assert_eq!(attrs(&silent, ".error-summary a", "href"), ["#correction"], "not without a reason");
    let same = desk.post(&path, &with(drill(), &[("version", "1"), ("joined", "12"), ("correction", "x")])).await;
    assert_eq!((same.status, attrs(&same, ".error-summary a", "href")), (422, vec!["#title".to_owned()]));
    let done = desk.post(&path, &with(drill(), &why)).await;
    assert_eq!(done.location(), format!("{path}?done=corrected"));
    let page = desk.get(&path).await;
    let history = page.texts("[data-history]").concat();
    assert!(history.contains("参加した構成員の数: 12") && history.contains("数え間違い"), "{history}");
    assert!(!history.contains("セプター訓練"), "only what reads otherwise since: {history}");
    // The second editor has the first version before them.
    let theirs = [("version", "1"), ("joined", "12"), ("done", "別の人が書いた長い文章。"), ("correction", "追記")];
    let late = second.post(&path, &with(drill(), &theirs)).await;
    assert_eq!(late.status, 422);
    let told = late.texts("[data-meanwhile]").concat();
    assert!(told.contains("参加した構成員の数: いまの内容は「13」"), "{told}");
    assert!(late.body.contains("別の人が書いた長い文章。") && late.body.contains("value=\"追記\""), "{}", late.body);
    assert_eq!(late.values("input[name=version]"), ["2", "2"], "the next press is on top of what was seen");
    let again = second.post(&path, &with(drill(), &[("version", "2"), ("joined", "13"), theirs[2], theirs[3]])).await;
    assert_eq!(again.status, 303, "{:?}", again.texts(".error-summary"));
    assert_eq!(w.texts("select version || done || joined from activities").await, ["3別の人が書いた長い文章。13"]);
    assert_eq!(w.number("select count(*) from activity_versions").await, 2);
    assert_eq!(desk.get(&path).await.texts("[data-history] > li").len(), 2);
    assert!(desk.get(YEAR).await.texts(".change").concat().contains("訂正あり"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_stays_and_counts_no_longer() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    recorded(&mut desk, NEW, &drill()).await;
    let path = entry(&mut w, "2026年度セプター訓練").await;
    let back = format!("{path}/withdrawal");
    let silent = desk.post(&back, &[("version", "1")]).await;
    assert_eq!((silent.status, attrs(&silent, ".error-summary a", "href")), (422, vec!["#reason".to_owned()]));
    let stale = desk.post(&back, &[("version", "0"), ("reason", "誤り")]).await;
    assert_eq!(stale.status, 409);
    assert!(stale.body.contains("value=\"誤り\""), "what was typed stays");
    assert_eq!(w.number("select count(*) from activities where taken_back_at is not null").await, 0);
    let done = desk.post(&back, &[("version", "1"), ("reason", "別のセプターの訓練だった")]).await;
    assert_eq!(done.location(), format!("{YEAR}?year=2026&done=withdrawn"));
    let page = desk.get(YEAR).await;
    assert_eq!(page.texts("[data-entries] li").len(), 0);
    assert!(page.body.contains("取り消した記録") && page.body.contains("の記録: 0件"), "{}", page.body);
    let gone = desk.get(&path).await;
    assert!(gone.texts("[data-gone]").concat().contains("別のセプターの訓練だった"));
    assert!(gone.texts("main form").is_empty(), "nothing can be done with it any more");
    let late = desk.post(&path, &with(drill(), &[("version", "1"), ("joined", "77"), ("correction", "x")])).await;
    assert_eq!(late.status, 409);
    assert!(late.texts("[data-meanwhile]").concat().contains("入力した内容は「77」"), "{}", late.body);
    let twice = desk.post(&back, &[("version", "2"), ("reason", "もう一度")]).await;
    assert_eq!(twice.status, 409);
    assert_eq!(w.number("select version::bigint from activities").await, 2);
    let mut reader = w.app.signed_in("reader").await;
    let random = format!("{YEAR}/{}", uuid::Uuid::from_u128(7));
    let nothing = without_id(&reader.get(&random).await, &random);
    let refused = reader.get(&path).await;
    assert_eq!((refused.status, without_id(&refused, &path)), (404, nothing), "members do not learn of it");
}

/// The page without what differs each time and without the address itself, which the language switch carries.
fn without_id(reply: &Reply, path: &str) -> String {
    reply.without_request_id().replace(path, "PATH")
}

/// An attribute of each element found.
fn attrs(reply: &Reply, selector: &str, name: &str) -> Vec<String> {
    let html = Html::parse_document(&reply.body);
    let selector = Selector::parse(selector).expect("a selector");
    html.select(&selector).filter_map(|element| element.attr(name).map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reads_what_is_theirs_and_only_the_desk_writes() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    recorded(&mut desk, NEW, &drill()).await;
    let path = entry(&mut w, "2026年度セプター訓練").await;
    let random = format!("{YEAR}/{}", uuid::Uuid::from_u128(7));
    let meti = factory::organisation(&mut w.db, "meti").await;
    let insurer = w.insurer;
    for (name, role, organisation, ceptoar) in [
        ("liaison-meti", ceptoar_portal::features::access::Role::MinistryLiaison, meti, None),
        ("insurer-poc", ceptoar_portal::features::access::Role::MemberPoc, insurer, Some("life")),
    ] {
        factory::person(&w.app, name, role, organisation, ceptoar, None).await;
    }
    for (who, sees, looks_over) in [
        ("coordinator", true, true),
        ("analyst", true, true),
        ("approver", true, true),
        ("liaison", true, true),
        ("bank-admin", true, false),
        ("handler", true, false),
        ("reader", true, false),
        ("life-desk", false, true),
        ("liaison-meti", false, true),
        ("insurer-poc", false, false),
        ("auditor", false, false),
        ("operator", false, false),
    ] {
        let mut client = w.app.signed_in(who).await;
        let expected = if sees { 200 } else { 404 };
        assert_eq!(client.get(YEAR).await.status, expected, "{who}");
        let page = client.get(&path).await;
        let nothing = client.get(&random).await;
        assert_eq!((page.status, nothing.status), (expected, 404), "{who}");
        if !sees {
            let (page, nothing) = (without_id(&page, &path), without_id(&nothing, &random));
            assert_eq!(page, nothing, "{who}: the same as an id that nothing has");
        }
        assert!(page.texts("main form").is_empty(), "{who} corrects nothing");
        let evidence = client.get("/activities/2026/drill").await;
        assert_eq!(evidence.status, if looks_over { 200 } else { 404 }, "{who}");
        assert_eq!(evidence.body.contains("2026年度セプター訓練"), sees && looks_over, "{who}");
        let version = [("version", "1"), ("reason", "x"), ("correction", "x")];
        for path in [NEW, &path, &format!("{path}/withdrawal"), &random] {
            let refused = client.post(path, &with(drill(), &version)).await;
            assert_eq!(refused.status, 404, "{who} {path}");
        }
        assert_eq!(client.get(NEW).await.status, 404, "{who}");
    }
    // The right CEPTOAR's desk with another one's entry.
    let mut life = w.app.signed_in("life-desk").await;
    let id = path.rsplit('/').next().unwrap();
    let elsewhere = life.post(&format!("/directory/life/activities/{id}"), &with(drill(), &[("version", "1")])).await;
    assert_eq!(elsewhere.status, 404);
    assert_eq!(w.texts("select version || title from activities").await, ["12026年度セプター訓練"]);
    for line in ["dance", "route_check"] {
        assert_eq!(w.app.signed_in("analyst").await.get(&format!("/activities/2026/{line}")).await.status, 404);
    }
    for year in ["2027", "1999", "x"] {
        assert_eq!(w.app.signed_in("analyst").await.get(&format!("/activities/{year}/any")).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_are_what_was_counted_by_hand() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let mut life = w.app.signed_in("life-desk").await;
    let life_new = "/directory/life/activities/new";
    let power_desk = factory::secretariat_of(&mut w.db, "power").await;
    let secretariat = ceptoar_portal::features::access::Role::Secretariat;
    factory::person(&w.app, "power-desk", secretariat, power_desk, Some("power"), None).await;
    let mut power = w.app.signed_in("power-desk").await;
    let power_new = "/directory/power/activities/new";
    let mut analyst = w.app.signed_in("analyst").await;
    let all = w.number("select count(*) from ceptoars c where exists (select from ceptoar_names n where n.ceptoar_id = c.ceptoar_id and n.valid @> date '2026-11-21')").await;
    let nothing = total(&analyst.get("/activities").await, "セプター訓練(疎通訓練)");
    assert_eq!(nothing[..2], ["記録なし", "—"], "not zero, and not no");
    assert_eq!(nothing[2], format!("{all}セプター"));
    recorded(&mut desk, NEW, &drill()).await;
    recorded(&mut desk, NEW, &typed("二回目の訓練", ["2026", "10", "1"], &["drill", "meeting"])).await;
    let numbers = [("received", "3"), ("passed_on", "1"), ("withheld", "2")];
    recorded(&mut desk, NEW, &with(typed("共有", ["2026", "5", "1"], &["sharing"]), &numbers)).await;
    recorded(&mut life, life_new, &with(typed("共有", ["2026", "5", "2"], &["sharing"]), &[("received", "4")])).await;
    recorded(&mut life, life_new, &typed("電話での確認", ["2026", "6", "1"], &["route_check"])).await;
    recorded(&mut power, power_new, &typed("電力の訓練", ["2026", "9", "1"], &["drill", "route_check"])).await;
    // The year before: the banks alone.
    recorded(&mut desk, NEW, &typed("前年度の共有", ["2025", "4", "1"], &["sharing"])).await;
    recorded(&mut desk, NEW, &typed("前年度の訓練", ["2026", "3", "1"], &["drill"])).await;
    let page = analyst.get("/activities").await;
    let of = |count: i64| format!("{count} / {all}セプター");
    assert_eq!(
        total(&page, "セプター訓練(疎通訓練)"),
        [of(2), "2分野".into(), format!("{}セプター", all - 2), "1増(前年度1)".into()]
    );
    assert_eq!(total(&page, "情報の共有")[..2], [of(2), "1分野".to_owned()], "two CEPTOARs of finance");
    assert_eq!(total(&page, "訓練の記録がなく、別の方法で確認")[0], of(1), "who drilled is not counted again");
    assert_eq!(total(&page, "訓練または別の方法で確認")[..2], [of(3), "2分野".to_owned()]);
    assert_eq!(total(&page, "障害事例の分析・情勢判断")[0], "記録なし");
    assert_eq!(total(&page, "会合")[3], "前年度は記録なし");
    assert_eq!(page.texts("[data-items] dd"), ["7", "1", "2"]);
    // Each number leads to its evidence.
    let evidence = analyst.get("/activities/2026/drill").await;
    let of_drill = ["2026年度セプター訓練", "二回目の訓練", "電力の訓練"];
    assert_eq!(evidence.texts("[data-entries] .item__title"), of_drill, "in the government's order, then by day");
    assert_eq!(evidence.texts("[data-without] li").len() as i64, all - 2);
    assert!(evidence.texts("[data-without] li").iter().all(|line| line.ends_with("記録なし")));
    let otherwise = analyst.get("/activities/2026/confirmed_otherwise").await;
    assert_eq!(otherwise.texts("[data-entries] .item__title"), ["電話での確認"]);
    let others = otherwise.texts("[data-without] li");
    assert_eq!(others.iter().filter(|line| line.ends_with("訓練の記録あり")).count(), 2, "{others:?}");
    assert_eq!(others.iter().filter(|line| line.ends_with("記録なし")).count() as i64, all - 3, "{others:?}");
    // A ministry sees its own sectors, a desk its own line.
    let fsa = w.app.signed_in("liaison").await.get("/activities").await;
    let own = w.number("select count(*) from ceptoars c join sector_ministries m using (sector_id) join organisations o using (organisation_id) where o.code = 'fsa' and m.valid @> date '2026-11-21' and exists (select from ceptoar_names n where n.ceptoar_id = c.ceptoar_id and n.valid @> date '2026-11-21')").await;
    assert_eq!(total(&fsa, "セプター訓練(疎通訓練)")[0], format!("1 / {own}セプター"));
    let own = desk.get("/activities").await;
    assert_eq!(total(&own, "セプター訓練(疎通訓練)")[..3], ["1 / 1セプター", "1分野", "0セプター"]);
    assert_eq!(own.texts("[data-ceptoars] tbody tr").len(), 1);
    let member = w.app.signed_in("handler").await.get("/activities").await;
    assert!(totals(&member).is_empty() && member.texts("[data-ceptoars] tbody tr").len() == 1, "{}", member.body);
    // What is taken back counts no longer.
    let path = entry(&mut w, "電力の訓練").await;
    let done = power.post(&format!("{path}/withdrawal"), &[("version", "1"), ("reason", "中止になった")]).await;
    assert_eq!(done.status, 303);
    let page = analyst.get("/activities").await;
    assert_eq!(total(&page, "セプター訓練(疎通訓練)")[..2], [of(1), "1分野".to_owned()]);
    assert_eq!(total(&page, "セプター訓練(疎通訓練)")[3], "増減なし(1)");
    assert_eq!(total(&page, "訓練または別の方法で確認")[0], of(2));
    let past = analyst.get("/activities?year=2025").await;
    assert_eq!(total(&past, "情報の共有")[0].split(' ').next(), Some("1"));
    assert_eq!(total(&past, "会合")[0], "記録なし", "each year by itself");
    let path = entry(&mut w, "2026年度セプター訓練").await;
    let other = entry(&mut w, "二回目の訓練").await;
    for path in [path, other] {
        desk.post(&format!("{path}/withdrawal"), &[("version", "1"), ("reason", "x")]).await;
    }
    let row = total(&analyst.get("/activities").await, "セプター訓練(疎通訓練)");
    assert_eq!((&*row[0], &*row[3]), ("記録なし", "まだ記録なし(前年度1)"), "silence is not less");
}

#[tokio::test(flavor = "multi_thread")]
async fn lights_follow_what_is_on_record_this_year() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    let lights =
        async |desk: &mut Client| desk.get("/directory/banks/requirements").await.texts(".light")[3..].to_vec();
    assert_eq!(lights(&mut desk).await, ["不足", "不足"], "drill, analysis");
    let page = desk.get("/directory/banks/requirements").await;
    assert!(attrs(&page, "main a", "href").contains(&NEW.to_owned()), "the way to what is missing");
    recorded(&mut desk, NEW, &typed("前年度の分析", ["2026", "3", "31"], &["analysis", "drill"])).await;
    assert_eq!(lights(&mut desk).await, ["不足", "不足"], "last year's is no evidence");
    recorded(&mut desk, NEW, &typed("確認", ["2026", "4", "1"], &["route_check"])).await;
    assert_eq!(lights(&mut desk).await, ["一部不足", "不足"]);
    recorded(&mut desk, NEW, &typed("分析", ["2026", "4", "2"], &["analysis"])).await;
    recorded(&mut desk, NEW, &drill()).await;
    assert_eq!(lights(&mut desk).await, ["満たしています", "満たしています"]);
    let path = entry(&mut w, "分析").await;
    desk.post(&format!("{path}/withdrawal"), &[("version", "1"), ("reason", "x")]).await;
    assert_eq!(lights(&mut desk).await, ["満たしています", "不足"]);
    let mut analyst = w.app.signed_in("analyst").await;
    let links = attrs(&analyst.get("/directory/banks/requirements").await, "main a", "href");
    assert!(links.contains(&YEAR.to_owned()) && !links.contains(&NEW.to_owned()), "{links:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_security_alone_keeps_entries_apart() {
    let mut w = world().await;
    let mut desk = w.app.signed_in("desk").await;
    recorded(&mut desk, NEW, &drill()).await;
    recorded(&mut desk, NEW, &typed("取り消すもの", ["2026", "9", "11"], &["drill"])).await;
    let path = entry(&mut w, "取り消すもの").await;
    desk.post(&format!("{path}/withdrawal"), &[("version", "1"), ("reason", "x")]).await;
    for (name, [entries, versions], writes) in [
        ("desk", [2, 1], true),
        ("coordinator", [2, 1], false),
        ("analyst", [2, 1], false),
        ("liaison", [2, 1], false),
        ("handler", [1, 0], false),
        ("reader", [1, 0], false),
        ("bank-admin", [1, 0], false),
        ("life-desk", [0, 0], false),
        ("auditor", [0, 0], false),
    ] {
        let account = w.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
        let account: AccountId = account[0].parse().map(AccountId).expect("an id");
        let begin = async || w.app.state.db.begin(Some(account), w.app.state.clock.now()).await.expect("a transaction");
        let mut tx = begin().await;
        for (table, expected) in [("activities", entries), ("activity_versions", versions)] {
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
                .fetch_one(&mut *tx)
                .await
                .expect("a count");
            assert_eq!(rows, expected, "{name} {table}");
        }
        let forged = "insert into activities (activity_id, ceptoar_id, title, from_on, to_on, kinds, done, recorded_by, recorded_at)
             values (gen_random_uuid(), 'banks', 'x', '2026-09-10', '2026-09-10', '{drill}', 'x', viewer_account(), viewer_now())";
        assert_eq!(sqlx::query(forged).execute(&mut *tx).await.is_ok(), writes, "{name} adds");
        for (change, of_desk) in [
            (
                "version = version + 1, title = 'y', correction = 'y', recorded_by = viewer_account(), recorded_at = viewer_now()",
                true,
            ),
            (
                "version = version + 2, title = 'y', correction = 'y', recorded_by = viewer_account(), recorded_at = viewer_now()",
                false,
            ),
            ("version = version + 1, title = 'y', correction = 'y', recorded_at = '2026-01-01Z'", false),
            ("ceptoar_id = 'life'", false),
            ("taken_back_at = null", false),
        ] {
            let mut tx = begin().await;
            let changed = sqlx::query(AssertSqlSafe(format!("update activities set {change} where title <> 'x'")))
                .execute(&mut *tx)
                .await
                .map_or(0, |done| done.rows_affected());
            assert_eq!(changed, u64::from(writes && of_desk), "{name}: {change}");
        }
        let mut tx = begin().await;
        assert!(sqlx::query("delete from activities").execute(&mut *tx).await.is_err(), "{name} deletes nothing");
        let mut tx = begin().await;
        let forged = "insert into activity_versions select activity_id, 9, ceptoar_id, '{}', now() from activities";
        assert!(sqlx::query(forged).execute(&mut *tx).await.is_err(), "{name} writes no history");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_follow_up_has_the_year_beside_the_sheet_and_the_totals_in_its_preview() {
    let w = crate::follow_up::world::World::build().await;
    w.open().await;
    let mut desk = w.app.signed_in("desk").await;
    let sheet = "/follow-up/2026/sheets/banks";
    let before = desk.get(sheet).await;
    assert!(before.texts("[data-activities]").concat().contains("まだ記録されていません"), "{}", before.body);
    recorded(&mut desk, NEW, &drill()).await;
    recorded(&mut desk, NEW, &typed("前年度", ["2026", "3", "31"], &["drill"])).await;
    let beside = desk.get(sheet).await;
    assert!(beside.texts("[data-activities]").concat().contains("活動の記録: 1件"), "{}", beside.body);
    assert_eq!(attrs(&beside, "[data-activities] a", "href"), [format!("{YEAR}?year=2026")]);
    let mut analyst = w.app.signed_in("analyst").await;
    let preview = analyst.get("/follow-up/2026/preview").await;
    let row = total(&preview, "セプター訓練(疎通訓練)");
    assert!(row[0].starts_with("1 / ") && row[3] == "増減なし(1)", "{row:?}");
    assert!(attrs(&preview, "[data-totals] a", "href").contains(&"/activities/2026/drill".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_has_entries_that_say_so() {
    let app = crate::support::TestApp::start().await;
    let mut db = app.database.owner().await;
    ceptoar_portal::features::demonstration::seed(&mut db, &app.state.hasher, app.state.clock.now()).await.unwrap();
    for _ in 0..2 {
        ceptoar_portal::features::directory::activities::demonstration::record(&mut db, app.state.clock.now())
            .await
            .unwrap();
    }
    let titles: Vec<String> = sqlx::query_scalar("select title from activities").fetch_all(&mut db).await.unwrap();
    assert_eq!(titles.len(), 6, "{titles:?}");
    assert!(titles.iter().all(|title| title.ends_with("(デモ)")), "{titles:?}");
    let mut desk = app.visitor();
    assert_eq!(desk.post("/sign-in/demonstration", &[("name", "desk-banks")]).await.status, 303);
    assert_eq!(desk.get(YEAR).await.texts("[data-entries] > li").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_of_a_year_is_on_a_page_however_many_there_are() {
    let mut w = world().await;
    // 501 entries that stand, 250 of them of the drill as well, and 120 that were taken back.
    let made =
        "insert into activities (activity_id, ceptoar_id, title, from_on, to_on, kinds, done, received, recorded_by,
                                        recorded_at, taken_back_at)
         select gen_random_uuid(), 'banks', 'no ' || n, d, d,
                case when n <= 250 then array['sharing', 'drill'] else array['sharing'] end, 'x', 1,
                (select account_id from accounts where sign_in_name = 'desk'), '2026-11-01T03:00:00Z',
                case when n > 501 then timestamptz '2026-11-02T03:00:00Z' end
         from generate_series(1, 621) n, lateral (select date '2026-04-01' + (n - 1) % 200 as d) x returning title";
    assert_eq!(w.texts(made).await.len(), 621);
    let mut desk = w.app.signed_in("desk").await;
    let mut seen = Vec::new();
    let mut gone = Vec::new();
    let mut path = Some(YEAR.to_owned());
    let mut pages = 0;
    while let Some(here) = path {
        let page = desk.get(&here).await;
        assert_eq!(page.status, 200);
        assert!(page.texts("#entries")[0].contains("501件"), "the number is that of the year: {:?}", page.texts("h2"));
        let titles = page.texts("[data-entries] .item__title");
        let back = page.texts("section[aria-labelledby=taken-back] li a");
        assert!(titles.len() + back.len() <= 100);
        seen.extend(titles);
        gone.extend(back);
        pages += 1;
        path = attrs(&page, ".pager a", "href").into_iter().find(|href| href.ends_with(&format!("page={pages}")));
    }
    assert_eq!((pages, seen.len(), gone.len()), (7, 501, 120));
    let all: std::collections::BTreeSet<_> = seen.iter().chain(&gone).collect();
    assert_eq!(all.len(), 621, "each on one page");
    assert!(seen.iter().all(|title| title[3..].parse::<i32>().expect("a number") <= 501));
    // Whoever reads what stands alone has fewer pages.
    let last = w.app.signed_in("reader").await.get(&format!("{YEAR}?page=5")).await;
    assert_eq!(last.texts("[data-entries] > li").len(), 1);
    assert!(last.texts(".pager a").iter().all(|label| !label.contains("次の")), "{:?}", last.texts(".pager a"));

    // The totals count all of them, and each leads to evidence page by page.
    let mut analyst = w.app.signed_in("analyst").await;
    let totals = analyst.get("/activities").await;
    assert_eq!(totals.texts("[data-items] dd"), ["501"]);
    assert!(totals.texts("[data-ceptoars] tbody tr").concat().contains("501件"));
    for (line, count) in [("sharing", 501), ("drill", 250), ("route_proven", 250), ("any", 501)] {
        let whole = analyst.get(&format!("/activities/2026/{line}")).await;
        assert_eq!(whole.texts("[data-count]"), [format!("{count}件")], "{line}");
        assert_eq!(whole.texts("[data-entries] > li").len(), 100, "{line}");
        let mut seen = whole.texts("[data-entries] .item__title");
        let mut next = attrs(&whole, ".pager a", "href");
        while let Some(here) = next.pop().filter(|href| !href.ends_with("page=0")) {
            let page = analyst.get(&here).await;
            assert_eq!(page.texts("[data-without]").len(), 0, "of the one CEPTOAR alone");
            assert_eq!(page.texts("[data-summary]"), whole.texts("[data-summary]"));
            seen.extend(page.texts("[data-entries] .item__title"));
            next = attrs(&page, ".pager a", "href");
        }
        assert_eq!(seen.iter().collect::<std::collections::BTreeSet<_>>().len(), count, "{line}");
        assert_eq!(seen.len(), count, "{line}: none twice");
    }
    for nowhere in ["ceptoar=life", "ceptoar=nowhere", "ceptoar=life&page=1"] {
        assert_eq!(analyst.get(&format!("/activities/2026/drill?{nowhere}")).await.status, 404, "{nowhere}");
    }
    // Another desk does not come to it by that address.
    let mut life = w.app.signed_in("life-desk").await;
    assert_eq!(life.get("/activities/2026/drill?ceptoar=banks&page=1").await.status, 404);
}
