//! The delivery page: who sees which rows, and that the numbers are the rows.

use ceptoar_portal::features::access::Role;
use uuid::Uuid;

use crate::support::TestApp;
use crate::support::factory::{self, NewAdvisory};

pub struct Cast {
    pub app: TestApp,
    pub named_window: Uuid,
}

/// Two banks with windows, one bank without, a desk, a ministry; gas beside them.
pub async fn cast() -> Cast {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank1 = factory::member(&mut db, "banks", "第一架空銀行").await;
    let bank2 = factory::member(&mut db, "banks", "第二架空銀行").await;
    factory::member(&mut db, "banks", "窓口なし銀行").await;
    let gas = factory::member(&mut db, "gas", "架空ガス").await;
    let named_window = factory::window(&mut db, bank1, Some("banks"), "soc@bank1.example").await;
    factory::window(&mut db, bank1, Some("banks"), "night@bank1.example").await;
    factory::window(&mut db, bank2, Some("banks"), "soc@bank2.example").await;
    factory::window(&mut db, gas, Some("gas"), "soc@gas.example").await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    let gas_desk = factory::secretariat_of(&mut db, "gas").await;
    factory::window(&mut db, desk, Some("banks"), "desk@banks.example").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    let meti = factory::organisation(&mut db, "meti").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    factory::window(&mut db, fsa, None, "liaison@fsa.example").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("handler", Role::MemberPoc, bank1, Some("banks"), Some(named_window)),
        ("reader", Role::MemberReader, bank1, Some("banks"), None),
        ("other-bank", Role::MemberPoc, bank2, Some("banks"), None),
        ("gas", Role::MemberPoc, gas, Some("gas"), None),
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("gas-desk", Role::Secretariat, gas_desk, Some("gas"), None),
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("liaison-meti", Role::MinistryLiaison, meti, None, None),
        ("analyst", Role::NiscAnalyst, nisc, None, None),
        ("auditor", Role::Auditor, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    factory::case_team(&app).await;
    Cast { app, named_window }
}

const PEOPLE: [&str; 11] = [
    "handler",
    "reader",
    "other-bank",
    "gas",
    "desk",
    "gas-desk",
    "liaison",
    "liaison-meti",
    "analyst",
    "auditor",
    "case-author",
];

pub async fn settle(app: &TestApp, address: &str, state: &str, reply: &str) {
    let touched = sqlx::query(
        "update deliveries set state = $2, reply = $3, attempts = 1, settled_at = $4
         where delivery_id in (select delivery_id from delivery_addresses where address = $1)",
    )
    .bind(address)
    .bind(state)
    .bind(reply)
    .bind(app.state.clock.now())
    .execute(&mut app.database.owner().await)
    .await
    .unwrap();
    assert!(touched.rows_affected() > 0, "{address}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_exactly_the_rows_of_the_table_of_deliveries() {
    let cast = cast().await;
    let id =
        factory::published_advisory(&cast.app, NewAdvisory { ceptoars: &["banks", "gas"], ..NewAdvisory::default() })
            .await;
    let page = format!("/advisories/{id}/deliveries");
    let mut seen = Vec::new();
    for name in PEOPLE {
        let mut client = cast.app.signed_in(name).await;
        let all = client.get(&page).await;
        let banks = client.get(&format!("{page}?ceptoar=banks")).await;
        let refused = client.get(&format!("{page}?ceptoar=banks&state=queued")).await;
        let gas = client.get(&format!("{page}?ceptoar=gas")).await;
        let fragment = client.get(&format!("{page}?fragment=progress")).await;
        assert_eq!(refused.status, banks.status);
        // The frame shows the viewer's own organisation; what counts is the page.
        let mut bodies = if fragment.status == 200 { fragment.body.clone() } else { String::new() };
        for reply in [&all, &banks, &refused, &gas] {
            let stamp = reply.texts(".print-stamp").concat();
            bodies.push_str(&reply.texts("main").concat().replace(&stamp, ""));
        }
        let has = |text: &str| if bodies.contains(text) { '+' } else { '-' };
        let facts: String = [
            if all.status == 200 { '+' } else { '-' },
            if fragment.status == 200 { '+' } else { '-' },
            has("銀行等"),
            has("第一架空銀行"),
            has("soc@bank1.example"),
            has("第二架空銀行"),
            has("soc@bank2.example"),
            has("架空ガス"),
            has("soc@gas.example"),
            has("desk@banks.example"),
            has("liaison@fsa.example"),
        ]
        .iter()
        .collect();
        seen.push(format!("{name}: {facts}"));
    }
    // page, board, CEPTOAR, bank 1, its address, bank 2, its address, gas, its address, the desk's, the ministry's
    let expected = [
        "handler: +--++------",
        "reader: -----------",
        "other-bank: +----++----",
        "gas: +------++--",
        "desk: +++++++--+-",
        "gas-desk: ++-----++--",
        "liaison: +++-------+",
        "liaison-meti: ++---------",
        "analyst: ++++-+-+---",
        "auditor: -----------",
        "case-author: ++++-+-+---",
    ];
    assert_eq!(seen, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn red_deliveries_are_for_the_case_team_the_desk_and_the_named() {
    let cast = cast().await;
    let red = NewAdvisory {
        level: "RED",
        scope: "named",
        title: "固有の題名",
        ceptoars: &[],
        named: &[cast.named_window],
        ..NewAdvisory::default()
    };
    let id = factory::published_advisory(&cast.app, red).await;
    let page = format!("/advisories/{id}/deliveries");
    let mut seen = String::new();
    for name in PEOPLE {
        let mut client = cast.app.signed_in(name).await;
        let all = client.get(&page).await;
        let banks = client.get(&format!("{page}?ceptoar=banks")).await;
        let readable = ["handler", "case-author"].contains(&name);
        assert_eq!(all.body.contains("固有の題名"), readable, "{name}");
        assert!(!banks.body.contains("liaison@") && !banks.body.contains("desk@banks"), "nothing was sent to them");
        seen.push(match (all.status, banks.status) {
            (200, 200) => '+',
            (200, 404) => 'o',
            (404, 404) => '-',
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(seen, "o---+-o---+");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_the_rows_and_failures_are_said_plainly() {
    let cast = cast().await;
    let id = factory::published_advisory(&cast.app, NewAdvisory { due_in_hours: -1, ..NewAdvisory::default() }).await;
    settle(&cast.app, "soc@bank1.example", "sent", "250 2.0.0 Ok").await;
    settle(&cast.app, "night@bank1.example", "sending", "").await;
    settle(&cast.app, "soc@bank2.example", "refused", "550 5.1.1 unknown").await;
    settle(&cast.app, "desk@banks.example", "sent", "250 2.0.0 Ok").await;
    cast.app.signed_in("handler").await.post(&format!("/advisories/{id}/acknowledgement"), &[]).await;
    let page = format!("/advisories/{id}/deliveries");
    let mut analyst = cast.app.signed_in("analyst").await;
    let board = analyst.get(&page).await;
    // windows: 3 of members, the desk's, the ministry's; organisations: 3 banks, desk, ministry
    assert_eq!(board.texts(".share__value")[..2], ["2 / 5(40.0%)", "1 / 5(20.0%)"]);
    // queued, sending, refused, without a window, overdue
    assert_eq!(board.texts(".tally dd"), ["1", "1", "1", "1", "4"]);
    assert_eq!(board.texts("#progress-table tbody tr").len(), 1);
    let fragment = analyst.get(&format!("{page}?fragment=progress")).await;
    assert!(!fragment.body.contains("<html") && fragment.body.contains("data-live-summary"));
    assert!(!fragment.body.contains("data-live-done"));
    assert!(board.body.contains(&format!("data-live-src=\"{page}?fragment=progress\"")));

    let mut desk = cast.app.signed_in("desk").await;
    let list = format!("{page}?ceptoar=banks");
    assert_eq!(desk.get(&list).await.texts("tbody tr").len(), 6);
    let refused = desk.get(&format!("{list}&state=refused")).await.texts("tbody tr");
    assert_eq!(refused.len(), 1);
    assert!(refused[0].contains("第二架空銀行") && refused[0].contains("宛先のアドレスが受け付けられませんでした"));
    assert!(refused[0].contains("soc@bank2.example"));
    let queued = desk.get(&format!("{list}&state=queued")).await.texts("tbody tr");
    assert_eq!(queued.len(), 2);
    let lonely = desk.get(&format!("{list}&state=no_window")).await.texts("tbody tr");
    assert_eq!(lonely.len(), 1);
    assert!(lonely[0].contains("窓口なし銀行") && lonely[0].contains("電話で連絡"));
    assert_eq!(desk.get(&format!("{list}&state=overdue")).await.texts("tbody tr").len(), 4);
    assert_eq!(desk.get(&format!("{list}&state=unacknowledged")).await.texts("tbody tr").len(), 4);
    assert_eq!(desk.get(&format!("{list}&page=1")).await.texts("tbody tr").len(), 0);
    // The ministry's numbers are the centre's for its own sectors, without a name.
    let ministry = cast.app.signed_in("liaison").await.get(&page).await;
    assert_eq!(ministry.texts(".tally dd"), board.texts(".tally dd"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_stops_refreshing_when_nothing_will_change() {
    let cast = cast().await;
    let mut db = cast.app.database.owner().await;
    let id = factory::published_advisory(&cast.app, NewAdvisory::default()).await;
    sqlx::query("update deliveries set state = 'sent'").execute(&mut db).await.unwrap();
    sqlx::query(
        "insert into advisory_acknowledgements select distinct advisory_id, organisation_id, account_id, null::uuid, now()
         from advisory_audience, accounts where sign_in_name = 'handler'",
    )
    .execute(&mut db)
    .await
    .unwrap();
    let fragment =
        cast.app.signed_in("desk").await.get(&format!("/advisories/{id}/deliveries?fragment=progress")).await;
    assert!(fragment.body.contains("data-live-done"));
}

/// The second wall alone: what the tables themselves give to each person.
#[tokio::test(flavor = "multi_thread")]
async fn tables_give_no_more_than_the_pages() {
    let cast = cast().await;
    let id =
        factory::published_advisory(&cast.app, NewAdvisory { scope: "organisation", ..NewAdvisory::default() }).await;
    cast.app.signed_in("handler").await.post(&format!("/advisories/{id}/acknowledgement"), &[]).await;
    let mut seen = Vec::new();
    for name in ["handler", "reader", "other-bank", "gas", "desk", "liaison", "analyst"] {
        let account: Uuid = sqlx::query_scalar("select account_id from accounts where sign_in_name = $1")
            .bind(name)
            .fetch_one(&mut cast.app.database.owner().await)
            .await
            .unwrap();
        let account = ceptoar_portal::kernel::ids::AccountId(account);
        let mut tx = cast.app.state.db.begin(Some(account), cast.app.state.clock.now()).await.unwrap();
        let counts: (i64, i64, i64, i64) = sqlx::query_as(
            "select (select count(*) from deliveries), (select count(*) from delivery_addresses),
                    (select count(*) from advisory_acknowledgements), (select count(*) from delivery_board($1))",
        )
        .bind(id)
        .fetch_one(&mut *tx)
        .await
        .unwrap();
        seen.push((name, counts));
    }
    let expected = [
        ("handler", (2, 2, 1, 0)),
        ("reader", (0, 0, 0, 0)),
        ("other-bank", (1, 1, 0, 0)),
        ("gas", (0, 0, 0, 0)),
        ("desk", (5, 4, 1, 3)),
        ("liaison", (1, 1, 0, 3)),
        ("analyst", (5, 0, 1, 3)),
    ];
    assert_eq!(seen, expected);
}
