//! Every route, asked by every role: one table, so that a change of anybody's rights is seen.

use ceptoar_portal::features::access::Rule;
use ceptoar_portal::features::accounts::demonstration::ACCOUNTS;
use ceptoar_portal::features::demonstration;
use ceptoar_portal::platform::web::routes::RouteTable;

use crate::support::{Client, TestApp};

/// `{sent}` is an AMBER item for banks and water; `{draft}` one that its author still writes;
/// `{waiting}` one that waits for approval; `{none}` is nobody's id.
const ROUTES: [&str; 31] = [
    "GET /",
    "GET /map",
    "GET /map/2011-03-31",
    "GET /map/2011-03-31.json",
    "GET /map/2011-03-31.csv",
    "GET /ceptoars/banks",
    "GET /sign-in",
    "GET /mailbox",
    "GET /advisories",
    "GET /advisories.json",
    "POST /advisories/search",
    "GET /advisories/new",
    "GET /directory",
    "GET /directory/banks",
    "GET /directory/banks/joining",
    "POST /advisories",
    "GET /advisories/{sent}",
    "GET /advisories/{sent}/deliveries",
    "POST /advisories/{sent}/acknowledgement",
    "GET /advisories/{draft}/draft",
    "POST /advisories/{draft}/draft",
    "GET /advisories/{draft}/submission",
    "GET /advisories/{draft}/audience",
    "GET /advisories/{draft}/named",
    "POST /advisories/{draft}/discard",
    "GET /advisories/{waiting}/publication",
    "POST /advisories/{waiting}/publication",
    "POST /advisories/{waiting}/return",
    "GET /advisories/{none}",
    "GET /advisories/{none}/deliveries",
    "POST /advisories/{none}/acknowledgement",
];

const TEXT: [(&str, &str); 10] = [
    ("kind", "alert"),
    ("title", "題名"),
    ("summary", "概要"),
    ("countermeasure", "対策"),
    ("purpose", "prevention"),
    ("level", "AMBER"),
    ("handler_scope", "handlers"),
    ("ceptoar", "banks"),
    ("ceptoar", "water"),
    ("next", "preview"),
];

async fn one_click(app: &TestApp, name: &str) -> Client {
    let mut client = app.visitor();
    assert_eq!(client.post("/sign-in/demonstration", &[("name", name)]).await.status, 303);
    client
}

async fn drafted(analyst: &mut Client) -> String {
    let reply = analyst.post("/advisories", &TEXT).await;
    reply.location().trim_start_matches("/advisories/").trim_end_matches("/submission").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_every_role_as_the_table_says() {
    let app = TestApp::start().await;
    demonstration::seed(&mut app.database.owner().await, &app.state.hasher, app.state.clock.now()).await.unwrap();
    let mut analyst = one_click(&app, "analyst").await;
    let (sent, draft, waiting) =
        (drafted(&mut analyst).await, drafted(&mut analyst).await, drafted(&mut analyst).await);
    for id in [&sent, &waiting] {
        assert_eq!(analyst.post(&format!("/advisories/{id}/submission"), &[]).await.status, 303);
    }
    let mut approver = one_click(&app, "approver2").await;
    let page = approver.get(&format!("/advisories/{sent}/publication")).await;
    let due = page.texts(".tally b")[0].replace(',', "");
    let audience = page.values("input[name=audience]").remove(0);
    let form =
        [("edits", "0"), ("recipients", due.as_str()), ("typed_count", due.as_str()), ("audience", audience.as_str())];
    assert_eq!(approver.post(&format!("/advisories/{sent}/publication"), &form).await.status, 303);

    let mut table = format!("{:44} anonymous", "");
    for account in &ACCOUNTS {
        table += &format!(" {}", account.name);
    }
    for route in ROUTES {
        table += &format!("\n{route:44}");
        let (method, path) = route.split_once(' ').unwrap();
        let path = path.replace("{sent}", &sent).replace("{draft}", &draft).replace("{waiting}", &waiting);
        let path = path.replace("{none}", "00000000-0000-4000-8000-000000000000");
        let status = ask(app.visitor(), method, &path).await;
        table += &format!(" {status:>9}");
        for account in &ACCOUNTS {
            let status = ask(one_click(&app, account.name).await, method, &path).await;
            table += &format!(" {status:>width$}", width = account.name.len());
        }
    }
    insta::assert_snapshot!(table);
}

/// Asks with an empty form where there is one: nothing is changed, the refusal tells the right.
async fn ask(mut client: Client, method: &str, path: &str) -> u16 {
    match method {
        "GET" => client.get(path).await.status,
        _ => client.post(path, &[("nothing", "")]).await.status,
    }
}

/// The rule of every route: a change of anybody's rights shows here.
#[tokio::test]
async fn every_route_has_the_rule_that_was_agreed() {
    let rules: Vec<String> =
        table().declared().iter().map(|d| format!("{:5}{:45}{:?}", d.method, d.path, d.rule)).collect();
    insta::assert_snapshot!(rules.join("\n"));
}

/// Every declared route, as method and path.
pub fn declared() -> Vec<(&'static str, &'static str)> {
    table().declared().iter().map(|d| (d.method, d.path)).collect()
}

fn table() -> RouteTable<Rule> {
    let state = crate::support::app::idle_state();
    let public = ceptoar_portal::features::feature_map::PublicPages::new(state);
    ceptoar_portal::app::router::pages(public).into_parts().1
}
