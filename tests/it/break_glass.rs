//! 緊急閲覧 through the door: reason, letters, a quarter of an hour, one organisation, one account.

use ceptoar_portal::app::router::router;
use ceptoar_portal::features::access::Role;
use ceptoar_portal::kernel::ids::AccountId;
use ceptoar_portal::platform::web::state::FirstWall;
use chrono::TimeDelta;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::support::{Client, TestApp, factory};

const REASON: &str = "夜間の障害で、どの窓口にもつながらないため";
const NUMBER: &str = "03-0000-1234";

struct Scene {
    app: TestApp,
    db: PgConnection,
    first: Uuid,
    second: Uuid,
    analyst: Uuid,
}

/// Two banks with a telephone each, the people of the centre, and a desk.
async fn scene() -> Scene {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let (first, second) = (
        factory::member(&mut db, "banks", "架空第一銀行").await,
        factory::member(&mut db, "banks", "架空第二銀行").await,
    );
    for (organisation, number) in [(first, NUMBER), (second, "03-0000-5678")] {
        let window = factory::window(&mut db, organisation, Some("banks"), "w@bank.example").await;
        sqlx::query("insert into contact_channels values ($1, 2, 'phone', $2, 'always')")
            .bind(window)
            .bind(number)
            .execute(&mut db)
            .await
            .unwrap();
    }
    let centre = factory::organisation(&mut db, "nisc").await;
    let analyst = factory::person(&app, "analyst", Role::NiscAnalyst, centre, None, None).await;
    for (name, role) in [("analyst2", Role::NiscAnalyst), ("approver", Role::NiscApprover), ("auditor", Role::Auditor)]
    {
        factory::person(&app, name, role, centre, None, None).await;
    }
    for (name, ceptoar) in [("desk-banks", "banks"), ("desk-water", "water")] {
        let desk = factory::secretariat_of(&mut db, ceptoar).await;
        factory::person(&app, name, Role::Secretariat, desk, Some(ceptoar), None).await;
    }
    sqlx::query("update accounts set mail_address = sign_in_name || '@office.example'").execute(&mut db).await.unwrap();
    Scene { app, db, first, second, analyst }
}

