//! Over which offices an advisory reaches a CEPTOAR: who says so, who sees it, what is wrong with it, and a walk along it
//! that ends where the real item ends.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::directory::reference;
use ceptoar_portal::kernel::ids::AccountId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::directory::roster::{change, day, fill_in};
use crate::support::factory::{self, NewAdvisory};
use crate::support::{Reply, TestApp};

const ROUTE: &str = "/directory/banks/route";
const OFFICES: &str = "/directory/banks/route/offices";

struct Cast {
    app: TestApp,
    db: sqlx::PgConnection,
    fsa: Uuid,
}

impl Cast {
    async fn texts(&mut self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut self.db).await.expect("texts")
    }

    async fn page(&self, name: &str, path: &str) -> Reply {
        self.app.signed_in(name).await.get(path).await
    }

    /// What is found on the road of the banks.
    async fn findings(&self) -> String {
        self.page("desk", ROUTE).await.texts("[data-findings] li").concat()
    }
}

/// Two banks, of which one has no window, a partner body, a ministry, two desks and the centre, on a Saturday evening.
async fn cast() -> Cast {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank = factory::member(&mut db, "banks", "あかね架空銀行").await;
    factory::member(&mut db, "banks", "いちご架空銀行").await;
    let gas = factory::member(&mut db, "gas", "架空ガス").await;
    let partner = factory::partner(&mut db, "banks", "星見県", "passes_on").await;
    factory::window(&mut db, partner, Some("banks"), "pref@partner.example").await;
    let window = factory::window(&mut db, bank, Some("banks"), "soc@bank1.example").await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    let gas_desk = factory::secretariat_of(&mut db, "gas").await;
    factory::window(&mut db, desk, Some("banks"), "desk@banks.example").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    factory::window(&mut db, fsa, None, "duty@fsa.example").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("handler", Role::MemberPoc, bank, Some("banks"), Some(window)),
        ("gas-poc", Role::MemberPoc, gas, Some("gas"), None),
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("gas-desk", Role::Secretariat, gas_desk, Some("gas"), None),
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("analyst", Role::NiscAnalyst, nisc, None, None),
        ("approver", Role::NiscApprover, nisc, None, None),
        ("auditor", Role::Auditor, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    Cast { app, db, fsa }
}

fn offices<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form =
        vec![("route_ministry", "beside"), ("route_secretariat", "over"), ("reason", "所管省庁・事務局と合意")];
    form.extend(day("2026", "11", "21"));
    form.retain(|(name, _)| !changed.iter().any(|(other, _)| name == other));
    form.extend_from_slice(changed);
    form
}

