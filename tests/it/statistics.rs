//! Statistics of advisories: they are the boards that somebody sees, added up, and tell nobody more than those do.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, DataType, Reader, Xlsx};
use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::advisories::statistics::settle;
use ceptoar_portal::kernel::ids::AccountId;
use chrono::TimeDelta;
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use crate::support::factory::{self, NewAdvisory};
use crate::support::{Client, Reply, TestApp};

const PAGE: &str = "/advisories/statistics";
const EXPORT: &str = "/advisories/statistics/export";
/// Those who see statistics at all.
const SEE: [&str; 7] = ["analyst", "case-author", "desk", "gas-desk", "liaison", "liaison-meti", "two-hats"];

struct Cast {
    app: TestApp,
    db: sqlx::PgConnection,
    window: Uuid,
}

/// Three banks and a gas firm, their desks and ministries, the centre, and those who see nothing.
async fn cast() -> Cast {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank1 = factory::member(&mut db, "banks", "あかね架空銀行").await;
    let bank2 = factory::member(&mut db, "banks", "いちご架空銀行").await;
    factory::member(&mut db, "banks", "うしお架空銀行").await;
    let gas = factory::member(&mut db, "gas", "架空ガス").await;
    let window = factory::window(&mut db, bank1, Some("banks"), "soc@bank1.example").await;
    let window2 = factory::window(&mut db, bank2, Some("banks"), "soc@bank2.example").await;
    let gas_window = factory::window(&mut db, gas, Some("gas"), "soc@gas.example").await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    let gas_desk = factory::secretariat_of(&mut db, "gas").await;
    factory::window(&mut db, desk, Some("banks"), "desk@banks.example").await;
    factory::window(&mut db, gas_desk, Some("gas"), "desk@gas.example").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    let meti = factory::organisation(&mut db, "meti").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("handler", Role::MemberPoc, bank1, Some("banks"), Some(window)),
        ("reader", Role::MemberReader, bank1, Some("banks"), None),
        ("keeper", Role::MemberAdmin, bank1, None, None),
        ("hub", Role::HubMember, bank2, Some("banks"), Some(window2)),
        ("gas", Role::MemberPoc, gas, Some("gas"), Some(gas_window)),
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("gas-desk", Role::Coordinator, gas_desk, Some("gas"), None),
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("liaison-meti", Role::MinistryLiaison, meti, None, None),
        ("analyst", Role::NiscAnalyst, nisc, None, None),
        ("auditor", Role::Auditor, nisc, None, None),
        ("operator", Role::SystemAdmin, nisc, None, None),
        ("observer", Role::CouncilObserver, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    // The desk of the banks and a reader at the gas firm in one person.
    let both = factory::person(&app, "two-hats", Role::Secretariat, desk, Some("banks"), None).await;
    factory::affiliate(&mut db, both, Role::MemberReader, gas, Some("gas"), None).await;
    factory::case_team(&app).await;
    Cast { app, db, window }
}

fn to(ceptoars: &'static [&'static str]) -> NewAdvisory<'static> {
    NewAdvisory { level: "GREEN", scope: "organisation", ceptoars, ..NewAdvisory::default() }
}

