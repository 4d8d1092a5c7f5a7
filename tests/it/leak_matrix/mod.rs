//! The leak matrix (tests/leak_matrix.txt): every cell is asked for, with both walls and with each wall alone.

mod records;
mod table;
mod walls;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use uuid::Uuid;

use crate::support::{Client, Reply};
use table::{Mark, Row, Table};
use world::{TWO_HATS, World, word};

/// Which walls stand.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Walls {
    Both,
    DatabaseAlone,
    CodeAlone,
}

/// One request's answer and the same request's for an id that nothing has.
struct Asked {
    reply: Reply,
    random: Reply,
    number: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn both_walls_give_everybody_what_the_file_says_and_nothing_else() {
    let mut world = World::build().await;
    let table = Table::load();
    let wrong = run(&mut world, &table, Walls::Both).await;
    print_for_auditors(&table);
    assert!(wrong.is_empty(), "{} cells differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_security_alone_leaks_nothing() {
    let mut world = World::build().await;
    let table = Table::load();
    for role in roles(&table) {
        world.client(&role).await;
    }
    walls::open_first(&mut world);
    let wrong = run(&mut world, &table, Walls::DatabaseAlone).await;
    assert!(wrong.is_empty(), "{} leaks:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_alone_leaks_nothing() {
    let mut world = World::build().await;
    let table = Table::load();
    for role in roles(&table) {
        world.client(&role).await;
    }
    walls::open_second(&world).await;
    let wrong = run(&mut world, &table, Walls::CodeAlone).await;
    assert!(wrong.is_empty(), "{} leaks:\n{}", wrong.len(), wrong.join("\n"));
}

fn roles(table: &Table) -> Vec<String> {
    table.roles.iter().cloned().chain(TWO_HATS.map(|(name, _)| name.to_owned())).collect()
}

/// Asks for every cell; answers what was wrong.
async fn run(world: &mut World, table: &Table, walls: Walls) -> Vec<String> {
    let mut wrong = Vec::new();
    for role in roles(table) {
        let client = world.client(&role).await;
        // Rows that share a request share its answer.
        let mut pages: BTreeMap<String, Reply> = BTreeMap::new();
        for row in &table.rows {
            let mark = mark_of(table, row, &role);
            // Whom the mark lets through is tested with both walls; here only what must not come through is.
            if walls != Walls::Both && mark == Mark::Done {
                continue;
            }
            let writes = row.method == "POST" && mark != Mark::Done && row.operation != "search";
            let before = if writes { state(world).await } else { String::new() };
            let asked = ask(world, &client, row, &mark, &mut pages).await;
            let mut anywhere = seen_anywhere(table, row, &role);
            if walls == Walls::DatabaseAlone {
                anywhere.extend(columns(&role).iter().flat_map(|column| table.within_firm(row, column)));
            }
            let mut complaint = judge(world, row, &mark, &anywhere, &asked, walls, &role);
            if writes && before != state(world).await {
                complaint = Some(format!("changed something (status {})", asked.reply.status));
            }
            if let Some(complaint) = complaint {
                let (object, operation) = (&row.object, &row.operation);
                wrong.push(format!("{object}/{operation} as {role}, expected {mark:?}: {complaint}"));
                // scripts/mutants only wants to know whether a broken rule is noticed.
                if std::env::var_os("LEAK_MATRIX_STOP").is_some() {
                    return wrong;
                }
            }
        }
    }
    wrong
}

/// The columns of a role: its own, or those of its two hats.
fn columns(role: &str) -> Vec<&str> {
    TWO_HATS.iter().find(|(name, _)| *name == role).map_or_else(|| vec![role], |(_, both)| both.to_vec())
}

/// The mark of a column, or the union of two.
fn mark_of(table: &Table, row: &Row, role: &str) -> Mark {
    let marks = columns(role).into_iter().map(|column| table.mark(row, column));
    marks.reduce(|a, b| a.union(&b)).expect("a column")
}

/// What the role may see of the row's object by some road, and of organisations and windows at all. With one
/// wall open, a page that is for somebody else is no leak as long as everything on it is theirs to see. Roads
/// that choose by content stay strict.
fn seen_anywhere(table: &Table, row: &Row, role: &str) -> BTreeSet<char> {
    let chooses = |row: &Row| matches!(row.operation.as_str(), "search" | "list kind");
    let groups = |other: &Row| match mark_of(table, other, role) {
        Mark::Shown(groups) if other.object != row.object => {
            groups.into_iter().filter(|g| "OWwP".contains(*g)).collect()
        }
        Mark::Shown(groups) if !chooses(row) || chooses(other) => groups,
        Mark::Shown(_) | Mark::Refused | Mark::ToldNo | Mark::Done => BTreeSet::new(),
    };
    table.rows.iter().flat_map(groups).collect()
}

async fn ask(world: &World, client: &Client, row: &Row, mark: &Mark, pages: &mut BTreeMap<String, Reply>) -> Asked {
    let id = match (mark, world.items.get(row.object.as_str())) {
        (Mark::Done, Some(_)) => world.fresh(&row.object).await,
        (_, Some(id)) => *id,
        (_, None) => Uuid::nil(),
    };
    let number = world.number(id).await;
    let mut client = client.clone();
    let request = format!("{} {}", row.method, row.path);
    let of_all = !row.path.contains("{id}") && row.method == "GET";
    let reply = match pages.remove(&request).filter(|_| of_all) {
        Some(reply) => reply,
        None => send(world, &mut client, row, id).await,
    };
    let random = if row.path.contains("{id}") {
        send(world, &mut client, row, Uuid::from_u128(0x1234_5678_9abc_4def_8123_4567_89ab_cdef)).await
    } else {
        Reply { status: 0, headers: Default::default(), body: String::new(), bytes: Vec::new() }
    };
    if of_all {
        pages.insert(request, reply.clone());
    }
    Asked { reply, random, number }
}

async fn send(world: &World, client: &mut Client, row: &Row, id: Uuid) -> Reply {
    // A request may say what is typed: a form behind the path.
    let (path, typed) = row.path.split_once(' ').unwrap_or((&row.path, ""));
    let path = path.replace("{id}", &id.to_string()).replace("{firm}", &world.items["firm"].to_string());
    let path = path.replace("{whole}", &world.items["organisation"].to_string());
    if row.method == "GET" {
        return client.get(&path).await;
    }
    let named = world.named().to_string();
    let form: Vec<(&str, String)> = match row.operation.as_str() {
        "save" | "begin" => DRAFT.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        "name" => vec![("add", named)],
        "find names" => vec![("in_ceptoar", "banks".into()), ("query", world::OTHER_FIRM.into())],
        "approve" => approval(client, &path).await,
        _ => typed
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name, value.replace("{word}", &word(&row.object))))
            .collect(),
    };
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    client.post(&path, &form).await
}

const DRAFT: [(&str, &str); 8] = [
    ("kind", "alert"),
    ("title", "another title"),
    ("summary", "another summary"),
    ("countermeasure", "something to do"),
    ("purpose", "prevention"),
    ("level", "AMBER"),
    ("handler_scope", "handlers"),
    ("ceptoar", "banks"),
];

/// What the approver confirms is what the page showed; whoever has no page makes something up.
async fn approval(client: &mut Client, path: &str) -> Vec<(&'static str, String)> {
    let page = client.get(path).await;
    let value = |name: &str, made_up: &str| {
        page.values(&format!("input[name={name}]")).into_iter().next().unwrap_or_else(|| made_up.to_owned())
    };
    vec![("edits", value("edits", "0")), ("recipients", value("recipients", "1")), ("audience", value("audience", "x"))]
}

fn judge(
    world: &World,
    row: &Row,
    mark: &Mark,
    anywhere: &BTreeSet<char>,
    asked: &Asked,
    walls: Walls,
    role: &str,
) -> Option<String> {
    let status = asked.reply.status;
    let headers = format!("{:?}", asked.reply.headers);
    let shown = world.shown(&row.object, &asked.number, &format!("{}\n{headers}", asked.reply.body));
    let allowed = match mark {
        // Who does it may read it as well; what they see is the matter of other rows.
        Mark::Done | Mark::ToldNo => return status_of_doing(mark, status, walls),
        _ if walls != Walls::Both => anywhere.clone(),
        Mark::Refused => BTreeSet::new(),
        Mark::Shown(groups) => groups.clone(),
    };
    // A word searched for is repeated, and "find names" repeats the firm's name; both were typed.
    if !shown.is_subset(&allowed) {
        return Some(format!("{:?} leaked (status {status})", &shown - &allowed));
    }
    if walls != Walls::Both {
        return None;
    }
    match mark {
        Mark::Refused => refused(row, asked, role),
        _ if status != 200 => Some(format!("status {status}")),
        // The front page shows the newest few.
        _ if row.operation != "home" && shown != allowed => Some(format!("{:?} missing", &allowed - &shown)),
        _ => None,
    }
}

fn status_of_doing(mark: &Mark, status: u16, walls: Walls) -> Option<String> {
    let fits = match mark {
        Mark::Done => status == 303,
        _ => walls != Walls::Both || matches!(status, 403 | 409 | 422),
    };
    (!fits).then(|| format!("status {status}"))
}

/// A refusal is the answer that a random id gets, byte for byte.
fn refused(row: &Row, asked: &Asked, role: &str) -> Option<String> {
    let status = asked.reply.status;
    let stranger = matches!(role, "AN" | "SU");
    let right = match (stranger, row.method.as_str()) {
        (true, "GET") => status == 303 && asked.reply.location().starts_with("/sign-in"),
        (true, _) => status == 401,
        (false, _) => status == 404,
    };
    if !right {
        return Some(format!("status {status}"));
    }
    if !row.path.contains("{id}") {
        return None;
    }
    let plain = |reply: &Reply| (reply.status, without_ids(&reply.without_request_id()), header_lines(reply));
    (plain(&asked.reply) != plain(&asked.random)).then(|| "differs from a random id".to_owned())
}

fn header_lines(reply: &Reply) -> Vec<String> {
    let mut lines: Vec<String> = reply
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-request-id")
        .map(|(name, value)| format!("{name}: {}", without_ids(value.to_str().unwrap_or("?"))))
        .collect();
    lines.sort();
    lines
}

/// The address asked for is in the page (language switch, way to sign in); its id is the asker's own.
fn without_ids(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match rest.get(..36).filter(|id| Uuid::parse_str(id).is_ok()) {
            Some(_) => {
                out.push_str("ID");
                rest = &rest[36..];
            }
            None => {
                let len = rest.chars().next().map_or(0, char::len_utf8);
                out.push_str(&rest[..len]);
                rest = &rest[len..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// A hash over everything that a request could change, but what every request leaves behind.
async fn state(world: &World) -> String {
    let mut db = world.app.database.owner().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
         and relname !~ '^audit_' and relname not in ('sessions', 'sign_in_attempts', 'contact_reads')
         -- The reference data is large, and no page writes it.
         and relname !~ '^(_sqlx|sector|ceptoar|secretariat|member_counts|route|editions)' order by 1",
    )
    .fetch_all(&mut db)
    .await
    .expect("tables");
    let each: Vec<String> = tables
        .iter()
        .map(|t| {
            format!("select '{t}' || coalesce(md5(string_agg(x::text, ',' order by x::text)), '') as h from {t} x")
        })
        .collect();
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "select md5(string_agg(h, ',' order by h)) from ({}) y",
        each.join(" union all ")
    )))
    .fetch_one(&mut db)
    .await
    .expect("a hash")
}

/// Every route has a row, or stands in the list of those without an object.
#[tokio::test]
async fn every_route_is_in_the_matrix_or_shows_no_object() {
    let table = Table::load();
    let in_matrix = |method: &str, declared: &str| {
        table.rows.iter().any(|row| {
            let path = row.path.split([' ', '?']).next().unwrap_or_default();
            row.method == method && is_of_route(path.trim_end_matches(".json"), declared.trim_end_matches(".json"))
        })
    };
    let listed = |route: &String| WITHOUT_OBJECT.iter().chain(&TESTED_ELSEWHERE).any(|r| r == route);
    let (with_row, without): (Vec<_>, Vec<_>) =
        crate::permissions::declared().into_iter().partition(|(method, path)| in_matrix(method, path));
    let named = |routes: Vec<(&str, &str)>| {
        routes.into_iter().map(|(method, path)| format!("{method} {path}")).collect::<Vec<_>>()
    };
    let twice: Vec<String> = named(with_row).into_iter().filter(listed).collect();
    assert!(
        twice.is_empty(),
        "in tests/leak_matrix.txt, so need not be listed as tested elsewhere: {}",
        twice.join(", ")
    );
    let missing: Vec<String> = named(without).into_iter().filter(|route| !listed(route)).collect();
    assert!(missing.is_empty(), "no row in tests/leak_matrix.txt for: {}", missing.join(", "));
}

/// Whether a path that is asked for is of a declared route; a place holder takes any one part.
fn is_of_route(path: &str, declared: &str) -> bool {
    let (path, declared): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), declared.split('/').collect());
    path.len() == declared.len()
        && path.iter().zip(&declared).all(|(part, name)| part == name || name.starts_with('{') && !part.is_empty())
}

