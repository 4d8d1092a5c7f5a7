//! What hubs passed on: who says it, who reads it, and what is added up.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::kernel::ids::AccountId;
use chrono::TimeDelta;
use uuid::Uuid;

use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, TestApp};

struct Cast {
    app: TestApp,
    hub1: Uuid,
    hub2: Uuid,
    plain: Uuid,
}

/// Two hubs of the water utilities and a member that is none, their desk, the desk of another CEPTOAR, ministry and centre.
async fn cast() -> Cast {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let hub1 = factory::member(&mut db, "water", "あおい架空水道").await;
    let hub2 = factory::member(&mut db, "water", "いずみ架空水道").await;
    let plain = factory::member(&mut db, "water", "うしお架空水道").await;
    let bank = factory::member(&mut db, "banks", "架空銀行").await;
    for hub in [hub1, hub2] {
        factory::hub(&mut db, hub).await;
    }
    let window1 = factory::window(&mut db, hub1, Some("water"), "soc@hub1.example").await;
    factory::window(&mut db, hub2, Some("water"), "soc@hub2.example").await;
    factory::window(&mut db, plain, Some("water"), "soc@plain.example").await;
    factory::window(&mut db, bank, Some("banks"), "soc@bank.example").await;
    let desk = factory::secretariat_of(&mut db, "water").await;
    let bank_desk = factory::secretariat_of(&mut db, "banks").await;
    let mlit = factory::organisation(&mut db, "mlit").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("hub-1", Role::HubMember, hub1, Some("water"), Some(window1)),
        ("reader-1", Role::MemberReader, hub1, Some("water"), None),
        ("hub-2", Role::MemberPoc, hub2, Some("water"), None),
        ("plain", Role::MemberPoc, plain, Some("water"), None),
        ("bank", Role::MemberPoc, bank, Some("banks"), None),
        ("desk", Role::Secretariat, desk, Some("water"), None),
        ("bank-desk", Role::Secretariat, bank_desk, Some("banks"), None),
        ("liaison", Role::MinistryLiaison, mlit, None, None),
        ("other-liaison", Role::MinistryLiaison, fsa, None, None),
        ("analyst", Role::NiscAnalyst, nisc, None, None),
        ("auditor", Role::Auditor, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    factory::case_team(&app).await;
    Cast { app, hub1, hub2, plain }
}

async fn item(app: &TestApp) -> Uuid {
    factory::published_advisory(app, NewAdvisory { ceptoars: &["water"], ..NewAdvisory::default() }).await
}

fn place(id: Uuid, hub: Uuid) -> String {
    format!("/advisories/{id}/onward/water/{hub}")
}

async fn say(client: &mut Client, id: Uuid, hub: Uuid, told: &str, behind: &str) -> u16 {
    let form = [("told", told), ("behind", behind), ("answered_by", "当直"), ("remark", "")];
    client.post(&place(id, hub), &form).await.status
}

/// What the board tells somebody of the hubs: reported, hubs, told, behind, unknown.
async fn board(app: &TestApp, name: &str, id: Uuid) -> Vec<(i64, i64, i64, i64, i64)> {
    let account: Uuid = sqlx::query_scalar("select account_id from accounts where sign_in_name = $1")
        .bind(name)
        .fetch_one(&mut app.database.owner().await)
        .await
        .unwrap();
    let mut tx = app.state.db.begin(Some(AccountId(account)), app.state.clock.now()).await.unwrap();
    sqlx::query_as("select reported, hubs, told::bigint, behind::bigint, unknown from onward_board($1)")
        .bind(id)
        .fetch_all(&mut *tx)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_hub_says_how_many_it_told_and_the_newest_counts() {
    let cast = cast().await;
    let id = item(&cast.app).await;
    let mut hub = cast.app.signed_in("hub-1").await;
    let show = hub.get(&format!("/advisories/{id}")).await;
    assert_eq!(show.hrefs("[data-onward] a"), [place(id, cast.hub1)]);
    let task = hub.get("/").await;
    assert!(task.hrefs("main a").contains(&place(id, cast.hub1)), "the front page asks for it");

    assert_eq!(say(&mut hub, id, cast.hub1, "120", "220").await, 303);
    // A second press of the same button is no second report.
    assert_eq!(say(&mut hub, id, cast.hub1, "120", "220").await, 303);
    cast.app.state.clock.advance(TimeDelta::minutes(20));
    assert_eq!(say(&mut hub, id, cast.hub1, "２１２", "220").await, 303);
    let page = hub.get(&format!("{}?done=reported", place(id, cast.hub1))).await;
    assert_eq!(page.texts(".timeline__title"), ["212 / 220か所", "120 / 220か所"]);
    assert_eq!(page.values("#behind"), ["220"], "the number behind it is there already");
    assert!(hub.get(&format!("/advisories/{id}")).await.texts("[data-onward] p")[0].contains("212 / 220か所"));
    assert!(!hub.get("/").await.hrefs("main a").contains(&place(id, cast.hub1)), "nothing is left to do");
    // Passing on is no acknowledgement.
    assert!(!hub.get(&format!("/advisories/{id}")).await.texts("form[action$='/acknowledgement'] button").is_empty());

    let whole = [(1, 2, 212, 220, 1)];
    for name in ["analyst", "desk", "liaison"] {
        assert_eq!(board(&cast.app, name, id).await, whole, "{name}");
    }
    for name in ["hub-1", "plain", "bank", "bank-desk", "other-liaison", "auditor"] {
        assert_eq!(board(&cast.app, name, id).await, [], "{name}");
    }
    for name in ["analyst", "desk", "liaison"] {
        let mut client = cast.app.signed_in(name).await;
        let board = client.get(&format!("/advisories/{id}/deliveries")).await;
        let text = board.texts("[data-onward] li").join("");
        assert!(text.contains("1 / 2 が報告") && text.contains("212 / 220"), "{name}: {text}");
    }
    // Of the next item nothing was reported yet, and the number behind the hub is known.
    let next = item(&cast.app).await;
    assert_eq!(board(&cast.app, "desk", next).await, [(0, 2, 0, 220, 1)]);
}

#[tokio::test]
async fn a_desk_enters_what_it_was_told_and_says_by_whom() {
    let cast = cast().await;
    let id = item(&cast.app).await;
    let mut desk = cast.app.signed_in("desk").await;
    let list = desk.get(&format!("/advisories/{id}/deliveries?ceptoar=water")).await;
    assert!(list.hrefs("a").contains(&place(id, cast.hub1)) && list.hrefs("a").contains(&place(id, cast.hub2)));
    assert!(!list.hrefs("a").contains(&place(id, cast.plain)), "a member that passes nothing on is no hub");
    let nameless = desk.post(&place(id, cast.hub2), &[("told", "3"), ("behind", "10")]).await;
    assert_eq!(nameless.status, 422);
    assert!(!nameless.texts("#answered_by-error").is_empty());
    assert_eq!(nameless.values("#told"), ["3"], "what was typed stays");
    assert_eq!(say(&mut desk, id, cast.hub2, "3", "10").await, 303);
    // The hub sees what was entered for it, by whom it was told, and may report itself.
    let mut hub = cast.app.signed_in("hub-2").await;
    let page = hub.get(&place(id, cast.hub2)).await;
    let text = page.texts(".timeline").join("");
    assert!(text.contains("3 / 10か所") && text.contains("事務局が記録") && text.contains("当直"), "{text}");
    assert_eq!(say(&mut hub, id, cast.hub2, "10", "10").await, 303);
    assert_eq!(board(&cast.app, "desk", id).await, [(1, 2, 10, 10, 1)]);
    // The centre sees numbers and no names.
    let mut analyst = cast.app.signed_in("analyst").await;
    let list = analyst.get(&format!("/advisories/{id}/deliveries?ceptoar=water")).await;
    let text = list.texts("#hubs, section[aria-labelledby=hubs]").join("");
    assert!(text.contains("10 / 10か所") && !text.contains("当直"), "{text}");
}

#[tokio::test]
async fn nobody_else_reads_or_makes_a_report() {
    let cast = cast().await;
    let id = item(&cast.app).await;
    for name in ["hub-2", "reader-1", "plain", "bank", "bank-desk", "liaison", "other-liaison", "analyst", "auditor"] {
        let mut client = cast.app.signed_in(name).await;
        let status = client.get(&place(id, cast.hub1)).await.status;
        assert!(matches!(status, 403 | 404), "{name}: {status}");
        let made = say(&mut client, id, cast.hub1, "1", "2").await;
        assert!(matches!(made, 403 | 404), "{name}: {made}");
    }
    let mut desk = cast.app.signed_in("desk").await;
    assert_eq!(desk.get(&place(id, cast.plain)).await.status, 404, "no hub, no page");
    assert_eq!(desk.get(&format!("/advisories/{id}/onward/banks/{}", cast.hub1)).await.status, 404);
    assert_eq!(desk.get(&place(Uuid::new_v4(), cast.hub1)).await.status, 404);
    let reports: i64 = sqlx::query_scalar("select count(*) from onward_reports")
        .fetch_one(&mut cast.app.database.owner().await)
        .await
        .unwrap();
    assert_eq!(reports, 0);
}

#[tokio::test]
async fn the_database_refuses_by_itself() {
    let cast = cast().await;
    let id = item(&cast.app).await;
    let accounts: Vec<(String, Uuid)> = sqlx::query_as("select sign_in_name, account_id from accounts")
        .fetch_all(&mut cast.app.database.owner().await)
        .await
        .unwrap();
    let sql = "insert into onward_reports (advisory_id, ceptoar_id, organisation_id, told, behind) values ($1, 'water', $2, 1, 2)";
    for (name, account) in accounts {
        for (hub, whose) in [(cast.hub1, "hub-1"), (cast.plain, "nobody")] {
            let now = cast.app.state.clock.now();
            let mut tx = cast.app.state.db.begin(Some(AccountId(account)), now).await.unwrap();
            let written = sqlx::query(sql).bind(id).bind(hub).execute(&mut *tx).await;
            let may = whose == "hub-1" && (name == "hub-1" || name == "desk");
            assert_eq!(written.is_ok(), may, "{name} for {whose}: {written:?}");
        }
    }
    // Whoever writes only half of it writes nothing.
    let mut hub = cast.app.signed_in("hub-1").await;
    assert_eq!(say(&mut hub, id, cast.hub1, "1", "2").await, 303);
    let seen: Vec<(String, bool)> = sqlx::query_as(
        "select w.entered_by_name, r.by_desk from onward_reports r join onward_report_words w using (report_id)",
    )
    .fetch_all(&mut cast.app.database.owner().await)
    .await
    .unwrap();
    assert_eq!(seen, [("hub-1".to_owned(), false)]);
}

#[tokio::test]
async fn red_goes_no_further_and_bad_numbers_are_said() {
    let cast = cast().await;
    let window: Uuid = sqlx::query_scalar("select contact_id from contacts where organisation_id = $1")
        .bind(cast.hub1)
        .fetch_one(&mut cast.app.database.owner().await)
        .await
        .unwrap();
    let red = NewAdvisory { level: "RED", scope: "named", named: &[window], ceptoars: &[], ..NewAdvisory::default() };
    let red = factory::published_advisory(&cast.app, red).await;
    let mut hub = cast.app.signed_in("hub-1").await;
    let show = hub.get(&format!("/advisories/{red}")).await;
    assert_eq!(show.status, 200);
    assert!(show.texts("[data-onward]").is_empty());
    assert_eq!(hub.get(&place(red, cast.hub1)).await.status, 404);
    let id = item(&cast.app).await;
    for (told, behind, field) in [
        ("", "10", "told"),
        ("11", "10", "told"),
        ("1", "", "behind"),
        ("1", "99999999999", "behind"),
        ("-3", "5", "told"),
    ] {
        let reply = hub.post(&place(id, cast.hub1), &[("told", told), ("behind", behind), ("remark", "控え")]).await;
        assert_eq!(reply.status, 422, "{told} {behind}");
        assert!(!reply.texts(&format!("#{field}-error")).is_empty(), "{told} {behind}");
        assert_eq!(reply.values("#remark"), ["控え"]);
    }
    let english = cast.app.signed_in("hub-1").await.in_english().get(&place(id, cast.hub1)).await;
    assert!(english.texts("h1")[0].starts_with("Passing on to others"));
}

#[tokio::test]
async fn who_answers_for_a_hub_in_one_ceptoar_sees_nothing_of_it_in_another() {
    let cast = cast().await;
    let mut db = cast.app.database.owner().await;
    let also = "insert into memberships (ceptoar_id, organisation_id, unit, hub, valid) values ('gas', $1, '社', true, '[2018-04-01,)')";
    sqlx::query(also).bind(cast.hub1).execute(&mut db).await.unwrap();
    factory::window(&mut db, cast.hub1, Some("gas"), "gas@hub1.example").await;
    let gas_desk = factory::secretariat_of(&mut db, "gas").await;
    factory::person(&cast.app, "gas-desk", Role::Secretariat, gas_desk, Some("gas"), None).await;
    let new = NewAdvisory { ceptoars: &["water", "gas"], ..NewAdvisory::default() };
    let id = factory::published_advisory(&cast.app, new).await;
    let gas = format!("/advisories/{id}/onward/gas/{}", cast.hub1);
    let form = [("told", "5"), ("behind", "9"), ("answered_by", "ガスの当直"), ("remark", "控え")];
    assert_eq!(cast.app.signed_in("gas-desk").await.post(&gas, &form).await.status, 303);

    let mut hub = cast.app.signed_in("hub-1").await;
    assert_eq!(hub.get(&format!("/advisories/{id}")).await.hrefs("[data-onward] a"), [place(id, cast.hub1)]);
    assert_eq!(hub.get(&gas).await.status, 404);
    let account: Uuid = sqlx::query_scalar("select account_id from accounts where sign_in_name = 'hub-1'")
        .fetch_one(&mut db)
        .await
        .unwrap();
    let mut tx = cast.app.state.db.begin(Some(AccountId(account)), cast.app.state.clock.now()).await.unwrap();
    for table in ["onward_reports", "onward_report_words"] {
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}")))
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}
