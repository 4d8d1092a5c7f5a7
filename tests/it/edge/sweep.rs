//! Every route by every method and with every kind of body; names, limits, and what a page changes by being read.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, header};
use ceptoar_portal::app::router;
use ceptoar_portal::features::access::Role;
use ceptoar_portal::features::accounts::demonstration::ACCOUNTS;
use ceptoar_portal::features::{demonstration, feature_map};
use scraper::{Html, Selector};
use sqlx::PgConnection;
use tower::ServiceExt;

use crate::support::factory::NewAdvisory;
use crate::support::{Client, Reply, TestApp, factory};

const METHODS: [&str; 12] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "INVENTED"];
const KINDS: [&str; 9] = [
    "application/x-www-form-urlencoded",
    "application/json",
    "text/plain",
    "text/xml",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "application/octet-stream",
    "garbage",
    "",
];

/// Every declared route by its path, with its methods. The two that only read the process are added by hand.
fn declared(app: &TestApp) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let (_, table) = router::pages(feature_map::PublicPages::new(app.state.clone())).into_parts();
    let mut routes: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for route in table.declared() {
        routes.entry(route.path).or_default().insert(route.method);
    }
    assert!(routes.len() > 15, "the walk finds the routes");
    for path in ["/static/{*path}", "/health/live", "/health/ready"] {
        routes.entry(path).or_default().insert("GET");
    }
    routes
}

/// A path with every parameter filled in with something that is nobody's.
fn filled(path: &str) -> String {
    let mut out = String::new();
    for part in path.split('/').skip(1) {
        out.push('/');
        out.push_str(if part.starts_with('{') { "00000000-0000-4000-8000-000000000000" } else { part });
    }
    out
}