/// Routes that show and change no protected object, or whose own tests say who may (named here, so that a new
/// route is thought about).
const WITHOUT_OBJECT: [&str; 59] = [
    "POST /advisories/rendered",
    "GET /about/contact",
    "GET /about/accessibility",
    "GET /about/terms",
    "GET /about/privacy",
    "GET /sign-in",
    "POST /sign-in",
    "POST /sign-in/demonstration",
    "POST /sign-out",
    "POST /sign-in/passkey",
    "POST /sign-in/passkey/challenge",
    "GET /sign-in/second",
    "POST /sign-in/second",
    "POST /sign-in/second/passkey",
    "POST /sign-in/second/challenge",
    "GET /sign-in/forgotten",
    "POST /sign-in/forgotten",
    "GET /ticket/{token}",
    "POST /ticket/{token}",
    "GET /enrol",
    "GET /enrol/app",
    "POST /enrol/app",
    "GET /enrol/app/code.png",
    "POST /enrol/passkey",
    "POST /enrol/passkey/challenge",
    "GET /help/passkeys",
    "GET /help/totp",
    "GET /account",
    "GET /account/password",
    "POST /account/password",
    "GET /account/address",
    "POST /account/address",
    "POST /account/authenticators",
    "POST /account/authenticators/name",
    "POST /account/authenticators/removal",
    "POST /account/recovery-codes",
    "POST /account/sessions/end",
    "GET /account/confirm",
    "POST /account/confirm",
    "POST /account/confirm/challenge",
    "GET /directory/federations",
    "GET /escalation",
    "GET /directory/federations/{federation}",
    "GET /map",
    "GET /map.json",
    "GET /map.csv",
    "GET /map.pdf",
    "GET /map.xlsx",
    "GET /map/compare",
    "GET /map/compare.csv",
    "GET /map/{edition}",
    "GET /ceptoars/{id}",
    "GET /advisories/search",
    "GET /search",
    "GET /mailbox",
    "POST /mailbox",
    "GET /mailbox/{id}",
    "POST /mailbox/{id}/reply",
    "POST /language",
];

