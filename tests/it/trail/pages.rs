//! Who sees what of the trail.

use std::collections::BTreeSet;
use std::path::Path;

use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::trail::actions;
use ceptoar_portal::features::trail::reads::{self, Period};
use chrono::TimeDelta;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::support::factory::NewAdvisory;
use crate::support::{TestApp, factory};

struct Scene {
    app: TestApp,
    db: PgConnection,
    bank: Uuid,
    item: Uuid,
    red: Uuid,
}

/// A bank, its desk, the people who look at trails, an AMBER and a RED item.
async fn scene() -> Scene {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let bank = factory::member(&mut db, "banks", "架空銀行").await;
    let window = factory::window(&mut db, bank, Some("banks"), "w@bank.example").await;
    factory::person(&app, "poc", Role::MemberPoc, bank, Some("banks"), Some(window)).await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    factory::person(&app, "desk", Role::Secretariat, desk, Some("banks"), None).await;
    let water = factory::secretariat_of(&mut db, "water").await;
    factory::person(&app, "desk-water", Role::Secretariat, water, Some("water"), None).await;
    let centre = factory::organisation(&mut db, "nisc").await;
    for (name, role) in [
        ("auditor", Role::Auditor),
        ("sysadmin", Role::SystemAdmin),
        ("analyst", Role::NiscAnalyst),
        ("approver2", Role::NiscApprover),
    ] {
        factory::person(&app, name, role, centre, None, None).await;
    }
    let item = factory::published_advisory(&app, NewAdvisory::default()).await;
    let red = NewAdvisory { level: "RED", scope: "named", ceptoars: &[], named: &[window], ..NewAdvisory::default() };
    let red = factory::published_advisory(&app, red).await;
    Scene { app, db, bank, item, red }
}

