//! Who may look at the roster and who keeps it: with both walls, with the code's open, and with the database's open.

use ceptoar_portal::app::router::router;
use ceptoar_portal::features::access::FirstWall;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::roster::{World, change, day, fill_in, window_form, world};
use crate::support::{Client, Reply};

const OPEN_SECOND: &str = "
do $$ declare t regclass; begin
  for t in select c.oid::regclass from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  loop execute format('alter table %s disable row level security', t); end loop;
end $$";

/// The right that a page needs, its address, and what is typed into its form.
type Asked = (&'static str, String, Vec<(&'static str, &'static str)>);

fn asked(base: &str, window: Uuid) -> Vec<Asked> {
    let name = vec![("ja", "乗取銀行"), ("reading", "のっとりぎんこう"), ("en", ""), ("nature", "change")];
    let ways = window_form("乗取窓口", "evil@evil.example");
    let changed = [ways.clone(), vec![("nature", "change")]].concat();
    let today = day("2026", "11", "21").to_vec();
    let form = |form: Vec<(&'static str, &'static str)>| [form, today.clone(), vec![("confirmed", "true")]].concat();
    vec![
        ("look", base.to_owned(), Vec::new()),
        ("member", format!("{base}/name"), form(name)),
        ("member", format!("{base}/membership"), form(vec![("unit", "社"), ("hub", "true"), ("nature", "change")])),
        ("member", format!("{base}/leaving"), form(Vec::new())),
        ("window", format!("{base}/new-window"), form(ways)),
        ("window", format!("{base}/windows/{window}"), form(changed)),
        ("window", format!("{base}/windows/{window}/end"), form(Vec::new())),
    ]
}

async fn send(client: &mut Client, path: &str, form: &[(&str, &str)], seen: &str) -> Reply {
    let mut form = form.to_vec();
    form.push(("seen", seen));
    client.post(path, &form).await
}

/// Everybody, with what they may do about the bank.
const PEOPLE: [(&str, &[&str]); 12] = [
    ("desk", &["look", "member", "window", "addresses"]),
    ("coordinator", &["look", "addresses"]),
    ("bank-admin", &["look", "window", "addresses"]),
    ("handler", &["look", "window", "addresses"]),
    ("no-handler", &["look", "addresses"]),
    ("analyst", &["look"]),
    ("approver", &["look"]),
    ("life-desk", &[]),
    ("rival-admin", &[]),
    ("rival-handler", &[]),
    ("reader", &[]),
    ("liaison", &[]),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_are_for_whom_they_are_and_nobody_else() {
    let w = world().await;
    let random = Uuid::from_u128(0x1234_5678_9abc_4def_8123_4567_89ab_cdef);
    for (name, may) in PEOPLE {
        let mut client = w.app.signed_in(name).await;
        for (right, path, _) in asked(&w.bank_page(), w.window) {
            let reply = client.get(&path).await;
            if may.contains(&right) {
                assert_eq!(reply.status, 200, "{name} {path}");
                let shows = right == "look" || path.contains("/windows/");
                let addresses = shows && may.contains(&"addresses");
                assert_eq!(reply.body.contains("@bank.example"), addresses, "{name} {path}");
                continue;
            }
            assert_eq!(reply.status, 404, "{name} {path}");
            // The very answer that a random id gets, and an id that is none.
            for nobody in [random.to_string(), "none".to_owned()] {
                let other = path.replace(&w.bank.to_string(), &nobody);
                let other_reply = client.get(&other).await;
                let same = |reply: &Reply, id: &str| reply.without_request_id().replace(id, "ID");
                assert_eq!(same(&reply, &w.bank.to_string()), same(&other_reply, &nobody), "{name} {path}");
            }
        }
    }
    // The list of all members, and taking one in.
    for (name, list, joins) in [
        ("desk", 200, 200),
        ("coordinator", 200, 404),
        ("analyst", 200, 404),
        ("life-desk", 404, 404),
        ("bank-admin", 404, 404),
        ("handler", 404, 404),
        ("auditor", 404, 404),
        ("operator", 404, 404),
        ("liaison", 404, 404),
    ] {
        let mut client = w.app.signed_in(name).await;
        assert_eq!(client.get("/directory/banks").await.status, list, "{name}");
        assert_eq!(client.post("/directory/banks/search", &[("words", "星見")]).await.status, list, "{name}");
        assert_eq!(client.get("/directory/banks/joining").await.status, joins, "{name}");
        let left = client.get("/directory/banks/search").await.status;
        assert_eq!(left, if list == 200 { 303 } else { 404 }, "{name}");
        let linked = client.get("/").await.body.contains("href=\"/directory\"");
        assert_eq!(linked, !["auditor", "operator"].contains(&name), "{name}");
    }
    // A window of another firm in the address of one's own.
    let mut admin = w.app.signed_in("rival-admin").await;
    let mixed = format!("/directory/banks/members/{}/windows/{}", w.rival, w.window);
    assert_eq!(admin.get(&mixed).await.status, 404);
    assert_eq!(admin.post(&mixed, &[]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wall_alone_keeps_the_roster() {
    for open in ["none", "first", "second"] {
        let mut w = world().await;
        if open == "first" {
            let mut state = w.app.state.clone();
            state.first_wall = FirstWall::OpenForTests;
            w.app.router = router(state);
        }
        // What somebody would have seen who may look, so that nobody fails for being late.
        let seen = w.app.signed_in("desk").await.get(&format!("{}/name", w.bank_page())).await;
        let seen = seen.values("input[name=seen]").concat();
        if open == "second" {
            sqlx::raw_sql(OPEN_SECOND).execute(&mut w.db).await.expect("an open wall");
        }
        let before = w.everything().await;
        for (name, may) in PEOPLE {
            let mut client = w.app.signed_in(name).await;
            for (right, path, form) in asked(&w.bank_page(), w.window) {
                if may.contains(&right) {
                    continue;
                }
                if !may.contains(&"addresses") {
                    let shown = client.get(&path).await;
                    assert!(!shown.body.contains("@bank.example"), "{open}: {name} reads {path}");
                }
                if right != "look" {
                    let own = client.get(&path).await.values("input[name=seen]").concat();
                    for seen in [&seen, &own] {
                        let reply = send(&mut client, &path, &form, seen).await;
                        assert_ne!(reply.status, 303, "{open}: {name} {path}");
                        assert!(open != "none" || reply.status == 404, "{name} {path}: {}", reply.status);
                        assert_eq!(w.everything().await, before, "{open}: {name} {path}");
                    }
                }
            }
        }
        // A desk takes nobody into another CEPTOAR.
        let mut form = window_form("乗取窓口", "evil@evil.example");
        form.extend([
            ("ja", "乗取銀行"),
            ("reading", "のっとりぎんこう"),
            ("en", ""),
            ("unit", "社"),
            ("confirmed", "true"),
        ]);
        form.extend(day("2026", "11", "21"));
        for name in ["life-desk", "bank-admin", "handler", "coordinator", "analyst"] {
            let reply = w.app.signed_in(name).await.post("/directory/banks/joining", &form).await;
            assert_ne!(reply.status, 303, "{open}: {name}");
            assert_eq!(w.everything().await, before, "{open}: {name} takes a firm in");
        }
    }
}

/// Statements that no page sends, in the name of somebody: row security answers.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_lets_nobody_help_themselves() {
    let mut w: World = world().await;
    let (bank, insurer, second) = (w.bank, w.insurer, w.second);
    w.app.database.break_a_rule().await;
    let account = |name: &'static str| format!("select account_id::text from accounts where sign_in_name = '{name}'");
    for (name, statement, rows) in [
        // Who handles nothing makes themselves a handler, or opens a window that does.
        ("no-handler", format!("update contacts set handler = true where contact_id = '{second}'"), Some(0)),
        ("no-handler", format!("insert into contacts (contact_id, organisation_id, ceptoar_id, position, label, handler, language, valid)
            values (gen_random_uuid(), '{bank}', 'banks', 1, 'x', true, 'ja', '[2020-01-01,)')"), None),
        ("handler", format!("update contacts set handler = true where contact_id = '{second}'"), Some(1)),
        // A desk takes over another CEPTOAR's member, or renames it.
        ("desk", format!("insert into memberships (ceptoar_id, organisation_id, unit, valid) values ('banks', '{insurer}', '社', '[2020-01-01,)')"), None),
        ("desk", format!("update organisation_names set ja = 'x' where organisation_id = '{insurer}'"), Some(0)),
        ("desk", "update organisation_names set ja = 'x' where organisation_id in (select organisation_id from organisations where kind <> 'member')".into(), Some(0)),
        ("desk", format!("update organisation_names set ja = 'x' where organisation_id = '{bank}'"), Some(1)),
        ("desk", "insert into organisations (organisation_id, kind, demonstration) values (gen_random_uuid(), 'ministry', true)".into(), None),
        ("bank-admin", format!("update organisation_names set ja = 'x' where organisation_id = '{bank}'"), Some(0)),
        ("bank-admin", format!("update memberships set unit = 'x' where organisation_id = '{bank}'"), Some(0)),
        ("analyst", "update memberships set unit = 'x'".into(), Some(0)),
        // Nobody rewrites what was, nor writes in another's name.
        ("desk", "update directory_changes set reason = 'x'".into(), None),
        ("desk", "delete from directory_versions".into(), None),
        ("desk", format!("insert into directory_changes (change_id, kind, subject, organisation_id, ceptoar_id, effective_on, reason, made_by,
            made_by_organisation, made_at) select gen_random_uuid(), 'change', 'name', '{bank}', 'banks', '2026-11-21', '', f.account_id,
            f.organisation_id, viewer_now() from affiliations f where f.role = 'coordinator' union all
            select gen_random_uuid(), 'change', 'name', '{bank}', 'banks', '2026-11-21', '', gen_random_uuid(), '{bank}', viewer_now()"), None),
    ] {
        let id: Uuid = w.texts(&account(name)).await[0].parse().expect("an id");
        let now = w.app.state.clock.now();
        let viewer = ceptoar_portal::kernel::ids::AccountId(id);
        let mut tx = w.app.state.db.begin(Some(viewer), now).await.expect("a transaction");
        let done = sqlx::query(AssertSqlSafe(statement.clone())).execute(&mut *tx).await;
        match (done, rows) {
            (Ok(done), Some(rows)) => assert_eq!(done.rows_affected(), rows, "{name}: {statement}"),
            (Err(_), None) => {}
            (Ok(done), None) => panic!("{name} did {} rows: {statement}", done.rows_affected()),
            (Err(error), Some(_)) => panic!("{name}: {error}: {statement}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_keeps_the_firms_windows_and_who_left_keeps_nothing() {
    let mut w = world().await;
    let mut handler = w.app.signed_in("handler").await;
    let mut form = window_form("夜間窓口", "night2@bank.example");
    form.extend([("nature", "change")]);
    form.extend(day("2026", "11", "21"));
    change(&mut handler, &w.window_page(w.second), &form).await;
    // The window of the one who handled nothing is a designated handler's now: they keep windows from today on.
    let mut second = w.app.signed_in("no-handler").await;
    let reply = fill_in(&mut second, &format!("{}/new-window", w.bank_page()), &form[..form.len() - 4]).await;
    assert_eq!(reply.status, 422, "the day is missing, the right is not");
    // After the firm has left, its own people see what was, and change nothing.
    change(&mut w.app.signed_in("desk").await, &format!("{}/leaving", w.bank_page()), &day("2026", "11", "21")).await;
    w.app.state.clock.advance(chrono::TimeDelta::days(1));
    let before = w.everything().await;
    for name in ["desk", "bank-admin"] {
        let mut client = w.app.signed_in(name).await;
        let page = client.get(&w.bank_page()).await;
        assert_eq!(page.status, 200, "{name}");
        assert!(page.texts("main a.button").is_empty(), "{name}: {:?}", page.texts("main a.button"));
        let mut form = window_form("夜間窓口", "night3@bank.example");
        form.extend(day("2026", "11", "22"));
        let reply = fill_in(&mut client, &format!("{}/new-window", w.bank_page()), &form).await;
        assert_eq!(reply.status, 422, "{name}");
        assert!(reply.body.contains("この組織は構成員ではありません"));
    }
    let mut desk = w.app.signed_in("desk").await;
    let form =
        [("ja", "乗取銀行"), ("reading", "のっとりぎんこう"), ("en", ""), ("nature", "correction"), ("reason", "x")];
    let path = format!("{}/name", w.bank_page());
    let confirmation = fill_in(&mut desk, &path, &form).await;
    let reply = desk.press(&confirmation, "main form", &[("confirmed", "true")]).await;
    assert_eq!(reply.status, 422, "it keeps the name that it left with");
    assert_eq!(w.everything().await, before);
}
