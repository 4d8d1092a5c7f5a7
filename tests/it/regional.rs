//! Regional offices on the road: who adds them, what reaches them and what does not, and what they see of the members that
//! they look after.

use ceptoar_portal::features::access::Role;
use ceptoar_portal::kernel::ids::AccountId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::directory::roster::{change, day, fill_in};
use crate::support::TestApp;
use crate::support::factory::{self, NewAdvisory};

const ROUTE: &str = "/directory/banks/route";
const NEW: &str = "/directory/banks/route/regional/new";

struct Cast {
    app: TestApp,
    db: sqlx::PgConnection,
    east: String,
    east_window: Uuid,
    west_window: Uuid,
    desk: Uuid,
}

impl Cast {
    async fn texts(&mut self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut self.db).await.expect("texts")
    }

    /// The office is added by the centre, opens a window and gets a person.
    async fn office(&mut self, name: &str, person: &str, part: &str) -> Uuid {
        let mut approver = self.app.signed_in("approver").await;
        let done = change(&mut approver, NEW, &office(&[("ja", name), ("looks_after", part)])).await;
        assert_eq!(done.location(), format!("{ROUTE}?done=regional"));
        let id: Uuid = self
            .texts(&format!("select organisation_id::text from organisation_names where ja = '{name}'"))
            .await
            .concat()
            .parse()
            .expect("an office");
        factory::window(&mut self.db, id, Some("banks"), &format!("{person}@bureau.example")).await;
        factory::person(&self.app, person, Role::MinistryLiaison, id, None, None).await;
        id
    }

    /// Who got copies of an item at one hop.
    async fn copies(&mut self, id: Uuid, stage: &str) -> Vec<String> {
        self.texts(&format!(
            "select address || ' ' || d.state from deliveries d join delivery_addresses using (delivery_id)
             where d.item_id = '{id}' and d.stage = '{stage}' order by 1"
        ))
        .await
    }

    async fn published(&self, new: NewAdvisory<'_>) -> Uuid {
        factory::published_advisory(&self.app, NewAdvisory { level: "GREEN", scope: "organisation", ..new }).await
    }
}

/// Two banks in the east and one in the west, their desk, its ministry and the centre, on a Saturday evening.
async fn cast() -> Cast {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let one = factory::member(&mut db, "banks", "あかね架空銀行").await;
    let two = factory::member(&mut db, "banks", "いちご架空銀行").await;
    let west = factory::member(&mut db, "banks", "うみべ架空銀行").await;
    let east_window = factory::window(&mut db, one, Some("banks"), "soc@bank1.example").await;
    factory::window(&mut db, two, Some("banks"), "soc@bank2.example").await;
    let west_window = factory::window(&mut db, west, Some("banks"), "soc@bank3.example").await;
    let east = factory::group(&mut db, "banks", "東", &[one, two]).await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    factory::window(&mut db, desk, Some("banks"), "desk@banks.example").await;
    let fsa = factory::organisation(&mut db, "fsa").await;
    factory::window(&mut db, fsa, None, "duty@fsa.example").await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    for (name, role, organisation, ceptoar, contact) in [
        ("handler", Role::MemberPoc, one, Some("banks"), Some(east_window)),
        ("western", Role::MemberPoc, west, Some("banks"), Some(west_window)),
        ("desk", Role::Secretariat, desk, Some("banks"), None),
        ("liaison", Role::MinistryLiaison, fsa, None, None),
        ("analyst", Role::NiscAnalyst, nisc, None, None),
        ("approver", Role::NiscApprover, nisc, None, None),
    ] {
        factory::person(&app, name, role, organisation, ceptoar, contact).await;
    }
    Cast { app, db, east, east_window, west_window, desk }
}

fn office<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("ja", "東部架空財務局"),
        ("reading", "とうぶかくうざいむきょく"),
        ("en", "Eastern Finance Bureau"),
        ("looks_after", "all"),
        ("reason", "所管省庁と合意"),
    ];
    form.extend(day("2026", "11", "21"));
    form.retain(|(name, _)| !changed.iter().any(|(other, _)| name == other));
    form.extend_from_slice(changed);
    form
}