/// Routes whose rights have tests of their own, object by object (people.rs, trail/, break_glass.rs).
const TESTED_ELSEWHERE: [&str; 140] = [
    // tests/it/queue.rs
    "GET /queue/pause",
    "POST /queue/pause",
    "GET /queue/resume",
    "POST /queue/resume",
    "GET /queue/retry",
    "POST /queue/retry",
    // tests/it/parts.rs
    "POST /advisories/{id}/parts",
    "POST /advisories/{id}/parts/carried",
    "POST /advisories/{id}/parts/{part}/removal",
    // tests/it/statistics.rs
    "POST /advisories/statistics/export",
    // tests/it/surveys/walls.rs
    "GET /surveys/products",
    "POST /surveys/products",
    "GET /surveys/of/{ceptoar}/new",
    "POST /surveys/of/{ceptoar}/new",
    "GET /surveys/{survey}/settings",
    "GET /surveys/{survey}/questions/new",
    "POST /surveys/{survey}/questions/new",
    "GET /surveys/{survey}/questions/{question}",
    "POST /surveys/{survey}/questions/{question}",
    "POST /surveys/{survey}/questions/{question}/place",
    "POST /surveys/{survey}/questions/{question}/removal",
    "GET /surveys/{survey}/steps/{step}",
    "POST /surveys/{survey}/reminder",
    "POST /surveys/{survey}/next",
    "POST /surveys/{survey}/export",
    "POST /surveys/{survey}/firms/{organisation}/answer",
    // tests/it/versions.rs
    "GET /advisories/{id}/next",
    "POST /advisories/{id}/next",
    // tests/it/relays.rs
    "GET /advisories/{id}/relays/{ceptoar}",
    "POST /advisories/{id}/relays/{ceptoar}",
    "POST /advisories/{id}/relays/{ceptoar}/bypass",
    "POST /directory/{ceptoar}/route/agreement",
    "POST /directory/{ceptoar}/route/ministry",
    // tests/it/routes.rs
    "POST /directory/{ceptoar}/route/offices",
    // tests/it/regional.rs
    "POST /directory/{ceptoar}/route/regional/new",
    "GET /directory/{ceptoar}/route/regional/{office}/end",
    "POST /directory/{ceptoar}/route/regional/{office}/end",
    // tests/it/record.rs
    "POST /advisories/{id}/record",
    // tests/it/escalation.rs
    "GET /escalation/{urgency}/change",
    "POST /escalation/{urgency}/change",
    // tests/it/measures.rs
    "GET /advisories/{id}/measures/{ceptoar}/{organisation}",
    "POST /advisories/{id}/measures/{ceptoar}/{organisation}",
    // tests/it/onward.rs
    "GET /advisories/{id}/onward/{ceptoar}/{organisation}",
    "POST /advisories/{id}/onward/{ceptoar}/{organisation}",
    // tests/it/receipts.rs
    "GET /advisories/{id}/receipts/{ceptoar}/{organisation}",
    "POST /advisories/{id}/receipts/{ceptoar}/{organisation}",
    "GET /advisories/{id}/receipts/{ceptoar}/{organisation}/{receipt}/withdrawal",
    "POST /advisories/{id}/receipts/{ceptoar}/{organisation}/{receipt}/withdrawal",
    "POST /advisories/{id}/receipt-code",
    "POST /advisories/{id}/calls/{ceptoar}/{organisation}",
    "GET /advisories/{id}/fax/{ceptoar}/{organisation}",
    // tests/it/federations.rs
    "GET /directory/federations/founding",
    "POST /directory/federations/founding",
    "GET /directory/federations/{federation}/name",
    "POST /directory/federations/{federation}/name",
    "GET /directory/federations/{federation}/joining",
    "POST /directory/federations/{federation}/joining",
    "GET /directory/federations/{federation}/leaving",
    "POST /directory/federations/{federation}/leaving",
    "GET /directory/federations/{federation}/secretariat",
    "POST /directory/federations/{federation}/secretariat",
    "GET /directory/federations/{federation}/dissolution",
    "POST /directory/federations/{federation}/dissolution",
    "GET /directory/federations/{federation}/withdrawal",
    "POST /directory/federations/{federation}/withdrawal",
    "GET /directory/federations/{federation}/facts/{fact}/correction",
    "POST /directory/federations/{federation}/facts/{fact}/correction",
    // tests/it/partners.rs
    "GET /directory/{ceptoar}/partners/joining",
    "POST /directory/{ceptoar}/partners/joining",
    "GET /directory/{ceptoar}/partners/{organisation}/roles/{partnership}/end",
    "POST /directory/{ceptoar}/partners/{organisation}/roles/{partnership}/end",
    "GET /directory/{ceptoar}/partners/{organisation}/roles/{partnership}/correction",
    "POST /directory/{ceptoar}/partners/{organisation}/roles/{partnership}/correction",
    // tests/it/groups.rs
    "GET /directory/{ceptoar}/groups/{group}/end/withdrawal",
    "POST /directory/{ceptoar}/groups/{group}/end/withdrawal",
    "GET /directory/{ceptoar}/groups/{group}/members/{fact}/end",
    "POST /directory/{ceptoar}/groups/{group}/members/{fact}/end",
    // tests/it/activities.rs
    "POST /directory/{ceptoar}/activities/new",
    // tests/it/follow_up.rs
    "POST /follow-up",
    "POST /follow-up/{year}/reminder",
    "GET /map/{edition}/errata",
    "POST /map/{edition}/errata",
    // tests/it/directory/rules.rs
    "POST /directory/{ceptoar}/rules/{rule}/withdrawal",
    "POST /directory/{ceptoar}/rules/{rule}/consents/{organisation}",
    "POST /directory/{ceptoar}/rules/{rule}/consents/{organisation}/withdrawal",
    // tests/it/directory/rule_documents.rs
    "GET /directory/{ceptoar}/rules/{rule}/documents",
    "POST /directory/{ceptoar}/rules/{rule}/documents",
    "GET /directory/{ceptoar}/rules/{rule}/documents/{file}",
    "POST /directory/{ceptoar}/rules/{rule}/documents/{file}/removal",
    // tests/it/directory/imports_walls.rs
    "POST /directory/{ceptoar}/exchange",
    "GET /directory/{ceptoar}/exchange/template.xlsx",
    "POST /directory/{ceptoar}/imports/{import}/drop",
    // tests/it/directory/verification.rs
    "POST /directory/{ceptoar}/verification",
    "POST /directory/{ceptoar}/verification/{round}/reminder",
    "POST /directory/{ceptoar}/verification/{round}/end",
    "GET /directory/{ceptoar}/verification/windows",
    "POST /directory/{ceptoar}/verification/windows",
    "GET /verification/{token}",
    "POST /verification/{token}",
    // tests/it/directory/corrections.rs
    "GET /directory/{ceptoar}/members/{organisation}/name/on/{day}",
    "POST /directory/{ceptoar}/members/{organisation}/name/on/{day}",
    "GET /directory/{ceptoar}/members/{organisation}/membership/on/{day}",
    "POST /directory/{ceptoar}/members/{organisation}/membership/on/{day}",
    "GET /directory/{ceptoar}/members/{organisation}/windows/{window}/on/{day}",
    "POST /directory/{ceptoar}/members/{organisation}/windows/{window}/on/{day}",
    // tests/it/directory/returning.rs
    "GET /directory/{ceptoar}/former",
    "POST /directory/{ceptoar}/former",
    "GET /directory/{ceptoar}/members/{organisation}/returning",
    "POST /directory/{ceptoar}/members/{organisation}/returning",
    // tests/it/directory/roster.rs
    "GET /directory/{ceptoar}/search",
    "GET /directory/{ceptoar}/members/{organisation}/changes/{change}/withdrawal",
    "POST /directory/{ceptoar}/members/{organisation}/changes/{change}/withdrawal",
    "GET /people/search",
    "POST /people/search",
    "GET /people/places",
    "POST /people/places",
    "GET /people/places/{organisation}/{ceptoar}",
    "POST /people/places/{organisation}/{ceptoar}",
    "GET /people/{id}/duties/{organisation}/{ceptoar}",
    "POST /people/{id}/duties/{organisation}/{ceptoar}",
    "GET /people/duties/{id}/end",
    "POST /people/duties/{id}/end",
    "GET /people/requests/new",
    "POST /people/requests/new",
    "POST /people/requests/{id}/withdrawal",
    "GET /people/{id}/lifting",
    "POST /people/{id}/lifting",
    "POST /people/{id}/sessions",
    "GET /people/{id}/reset",
    "POST /people/{id}/reset",
    "GET /people/{id}/recovery",
    "POST /people/{id}/recovery",
    "GET /people/{id}/recovery-request",
    "POST /people/{id}/recovery-request",
    "GET /people/{id}/invitation",
    "POST /people/{id}/invitation",
    "POST /trail",
    "POST /trail/export",
    "POST /break-glass/search",
    "GET /break-glass/{id}",
];