fn check_headers(reply: &Reply, what: &str) {
    let header = |name: &str| reply.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    for (name, value) in &reply.headers {
        let times = reply.headers.get_all(name).iter().count();
        assert!(
            times == 1 || matches!(name.as_str(), "set-cookie" | "vary"),
            "{what}: {name} {times} times: {value:?}"
        );
    }
    let policy = header("content-security-policy");
    // No nonce: there is no inline script at all that would need one.
    for part in
        ["default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'"]
    {
        assert!(policy.contains(part), "{what}: {part} missing from {policy:?}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("nonce"), "{what}: {policy}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(header("referrer-policy"), "no-referrer", "{what}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{what}");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{what}");
    assert!(header("permissions-policy").contains("camera=()"), "{what}");
    assert_eq!(header("strict-transport-security"), "max-age=63072000", "{what}");
    let kept = header("cache-control");
    let by_caches = reply.status == 200 || reply.status == 304;
    assert!(kept == "no-store" || (by_caches && kept.starts_with("public")), "{what}: {kept:?}");
    // Every kind that the portal has; a browser guesses at what has none.
    let kinds =
        ["text/html", "text/css", "text/plain", "text/csv", "text/javascript"].map(|k| format!("{k}; charset=utf-8"));
    let kind = header("content-type");
    let known = kinds.iter().any(|k| k == kind)
        || kind == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        || matches!(
            kind,
            "application/pdf" | "application/json" | "application/json; charset=utf-8" | "image/png" | "image/svg+xml"
        );
    assert!(known || (kind.is_empty() && reply.bytes.is_empty()), "{what}: {} bytes of {kind:?}", reply.bytes.len());
    for cookie in reply.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        let bound = cookie.starts_with("__Host-") || cookie.starts_with("portal_language=");
        let all = ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"].iter().all(|part| cookie.contains(part));
        assert!(bound && all && !cookie.contains("Domain"), "{what}: {cookie}");
    }
}

/// A check that nothing fails is none: an answer without one of the headers, or with a weaker one, is noticed.
#[tokio::test(flavor = "multi_thread")]
async fn the_check_of_the_headers_notices_what_is_missing() {
    let (_app, mut signed_in) = over_tls().await;
    let good = signed_in.get("/advisories").await;
    check_headers(&good, "as it is");
    let noticed = |name: &'static str, value: Option<&str>| {
        let mut bad = good.clone();
        match value {
            Some(value) => bad.headers.insert(name, value.parse().unwrap()),
            None => bad.headers.remove(name),
        };
        let seen = std::panic::catch_unwind(|| check_headers(&bad, "weaker")).is_err();
        assert!(seen, "{name}: {value:?} passed");
    };
    let policy = good.headers["content-security-policy"].to_str().unwrap().to_owned();
    for part in policy
        .split("; ")
        .filter(|part| ["default", "script", "base", "frame", "object"].iter().any(|p| part.starts_with(p)))
    {
        noticed("content-security-policy", Some(&policy.replace(part, "")));
    }
    noticed("content-security-policy", Some(&format!("{policy}; style-src 'unsafe-inline'")));
    for name in [
        "content-security-policy",
        "x-content-type-options",
        "referrer-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "permissions-policy",
        "strict-transport-security",
        "cache-control",
        "content-type",
    ] {
        noticed(name, None);
    }
    noticed("cache-control", Some("private"));
    noticed("content-type", Some("text/html"));
    noticed("content-type", Some("application/x-made-up"));
    noticed("set-cookie", Some("__Host-portal_session=1; Path=/; Secure; SameSite=Lax"));
    noticed("set-cookie", Some("plain=1; Path=/; Secure; HttpOnly; SameSite=Lax"));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_below_the_portals_are_bound_to_tls_on_request_alone() {
    let tls = "--base-url=https://portal.example";
    for (settings, expected) in [
        (&[][..], None),
        (&[tls], Some("max-age=63072000")),
        (&[tls, "--hsts-subdomains"], Some("max-age=63072000; includeSubDomains")),
    ] {
        let app = TestApp::with_settings(settings).await;
        for path in ["/sign-in", "/map/2011-03-31", "/map/2011-03-31", "/none", "/health/live"] {
            let reply = app.visitor().get(path).await;
            let said = reply.headers.get("strict-transport-security").map(|value| value.to_str().unwrap());
            assert_eq!(said, expected, "{path} {settings:?}");
        }
    }
}

async fn over_tls() -> (TestApp, Client) {
    let app = TestApp::with_settings(&["--base-url=https://portal.example"]).await;
    let nisc = factory::organisation(&mut app.database.owner().await, "nisc").await;
    factory::person(&app, "approver-1", Role::NiscApprover, nisc, None, None).await;
    let client = app.signed_in("approver-1").await;
    (app, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_by_every_method_is_answered_plainly_and_carries_the_headers() {
    let (app, mut signed_in) = over_tls().await;
    let mut sets_session = 0;
    for (path, methods) in declared(&app) {
        for method in METHODS {
            for client in [&mut app.visitor(), &mut signed_in] {
                // Signing out is in the table as well, and this visitor still has work to do.
                if path == "/sign-out" && method == "POST" {
                    continue;
                }
                let what = format!("{method} {path}");
                let form = (method == "POST").then(String::new);
                let reply = client.send(Method::from_bytes(method.as_bytes()).unwrap(), &filled(path), form).await;
                assert!(reply.status < 500, "{what}: {} {}", reply.status, reply.body);
                check_headers(&reply, &what);
                sets_session += usize::from(reply.headers.contains_key("set-cookie"));
                let known = methods.contains(method) || (method == "HEAD" && methods.contains("GET"));
                if known {
                    assert_ne!(reply.status, 405, "{what}");
                } else {
                    assert_eq!(reply.status, 405, "{what}");
                    assert!(reply.headers.contains_key("allow"), "{what} says what is allowed");
                }
            }
        }
    }
    assert!(sets_session > 0, "some answer set a cookie, so the cookies were looked at");
    for path in
        ["/none", "/advisories/none/none", "/static/none.css", "/%00", "/%ff%fe", "/advisories/%F0%28", "//", "/../.."]
    {
        for client in [&mut app.visitor(), &mut signed_in] {
            let reply = client.get(path).await;
            let sign_in_first = reply.status == 303 && reply.location().starts_with("/sign-in?");
            assert!(sign_in_first || (400..405).contains(&reply.status), "{path}: {}", reply.status);
            check_headers(&reply, path);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_in_pages_are_not_stored_and_a_304_carries_the_headers() {
    let (app, mut signed_in) = over_tls().await;
    for path in ["/", "/advisories", "/advisories/new", "/mailbox", "/about/terms", "/map", "/nothing"] {
        let reply = signed_in.get(path).await;
        assert_eq!(reply.headers["cache-control"], "no-store", "{path}");
    }
    let mut stranger = app.visitor();
    stranger.get("/map/2011-03-31").await;
    let known = stranger.get("/map/2011-03-31").await;
    check_headers(&known, "a page from memory");
    stranger.headers.push(("if-none-match", known.headers["etag"].to_str().unwrap().to_owned()));
    let same = stranger.get("/map/2011-03-31").await;
    assert_eq!(same.status, 304);
    check_headers(&same, "a page that is known");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_every_kind_and_size_are_refused_without_a_fault() {
    let (app, mut signed_in) = over_tls().await;
    signed_in.sends_token = false;
    let token = signed_in.form_token();
    signed_in.headers.push(("x-form-token", token));
    let bodies = [
        String::new(),
        "{\"a\": [1".into(),
        "a=%00&b=%ff&c=%F0%28%8C%28".into(),
        "%=%&&&=&=".into(),
        "a&".repeat(200_000),
        "words=".to_owned() + &"%E3%81%82".repeat(60_000),
        format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)),
    ];
    for (path, methods) in declared(&app) {
        if !methods.contains("POST") || path == "/sign-out" {
            continue;
        }
        for kind in KINDS {
            for body in &bodies {
                let reply = sent(&app, &signed_in, &filled(path), kind, body.clone().into_bytes()).await;
                let what = format!("{path} as {kind:?}, {} bytes", body.len());
                // A challenge reads no body, so none is wrong.
                let reads = !path.ends_with("/challenge");
                let fine = if reads && !kind.starts_with("application/x-www") { 300..500 } else { 200..500 };
                assert!(fine.contains(&reply.0), "{what}: {}", reply.0);
            }
        }
        for size in [1024 * 1024 + 1, 3 * 1024 * 1024] {
            let reply = sent(&app, &signed_in, &filled(path), KINDS[0], vec![b'a'; size]).await;
            assert!(matches!(reply.0, 413 | 404), "{path}: {size} bytes: {}", reply.0);
        }
    }
    let reply = sent(&app, &signed_in, "/advisories", KINDS[0], vec![b'a'; 1024 * 1024 + 1]).await;
    assert!(reply.0 == 413 && reply.1.contains("大きすぎます"), "{}", reply.0);
}

async fn sent(app: &TestApp, client: &Client, path: &str, kind: &str, body: Vec<u8>) -> (u16, String) {
    let cookie = format!("__Host-portal_session={}", client.cookie("__Host-portal_session").unwrap());
    let mut request = Request::post(path).header(header::HOST, &client.host).header(header::COOKIE, cookie);
    for (name, value) in &client.headers {
        request = request.header(*name, value);
    }
    if !kind.is_empty() {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    let mut request = request.body(Body::from(body)).unwrap();
    request.extensions_mut().insert(ConnectInfo(client.address));
    let answer = app.router.clone().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_portals_own_name_is_answered() {
    let app = TestApp::with_settings(&["--base-url=https://portal.go.jp", "--smtp-url=smtp://relay.go.jp"]).await;
    let mut visitor = app.visitor();
    for path in ["/", "/map/2011-03-31", "/static/css/base.css", "/sign-in"] {
        for own in ["portal.go.jp", "PORTAL.go.jp", "portal.go.jp:443", "portal.go.jp."] {
            visitor.host = own.into();
            assert_eq!(visitor.get(path).await.status, 200, "{own} {path}");
        }
        for foreign in [
            "evil.example",
            "portal.go.jp.evil.example",
            "127.0.0.1",
            "localhost:8080",
            "x@portal.go.jp",
            "",
            "[::1]",
            "portal.go.jp, evil.example",
            "xportal.go.jp",
        ] {
            visitor.host = foreign.into();
            // What only a proxy could say does not help.
            visitor.headers =
                vec![("x-forwarded-host", "portal.go.jp".into()), ("forwarded", "host=portal.go.jp".into())];
            let reply = visitor.get(path).await;
            assert_eq!(reply.status, 421, "{foreign:?} {path}");
            assert!(reply.headers.contains_key("content-security-policy"));
        }
        visitor.headers.clear();
        // In absolute form both names count.
        visitor.host = "portal.go.jp".into();
        assert_eq!(visitor.get(&format!("http://evil.example{path}")).await.status, 421);
        visitor.host = "evil.example".into();
        assert_eq!(visitor.get(&format!("https://portal.go.jp{path}")).await.status, 421);
    }
    visitor.host = "10.0.0.7:8080".into();
    assert_eq!(visitor.get("/health/live").await.status, 200, "health may be asked for by address");
    visitor.headers = vec![("x-forwarded-host", "evil.example".into())];
    visitor.host = "portal.go.jp".into();
    assert!(!visitor.get("/sign-in").await.body.contains("evil.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_is_also_reached_by_names_of_this_machine() {
    let app = TestApp::with_settings(&["--base-url=http://portal.example:8080"]).await;
    let mut visitor = app.visitor();
    for (host, status) in [("portal.example:8080", 200), ("localhost:8080", 200), ("[::1]", 200), ("10.0.0.1", 421)] {
        visitor.host = host.into();
        assert_eq!(visitor.get("/sign-in").await.status, status, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_waits_and_others_do_not() {
    let app = TestApp::with_settings(&["--requests-per-second=2", "--trusted-proxies=192.0.2.1"]).await;
    let nisc = factory::organisation(&mut app.database.owner().await, "nisc").await;
    for name in ["analyst-1", "analyst-2"] {
        factory::person(&app, name, Role::NiscAnalyst, nisc, None, None).await;
    }
    let (mut busy, mut other) = (app.signed_in("analyst-1").await, app.signed_in("analyst-2").await);
    let mut refused = None;
    for n in 0..40 {
        // From a new address each time: the account is what counts.
        busy.headers = vec![("x-forwarded-for", format!("198.51.100.{n}"))];
        let reply = busy.get("/about/terms").await;
        if reply.status == 429 {
            refused = Some(reply);
            break;
        }
    }
    let refused = refused.expect("a bound");
    let wait: u32 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=5).contains(&wait) && refused.body.contains("しばらく待って"));
    check_body_is_english(&mut busy).await;
    other.headers = vec![("x-forwarded-for", "198.51.100.200".into())];
    assert_eq!(other.get("/about/terms").await.status, 200, "somebody else is not held up");

    // A network: an address that lies about where it comes from changes nothing, an IPv6 customer is one network.
    let mut stranger = app.visitor();
    let mut statuses = BTreeSet::new();
    for n in 0..120 {
        stranger.headers = vec![("x-forwarded-for", format!("203.0.113.{n}, 2001:db8::{n:x}"))];
        statuses.insert(stranger.get("/sign-in").await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    for path in ["/health/live", "/static/css/base.css"] {
        assert_eq!(stranger.get(path).await.status, 200, "{path} is always there");
    }
    stranger.headers = vec![("x-forwarded-for", "2001:db8:1::1".into())];
    assert_eq!(stranger.get("/sign-in").await.status, 200, "another network is not held up");
}

async fn check_body_is_english(busy: &mut Client) {
    busy.set_cookie("portal_language", "en");
    for _ in 0..20 {
        let reply = busy.get("/about/terms").await;
        if reply.status == 429 {
            assert!(reply.body.contains("Wait a while"));
            return;
        }
    }
    panic!("no bound in English");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_carries_the_list_of_addresses_off() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let member = factory::member(&mut db, "banks", "架空銀行").await;
    let bank = factory::window(&mut db, member, Some("banks"), "window@bank.example").await;
    factory::person(&app, "poc", Role::MemberPoc, member, Some("banks"), Some(bank)).await;
    let id = factory::published_advisory(&app, NewAdvisory::default()).await;
    let desk = factory::secretariat_of(&mut db, "banks").await;
    let keeper = factory::person(&app, "desk", Role::Secretariat, desk, Some("banks"), None).await;
    let mut keeper_client = app.signed_in("desk").await;
    let page = format!("/advisories/{id}/deliveries?ceptoar=banks");
    let first = keeper_client.get(&page).await;
    assert!(first.status == 200 && first.body.contains("window@bank.example"));
    let charged: i32 = sqlx::query_scalar("select reads from contact_reads where account_id = $1")
        .bind(keeper)
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert!(charged >= 1);
    sqlx::query("update contact_reads set reads = 1000 where account_id = $1")
        .bind(keeper)
        .execute(&mut db)
        .await
        .unwrap();
    for _ in 0..3 {
        let refused = keeper_client.get(&page).await;
        assert_eq!(refused.status, 429);
        assert!(!refused.body.contains("window@bank.example") && refused.body.contains("連絡先の数の上限"));
        let wait: u32 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=3600).contains(&wait));
    }
    let events: i64 =
        sqlx::query_scalar("select count(*) from audit_events where action = 'limit.contacts' and account_id = $1")
            .bind(keeper)
            .fetch_one(&mut db)
            .await
            .unwrap();
    assert_eq!(events, 1, "one line for one hour");
    app.state.clock.advance(chrono::TimeDelta::minutes(29));
    keeper_client.get("/").await;
    app.state.clock.advance(chrono::TimeDelta::minutes(29));
    keeper_client.get("/").await;
    assert_eq!(keeper_client.get(&page).await.status, 429);
    app.state.clock.advance(chrono::TimeDelta::minutes(3));
    assert_eq!(keeper_client.get(&page).await.status, 200, "the hour is over");
}

/// Tables that a visit may touch: the trail, when a session was last seen, and the limits' own counters.
const TOUCHED: [&str; 8] = [
    "audit_events",
    "audit_unsealed",
    "audit_seals",
    "passkey_ceremonies",
    "sessions",
    "contact_reads",
    "sign_in_attempts",
    "_sqlx_migrations",
];

async fn hashes(db: &mut PgConnection) -> BTreeMap<String, String> {
    let tables: Vec<String> =
        sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'public' order by 1")
            .fetch_all(&mut *db)
            .await
            .unwrap();
    let mut hashes = BTreeMap::new();
    for table in tables.into_iter().filter(|table| !TOUCHED.contains(&table.as_str())) {
        let query = format!(
            "select coalesce(md5(string_agg(h, '' order by h)), '') from (select md5(t::text) h from {table} t) x"
        );
        let hash: String = sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&mut *db).await.unwrap();
        hashes.insert(table, hash);
    }
    assert!(hashes.len() > 15);
    hashes
}

fn links(page: &Reply) -> Vec<String> {
    let selector = Selector::parse("a[href^='/'], [data-live-src], form[method=get][action]").unwrap();
    let page = Html::parse_document(&page.body);
    page.select(&selector)
        .filter_map(|e| e.attr("href").or(e.attr("data-live-src")).or(e.attr("action")))
        .filter(|href| href.starts_with('/') && !href.starts_with("//"))
        .map(|href| href.split('#').next().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_every_page_as_every_role_changes_nothing() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    demonstration::seed(&mut db, &app.state.hasher, app.state.clock.now()).await.unwrap();
    let waiting = factory::draft_advisory(&app, NewAdvisory::default()).await;
    let sent = factory::published_advisory(&app, NewAdvisory::default()).await;
    let mut clients = Vec::new();
    for account in &ACCOUNTS {
        let mut client = app.visitor();
        assert_eq!(client.post("/sign-in/demonstration", &[("name", account.name)]).await.status, 303);
        clients.push(client);
    }
    clients.push(app.visitor());
    let before = hashes(&mut db).await;
    let mut seen_by_all = BTreeSet::new();
    for mut client in clients {
        let mut ahead: Vec<String> = ["/", "/advisories", "/mailbox"].map(str::to_owned).to_vec();
        for item in [sent, waiting] {
            let below =
                ["", "/draft", "/named", "/submission", "/publication", "/deliveries", "/acknowledgement", "/discard"];
            ahead.extend(below.map(|page| format!("/advisories/{item}{page}")));
        }
        let mut seen = BTreeSet::new();
        while let Some(path) = ahead.pop() {
            // The maps are the same for everybody; one of their many views will do.
            let many = path.starts_with("/map") || path.starts_with("/ceptoars");
            if seen.len() > 30 || (many && seen_by_all.contains(&path)) || !seen.insert(path.clone()) {
                continue;
            }
            let methods =
                if seen_by_all.insert(path.clone()) { &[Method::HEAD, Method::GET][..] } else { &[Method::GET] };
            for method in methods.iter().cloned() {
                let reply = client.send(method, &path, None).await;
                assert!(reply.status < 500, "{path}: {}", reply.status);
                ahead.extend(links(&reply));
            }
        }
    }
    assert!(seen_by_all.len() > 40, "the crawl got somewhere: {}", seen_by_all.len());
    let after = hashes(&mut db).await;
    for (table, hash) in before {
        assert_eq!(after[&table], hash, "reading pages changed {table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leads_out_of_the_portal() {
    let app = TestApp::start().await;
    let nisc = factory::organisation(&mut app.database.owner().await, "nisc").await;
    factory::person(&app, "analyst-1", Role::NiscAnalyst, nisc, None, None).await;
    let mut signed_in = app.signed_in("analyst-1").await;
    let payloads = include_str!("../../payloads/redirects.txt");
    let mut tried = 0;
    let mut db = app.database.owner().await;
    for payload in payloads.lines().filter(|line| !line.is_empty()) {
        tried += 1;
        // Fifty sign-ins of one name within minutes would be held up.
        sqlx::query("delete from sign_in_attempts").execute(&mut db).await.unwrap();
        let payload = url::form_urlencoded::parse(format!("p={payload}").as_bytes()).next().unwrap().1.into_owned();
        let mut stranger = app.visitor();
        let form = [("name", "analyst-1"), ("password", factory::PASSWORD), ("return_to", payload.as_str())];
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", &payload).finish();
        for reply in [
            signed_in.post("/language", &[("language", "ja"), ("return_to", &payload)]).await,
            signed_in.get(&format!("/sign-in?{query}")).await,
            stranger.post("/sign-in", &form).await,
        ] {
            assert_eq!(reply.status, 303, "{payload:?}");
            let base = url::Url::parse("https://portal.example/some/page").unwrap();
            let to = base.join(reply.location()).unwrap();
            assert_eq!(to.host_str(), Some("portal.example"), "{payload:?} leads to {to}");
            assert_eq!(to.scheme(), "https", "{payload:?} leads to {to}");
            assert!(!reply.location().contains(['\r', '\n', '\t', '\\']), "{payload:?}");
        }
    }
    assert!(tried > 30);
}