impl Cast {
    async fn run(&mut self, statement: &str) {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut self.db).await.expect(statement);
    }

    async fn page(&self, name: &str, query: &str) -> Reply {
        let reply = self.app.signed_in(name).await.get(&format!("{PAGE}?{query}")).await;
        assert_eq!(reply.status, 200, "{name} {query}");
        reply
    }

    fn later(&self, minutes: i64) {
        self.app.state.clock.advance(TimeDelta::minutes(minutes));
    }

    /// What the worker does every minute.
    async fn settle(&self) -> i32 {
        let worker = PgPool::connect_with(self.app.database.connections.worker.clone()).await.expect("a worker");
        settle::settle(&worker, self.app.state.clock.now()).await.expect("settled")
    }

    async fn at_rest(&mut self) -> i64 {
        sqlx::query_scalar("select count(*) from advisories_at_rest").fetch_one(&mut self.db).await.expect("a count")
    }

    async fn account(&mut self, name: &str) -> Uuid {
        let found = sqlx::query_scalar("select account_id from accounts where sign_in_name = $1").bind(name);
        found.fetch_one(&mut self.db).await.expect("an account")
    }

    /// The rows of a query with somebody's own rights.
    async fn as_viewer(&mut self, name: &str, query: &str) -> Vec<(String, i64, i64)> {
        let account = self.account(name).await;
        let mut tx = self.app.state.db.begin(Some(AccountId(account)), self.app.state.clock.now()).await.unwrap();
        sqlx::query_as(AssertSqlSafe(query)).fetch_all(&mut *tx).await.expect(query)
    }

    /// Asked and acknowledged by hop: the boards of all items but drills that this person may open, added up.
    async fn boards(&mut self, name: &str) -> BTreeMap<String, [i64; 2]> {
        let ids: Vec<Uuid> =
            sqlx::query_scalar("select advisory_id from advisories where state = 'published' and not drill")
                .fetch_all(&mut self.db)
                .await
                .unwrap();
        let mut sum: BTreeMap<String, [i64; 2]> = BTreeMap::new();
        for id in ids {
            let board = format!(
                "select b.stage,
                        case when b.stage = 'member' and r.state is not null and r.state <> 'forwarded' then 0
                             else b.organisations - b.superseded end,
                        case when b.stage = 'member' and r.state is not null and r.state <> 'forwarded' then 0
                             else b.acknowledged end
                 from delivery_board('{id}') b
                 left join relays r on r.advisory_id = '{id}' and r.ceptoar_id = b.ceptoar_id where b.stage <> 'partner'"
            );
            for (stage, asked, acknowledged) in self.as_viewer(name, &board).await {
                let hop = sum.entry(stage).or_default();
                *hop = [hop[0] + asked, hop[1] + acknowledged];
            }
        }
        sum.retain(|_, hop| hop[0] > 0);
        sum
    }

    /// The same as the page tells it.
    async fn told(&self, name: &str) -> BTreeMap<String, [i64; 2]> {
        let page = self.page(name, "").await;
        let stages = [("所管省庁", "ministry"), ("事務局", "secretariat"), ("構成員", "member")];
        let rows = rows(&page, "hops").into_iter().map(|row| {
            let stage = stages.iter().find(|(label, _)| *label == row[0]).expect("a hop").1;
            (stage.to_owned(), [number(&row[1]), number(&row[2])])
        });
        rows.collect()
    }

    async fn compare(&mut self, when: &str) {
        for name in SEE {
            assert_eq!(self.told(name).await, self.boards(name).await, "{name}, {when}");
        }
    }

    /// The next version of an item, published.
    async fn version(&mut self, before: Uuid, step: &str, new: NewAdvisory<'_>) -> Uuid {
        let id = factory::draft_advisory(&self.app, new).await;
        self.run(&format!(
            "update advisories a set previous_id = b.advisory_id, step = '{step}', version = b.version + 1,
               thread_id = b.thread_id, number = b.number, fiscal_year = b.fiscal_year, serial = b.serial
             from advisories b where a.advisory_id = '{id}' and b.advisory_id = '{before}'"
        ))
        .await;
        factory::publish(&self.app, id, new.drill).await;
        id
    }

    /// The desk of the banks decides about items from now on.
    async fn desk_decides(&mut self) {
        self.run(
            "insert into relay_rules (ceptoar_id, office_hours, off_hours, urgent_at_once, minutes, valid)
             values ('banks', 'decided', 'decided', false, 60, '[2020-01-01,)')",
        )
        .await;
    }

    async fn decide(&mut self, id: Uuid, decision: &str, reason: &str) {
        let account = self.account("desk").await;
        let mut tx = self.app.state.db.begin(Some(AccountId(account)), self.app.state.clock.now()).await.unwrap();
        let done: bool = sqlx::query_scalar("select relay_decide($1, 'banks', $2, $3, '', null)")
            .bind(id)
            .bind(decision)
            .bind(reason)
            .fetch_one(&mut *tx)
            .await
            .expect("a decision");
        assert!(done);
        tx.commit().await.unwrap();
    }
}

async fn acknowledge(cast: &Cast, name: &str, id: Uuid) {
    let mut client = cast.app.signed_in(name).await;
    assert_eq!(client.post(&format!("/advisories/{id}/acknowledgement"), &[]).await.status, 303, "{name}");
}