fn walk(changed: &[(&str, &str)]) -> String {
    let mut asked = vec![
        ("on_year", "2026"),
        ("on_month", "11"),
        ("on_day", "21"),
        ("on_hour", "21"),
        ("on_minute", "10"),
        ("level", "GREEN"),
        ("scope", "organisation"),
    ];
    asked.retain(|(name, _)| !changed.iter().any(|(other, _)| name == other));
    asked.extend_from_slice(changed);
    let asked: Vec<String> = asked.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{ROUTE}/walk?{}", asked.join("&"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_road_is_drawn_for_the_concerned_and_numbers_are_for_whoever_looks_over_it() {
    let cast = cast().await;
    for (name, status, numbers, walks) in [
        ("desk", 200, true, 200),
        ("liaison", 200, true, 200),
        ("analyst", 200, true, 200),
        ("approver", 200, true, 200),
        ("handler", 200, false, 404),
        ("gas-desk", 404, false, 404),
        ("gas-poc", 404, false, 404),
        ("auditor", 404, false, 404),
    ] {
        let page = cast.page(name, ROUTE).await;
        assert_eq!(page.status, status, "{name}");
        let hops = page.texts(".route__name");
        let whole = ["センター", "所管省庁", "事務局", "構成員", "連携機関"];
        let drawn = if status == 404 { 0 } else { whole.len() - usize::from(!numbers) };
        assert_eq!(hops, whole[..drawn], "{name}");
        assert_eq!(page.body.contains("メールの届く窓口あり"), numbers, "{name}");
        assert_eq!(page.body.contains("確認が必要なこと"), numbers, "{name}");
        assert_eq!(page.body.contains("経路を変える"), name == "approver", "{name}");
        assert_eq!(cast.page(name, &walk(&[])).await.status, walks, "{name}");
    }
    let page = cast.page("desk", ROUTE).await;
    assert!(page.texts(".route").concat().contains("金融庁"), "{}", page.body);
    assert!(page.body.contains("登録: 2組織") && page.body.contains("メールの届く窓口あり: 1組織"), "{}", page.body);
    let english = cast.app.signed_in("analyst").await.get(&format!("{ROUTE}?lang=en")).await;
    assert_eq!(english.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_ends_circles_and_windows_that_nobody_proved_are_found() {
    let mut cast = cast().await;
    let found = cast.findings().await;
    assert!(found.contains("構成員のうち1に、メールの届く窓口がありません"), "{found}");
    assert!(found.contains("事務局の窓口は、1年以内に連絡が取れると確認されていません"), "{found}");
    assert!(cast.page("desk", ROUTE).await.texts("[data-findings] a").len() >= 2);
    let proven = "update contact_channels set last_verified_on = '2026-11-01' returning kind::text";
    cast.texts(proven).await;
    assert!(!cast.findings().await.contains("1年以内に"));
    cast.texts("update contact_channels set last_verified_on = '2025-10-01' returning kind::text").await;
    assert!(cast.findings().await.contains("1年以内に"), "more than a year ago");

    let windows = format!("update contacts set valid = 'empty' where organisation_id = '{}' returning 'x'", cast.fsa);
    cast.texts(&windows).await;
    assert!(cast.findings().await.contains("所管省庁のうち1に、メールの届く窓口がありません"));
    cast.texts("update sector_ministries set valid = 'empty' where sector_id = 'finance' returning sector_id").await;
    assert!(cast.findings().await.contains("経路にある所管省庁に、登録された組織がありません"));
    cast.texts(
        "insert into sector_ministries (sector_id, organisation_id, valid, basis)
                select 'finance', organisation_id, '[2000-01-01,)', 'source' from secretariat_terms
                where ceptoar_id = 'banks' and valid @> date '2026-11-21' returning sector_id",
    )
    .await;
    assert!(cast.findings().await.contains("経路の2か所に登録されている組織が1あります"));

    let rule = "insert into relay_rules (ceptoar_id, office_hours, off_hours, urgent_at_once, minutes, valid)
                values ('banks', 'decided', 'decided', false, 40, '[2026-01-01,)') returning ceptoar_id";
    cast.texts(rule).await;
    cast.texts("update accounts set suspended_at = now() where sign_in_name = 'desk' returning sign_in_name").await;
    let of_analyst = cast.page("analyst", ROUTE).await.texts("[data-findings]").concat();
    assert!(of_analyst.contains("中継を判断できる利用者がいません"), "{of_analyst}");
    cast.texts(
        "update route_stages set valid = 'empty' where ceptoar_id = 'banks' and stage = 'secretariat' returning stage",
    )
    .await;
    let of_analyst = cast.page("analyst", ROUTE).await.texts("[data-findings]").concat();
    assert!(of_analyst.contains("経路が事務局を通りません"), "{of_analyst}");
    cast.texts("update route_stages set valid = 'empty' where ceptoar_id = 'banks' returning stage").await;
    let page = cast.page("analyst", ROUTE).await;
    assert!(page.texts("[data-findings] li").len() == 1 && page.texts(".route").is_empty(), "{}", page.body);
    assert!(page.body.contains("構成員までの経路がありません"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_approver_leads_the_road_elsewhere_from_a_day_on_and_items_follow() {
    let mut cast = cast().await;
    let mut approver = cast.app.signed_in("approver").await;
    for (field, value) in
        [("route_ministry", ""), ("route_secretariat", "x"), ("on_day", "20"), ("on_day", "31"), ("reason", "")]
    {
        let wrong = fill_in(&mut approver, OFFICES, &offices(&[(field, value)])).await;
        let at = if field == "on_day" { "on" } else { field };
        assert_eq!(wrong.status, 422, "{field} {value}");
        assert!(!wrong.texts(&format!("#{at}-error")).is_empty(), "{field}: {}", wrong.body);
        let reason = if field == "reason" { "" } else { "所管省庁・事務局と合意" };
        assert_eq!(wrong.values("input[name=reason]").concat(), reason);
    }
    let same = fill_in(&mut approver, OFFICES, &offices(&[("route_ministry", "over")])).await;
    assert!(same.texts("#route_ministry-error").concat().contains("同じです"), "{}", same.body);
    let opened_before = approver.get(OFFICES).await;
    let confirmation = fill_in(&mut approver, OFFICES, &offices(&[])).await;
    assert!(confirmation.body.contains("まだ変更されていません") && confirmation.body.contains("経由しない"));
    assert_eq!(cast.texts("select subject from directory_changes").await.len(), 0, "nothing is written yet");

    let done = change(&mut approver, OFFICES, &offices(&[])).await;
    assert_eq!(done.location(), format!("{ROUTE}?done=led"));
    let late = approver.press(&opened_before, "main form", &offices(&[])).await;
    assert!(late.status == 422 && late.body.contains("入力している間に"), "{}", late.body);
    let page = approver.get(ROUTE).await;
    assert_eq!(page.texts(".route__name"), ["センター", "事務局", "構成員", "連携機関"]);
    for name in ["approver", "liaison", "desk"] {
        let told = cast.page(name, ROUTE).await.texts(".timeline").concat();
        assert!(told.contains("所管省庁・事務局と合意") && told.contains("情報提供の経路の変更"), "{name}: {told}");
    }
    assert!(!cast.page("handler", ROUTE).await.body.contains("所管省庁・事務局と合意"));
    assert!(cast.page("desk", &format!("{ROUTE}?on_year=2026&on_month=11&on_day=20")).await.body.contains("金融庁"));

    // The desk decides by agreement: nobody goes round it by way of the road.
    cast.texts(
        "insert into relay_rules (ceptoar_id, office_hours, off_hours, urgent_at_once, minutes, valid)
                values ('banks', 'automatic', 'decided', true, 40, '[2026-12-10,)') returning ceptoar_id",
    )
    .await;
    let round = fill_in(&mut approver, OFFICES, &offices(&[("route_secretariat", "beside")])).await;
    assert!(round.texts("#route_secretariat-error").concat().contains("中継の取決め"), "{}", round.body);
    cast.texts("delete from relay_rules returning ceptoar_id").await;
    // A plan, and what is published today.
    let plan = [("route_ministry", "over"), ("on_month", "12"), ("on_day", "1")];
    change(&mut approver, OFFICES, &offices(&plan)).await;
    assert!(cast.page("desk", ROUTE).await.body.contains("2026年12月1日"));
    let id = factory::published_advisory(
        &cast.app,
        NewAdvisory { level: "GREEN", scope: "organisation", ..NewAdvisory::default() },
    )
    .await;
    let stages = format!("select distinct stage from advisory_audience where advisory_id = '{id}' order by 1");
    assert_eq!(cast.texts(&stages).await, ["member", "partner", "secretariat"]);

    // The files no longer speak of this road, and still of the others.
    let rows = "select concat_ws(' ', stage, position, valid) from route_stages
                where ceptoar_id = 'banks' and not isempty(valid) order by valid, position";
    let before = cast.texts(rows).await;
    cast.texts("delete from reference_loads returning content_hash").await;
    cast.texts("delete from route_stages where ceptoar_id = 'gas' returning stage").await;
    assert!(reference::load(&mut cast.db).await.expect("a load"));
    assert_eq!(cast.texts(rows).await, before);
    assert!(!cast.texts("select stage from route_stages where ceptoar_id = 'gas'").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_road_that_ends_nowhere_or_runs_in_a_circle_is_refused() {
    let mut cast = cast().await;
    let mut approver = cast.app.signed_in("approver").await;
    assert_eq!(change(&mut approver, OFFICES, &offices(&[])).await.status, 303);
    // The ministry comes to keep the desk itself.
    cast.texts(
        "update sector_ministries m set organisation_id = t.organisation_id from secretariat_terms t
                where m.sector_id = 'finance' and upper_inf(m.valid) and t.ceptoar_id = 'banks' and upper_inf(t.valid)
                returning m.sector_id",
    )
    .await;
    let circle = fill_in(&mut approver, OFFICES, &offices(&[("route_ministry", "over")])).await;
    assert!(circle.status == 422 && circle.body.contains("同じ組織に2回届きます"), "{}", circle.body);
    let mut db = cast.app.database.owner().await;
    let ended = "update secretariat_terms set valid = daterange(lower(valid), '2026-12-01')
                 where ceptoar_id = 'banks' and upper_inf(valid)";
    sqlx::query(ended).execute(&mut db).await.expect("an end");
    let after = [("on_month", "12"), ("on_day", "1"), ("route_ministry", "over")];
    let nobody = fill_in(&mut approver, OFFICES, &offices(&after)).await;
    assert!(!nobody.texts("#route_secretariat-error").is_empty(), "{}", nobody.body);
    assert_eq!(approver.get("/directory/nowhere/route/offices").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_alone_lets_nobody_but_an_approver_touch_the_road() {
    let mut cast = cast().await;
    for name in ["desk", "liaison", "analyst", "handler", "gas-desk", "auditor", "approver"] {
        if name != "approver" {
            let mut client = cast.app.signed_in(name).await;
            assert_ne!(client.get(OFFICES).await.status, 200, "{name}");
            assert!(client.post(OFFICES, &offices(&[("confirmed", "true")])).await.status >= 403, "{name}");
        }
        let account: Uuid =
            cast.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await[0]
                .parse()
                .expect("an account");
        let now = cast.app.state.clock.now();
        let mut tx = cast.app.state.db.begin(Some(AccountId(account)), now).await.expect("a viewer");
        assert!(sqlx::query("update route_stages set valid = 'empty'").execute(&mut *tx).await.is_err(), "{name}");
        drop(tx);
        let mut tx = cast.app.state.db.begin(Some(AccountId(account)), now).await.expect("a viewer");
        let added = "insert into route_stages (ceptoar_id, position, stage, valid) values ('gas', 9, 'member', '[1990-01-01,1990-01-02)')";
        assert!(sqlx::query(added).execute(&mut *tx).await.is_err(), "{name}");
        drop(tx);
        // Nor past what the page asks: not written down, or of the past.
        for on in ["2026-11-21", "2026-11-20"] {
            let mut tx = cast.app.state.db.begin(Some(AccountId(account)), now).await.expect("a viewer");
            let led = format!("select route_lead_over('banks', '{on}', false, true)");
            assert!(sqlx::query(AssertSqlSafe(led)).execute(&mut *tx).await.is_err(), "{name}");
        }
        let mut tx = cast.app.state.db.begin(Some(AccountId(account)), now).await.expect("a viewer");
        let written =
            "insert into directory_changes (change_id, kind, subject, ceptoar_id, effective_on, reason, made_by,
                                                      made_by_organisation, made_at)
                       select gen_random_uuid(), 'change', 'route', 'banks', '2026-11-21', 'x', viewer_account(),
                              (select organisation_id from organisations where code = 'nisc'), viewer_now()";
        assert_eq!(sqlx::query(written).execute(&mut *tx).await.is_ok(), name == "approver", "{name}");
        drop(tx);
        // What the functions tell is for whoever looks over the CEPTOAR, and names for whoever has its roster.
        let mut tx = cast.app.state.db.begin(Some(AccountId(account)), now).await.expect("a viewer");
        let count = async |tx: &mut sqlx::PgConnection, from: &str| -> i64 {
            let query = format!("select count(*) from {from}");
            sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(tx).await.expect("a count")
        };
        let looks_over = ["desk", "liaison", "analyst", "approver"].contains(&name);
        let asked = "('banks', 'GREEN', 'organisation', 'alert', now())";
        assert_eq!(count(&mut tx, "route_hops('banks', '2026-11-21', 366)").await > 0, looks_over, "{name}");
        assert_eq!(count(&mut tx, &format!("route_walk{asked}")).await > 0, looks_over, "{name}");
        let named = count(&mut tx, &format!("route_left_out{asked}")).await > 0;
        assert_eq!(named, ["desk", "analyst", "approver"].contains(&name), "{name}");
        assert_eq!(count(&mut tx, "route_walk('banks', 'RED', 'named', 'alert', now())").await, 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_ends_where_the_real_item_ends() {
    let mut cast = cast().await;
    let rule = "insert into relay_rules (ceptoar_id, office_hours, off_hours, urgent_at_once, minutes, valid)
                values ('banks', 'automatic', 'decided', true, 40, '[2026-01-01,)') returning ceptoar_id";
    cast.texts(rule).await;
    let page = cast.page("desk", &walk(&[])).await;
    let road = page.texts(".route").join("|");
    assert!(page.body.contains("夜間・休日の連絡先"), "{}", page.body);
    assert!(road.contains("2026年11月21日(土) 21:50に届きます。判断するところは、保留"), "{road}");
    assert!(page.body.contains("いちご架空銀行") && page.body.contains("窓口の登録がない"), "{}", page.body);
    let urgent = cast.page("desk", &walk(&[("urgent", "true")])).await;
    assert!(!urgent.body.contains("21:50に届きます"), "an early warning goes on at once");
    let by_day = cast.page("desk", &walk(&[("on_day", "25"), ("on_hour", "10")])).await;
    assert!(by_day.body.contains("平日の昼間") && !by_day.body.contains("事務局が判断しないとき"), "{}", by_day.body);
    let strict = cast.page("desk", &walk(&[("level", "AMBER")])).await;
    assert!(strict.body.contains("構成員の中だけで扱う"), "partner bodies get GREEN alone: {}", strict.body);

    // The ministry has no roster: it learns how many.
    let ministry = cast.page("liaison", &walk(&[])).await;
    assert!(!ministry.body.contains("いちご架空銀行") && ministry.body.contains("窓口の登録がない"));

    // Whoever reaches offices alone has reached nobody.
    cast.texts("delete from memberships where ceptoar_id = 'banks' and organisation_id in (select organisation_id from organisation_names where ja like 'いちご%') returning 'x'").await;
    cast.texts("update contacts set valid = 'empty' where ceptoar_id = 'banks' and organisation_id in (select organisation_id from memberships) returning 'x'").await;
    let nobody = cast.page("desk", &walk(&[])).await;
    assert!(
        nobody.body.contains("構成員には届きません") && !nobody.body.contains("すべての組織に届きます"),
        "{}",
        nobody.body
    );

    // The same numbers as the item itself, and as its windows.
    let counts = "select concat_ws(' ', stage, verdict, count(*)) from FROM group by stage, verdict order by 1";
    let id = factory::draft_advisory(
        &cast.app,
        NewAdvisory { level: "GREEN", scope: "organisation", ..NewAdvisory::default() },
    )
    .await;
    for level in ["CLEAR", "GREEN", "AMBER", "AMBER_STRICT"] {
        for scope in ["organisation", "handlers"] {
            let of_item = format!("sharing_windows('{id}', '2026-11-21T12:10Z')");
            let change = format!("update advisories set level = '{level}', handler_scope = '{scope}' returning level");
            cast.texts(&change).await;
            let walked = format!("route_windows('banks', '{level}', '{scope}', 'early_warning', '2026-11-21T12:10Z')");
            let real = cast.texts(&counts.replace("FROM", &of_item)).await;
            assert_eq!(cast.texts(&counts.replace("FROM", &walked)).await, real, "{level} {scope}");
            assert!(real.len() >= 3, "{real:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_asked_for_wrongly_says_what_is_wrong_and_keeps_what_was_typed() {
    let cast = cast().await;
    let first = cast.page("desk", &format!("{ROUTE}/walk")).await;
    assert!(first.status == 200 && first.body.contains("届く範囲"), "{}", first.body);
    for (field, value, at) in [
        ("on_hour", "25", "on"),
        ("on_month", "13", "on"),
        ("on_year", "9999", "on"),
        ("level", "RED", "level"),
        ("scope", "", "scope"),
    ] {
        let wrong = cast.page("desk", &walk(&[(field, value)])).await;
        assert_eq!(wrong.status, 422, "{field} {value}");
        assert!(!wrong.texts(&format!("#{at}-error")).is_empty(), "{field}: {}", wrong.body);
        assert!(!wrong.body.contains("届く範囲"), "{field}");
        assert_eq!(wrong.values("input[name=on_minute]").concat(), "10");
    }
}