async fn count(db: &mut PgConnection, action: &str, id: Uuid) -> i64 {
    sqlx::query_scalar("select count(*) from audit_events where action = $1 and subject_id = $2 and outcome = 'done'")
        .bind(action)
        .bind(id.to_string())
        .fetch_one(db)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_is_written_down_once_an_hour_on_the_page_and_for_programs() {
    let Scene { app, mut db, item, red, .. } = scene().await;
    let mut poc = app.signed_in("poc").await;
    assert_eq!(poc.get(&format!("/advisories/{item}.json")).await.status, 200);
    for _ in 0..3 {
        assert_eq!(poc.get(&format!("/advisories/{item}")).await.status, 200);
    }
    assert_eq!(count(&mut db, "advisory.read", item).await, 1);
    app.state.clock.advance(TimeDelta::minutes(25));
    poc.get("/").await;
    app.state.clock.advance(TimeDelta::minutes(25));
    poc.get("/").await;
    app.state.clock.advance(TimeDelta::minutes(11));
    poc.get(&format!("/advisories/{item}")).await;
    assert_eq!(count(&mut db, "advisory.read", item).await, 2, "a new hour");
    let mut desk = app.signed_in("desk").await;
    assert_eq!(desk.get(&format!("/advisories/{red}")).await.status, 200);
    assert_eq!(count(&mut db, "advisory.read_envelope", red).await, 1);
    assert_eq!(count(&mut db, "advisory.read", red).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_shown_addresses_of_others_is_written_down() {
    let Scene { app, mut db, bank, item, .. } = scene().await;
    let page = app.signed_in("desk").await.get(&format!("/advisories/{item}/deliveries?ceptoar=banks")).await;
    assert!(page.body.contains("w@bank.example"), "{}", page.body);
    let detail: String = sqlx::query_scalar("select detail::text from audit_events where action = 'contacts.read'")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert!(detail.contains(&bank.to_string()) && !detail.contains("bank.example"), "{detail}");
    // Who sees only his own is not.
    app.signed_in("poc").await.get(&format!("/advisories/{item}/deliveries")).await;
    assert_eq!(count(&mut db, "contacts.read", item).await, 1);
    let now = app.state.clock.now();
    let period = Period { from: now - TimeDelta::hours(1), until: now + TimeDelta::hours(1) };
    app.signed_in("desk").await.get(&format!("/advisories/{item}")).await;
    let found = reads::of_account(&mut db, "desk", period).await.unwrap();
    let what: Vec<(&str, &str)> = found.iter().map(|r| (r.kind.as_str(), r.what.as_str())).collect();
    let number: String = sqlx::query_scalar("select number from advisories where advisory_id = $1")
        .bind(item)
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(what, [("advisory", number.as_str()), ("contacts", "架空銀行")]);
    let csv = reads::as_csv(&found).unwrap();
    assert!(csv.starts_with('\u{FEFF}') && csv.contains("架空銀行"));
    assert!(reads::of_account(&mut db, "nobody", period).await.is_err());
    let earlier = Period { from: now - TimeDelta::hours(2), until: now - TimeDelta::hours(1) };
    assert_eq!(reads::of_account(&mut db, "desk", earlier).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_sees_everything_and_everybody_else_a_part() {
    let Scene { app, item, .. } = scene().await;
    app.signed_in("poc").await.get(&format!("/advisories/{item}")).await;
    app.signed_in("desk-water").await.get(&format!("/advisories/{item}")).await;
    let mut auditor = app.signed_in("auditor").await;
    let page = auditor.get("/trail").await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("情報提供の閲覧") && page.body.contains(&item.to_string()) && page.body.contains("拒否")
    );
    let narrowed = auditor.post("/trail", &[("action", "advisory.read"), ("outcome", "done")]).await;
    assert_eq!(narrowed.texts("tbody tr").len(), 1);
    let by_person = auditor.post("/trail", &[("account", "poc")]).await;
    assert_eq!(by_person.texts("tbody tr").len(), 2, "a sign-in and a reading");
    assert_eq!(auditor.post("/trail", &[("subject", &item.to_string())]).await.texts("tbody tr").len(), 2);
    assert!(auditor.post("/trail", &[("from", "2031-01-01")]).await.texts("tbody tr").is_empty());
    let wrong = auditor.post("/trail", &[("from", "yesterday"), ("account", "poc")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("2026-11-21") && wrong.values("input[name=from]").contains(&"yesterday".to_owned()));

    let page = app.signed_in("sysadmin").await.get("/trail").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("サインイン") && page.body.contains("拒否"));
    assert!(!page.body.contains(&item.to_string()), "no item");
    let by_item = app.signed_in("sysadmin").await.post("/trail", &[("subject", &item.to_string())]).await;
    assert!(by_item.texts("tbody tr").is_empty(), "asking for an item's id tells nothing");
    let page = app.signed_in("desk").await.get("/trail").await;
    assert_eq!(page.status, 200);
    assert!(page.texts("tbody tr").is_empty(), "nothing administrative has happened yet");
    for name in ["poc", "analyst", "approver2"] {
        for path in ["/trail", "/trail/export"] {
            assert_eq!(app.signed_in(name).await.post(path, &[]).await.status, 404, "{name} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_sees_what_is_done_with_its_own_accounts_only() {
    let Scene { app, mut db, .. } = scene().await;
    sqlx::query(
        "insert into audit_events (occurred_at, action, outcome, subject_kind, subject_id)
         select $1, 'account.add', 'done', 'account', account_id::text from accounts
         where sign_in_name in ('poc', 'desk-water', 'auditor')",
    )
    .bind(app.state.clock.now())
    .execute(&mut db)
    .await
    .unwrap();
    let poc: Uuid = sqlx::query_scalar("select account_id from accounts where sign_in_name = 'poc'")
        .fetch_one(&mut db)
        .await
        .unwrap();
    let page = app.signed_in("desk").await.get("/trail").await;
    assert_eq!(page.texts("tbody tr").len(), 1);
    assert!(page.body.contains(&poc.to_string()));
    assert_eq!(app.signed_in("desk-water").await.get("/trail").await.texts("tbody tr").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_and_the_export_has_them_all() {
    let Scene { app, mut db, .. } = scene().await;
    sqlx::query(
        "insert into audit_events (occurred_at, action, outcome, subject_kind, subject_id)
         select $1 - n * interval '1 second', 'account.add', 'done', 'account', '=1+1' from generate_series(1, 4500) n",
    )
    .bind(app.state.clock.now())
    .execute(&mut db)
    .await
    .unwrap();
    let mut auditor = app.signed_in("auditor").await;
    let first = auditor.post("/trail", &[("action", "account.add")]).await;
    assert_eq!(first.texts("tbody tr").len(), 100);
    let before = first.values("input[name=before]").pop().expect("a next page");
    let second = auditor.post("/trail", &[("action", "account.add"), ("before", &before)]).await;
    assert_eq!(second.texts("tbody tr").len(), 100);
    let times = |reply: &crate::support::Reply| reply.texts("tbody th");
    assert!(times(&second)[0] <= times(&first)[99]);
    let export = auditor.post("/trail/export", &[("action", "account.add")]).await;
    assert_eq!(export.status, 200);
    assert_eq!(&export.bytes[..3], b"\xEF\xBB\xBF");
    assert_eq!(export.body.lines().count(), 4501);
    assert!(!export.body.contains(",=1+1") && export.body.contains("'=1+1"), "no cell is a formula");
    let exports: i64 = sqlx::query_scalar("select count(*) from audit_events where action = 'trail.export'")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(exports, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_their_own_and_nobody_elses() {
    let Scene { app, mut db, item, .. } = scene().await;
    let mut poc = app.signed_in("poc").await;
    poc.get(&format!("/advisories/{item}")).await;
    app.signed_in("desk").await.get(&format!("/advisories/{item}")).await;
    let page = poc.get("/account/activity").await;
    let titles = page.texts(".timeline__title");
    assert_eq!(titles.len(), 2, "{titles:?}");
    let number: String = sqlx::query_scalar("select number from advisories where advisory_id = $1")
        .bind(item)
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(titles[0], format!("情報提供の閲覧 {number}"));
    assert!(page.body.contains("2026年11月21日(土) 21:10"), "Japanese time");
    assert!(!page.body.contains("192.0.2.1"), "no address");
    assert_eq!(app.visitor().get("/account/activity").await.status, 303);
    let id: Uuid = sqlx::query_scalar("select account_id from accounts where sign_in_name = 'poc'")
        .fetch_one(&mut db)
        .await
        .unwrap();
    let viewer = ceptoar_portal::kernel::ids::AccountId(id);
    let mut tx = app.state.db.begin(Some(viewer), app.state.clock.now()).await.unwrap();
    let others: i64 = sqlx::query_scalar("select count(*) from audit_events where account_id is distinct from $1")
        .bind(id)
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    assert_eq!(others, 0);
    let through: i64 = sqlx::query_scalar(
        "select count(*) from unnest(array['all', 'security', 'desk', 'x', null]) s,
         trail_events(s, array['session.open'], null, null, null, null, null, null, null, null, 10)",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    assert_eq!(through, 0, "the database alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_read_an_item_is_for_its_case_team_and_the_approvers_and_red_for_the_team_alone() {
    let Scene { app, item, red, .. } = scene().await;
    let mut poc = app.signed_in("poc").await;
    for id in [item, red] {
        assert_eq!(poc.get(&format!("/advisories/{id}")).await.status, 200);
    }
    app.signed_in("desk").await.get(&format!("/advisories/{red}")).await;
    for (name, amber, of_red) in [
        ("case-author", 200, 200),
        ("case-approver", 200, 200),
        ("approver2", 200, 404),
        ("analyst", 404, 404),
        ("auditor", 404, 404),
        ("desk", 404, 404),
        ("poc", 404, 404),
    ] {
        let mut client = app.signed_in(name).await;
        let page = client.get(&format!("/advisories/{item}/readers")).await;
        assert_eq!(page.status, amber, "{name}");
        if amber == 200 {
            assert!(page.body.contains("poc") && page.body.contains("架空銀行"), "{name}");
        }
        assert_eq!(client.get(&format!("/advisories/{red}/readers")).await.status, of_red, "{name} RED");
        let shown = client.get(&format!("/advisories/{item}")).await.body.contains("/readers\"");
        assert_eq!(shown, amber == 200, "{name}: the link");
    }
    let page = app.signed_in("case-author").await.get(&format!("/advisories/{red}/readers")).await;
    assert!(page.body.contains("番号・レベルのみ"), "the desk saw the envelope");
    // The database alone.
    let mut db = app.database.owner().await;
    for (name, rows) in [("approver2", 0), ("analyst", 0), ("auditor", 0), ("desk", 0), ("case-author", 2)] {
        let id: Uuid = sqlx::query_scalar("select account_id from accounts where sign_in_name = $1")
            .bind(name)
            .fetch_one(&mut db)
            .await
            .unwrap();
        let viewer = ceptoar_portal::kernel::ids::AccountId(id);
        let mut tx = app.state.db.begin(Some(viewer), app.state.clock.now()).await.unwrap();
        let found: i64 =
            sqlx::query_scalar("select count(*) from advisory_readers($1) where display_name in ('poc', 'desk')")
                .bind(red)
                .fetch_one(&mut *tx)
                .await
                .unwrap();
        assert_eq!(found, rows, "{name}");
    }
}

/// Texts of the shape of an action that are none.
const NO_ACTIONS: [&str; 1] = ["portal.test"];

/// Endings of file names, and names of hosts and people in examples.
const ENDINGS: [&str; 21] = [
    "bin", "toml", "pid", "lock", "log", "sh", "json", "csv", "html", "css", "js", "svg", "sql", "md", "txt", "typ",
    "example", "hanako", "cf", "cnf", "pem",
];

#[test]
fn every_action_in_the_code_has_a_name() {
    fn walk(directory: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let code = std::fs::read_to_string(&path).unwrap();
                let code = code.split("#[cfg(test)]").next().unwrap_or_default();
                let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                found.extend(
                    code.split('"')
                        .filter(|text| text.split_once('.').is_some_and(|(noun, verb)| word(noun) && word(verb)))
                        .filter(|text| !ENDINGS.iter().any(|ending| text.ends_with(&format!(".{ending}"))))
                        .map(str::to_owned),
                );
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.contains("session.open") && found.contains("advisory.publish"), "the scan finds actions");
    let unnamed: Vec<&String> =
        found.iter().filter(|code| actions::named(code).is_none() && !NO_ACTIONS.contains(&code.as_str())).collect();
    assert!(unnamed.is_empty(), "name them in src/features/trail/actions.rs: {unnamed:?}");
    let codes: BTreeSet<&str> = actions::ALL.iter().map(|action| action.code).collect();
    assert_eq!(codes.len(), actions::ALL.len(), "each action once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_guard_refuses_is_written_down_once_an_hour() {
    let Scene { app, mut db, .. } = scene().await;
    let query = "select concat_ws(' ', a.sign_in_name, e.outcome, e.subject_kind, e.subject_id, e.detail, count(*))
                 from audit_events e join accounts a using (account_id) where e.action = 'route.ask' group by
                 a.sign_in_name, e.outcome, e.subject_kind, e.subject_id, e.detail order by 1";
    let written = async |db: &mut PgConnection, expected: &[&str]| {
        // Beside the answer, so a moment later.
        for n in 0.. {
            let rows: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut *db).await.unwrap();
            if rows == expected {
                return;
            }
            assert!(n < 100, "{rows:?} instead of {expected:?}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let id = Uuid::new_v4();
    let mut poc = app.signed_in("poc").await;
    let nowhere = poc.get(&format!("/no-such-page/{id}")).await;
    let (page, form) = (format!("/people/{id}"), format!("/people/{id}/suspension"));
    // Many at once, in the very same moment.
    let all = (0..12).map(|_| {
        let mut poc = poc.clone();
        let page = page.clone();
        tokio::spawn(async move { poc.get(&page).await })
    });
    for reply in futures_util::future::join_all(all).await {
        let reply = reply.unwrap();
        assert_eq!(reply.status, 404);
        let plain = |text: String| text.replace(&page, "").replace(&format!("/no-such-page/{id}"), "");
        assert_eq!(plain(reply.without_request_id()), plain(nowhere.without_request_id()), "byte for byte");
    }
    poc.send(axum::http::Method::HEAD, &page, None).await;
    poc.post(&form, &[("reason", "x")]).await;
    let lines = ["poc refused route GET /people/{id} {} 1", "poc refused route POST /people/{id}/suspension {} 1"];
    written(&mut db, &lines).await;
    // The handler's own 404, a page that nobody has, and what strangers ask for are no refusals of the guard.
    poc.get(&format!("/advisories/{id}")).await;
    app.visitor().get(&page).await;
    app.state.clock.advance(TimeDelta::minutes(29));
    poc.get(&page).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    written(&mut db, &lines).await;
    app.state.clock.advance(TimeDelta::minutes(29));
    poc.get("/").await;
    app.state.clock.advance(TimeDelta::minutes(3));
    poc.get(&page).await;
    written(&mut db, &["poc refused route GET /people/{id} {} 2", lines[1]]).await;
    // Who looks at security sees them, with their names.
    let mut auditor = app.signed_in("auditor").await;
    let shown = auditor.post("/trail", &[("action", "route.ask")]).await;
    assert!(shown.body.contains("権限のない画面への要求") && shown.body.contains("/people/{id}"), "{}", shown.body);
}