/// The rows of a table of the page: head and cells.
fn rows(page: &Reply, table: &str) -> Vec<Vec<String>> {
    let heads = page.texts(&format!("[data-table='{table}'] tbody th"));
    let place = |n: usize| page.texts(&format!("[data-table='{table}'] tbody tr:nth-child({}) > td", n + 1));
    heads.into_iter().enumerate().map(|(n, head)| [vec![head], place(n)].concat()).collect()
}

fn number(text: &str) -> i64 {
    text.replace(',', "").parse().expect("a number")
}

/// The row of a table that begins with a head.
fn row(page: &Reply, table: &str, head: &str) -> Vec<String> {
    rows(page, table).into_iter().find(|row| row[0] == head).unwrap_or_else(|| panic!("{head} in {table}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_are_those_of_the_boards_before_and_after_they_are_kept() {
    let mut cast = cast().await;
    let both = factory::published_advisory(&cast.app, to(&["banks", "gas"])).await;
    let late = factory::published_advisory(&cast.app, NewAdvisory { due_in_hours: 1, ..to(&["banks"]) }).await;
    let red =
        NewAdvisory { level: "RED", scope: "named", ceptoars: &[], named: &[cast.window], ..NewAdvisory::default() };
    let red = factory::published_advisory(&cast.app, red).await;
    factory::published_advisory(&cast.app, NewAdvisory { drill: true, ..to(&["banks", "gas"]) }).await;
    cast.desk_decides().await;
    let withheld = factory::published_advisory(&cast.app, to(&["banks"])).await;
    let waiting = factory::published_advisory(&cast.app, to(&["banks"])).await;
    cast.later(12);
    for (name, id) in [("handler", both), ("gas", both), ("desk", both), ("liaison", both), ("handler", red)] {
        acknowledge(&cast, name, id).await;
    }
    cast.decide(withheld, "withhold_duplicate", "警察から周知済み").await;
    cast.compare("as it happens").await;
    // Each sees what it sees.
    let red_asked = async |cast: &Cast, name: &str| {
        let page = cast.page(name, "level=RED").await;
        (page.texts("[data-tally] dd").first().cloned(), rows(&page, "hops"))
    };
    assert_eq!(red_asked(&cast, "analyst").await, (None, vec![]), "not of the case team");
    for name in ["desk", "liaison", "case-author"] {
        let (count, hops) = red_asked(&cast, name).await;
        assert_eq!((count.as_deref(), hops.len(), hops[0][0].as_str()), (Some("1"), 1, "構成員"), "{name}");
        assert_eq!(hops[0][1..7], ["1", "1", "100.0%", "0", "0", "–"], "{name}: until when is not told");
    }
    assert_eq!(red_asked(&cast, "gas-desk").await, (None, vec![]));

    // Late, by telephone, and in time.
    cast.later(90);
    acknowledge(&cast, "handler", late).await;
    let member: Uuid = sqlx::query_scalar("select organisation_id from organisation_names where ja = 'いちご架空銀行'")
        .fetch_one(&mut cast.db)
        .await
        .unwrap();
    let mut desk = cast.app.signed_in("desk").await;
    let form = [
        ("channel", "phone"),
        ("answered_by", "当直"),
        ("on_year", "2026"),
        ("on_month", "11"),
        ("on_day", "21"),
        ("on_hour", "22"),
        ("on_minute", "52"),
        ("confirmed", "true"),
    ];
    let told = desk.post(&format!("/advisories/{both}/receipts/banks/{member}"), &form).await;
    assert_eq!(told.status, 303, "{:?}", told.texts(".error-summary, .field__error"));
    let page = cast.page("analyst", "ceptoar=banks").await;
    let members = row(&page, "hops", "構成員");
    // Of three banks and two items; the two at the desk ask nobody.
    assert_eq!(members[1..7], ["6", "3", "50.0%", "6", "2", "33.3%"]);
    assert_eq!(members[7..], ["12分", "1時間42分", "1時間42分", "1時間42分"]);
    assert_eq!(
        rows(&page, "ways"),
        [["ポータルで確認", "4", "80.0%"], ["電話", "1", "20.0%"]],
        "with desk and ministry"
    );
    assert!(rows(&cast.page("liaison", "").await, "ways").is_empty(), "a ministry is not told by which way");
    assert_eq!(row(&cast.page("desk", "").await, "ways", "電話")[1], "1");

    // Nothing is kept while something may still happen.
    assert_eq!(cast.settle().await, 0);
    cast.later(25 * 60);
    assert_eq!(cast.settle().await, 5, "all but the one that waits for its desk");
    assert_eq!(cast.settle().await, 0);
    let kept = cast.page("analyst", "ceptoar=banks").await;
    assert_eq!(row(&kept, "hops", "構成員"), members, "kept or counted, the numbers are the same");
    assert_eq!(rows(&kept, "ways"), rows(&page, "ways"));
    cast.compare("at rest").await;

    // What happens later counts at once, and is kept anew.
    acknowledge(&cast, "hub", late).await;
    assert_eq!(cast.at_rest().await, 4);
    cast.compare("after a late receipt").await;
    assert_eq!(cast.settle().await, 1);
    let sheet: Uuid = sqlx::query_scalar("select receipt_id from desk_receipts").fetch_one(&mut cast.db).await.unwrap();
    let path = format!("/advisories/{both}/receipts/banks/{member}/{sheet}/withdrawal");
    let mut desk = cast.app.signed_in("desk").await;
    assert_eq!(desk.post(&path, &[("reason", "別の会社の電話でした"), ("confirmed", "true")]).await.status, 303);
    assert_eq!(cast.at_rest().await, 4, "a receipt was taken back");
    cast.compare("after a receipt was taken back").await;
    cast.decide(waiting, "forward", "").await;
    cast.decide(withheld, "forward", "").await;
    cast.compare("after the desk passed two on").await;
    assert_eq!(cast.settle().await, 3);
    cast.compare("kept again").await;
    let two = cast.version(both, "correction", to(&["banks", "gas"])).await;
    assert_eq!(cast.at_rest().await, 5, "the version before is owed no more");
    acknowledge(&cast, "gas", two).await;
    cast.compare("after a correction").await;
    cast.later(25 * 60);
    assert_eq!(cast.settle().await, 2);
    cast.compare("with the correction").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_finds_the_page() {
    let cast = cast().await;
    factory::published_advisory(&cast.app, to(&["banks", "gas"])).await;
    for name in ["handler", "reader", "keeper", "hub", "gas", "auditor", "operator", "observer"] {
        let mut client = cast.app.signed_in(name).await;
        assert_eq!(client.get(PAGE).await.status, 404, "{name}");
        assert_eq!(client.post(EXPORT, &[("format", "xlsx")]).await.status, 404, "{name}");
        assert!(!client.get("/advisories").await.hrefs("main a").contains(&PAGE.to_owned()), "{name}");
    }
    assert_eq!(cast.app.visitor().get(PAGE).await.status, 303);
    for name in SEE {
        let mut client = cast.app.signed_in(name).await;
        assert!(client.get("/advisories").await.hrefs("main a").contains(&PAGE.to_owned()), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_alone_tells_of_kept_numbers_what_the_boards_tell() {
    let mut cast = cast().await;
    let both = factory::published_advisory(&cast.app, to(&["banks", "gas"])).await;
    let red =
        NewAdvisory { level: "RED", scope: "named", ceptoars: &[], named: &[cast.window], ..NewAdvisory::default() };
    let red = factory::published_advisory(&cast.app, red).await;
    cast.later(5);
    for (name, id) in [("handler", both), ("gas", both), ("handler", red)] {
        acknowledge(&cast, name, id).await;
    }
    cast.later(25 * 60);
    let open = format!(
        "select ceptoar_id, count(*), count(way) from open_totals(array['{both}', '{red}']::uuid[]) group by 1 order by 1"
    );
    let mut seen = Vec::new();
    for name in ["analyst", "case-author", "desk", "gas-desk", "liaison", "handler", "auditor"] {
        let rows = cast.as_viewer(name, &open).await.into_iter().map(|(c, n, ways)| format!("{c} {n}/{ways}"));
        seen.push(format!("{name}: {}", rows.collect::<Vec<_>>().join(" ")));
    }
    assert_eq!(
        seen,
        [
            "analyst: banks 4/1 gas 3/1",
            "case-author: banks 5/2 gas 3/1",
            "desk: banks 5/2",
            "gas-desk: gas 3/1",
            "liaison: banks 5/0",
            "handler: ",
            "auditor: ",
        ]
    );
    assert_eq!(cast.settle().await, 2);
    let kept = "select ceptoar_id, count(*), 0::bigint from advisory_totals group by 1 order by 1";
    let ways = "select ceptoar_id, sum(organisations), 0::bigint from advisory_ways group by 1 order by 1";
    let boards = "select 'x', count(*), 0::bigint from viewer_boards('2026-01-01', '2027-01-01')";
    for (name, totals, by_way, items) in [
        ("analyst", "banks4 gas3", "banks1 gas1", 1),
        ("case-author", "banks5 gas3", "banks2 gas1", 2),
        ("desk", "banks5", "banks2", 2),
        ("two-hats", "banks5", "banks2", 2),
        ("gas-desk", "gas3", "gas1", 1),
        ("liaison", "banks5", "", 2),
        ("liaison-meti", "gas3", "", 1),
        ("handler", "", "", 0),
        ("gas", "", "", 0),
        ("auditor", "", "", 0),
        ("operator", "", "", 0),
    ] {
        let short = |rows: Vec<(String, i64, i64)>| {
            rows.into_iter().map(|(c, n, _)| format!("{c}{n}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(short(cast.as_viewer(name, kept).await), totals, "{name}");
        assert_eq!(short(cast.as_viewer(name, ways).await), by_way, "{name}");
        assert_eq!(cast.as_viewer(name, boards).await[0].1, items, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn confidential_items_are_counted_and_their_kind_is_not_told() {
    let cast = cast().await;
    let red =
        NewAdvisory { level: "RED", scope: "named", ceptoars: &[], named: &[cast.window], ..NewAdvisory::default() };
    factory::published_advisory(&cast.app, red).await;
    factory::published_advisory(&cast.app, to(&["banks"])).await;
    for (name, all, early) in
        [("case-author", "2", "2"), ("desk", "2", "1"), ("liaison", "2", "1"), ("analyst", "1", "1")]
    {
        let page = cast.page(name, "").await;
        assert_eq!(page.texts("[data-tally] dd")[0], all, "{name}");
        let total = row(&page, "periods", "合計");
        let sealed = page.texts("[data-table='periods'] th").iter().any(|head| head.contains("種別は非表示"));
        assert_eq!((total[1].as_str(), sealed), (early, all != early), "{name}: {total:?}");
        assert_eq!(cast.page(name, "kind=early_warning").await.texts("[data-tally] dd")[0], early, "{name}");
        assert!(cast.page(name, "kind=alert").await.texts("[data-tally] dd").is_empty(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_desk_decided_is_counted_as_desks_report_it() {
    let mut cast = cast().await;
    cast.desk_decides().await;
    let mut given = Vec::new();
    for _ in 0..5 {
        given.push(factory::published_advisory(&cast.app, to(&["banks"])).await);
        cast.later(1);
    }
    cast.decide(given[0], "forward", "").await;
    cast.decide(given[1], "withhold_duplicate", "警察から周知済み").await;
    cast.decide(given[2], "withhold_duplicate", "所属団体から周知済み").await;
    cast.decide(given[3], "withhold_not_relevant", "使っていない").await;
    factory::published_advisory(&cast.app, to(&["gas"])).await;
    let heads =
        ["提供", "割合", "事務局が中継", "見送り(既知)", "見送り(関係なし)", "期限により自動で中継", "判断なしで配信"];
    let page = cast.page("desk", "").await;
    assert_eq!(page.texts("[data-table='ceptoars'] thead th")[1..8], heads);
    assert_eq!(rows(&page, "ceptoars"), [["銀行等CEPTOAR", "5", "", "1", "2", "1", "0", "0", "1", "0", "0", "0"]]);
    // The last one goes on by itself; then it is corrected, which waits for no desk where it had gone on.
    cast.later(120);
    sqlx::query("select relay_time_up($1)").bind(cast.app.state.clock.now()).execute(&mut cast.db).await.unwrap();
    cast.version(given[0], "correction", to(&["banks"])).await;
    for name in ["desk", "liaison", "analyst"] {
        let page = cast.page(name, "").await;
        let banks = row(&page, "ceptoars", "銀行等CEPTOAR");
        assert_eq!(banks[1..], ["5", "", "1", "2", "1", "1", "0", "0", "0", "0", "1"], "{name}");
        assert!(page.texts("[data-tally] dd")[1] == "1", "{name}: later versions stand apart");
        let months = row(&page, "periods", "合計");
        assert_eq!(months[months.len() - 4..], ["0", "1", "0", "0"], "{name}: a correction");
    }
    assert_eq!(row(&cast.page("analyst", "").await, "ceptoars", "合計")[1], "6");
    assert_eq!(rows(&cast.page("gas-desk", "").await, "ceptoars").len(), 1, "its own alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_centre_brings_past_a_desk_is_counted_by_itself_and_proposals_are_not() {
    let mut cast = cast().await;
    cast.desk_decides().await;
    cast.run("update relay_rules set bypass = true").await;
    let id = factory::published_advisory(&cast.app, to(&["banks"])).await;
    cast.later(1);
    cast.decide(id, "withhold_duplicate", "警察から周知済み").await;
    let known = ["1", "", "0", "1", "0", "0", "0", "0", "0", "0", "0"];
    let direct = ["1", "", "0", "0", "0", "0", "0", "0", "0", "1", "0"];
    for (name, step, counted) in [
        ("analyst", "ask", known),
        ("case-approver", "refuse", known),
        ("analyst", "ask", known),
        ("case-approver", "go", direct),
    ] {
        cast.later(1);
        let account = cast.account(name).await;
        let mut tx = cast.app.state.db.begin(Some(AccountId(account)), cast.app.state.clock.now()).await.unwrap();
        let done: bool = sqlx::query_scalar("select relay_bypass($1, 'banks', $2, '急ぐため')")
            .bind(id)
            .bind(step)
            .fetch_one(&mut *tx)
            .await
            .expect("a step");
        assert!(done, "{step}");
        tx.commit().await.unwrap();
        assert_eq!(row(&cast.page("desk", "").await, "ceptoars", "銀行等CEPTOAR")[1..], counted, "{step}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn to_whom_the_earlier_version_is_unknown_a_later_one_is_the_first() {
    let mut cast = cast().await;
    let one = factory::published_advisory(&cast.app, NewAdvisory { level: "AMBER", ..to(&["banks"]) }).await;
    cast.later(10);
    cast.version(one, "lowering", to(&["banks", "gas"])).await;
    for (name, first, later) in [
        ("gas-desk", "1", "0"),
        ("liaison-meti", "1", "0"),
        ("desk", "1", "1"),
        ("liaison", "1", "1"),
        ("analyst", "1", "1"),
    ] {
        let page = cast.page(name, "").await;
        assert_eq!(page.texts("[data-tally] dd")[..2], [first, later], "{name}");
    }
    // The same where the earlier one is kept from somebody at the centre.
    let red =
        NewAdvisory { level: "RED", scope: "named", ceptoars: &[], named: &[cast.window], ..NewAdvisory::default() };
    let red = factory::published_advisory(&cast.app, red).await;
    cast.version(red, "lowering", to(&["gas"])).await;
    assert_eq!(cast.page("analyst", "").await.texts("[data-tally] dd")[..2], ["2", "1"]);
    assert_eq!(cast.page("case-author", "").await.texts("[data-tally] dd")[..2], ["2", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn months_and_years_turn_at_midnight_in_japan_and_drills_stand_apart() {
    let mut cast = cast().await;
    for at in [
        "2025-03-31T14:59:59Z",
        "2025-03-31T15:00:00Z",
        "2025-04-30T14:59:59Z",
        "2025-04-30T15:00:00Z",
        "2026-03-31T14:59:59Z",
        "2026-03-31T15:00:00Z",
    ] {
        let id = factory::published_advisory(&cast.app, to(&["banks", "gas"])).await;
        cast.run(&format!("update advisories set published_at = '{at}' where advisory_id = '{id}'")).await;
    }
    let drill = factory::published_advisory(&cast.app, NewAdvisory { drill: true, ..to(&["gas"]) }).await;
    cast.run(&format!("update advisories set published_at = '2025-06-01T00:00:00Z' where advisory_id = '{drill}'"))
        .await;
    let page = cast.page("analyst", "year=2025").await;
    let months = rows(&page, "periods");
    assert_eq!(months.len(), 13);
    let firsts: Vec<String> = months.iter().map(|row| row[5].clone()).collect();
    assert_eq!(firsts, ["2", "1", "0", "0", "0", "0", "0", "0", "0", "0", "0", "1", "4"]);
    assert_eq!((months[0][0].as_str(), months[11][0].as_str()), ("2025年4月", "2026年3月"));
    assert!(!page.texts("[data-chart] text").is_empty() && page.texts(".drill-banner").is_empty());
    let all = cast.page("analyst", "year=all").await;
    let years: Vec<(String, String)> =
        rows(&all, "periods").into_iter().map(|row| (row[0].clone(), row[5].clone())).collect();
    let expected =
        [("2024年度(令和6年度)", "1"), ("2025年度(令和7年度)", "4"), ("2026年度(令和8年度)", "1"), ("合計", "6")];
    assert_eq!(years, expected.map(|(year, count)| (year.to_owned(), count.to_owned())));
    assert_eq!(rows(&all, "years"), [["銀行等CEPTOAR", "1", "4", "1"], ["GAS CEPTOAR", "1", "4", "1"]]);
    assert_eq!(rows(&all, "hops").len(), 9, "three hops of three years");
    // A CEPTOAR and a level; the year stays.
    let gas = cast.page("analyst", "year=2025&ceptoar=gas&level=GREEN&split=level").await;
    assert_eq!(row(&gas, "periods", "合計")[4], "4");
    assert_eq!(gas.texts(".page-head__meta"), ["条件: GAS CEPTOAR / TLP:GREEN"], "on paper as well");
    assert_eq!(rows(&gas, "ceptoars").len(), 1);
    assert!(cast.page("analyst", "year=2025&level=AMBER").await.texts(".empty__title").concat().contains("ありません"));
    // Drills are asked for, and marked.
    let drills = cast.page("analyst", "year=2025&drills=true").await;
    assert_eq!(drills.texts("[data-tally] dd")[0], "1");
    assert!(drills.texts("h1").concat().contains("訓練") && !drills.texts(".drill-banner").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_answered_and_an_empty_page_says_what_to_do() {
    let cast = cast().await;
    let page = cast.page("desk", "").await;
    assert!(page.texts(".empty__text").concat().contains("発出されると"), "{}", page.body);
    assert!(page.texts("form[action$=export]").is_empty());
    factory::published_advisory(&cast.app, to(&["banks", "gas"])).await;
    let plain = cast.page("desk", "").await.texts("[data-tally] dd");
    for wrong in [
        "year=x&kind=y&level=z&drills=maybe&split=w&ceptoar=nothing",
        "year=-99999999999999999999",
        "year=0",
        "year=32768",
        "ceptoar=gas",
        "ceptoar=%00%ff",
        "unknown=1",
    ] {
        assert_eq!(cast.page("desk", wrong).await.texts("[data-tally] dd"), plain, "{wrong}");
    }
    // Another desk's CEPTOAR is none of the choices.
    assert_eq!(cast.page("desk", "").await.values("#ceptoar option"), ["", "banks"]);
    assert_eq!(
        cast.page("liaison-meti", "ceptoar=banks").await.texts("[data-table='ceptoars'] tbody th"),
        ["GAS CEPTOAR"]
    );
    let mut english = cast.app.signed_in("desk").await.in_english();
    let page = english.get(PAGE).await;
    let text = page.texts("main").concat();
    assert!(text.contains("Statistics of advisories") && !text.contains("情報提供"), "{text}");
    assert_eq!(rows(&page, "hops").last().map(|row| row[0].clone()).as_deref(), Some("Member"));
    assert_eq!(english.post(EXPORT, &[("format", "exe")]).await.status, 409);
}

async fn save(client: &mut Client, page: &Reply, format: &str) -> Reply {
    let hidden = page.attributes("form[action$=export] input[type=hidden]", "name");
    let values = page.values("form[action$=export] input[type=hidden]");
    let mut form: Vec<(&str, &str)> =
        hidden.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
    form.retain(|(name, _)| *name != "form_token");
    form.push(("format", format));
    client.post(EXPORT, &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn files_have_the_numbers_of_the_screen() {
    let mut cast = cast().await;
    let both = factory::published_advisory(&cast.app, to(&["banks", "gas"])).await;
    factory::published_advisory(&cast.app, NewAdvisory { level: "AMBER", ..to(&["banks"]) }).await;
    cast.later(75);
    for name in ["handler", "gas", "desk"] {
        acknowledge(&cast, name, both).await;
    }
    for (name, query) in
        [("analyst", ""), ("analyst", "year=all&split=level"), ("desk", "level=GREEN"), ("liaison", "")]
    {
        let mut client = cast.app.signed_in(name).await;
        let page = client.get(&format!("{PAGE}?{query}")).await;
        let codes = page.attributes("[data-table]", "data-table");
        // Cell by cell, without what is drawn and what the screen writes for nothing.
        let screen: Vec<String> = codes
            .iter()
            .flat_map(|code| rows(&page, code))
            .flat_map(|row| row.into_iter().skip(1))
            .filter(|cell| !cell.is_empty())
            .map(|cell| match cell.as_str() {
                "–" => String::new(),
                "1時間15分" => "75".to_owned(),
                cell => cell.trim_end_matches('%').replace(',', ""),
            })
            .collect();
        let file = save(&mut client, &page, "csv").await;
        assert_eq!(file.status, 200, "{name}");
        let text = String::from_utf8(file.bytes.clone()).expect("UTF-8");
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
        let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a row")).collect();
        let values: Vec<String> = records.iter().map(|record| record[4].to_owned()).collect();
        assert_eq!(values, screen, "{name} {query}");
        let older = save(&mut client, &page, "csv_cp932").await;
        let (older, _, broken) = encoding_rs::SHIFT_JIS.decode(&older.bytes);
        assert!(!broken && older.lines().count() == records.len() + 1, "{name}");

        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(save(&mut client, &page, "xlsx").await.bytes)).expect("a book");
        let mut cells = Vec::new();
        for sheet in book.sheet_names() {
            let range = book.worksheet_range(&sheet).expect("a sheet");
            let width = range.width();
            for row in range.rows().skip(1) {
                let text = |cell: &Data| cell.as_string().unwrap_or_default();
                cells.extend(row.iter().take(width).skip(1).map(text));
            }
        }
        assert_eq!(cells, screen, "{name} {query}");
    }
    let saved: Vec<String> =
        sqlx::query_scalar("select subject_id from audit_events where action = 'statistics.export' order by 1")
            .fetch_all(&mut cast.db)
            .await
            .unwrap();
    assert_eq!(saved.len(), 12, "{saved:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hubs_passed_on_is_added_up_for_those_who_see_the_board() {
    let mut cast = cast().await;
    let hub: Uuid = sqlx::query_scalar("select organisation_id from organisation_names where ja = 'いちご架空銀行'")
        .fetch_one(&mut cast.db)
        .await
        .unwrap();
    factory::hub(&mut cast.db, hub).await;
    for told in ["100", "112"] {
        let id = factory::published_advisory(&cast.app, to(&["banks", "gas"])).await;
        let mut client = cast.app.signed_in("hub").await;
        let form = [("told", told), ("behind", "110")];
        let wrong = client.post(&format!("/advisories/{id}/onward/banks/{hub}"), &form).await;
        assert_eq!(wrong.status, if told == "100" { 303 } else { 422 });
        let form = [("told", told), ("behind", "120")];
        assert_eq!(client.post(&format!("/advisories/{id}/onward/banks/{hub}"), &form).await.status, 303);
    }
    for name in ["analyst", "desk", "liaison", "two-hats"] {
        let onward = rows(&cast.page(name, "").await, "onward");
        assert_eq!(onward, [["銀行等CEPTOAR", "2", "212", "240", "88.3%"]], "{name}");
    }
    for name in ["gas-desk", "liaison-meti"] {
        assert!(rows(&cast.page(name, "").await, "onward").is_empty(), "{name}");
    }
}