async fn open(client: &mut Client, organisation: Uuid) -> String {
    let path = format!("/break-glass/organisations/{organisation}");
    let reply = client.post(&path, &[("reason", REASON), ("confirm", "true")]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    reply.location().to_owned()
}

async fn count(db: &mut PgConnection, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(db).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_windows_open_with_a_reason_for_a_quarter_of_an_hour() {
    let Scene { app, mut db, first, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    let found = analyst.post("/break-glass/search", &[("query", "第一")]).await;
    assert_eq!(found.texts(".item__title"), ["架空第一銀行"]);
    assert!(!found.body.contains(NUMBER));
    let path = format!("/break-glass/organisations/{first}");
    assert_eq!(analyst.get(&path).await.status, 200);
    for (reason, confirm) in [("", "true"), ("短い", "true"), ("          ", "true"), (REASON, "")] {
        let reply = analyst.post(&path, &[("reason", reason), ("confirm", confirm)]).await;
        assert_eq!(reply.status, 422, "{reason:?}");
        assert!(reply.body.contains(reason.trim()), "what was typed is kept");
    }
    assert_eq!(count(&mut db, "select count(*) from break_glass_uses").await, 0);
    let here = open(&mut analyst, first).await;
    let page = analyst.get(&here).await;
    assert!(page.body.contains(NUMBER) && page.body.contains("w@bank.example"), "{}", page.body);
    app.state.clock.advance(TimeDelta::minutes(14));
    assert!(analyst.get(&here).await.body.contains(NUMBER));
    app.state.clock.advance(TimeDelta::minutes(1));
    assert_eq!(analyst.get(&here).await.status, 404, "fifteen minutes are over");
    let events: Vec<String> =
        sqlx::query_scalar("select action from audit_events where subject_id = $1 order by sequence")
            .bind(first.to_string())
            .fetch_all(&mut db)
            .await
            .unwrap();
    assert_eq!(events, ["break_glass.open", "break_glass.read", "break_glass.read"]);
    assert_eq!(count(&mut db, "select count(*) from audit_events where detail::text like '%0000%'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_concerned_is_told_without_numbers() {
    let Scene { app, mut db, first, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    open(&mut analyst, first).await;
    let told: Vec<String> =
        sqlx::query_scalar("select address from delivery_addresses join deliveries using (delivery_id) order by 1")
            .fetch_all(&mut db)
            .await
            .unwrap();
    assert_eq!(told, ["approver@office.example", "desk-banks@office.example"], "nobody else, and not oneself");
    let body: String = sqlx::query_scalar("select body from mails limit 1").fetch_one(&mut db).await.unwrap();
    assert!(body.contains("架空第一銀行") && body.contains("analyst") && body.contains("/break-glass"));
    assert!(!body.contains(NUMBER) && !body.contains("w@bank.example") && !body.contains(REASON));
    // An approver is not told of what the approver does.
    sqlx::query("delete from delivery_addresses").execute(&mut db).await.unwrap();
    let mut approver = app.signed_in("approver").await;
    open(&mut approver, first).await;
    assert_eq!(count(&mut db, "select count(*) from delivery_addresses where address like 'approver%'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn past_uses_are_seen_by_whom_they_concern() {
    let Scene { app, first, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    let here = open(&mut analyst, first).await;
    for (name, sees) in [
        ("analyst", true),
        ("approver", true),
        ("auditor", true),
        ("desk-banks", true),
        ("desk-water", false),
        ("analyst2", false),
    ] {
        let mut client = app.signed_in(name).await;
        let page = client.get("/break-glass").await;
        assert_eq!(page.status, 200, "{name}");
        assert_eq!(page.body.contains(REASON), sees, "{name}");
        assert!(!page.body.contains(NUMBER));
        if name != "analyst" {
            assert_eq!(client.get(&here).await.status, 404, "{name} opens what another opened");
        }
    }
    for name in ["auditor", "desk-banks"] {
        let mut client = app.signed_in(name).await;
        let path = format!("/break-glass/organisations/{first}");
        assert_eq!(client.post(&path, &[("reason", REASON), ("confirm", "true")]).await.status, 404, "{name}");
        assert_eq!(client.post("/break-glass/search", &[("query", "銀行")]).await.status, 404, "{name}");
    }
    let mut member = app.database.owner().await;
    factory::person(&app, "poc", Role::MemberPoc, first, Some("banks"), None).await;
    sqlx::query("select 1").execute(&mut member).await.unwrap();
    assert_eq!(app.signed_in("poc").await.get("/break-glass").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_alone_keeps_the_glass() {
    let Scene { app, mut db, first, second, analyst } = scene().await;
    let mut client = app.signed_in("analyst").await;
    let contacts = async |account: Uuid, organisation: Uuid| -> i64 {
        let mut tx = app.state.db.begin(Some(AccountId(account)), app.state.clock.now()).await.unwrap();
        sqlx::query_scalar(
            "select count(*) from contact_channels c join contacts k using (contact_id) where k.organisation_id = $1",
        )
        .bind(organisation)
        .fetch_one(&mut *tx)
        .await
        .unwrap()
    };
    assert_eq!(contacts(analyst, first).await, 0);
    open(&mut client, first).await;
    assert_eq!(contacts(analyst, first).await, 2);
    assert_eq!(contacts(analyst, second).await, 0, "another organisation stays closed");
    let other: Uuid = sqlx::query_scalar("select account_id from accounts where sign_in_name = 'analyst2'")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(contacts(other, first).await, 0, "for this account only");
    app.state.clock.advance(TimeDelta::minutes(15));
    assert_eq!(contacts(analyst, first).await, 0);
    // Neither for longer, nor in another's name, nor without a reason, nor by somebody who is not at the centre.
    let desk: Uuid = sqlx::query_scalar("select account_id from accounts where sign_in_name = 'desk-banks'")
        .fetch_one(&mut db)
        .await
        .unwrap();
    let now = app.state.clock.now();
    for (viewer, account, reason, minutes) in [
        (analyst, analyst, REASON, 16),
        (analyst, other, REASON, 15),
        (analyst, analyst, "短い", 15),
        (desk, desk, REASON, 15),
    ] {
        let mut tx = app.state.db.begin(Some(AccountId(viewer)), now).await.unwrap();
        let insert = sqlx::query(
            "insert into break_glass_uses (account_id, organisation_id, reason, opened_at, closes_at)
             values ($1, $2, $3, $4, $4 + make_interval(mins => $5))",
        )
        .bind(account)
        .bind(second)
        .bind(reason)
        .bind(now)
        .bind(minutes)
        .execute(&mut *tx)
        .await;
        assert!(insert.is_err(), "{minutes} {reason}");
    }
    let mut tx = app.state.db.begin(Some(AccountId(analyst)), now).await.unwrap();
    assert!(sqlx::query("update break_glass_uses set reason = reason").execute(&mut *tx).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_members_are_behind_the_glass() {
    let Scene { app, mut db, .. } = scene().await;
    let ministry = factory::organisation(&mut db, "fsa").await;
    let mut analyst = app.signed_in("analyst").await;
    let random = Uuid::new_v4();
    let (there, nowhere) = (
        analyst.get(&format!("/break-glass/organisations/{ministry}")).await,
        analyst.get(&format!("/break-glass/organisations/{random}")).await,
    );
    assert_eq!((there.status, nowhere.status), (404, 404));
    assert_eq!(
        there.without_request_id().replace(&ministry.to_string(), "ID"),
        nowhere.without_request_id().replace(&random.to_string(), "ID")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_codes_wall_open_the_database_shows_nothing() {
    let Scene { mut app, first, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    let here = open(&mut analyst, first).await;
    app.state.clock.advance(TimeDelta::minutes(15));
    app.state.first_wall = FirstWall::OpenForTests;
    app.router = router(app.state.clone());
    let mut analyst = app.signed_in("analyst").await;
    let page = analyst.get(&here).await;
    assert_eq!(page.status, 200, "the code lets everything through");
    assert!(page.body.contains("架空第一銀行") && !page.body.contains(NUMBER), "{}", page.body);
    for name in ["desk-water", "analyst2"] {
        let mut client = app.signed_in(name).await;
        assert_eq!(client.get("/trail").await.texts("tbody tr").len(), 0, "{name}");
        assert!(!client.get("/break-glass").await.body.contains(REASON), "{name}");
        assert_eq!(client.get(&here).await.status, 404, "{name}");
    }
    // A desk may not open anything, whatever the code says.
    let path = format!("/break-glass/organisations/{first}");
    let reply = app.signed_in("desk-banks").await.post(&path, &[("reason", REASON), ("confirm", "true")]).await;
    assert_eq!(reply.status, 500, "row security refuses the row");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_are_open_at_a_time_and_no_list_is_carried_off() {
    let Scene { app, mut db, first, second, .. } = scene().await;
    let mut analyst = app.signed_in("analyst").await;
    let third = factory::member(&mut db, "banks", "架空第三銀行").await;
    let fourth = factory::member(&mut db, "banks", "架空第四銀行").await;
    for organisation in [first, second, third] {
        open(&mut analyst, organisation).await;
    }
    let path = format!("/break-glass/organisations/{fourth}");
    let reply = analyst.post(&path, &[("reason", REASON), ("confirm", "true")]).await;
    assert_eq!(reply.status, 422);
    assert!(reply.body.contains(REASON), "what was typed is kept");
    assert_eq!(count(&mut db, "select count(*) from break_glass_uses").await, 3);
    app.state.clock.advance(TimeDelta::minutes(16));
    open(&mut analyst, fourth).await;
}
