//! 事務局・所管省庁: the windows of secretariats and ministries are kept by themselves, and asked like all others.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::kernel::ids::AccountId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::directory::records::{as_recorded, ok, on, shows_the_present_alone};
use crate::directory::roster::{World, change, day, fill_in, taken_back, window_form, world};
use crate::support::factory::{self, NewAdvisory};

const INDEX: &str = "/directory/banks/offices";

struct Offices {
    w: World,
    secretariat: Uuid,
    ministry: Uuid,
}

async fn offices() -> Offices {
    let mut w = world().await;
    let secretariat = factory::secretariat_of(&mut w.db, "banks").await;
    let ministry = factory::organisation(&mut w.db, "fsa").await;
    Offices { w, secretariat, ministry }
}

fn page(organisation: Uuid) -> String {
    format!("/directory/banks/members/{organisation}")
}

fn window_typed(label: &'static str, address: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut typed = window_form(label, address);
    typed.retain(|(name, _)| !name.starts_with("on_"));
    typed.extend(day("2026", "11", "21"));
    typed
}

/// Who gets an item on the way to the members.
async fn reached(w: &mut World, item: Uuid) -> Vec<String> {
    w.texts(&format!(
        "select concat_ws(' ', stage, address, verdict) from sharing_windows('{item}', '2026-11-21T03:00Z')
         where stage in ('ministry', 'secretariat') and ceptoar_id = 'banks' order by 1"
    ))
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_and_a_ministry_register_their_windows_and_items_reach_them() {
    let Offices { mut w, secretariat, ministry } = offices().await;
    let item = factory::draft_advisory(&w.app, NewAdvisory::default()).await;
    assert_eq!(reached(&mut w, item).await, ["ministry no_window", "secretariat no_window"]);
    let mut desk = w.app.signed_in("desk").await;
    let mut liaison = w.app.signed_in("liaison").await;
    assert!(desk.get("/").await.body.contains("メールの届く窓口がありません"), "the desk is told");
    let told = liaison.get("/").await;
    assert!(told.body.contains(&format!("{}/new-window", page(ministry))), "the ministry is told: {}", told.body);
    assert!(!told.body.contains(&secretariat.to_string()), "of its own alone");
    assert!(desk.get("/directory/banks").await.texts(".subnav a").contains(&"事務局・所管省庁".to_owned()));
    let index = desk.get(INDEX).await;
    let rows = index.texts("main .item");
    assert_eq!(rows.len(), 2, "{}", index.body);
    assert!(rows[0].starts_with("所管省庁") && rows[1].starts_with("事務局"), "{rows:?}");
    assert!(rows.iter().all(|row| row.contains("メールの届く窓口がありません")), "{rows:?}");
    assert!(index.body.contains(&format!("{}/new-window", page(secretariat))));
    assert!(!index.body.contains(&format!("{}/new-window", page(ministry))), "not the desk's to keep");

    let sheet = desk.get(&page(secretariat)).await;
    assert_eq!(sheet.status, 200);
    assert!(sheet.body.contains("担当の期間") && !sheet.body.contains("構成員から外す"), "{}", sheet.body);
    let path = format!("{}/new-window", page(secretariat));
    let done = change(&mut desk, &path, &window_typed("事務局 当番", "desk@office.example")).await;
    assert_eq!(done.location(), format!("{}?done=added", page(secretariat)));
    let index = liaison.get("/directory").await;
    assert!(index.body.contains(&page(ministry)), "{}", index.body);
    let path = format!("{}/new-window", page(ministry));
    change(&mut liaison, &path, &window_typed("リエゾン", "liaison@ministry.example")).await;
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(
        reached(&mut w, item).await,
        ["ministry liaison@ministry.example due", "secretariat desk@office.example due"]
    );
    assert!(!desk.get("/").await.body.contains("メールの届く窓口がありません"));
    let told = liaison.get("/").await.texts("section[aria-labelledby=tasks] li").concat();
    assert!(told.contains("証券") && !told.contains("銀行等CEPTOARの経路"), "what is left of its CEPTOARs: {told}");

    // It is changed, planned ahead, taken back and closed like any other window.
    let contact = format!("select contact_id::text from contacts where organisation_id = '{ministry}'");
    let window = format!("{}/windows/{}", page(ministry), w.texts(&contact).await[0]);
    let ahead: Vec<_> = window_typed("リエゾン(新)", "new@ministry.example")
        .into_iter()
        .filter(|(name, _)| !name.starts_with("on_"))
        .chain(day("2027", "4", "1"))
        .chain([("nature", "change")])
        .collect();
    change(&mut liaison, &window, &ahead).await;
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(taken_back(&mut liaison, &page(ministry)).await.status, 303);
    let last = fill_in(&mut liaison, &format!("{window}/end"), &day("2026", "11", "30")).await;
    assert_eq!(last.status, 422, "the only window of an office does not close: {}", last.body);
    let history = liaison.get(&page(ministry)).await.texts(".timeline").concat();
    assert!(history.contains("窓口の追加: リエゾン") && history.contains("予定の取消し"), "{history}");
    // What was recorded earlier is read as anywhere else.
    let record = format!("{}?rec_year=2026&rec_month=11&rec_day=20", page(ministry));
    assert_eq!(liaison.get(&record).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_keeps_them_by_either_wall() {
    let Offices { mut w, secretariat, ministry } = offices().await;
    let life = factory::secretariat_of(&mut w.db, "life").await;
    factory::window(&mut w.db, secretariat, Some("banks"), "desk@office.example").await;
    factory::window(&mut w.db, ministry, Some("banks"), "liaison@ministry.example").await;
    let meti = factory::organisation(&mut w.db, "meti").await;
    factory::person(&w.app, "other-liaison", Role::MinistryLiaison, meti, None, None).await;
    // Who reads the sheet, sees the windows, and keeps them: of the secretariat, and of the ministry.
    for (who, of_secretariat, of_ministry) in [
        ("desk", "rsk", "rs"),
        ("coordinator", "rs", "rs"),
        ("liaison", "", "rsk"),
        ("other-liaison", "", ""),
        ("life-desk", "", ""),
        ("analyst", "r", "r"),
        ("approver", "r", "r"),
        ("bank-admin", "", ""),
        ("handler", "", ""),
        ("reader", "", ""),
        ("auditor", "", ""),
        ("operator", "", ""),
    ] {
        let mut client = w.app.signed_in(who).await;
        for (organisation, may, address) in
            [(secretariat, of_secretariat, "desk@office.example"), (ministry, of_ministry, "liaison@ministry.example")]
        {
            let sheet = client.get(&page(organisation)).await;
            assert_eq!(sheet.status, if may.contains('r') { 200 } else { 404 }, "{who} {address}");
            assert_eq!(sheet.body.contains(address), may.contains('s'), "{who} {address}");
            assert_eq!(sheet.body.contains("/new-window"), may.contains('k'), "{who} {address}");
            let new = format!("{}/new-window", page(organisation));
            let typed = window_typed("偽の窓口", "forged@evil.example");
            let kept = if may.contains('k') { 200 } else { 404 };
            assert_eq!(client.get(&new).await.status, kept, "{who} {address}");
            assert_eq!(client.post(&new, &typed).await.status == 404, kept == 404, "{who} {address}");
            for never in ["name", "membership", "leaving"] {
                let path = format!("{}/{never}", page(organisation));
                assert_eq!(client.get(&path).await.status, 404, "{who} {path}");
                assert_eq!(client.post(&path, &typed).await.status, 404, "{who} {path}");
            }
        }
        // The other wall.
        let account = w.texts(&format!("select account_id::text from accounts where sign_in_name = '{who}'")).await;
        let account: AccountId = account[0].parse().map(AccountId).expect("an id");
        for (organisation, ceptoar, keeps) in [
            (secretariat, "banks", of_secretariat.contains('k')),
            (ministry, "banks", of_ministry.contains('k')),
            (life, "life", who == "life-desk"),
            // Of another CEPTOAR than the one whose office it is, and of no CEPTOAR at all.
            (secretariat, "life", false),
            (meti, "banks", false),
        ] {
            let forged = format!(
                "insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, language, valid)
                 values (gen_random_uuid(), '{organisation}', '{ceptoar}', 7, 'x', false, 'ja', '[2026-11-01,)')"
            );
            let mut tx = w.app.state.db.begin(Some(account), w.app.state.clock.now()).await.expect("a transaction");
            let done = sqlx::query(AssertSqlSafe(forged)).execute(&mut *tx).await.is_ok();
            assert_eq!(done, keeps, "{who} {organisation} {ceptoar}");
        }
        for (organisation, keeps) in [(secretariat, of_secretariat), (ministry, of_ministry)] {
            let forged = format!("update contacts set label = 'x' where organisation_id = '{organisation}'");
            let mut tx = w.app.state.db.begin(Some(account), w.app.state.clock.now()).await.expect("a transaction");
            let rows =
                sqlx::query(AssertSqlSafe(forged)).execute(&mut *tx).await.map_or(0, |done| done.rows_affected());
            assert_eq!(rows > 0, keeps.contains('k'), "{who} {organisation}");
        }
    }
    assert_eq!(w.number("select count(*) from contacts where label in ('x', '偽の窓口')").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_for_those_concerned_and_as_of_a_day() {
    let Offices { mut w, secretariat, .. } = offices().await;
    factory::window(&mut w.db, secretariat, Some("banks"), "desk@office.example").await;
    for (who, status, told) in [
        ("desk", 200, true),
        ("coordinator", 200, true),
        ("analyst", 200, false),
        ("liaison", 200, false),
        ("handler", 200, false),
        ("reader", 200, false),
        ("life-desk", 404, false),
        ("auditor", 404, false),
        ("operator", 404, false),
    ] {
        let mut client = w.app.signed_in(who).await;
        let page = client.get(INDEX).await;
        assert_eq!(page.status, status, "{who}");
        assert_eq!(page.body.contains("メールの届く窓口: 1か所"), told, "{who}: {}", page.body);
        assert!(!page.body.contains("@office.example"), "{who}");
    }
    let mut desk = w.app.signed_in("desk").await;
    let english = desk.get(&format!("{INDEX}?lang=en")).await;
    assert_eq!(english.status, 200);
    for odd in ["on_year=2026&on_month=2&on_day=30", "on_year=x"] {
        assert_eq!(desk.get(&format!("{INDEX}?{odd}")).await.status, 422, "{odd}");
    }
    // Water belonged to another ministry until 2024 (S0, P12).
    let water = factory::secretariat_of(&mut w.db, "water").await;
    factory::person(&w.app, "water-desk", Role::Secretariat, water, Some("water"), None).await;
    let mut desk = w.app.signed_in("water-desk").await;
    let then = desk.get("/directory/water/offices?on_year=2023&on_month=11&on_day=25").await;
    let now = desk.get("/directory/water/offices").await;
    assert!(then.texts("main .item").concat().contains("厚生労働省"), "{}", then.body);
    assert!(!now.texts("main .item").concat().contains("厚生労働省"), "{}", now.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_asks_the_offices_too() {
    let Offices { mut w, secretariat, ministry } = offices().await;
    factory::window(&mut w.db, secretariat, Some("banks"), "desk@office.example").await;
    factory::window(&mut w.db, ministry, Some("banks"), "liaison@ministry.example").await;
    let mut desk = w.app.signed_in("desk").await;
    let round = [("scope", "all"), ("due_year", "2026"), ("due_month", "12"), ("due_day", "4"), ("sure", "true")];
    let opened = desk.post("/directory/banks/verification", &round).await;
    assert_eq!(opened.status, 303, "{}", opened.body);
    let asked = "select asked_value from verification_requests order by 1";
    assert_eq!(
        w.texts(asked).await,
        [
            "desk@office.example",
            "liaison@ministry.example",
            "night@bank.example",
            "soc@bank.example",
            "soc@rival.example"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_of_offices_is_in_the_record_of_its_days() {
    let Offices { mut w, secretariat, ministry } = offices().await;
    let mut desk = w.app.signed_in("desk").await;
    let before = ok(&mut desk, INDEX).await.texts("main .item");
    let path = format!("{}/new-window", page(secretariat));
    change(&mut desk, &path, &window_typed("事務局 当番", "desk@office.example")).await;
    let mut liaison = w.app.signed_in("liaison").await;
    let path = format!("{}/new-window", page(ministry));
    change(&mut liaison, &path, &window_typed("リエゾン", "liaison@ministry.example")).await;
    // The day after, another department keeps the desk, and another ministry is responsible beside the first.
    w.texts("select set_config('portal.now', '2026-11-22T03:00:00Z', false)").await;
    w.texts("update secretariat_terms set unit = '新設課(架空)' where ceptoar_id = 'banks' returning unit").await;
    w.texts(
        "insert into sector_ministries (sector_id, organisation_id, valid, basis)
         select c.sector_id, o.organisation_id, '[2020-01-01,)', 'source' from ceptoars c, organisations o
         where c.ceptoar_id = 'banks' and o.code = 'meti' returning basis",
    )
    .await;
    w.app.state.clock.advance(chrono::TimeDelta::days(2));

    let mut desk = w.app.signed_in("desk").await;
    let now = ok(&mut desk, &format!("{INDEX}?{}", on("on", "2026-11-21"))).await.texts("main .item");
    assert!(now.len() == 3 && now[2].contains("新設課") && now[2].contains("窓口: 1か所"), "{now:?}");
    let then = ok(&mut desk, &as_recorded(INDEX, "2026-11-21", "2026-11-21")).await;
    let told = then.texts("main .item");
    assert!(told.len() == 2 && !told[1].contains("新設課") && told[1].contains("窓口: 1か所"), "{told:?}");
    assert!(told.iter().all(|row| row.contains("情報提供の経路")), "{told:?}");
    assert!(!told[0].contains("窓口"), "what a ministry's windows were is not the desk's: {told:?}");
    assert!(then.texts(".notice--warning").concat().contains("2026年11月21日(土)の終わりの時点の記録"));
    assert!(!then.body.contains("/new-window\""));
    let first = ok(&mut desk, &as_recorded(INDEX, "2026-11-21", "2026-11-20")).await.texts("main .item");
    assert!(first[1].contains("メールの届く窓口がありません"), "{first:?}");
    assert!(before[1].starts_with(&first[1]), "{before:?}");
    let since = ok(&mut desk, &as_recorded(INDEX, "2026-11-21", "2026-11-22")).await.texts("main .item");
    assert!(since.len() == 3 && since[2].contains("新設課"), "{since:?}");
    let nothing = ok(&mut desk, &as_recorded(INDEX, "2026-11-21", "2017-01-01")).await;
    assert!(nothing.body.contains("この時点の記録はありません") && nothing.texts("main .item").is_empty());
    // The page of the office knows the same.
    let sheet = ok(&mut desk, &as_recorded(&page(secretariat), "2026-11-21", "2026-11-20")).await;
    assert!(sheet.body.contains("担当の期間") && !sheet.body.contains("desk@office.example"), "{}", sheet.body);
    let nothing = ok(&mut desk, &as_recorded(&page(secretariat), "2026-11-21", "2017-01-01")).await;
    assert!(nothing.body.contains("この時点の記録はありません"));

    shows_the_present_alone(&w, INDEX, "2026-11-20", &["analyst", "coordinator", "liaison", "reader", "bank-admin"])
        .await;
}