/// The table as an auditor reads it.
fn print_for_auditors(table: &Table) {
    let mut page = String::from("Leak matrix: what each role gets (see tests/leak_matrix.txt for the marks)\n\n");
    let _ = writeln!(page, "{:14}{:13}{:52}{}", "object", "operation", "request", table.roles.join("  "));
    for row in &table.rows {
        let marks: Vec<String> = row.marks.iter().map(shown_mark).collect();
        let request = format!("{} {}", row.method, row.path);
        let _ = writeln!(page, "{:14}{:13}{:52}{}  {}", row.object, row.operation, request, marks.join(" "), row.basis);
    }
    // Another target directory may have been set; the page is where one looks for it all the same.
    let target = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    std::fs::create_dir_all(&target).expect("a directory");
    let target = target.join("leak-matrix.txt");
    std::fs::write(&target, &page).expect("a file");
    println!("{page}\n{} rows, {} roles: {}", table.rows.len(), table.roles.len(), target.display());
}

fn shown_mark(mark: &Mark) -> String {
    match mark {
        Mark::Refused => "-".into(),
        Mark::ToldNo => "!".into(),
        Mark::Done => "+".into(),
        Mark::Shown(groups) if groups.is_empty() => ".".into(),
        Mark::Shown(groups) => groups.iter().collect(),
    }
}