#[tokio::test(flavor = "multi_thread")]
async fn the_approver_takes_an_office_onto_the_road_and_off_it() {
    let mut cast = cast().await;
    let mut approver = cast.app.signed_in("approver").await;
    let ministry = cast.texts("select ja from organisation_names join organisations using (organisation_id) where code = 'fsa' and upper_inf(valid)").await.concat();
    for (field, value, at) in [
        ("ja", "", "ja"),
        ("ja", ministry.as_str(), "ja"),
        ("reading", "東部", "reading"),
        ("looks_after", "", "looks_after"),
        ("looks_after", "gas-group", "looks_after"),
        ("on_day", "20", "on"),
        ("on_day", "31", "on"),
        ("reason", "", "reason"),
    ] {
        let wrong = fill_in(&mut approver, NEW, &office(&[(field, value)])).await;
        assert_eq!(wrong.status, 422, "{field} {value}");
        assert!(!wrong.texts(&format!("#{at}-error")).is_empty(), "{field} {value}: {}", wrong.body);
        if field != "en" {
            assert_eq!(wrong.values("input[name=en]"), ["Eastern Finance Bureau"]);
        }
    }
    let confirmation = fill_in(&mut approver, NEW, &office(&[("looks_after", &cast.east.clone())])).await;
    assert!(confirmation.body.contains("まだ変更されていません"), "{}", confirmation.body);
    assert!(cast.texts("select ceptoar_id from regional_offices").await.is_empty());
    let east = cast.east.clone();
    cast.office("東部架空財務局", "bureau", &east).await;
    let twice = fill_in(&mut approver, NEW, &office(&[])).await;
    assert!(twice.texts("#ja-error").concat().contains("すでに経路にあります"), "{}", twice.body);

    for (name, hops) in [("approver", true), ("liaison", true), ("desk", true), ("handler", true)] {
        let page = cast.app.signed_in(name).await.get(ROUTE).await;
        assert_eq!(page.texts(".route__name"), ["センター", "所管省庁", "地方機関", "事務局", "構成員"], "{name}");
        assert_eq!(page.body.contains("東部架空財務局"), hops, "{name}");
        assert_eq!(page.body.contains("地方機関を加える"), name == "approver", "{name}");
    }
    let page = cast.app.signed_in("desk").await.get(ROUTE).await;
    let history = page.texts(".timeline").concat();
    assert!(history.contains("所管省庁と合意") && history.contains("地方機関の追加"), "{history}");
    assert!(history.contains("東部架空財務局"), "{history}");
    // It keeps its own window, and finds its way there.
    let own = cast.app.signed_in("bureau").await.get("/directory").await;
    assert!(own.body.contains("東部架空財務局"), "{}", own.body);
    let sheet = own.hrefs("main a").into_iter().find(|href| href.contains("/members/")).expect("its page");
    let mut bureau = cast.app.signed_in("bureau").await;
    assert!(bureau.get(&sheet).await.body.contains("bureau@bureau.example"));
    assert_eq!(bureau.get("/directory/banks").await.status, 404, "no roster");
    assert_eq!(bureau.get(ROUTE).await.status, 404);
    // A group that an office looks after is named, so its end is told of on the office's line.
    let end = approver.get(ROUTE).await.hrefs("#regional-1").concat();
    let early = fill_in(&mut approver, &end, &[day("2026", "11", "19").as_slice(), &[("reason", "x")]].concat()).await;
    assert_eq!(early.status, 422);
    let last = [day("2026", "11", "30").as_slice(), &[("reason", "組織の再編")]].concat();
    assert_eq!(change(&mut approver, &end, &last).await.location(), format!("{ROUTE}?done=regional_ended"));
    let page = approver.get(&format!("{ROUTE}?on_year=2026&on_month=12&on_day=1")).await;
    assert!(!page.texts(".route__name").contains(&"地方機関".to_owned()), "{}", page.body);
    assert_eq!(fill_in(&mut approver, &end, &last).await.status, 422, "it ends on that day already");
    assert_eq!(cast.texts("select valid::text from regional_offices").await, ["[2026-11-21,2026-12-01)"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_gets_what_its_members_get_and_nothing_else() {
    let mut cast = cast().await;
    let east = cast.east.clone();
    cast.office("東部架空財務局", "bureau", &east).await;
    cast.office("架空財務局", "whole", "all").await;

    let to_all = cast.published(NewAdvisory::default()).await;
    let both = ["bureau@bureau.example queued", "whole@bureau.example queued"];
    assert_eq!(cast.copies(to_all, "regional").await, both);
    let mut bureau = cast.app.signed_in("bureau").await;
    assert_eq!(bureau.get(&format!("/advisories/{to_all}")).await.status, 200);
    assert!(bureau.get("/advisories").await.body.contains("VPN装置"));

    // To another CEPTOAR, and to a group in which nobody of its members is.
    let gas = cast.published(NewAdvisory { ceptoars: &["gas"], ..NewAdvisory::default() }).await;
    assert!(cast.copies(gas, "regional").await.is_empty());
    assert_eq!(bureau.get(&format!("/advisories/{gas}")).await.status, 404);
    let west: String = sqlx::query_scalar("select organisation_id::text from windows where contact_id = $1")
        .bind(cast.west_window)
        .fetch_one(&mut cast.db)
        .await
        .expect("a bank");
    let group = factory::group(&mut cast.db, "banks", "西", &[west.parse().expect("an id")]).await;
    let draft = factory::draft_advisory(
        &cast.app,
        NewAdvisory { level: "GREEN", scope: "organisation", ceptoars: &[], ..NewAdvisory::default() },
    )
    .await;
    cast.texts(&format!(
        "insert into advisory_addressees (advisory_id, subgroup_id) values ('{draft}', '{group}') returning 'x'"
    ))
    .await;
    factory::publish(&cast.app, draft, false).await;
    assert_eq!(cast.copies(draft, "regional").await, ["whole@bureau.example queued"]);
    assert_eq!(bureau.get(&format!("/advisories/{draft}")).await.status, 404);

    // RED: that there is one, where one of its members is named; what it says, never.
    for (window, known) in [(cast.east_window, true), (cast.west_window, false)] {
        let new = NewAdvisory {
            level: "RED",
            scope: "named",
            title: "親展の題名",
            ceptoars: &[],
            named: &[window],
            ..NewAdvisory::default()
        };
        let red = factory::published_advisory(&cast.app, new).await;
        assert!(cast.copies(red, "regional").await.is_empty());
        let page = bureau.get(&format!("/advisories/{red}")).await;
        assert_eq!(page.status == 200, known, "{}", page.body);
        assert!(!page.body.contains("親展の題名"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_answers_for_itself_and_sees_its_members_in_numbers() {
    let mut cast = cast().await;
    let east = cast.east.clone();
    cast.office("東部架空財務局", "bureau", &east).await;
    let id = cast.published(NewAdvisory::default()).await;
    let item = format!("/advisories/{id}");
    let numbers = async |cast: &Cast| cast.app.signed_in("bureau").await.get(&item).await.texts("[data-behind] dd");
    assert_eq!(numbers(&cast).await, ["2", "0 / 2"]);
    for name in ["western", "handler"] {
        let mut poc = cast.app.signed_in(name).await;
        let page = poc.get(&item).await;
        assert!(page.texts("[data-behind]").is_empty(), "{name}");
        assert_eq!(poc.post(&format!("{item}/acknowledgement"), &[]).await.status, 303, "{name}");
    }
    assert_eq!(numbers(&cast).await, ["2", "1 / 2"], "the bank in the west is nobody of its own");
    let mut bureau = cast.app.signed_in("bureau").await;
    assert!(!bureau.get(&item).await.body.contains("あかね架空銀行"), "numbers, no names");
    let own = bureau.get(&format!("{item}/deliveries")).await;
    assert!(own.texts("[data-road]").is_empty() && !own.body.contains("あかね"), "{}", own.body);
    assert_eq!(bureau.get(&format!("{item}/deliveries?ceptoar=banks")).await.status, 404, "no list of the CEPTOAR");
    assert_eq!(bureau.post(&format!("{item}/acknowledgement"), &[]).await.status, 303);
    let board = cast.app.signed_in("desk").await.get(&format!("{item}/deliveries")).await;
    assert!(board.body.contains("地方機関"), "{}", board.body);
    let list = cast.app.signed_in("desk").await.get(&format!("{item}/deliveries?ceptoar=banks")).await;
    assert!(list.body.contains("東部架空財務局") && list.body.contains("soc@bank1.example"), "{}", list.body);
    assert!(!list.body.contains("bureau@bureau.example"), "an authority's address is its own");
    let own = "select acknowledged::text from delivery_board('{id}') where stage = 'regional'"
        .replace("{id}", &id.to_string());
    let account: Uuid = cast.texts("select account_id::text from accounts where sign_in_name = 'desk'").await[0]
        .parse()
        .expect("an id");
    let mut tx = cast.app.state.db.begin(Some(AccountId(account)), cast.app.state.clock.now()).await.expect("a viewer");
    let acknowledged: Vec<String> = sqlx::query_scalar(AssertSqlSafe(own)).fetch_all(&mut *tx).await.expect("a board");
    assert_eq!(acknowledged, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_does_not_wait_for_the_desk() {
    let mut cast = cast().await;
    let east = cast.east.clone();
    cast.office("東部架空財務局", "bureau", &east).await;
    assert!(cast.desk != Uuid::nil());
    cast.texts(
        "insert into relay_rules (ceptoar_id, office_hours, off_hours, urgent_at_once, minutes, valid)
         values ('banks', 'decided', 'decided', false, 40, '[2026-01-01,)') returning ceptoar_id",
    )
    .await;
    let id = cast.published(NewAdvisory::default()).await;
    assert_eq!(cast.copies(id, "regional").await, ["bureau@bureau.example queued"]);
    assert!(cast.copies(id, "member").await.iter().all(|copy| copy.ends_with(" held")));
    let page = cast.app.signed_in("bureau").await.get(&format!("/advisories/{id}")).await;
    assert_eq!(page.texts("[data-behind] dd"), ["0", "0 / 0", "2"], "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_alone_lets_nobody_but_an_approver_change_offices() {
    let mut cast = cast().await;
    cast.office("架空財務局", "whole", "all").await;
    let fact = cast.texts("select fact_id::text from regional_offices").await.concat();
    for name in ["desk", "liaison", "analyst", "handler", "whole", "approver"] {
        if name != "approver" {
            let mut client = cast.app.signed_in(name).await;
            assert_ne!(client.get(NEW).await.status, 200, "{name}");
            assert!(client.post(NEW, &office(&[("confirmed", "true")])).await.status >= 403, "{name}");
        }
        let account: Uuid = cast
            .texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'"))
            .await
            .concat()
            .parse()
            .expect("an account");
        cast.app.state.clock.advance(chrono::TimeDelta::minutes(1));
        let now = cast.app.state.clock.now();
        for statement in [
            "update regional_offices set valid = 'empty'".to_owned(),
            "insert into regional_offices (ceptoar_id, organisation_id, valid)
             select 'gas', organisation_id, '[2026-01-01,)' from organisations where code = 'fsa'"
                .to_owned(),
            // Not written down in this transaction, though the day is right.
            "select regional_office_begins('gas', array['x', '', 'x'], null, '2026-11-21', false)".to_owned(),
            format!("select regional_office_ends('banks', '{fact}', '2026-11-21')"),
        ] {
            let mut tx = cast.app.state.db.begin(Some(AccountId(account)), now).await.expect("a viewer");
            assert!(
                sqlx::query(AssertSqlSafe(statement.clone())).execute(&mut *tx).await.is_err(),
                "{name}: {statement}"
            );
        }
    }
}
