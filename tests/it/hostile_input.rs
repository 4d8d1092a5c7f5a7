//! Hostile input: every text field of every form takes every payload of `tests/payloads`, and whatever comes of it
//! is either refused at its field with what was typed, or stored and shown as plain text.

use std::collections::{BTreeMap, BTreeSet};

use ceptoar_portal::features::access::Role;
use scraper::{ElementRef, Html, Selector};

use crate::support::factory::NewAdvisory;
use crate::support::{Client, Reply, TestApp, factory};

/// One payload to a line; `\n`, `\r`, `\t`, `\0`, `\\` and `\u{…}` stand for what cannot be seen.
const FILES: [(&str, &str); 11] = [
    ("headers", include_str!("../payloads/headers.txt")),
    ("addresses", include_str!("../payloads/addresses.txt")),
    ("bidi", include_str!("../payloads/bidi.txt")),
    ("homoglyphs", include_str!("../payloads/homoglyphs.txt")),
    ("formulas", include_str!("../payloads/formulas.txt")),
    ("markup", include_str!("../payloads/markup.txt")),
    ("schemes", include_str!("../payloads/schemes.txt")),
    ("redirects", include_str!("../payloads/redirects.txt")),
    ("paths", include_str!("../payloads/paths.txt")),
    ("quotes", include_str!("../payloads/quotes.txt")),
    ("unicode", include_str!("../payloads/unicode.txt")),
];

fn decoded(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('0') => out.push('\0'),
            Some('u') => {
                let code: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                out.push(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32).expect("a code point"));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

/// All of them, and variants of the markup made here, until there are more than 500.
fn payloads() -> Vec<String> {
    let mut all: Vec<String> =
        FILES.iter().flat_map(|(_, text)| text.lines()).filter(|line| !line.is_empty()).map(decoded).collect();
    let markup: Vec<String> = FILES[5].1.lines().map(decoded).collect();
    for (n, payload) in markup.iter().enumerate() {
        all.push(match n % 6 {
            0 => format!("{payload}{payload}"),
            1 => payload.to_uppercase(),
            2 => payload.replace(' ', "\t"),
            3 => payload.replace('<', "<\u{3000}"),
            4 => format!("題名{payload}終わり"),
            _ => payload.replace('>', ""),
        });
    }
    for length in [29, 30, 31, 99, 100, 101, 255, 256, 1999, 2000, 2001, 10_000, 60_000] {
        all.push("あ".repeat(length));
        all.push("<".repeat(length));
    }
    assert!(all.len() > 500, "{} payloads", all.len());
    all
}

/// What a page must never hold, whatever was typed.
fn check_inert(page: &Html, what: &str) {
    let own = |url: &str| url.starts_with("/static/");
    for element in page.root_element().descendants().filter_map(ElementRef::wrap) {
        let name = element.value().name();
        let known = matches!(
            name,
            "iframe"
                | "object"
                | "embed"
                | "applet"
                | "base"
                | "frame"
                | "frameset"
                | "math"
                | "style"
                | "audio"
                | "video"
                | "template"
                | "portal"
                | "marquee"
                | "xss"
                | "x"
                | "plaintext"
                | "xmp"
                | "image"
                | "bgsound"
        );
        assert!(!known, "{what}: <{name}> came alive");
        if name == "script" {
            assert!(element.attr("src").is_some_and(own) && element.inner_html().is_empty(), "{what}: a script");
        }
        if name == "svg" {
            let icon = element.child_elements().all(|e| e.value().name() == "use" && e.attr("href").is_some_and(own));
            assert!(icon && element.child_elements().count() == 1, "{what}: an <svg> that is no icon of ours");
        }
        if name == "img" || name == "link" {
            let from = element.attr("src").or(element.attr("href")).unwrap_or_default();
            assert!(own(from), "{what}: <{name}> of {from:?}");
        }
        for (attribute, value) in element.value().attrs() {
            assert!(!attribute.starts_with("on") && attribute != "style", "{what}: <{name} {attribute}={value:?}>");
            assert!(
                !matches!(attribute, "srcdoc" | "formaction" | "ping" | "http-equiv" | "autofocus"),
                "{what}: {attribute}"
            );
            if matches!(attribute, "href" | "src" | "action") {
                let plain: String = value.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
                let outside = plain.starts_with("https://");
                let inside = plain.starts_with('/') && !plain.starts_with("//") && !plain.starts_with("/\\");
                assert!(outside || inside || plain.starts_with('#'), "{what}: <{name} {attribute}={value:?}>");
                if name == "a" && outside {
                    let rel = element.attr("rel").unwrap_or_default();
                    assert!(
                        rel.contains("noopener") && rel.contains("noreferrer"),
                        "{what}: {value:?} has rel={rel:?}"
                    );
                }
            }
        }
    }
}

/// A form as a browser would send it, and the fields that take free text.
#[derive(Debug, Clone)]
struct Form {
    action: String,
    values: Vec<(String, String)>,
    texts: Vec<String>,
}

fn forms(page: &Html) -> Vec<Form> {
    let select = |selector: &str| Selector::parse(selector).expect("a selector");
    let mut found = Vec::new();
    for form in page.select(&select("main form[method=post]")) {
        let mut one =
            Form { action: form.attr("action").unwrap_or_default().to_owned(), values: Vec::new(), texts: Vec::new() };
        for field in form.select(&select("input[name], textarea[name], select[name], button[name]")) {
            let name = field.attr("name").expect("a name").to_owned();
            let value = field.attr("value").unwrap_or_default().to_owned();
            let tag = field.value().name();
            let kind = if tag == "input" { field.attr("type").unwrap_or("text") } else { tag };
            match kind {
                "checkbox" | "radio" => {
                    if field.attr("checked").is_some() {
                        one.values.push((name, value));
                    }
                }
                "textarea" => {
                    one.values.push((name.clone(), field.text().collect()));
                    one.texts.push(name);
                }
                "select" => one.values.push((name, String::new())),
                // The first button is the one that Enter presses.
                "button" if one.values.iter().any(|(known, _)| *known == name) => {}
                "button" => one.values.push((name, value)),
                _ if name == "form_token" => {}
                _ => {
                    one.values.push((name.clone(), value));
                    one.texts.push(name);
                }
            }
        }
        found.push(one);
    }
    found
}

/// What makes the advisory form pass.
const VALID: [(&str, &str); 7] = [
    ("kind", "alert"),
    ("title", "題名"),
    ("summary", "概要"),
    ("countermeasure", "対策"),
    ("purpose", "prevention"),
    ("level", "AMBER"),
    ("handler_scope", "handlers"),
];

async fn send(client: &mut Client, form: &Form, changes: &BTreeMap<&str, &str>) -> Reply {
    let mut pairs: Vec<(&str, &str)> = form
        .values
        .iter()
        .map(|(name, value)| (name.as_str(), changes.get(name.as_str()).copied().unwrap_or(value)))
        .collect();
    for (name, value) in changes {
        if !pairs.iter().any(|(known, _)| known == name) {
            pairs.push((name, value));
        }
    }
    client.post(&form.action, &pairs).await
}

/// What a browser makes of a value in a page: line ends are one character, NUL is none.
fn as_shown(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn value_at(page: &Html, field: &str) -> Option<String> {
    let selector = Selector::parse(&format!("main [name='{field}']")).expect("a selector");
    let element = page.select(&selector).next()?;
    Some(match element.value().name() {
        "textarea" => element.text().collect(),
        _ => element.attr("value").unwrap_or_default().to_owned(),
    })
}

/// What a refusal owes: a message, and what was typed.
fn check_refused(page: &Html, field: &str, payload: &str, what: &str) {
    let selector = Selector::parse(".field__error, .error-summary, [role=alert]").expect("a selector");
    assert!(page.select(&selector).next().is_some(), "{what}: no message");
    if payload.contains('\0') {
        return;
    }
    let kept = value_at(page, field).unwrap_or_default();
    assert_eq!(as_shown(&kept), as_shown(payload), "{what}: what was typed is not kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_text_field_takes_every_payload_as_text_or_says_why_not() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    factory::person(&app, "analyst-1", Role::NiscAnalyst, nisc, None, None).await;
    let mut client = app.signed_in("analyst-1").await;
    let valid: Vec<(&str, &str)> = VALID.into_iter().chain([("ceptoar", "banks"), ("next", "preview")]).collect();
    let made = client.post("/advisories", &valid).await;
    let draft = made.location().trim_end_matches("/submission").to_owned();
    assert!(draft.starts_with("/advisories/"), "{} {}", made.status, made.location());

    let pages = [format!("{draft}/draft"), "/advisories".to_owned(), "/mailbox".to_owned(), "/sign-in".to_owned()];
    let payloads = payloads();
    let (mut fields, mut refused, mut stored) = (BTreeSet::new(), 0, 0);
    for address in pages {
        // The sign-in page is for those who are not signed in.
        let mut visitor = if address == "/sign-in" { app.visitor() } else { client.clone() };
        let page = visitor.get(&address).await;
        assert_eq!(page.status, 200, "{address}");
        for form in forms(&Html::parse_document(&page.body)) {
            for (number, field) in form.texts.iter().enumerate() {
                if form.action.ends_with("/discard") || form.action == "/sign-in/demonstration" {
                    continue;
                }
                // The fields of an advisory that people write in take all; parts of dates and the like a share of each.
                let written = ["title", "links"].contains(&field.as_str());
                for (n, payload) in payloads.iter().enumerate() {
                    if !written && (n + number) % 12 != 0 {
                        continue;
                    }
                    let mut changes: BTreeMap<&str, &str> = BTreeMap::new();
                    if form.action.ends_with("/draft") {
                        changes.extend(VALID);
                        changes.insert("next", "preview");
                    }
                    changes.insert(field, payload);
                    let what = format!("{} {field}={payload:.80?}", form.action);
                    if form.action == "/sign-in" {
                        sqlx::query("delete from sign_in_attempts").execute(&mut db).await.expect("a clean slate");
                    }
                    let reply = send(&mut visitor, &form, &changes).await;
                    assert!(reply.status < 500, "{what}: {}", reply.status);
                    assert!(!reply.location().contains("outside.example"), "{what}: {}", reply.location());
                    fields.insert(format!("{} {field}", form.action));
                    let page = Html::parse_document(&reply.body);
                    check_inert(&page, &what);
                    match reply.status {
                        422 if form.action.ends_with("/draft") => {
                            refused += 1;
                            check_refused(&page, field, payload, &what);
                        }
                        303 if form.action.ends_with("/draft") => {
                            stored += 1;
                            // Every so often the pages that show it; each payload is stored in several fields.
                            if n % 7 == 0 {
                                look_at_all(&mut visitor, &draft, &what).await;
                            }
                        }
                        200 | 303 | 400 | 404 | 409 | 413 | 422 | 429 => {}
                        other => panic!("{what}: {other}"),
                    }
                }
            }
        }
    }
    assert!(fields.len() > 15, "{fields:?}");
    assert!(refused > 200 && stored > 300, "{refused} refused, {stored} stored");
}

async fn look_at_all(client: &mut Client, item: &str, what: &str) {
    for page in ["", "/draft", "/submission"] {
        let shown = client.get(&format!("{item}{page}")).await;
        assert!(shown.status < 500, "{what} on {page}");
        check_inert(&Html::parse_document(&shown.body), what);
    }
    check_inert(&Html::parse_document(&client.get("/advisories").await.body), what);
}

/// Stored past every check, as if an older version had let it in: pages still show text and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_whatever_it_is_comes_out_as_text() {
    let app = TestApp::start().await;
    let mut db = app.database.owner().await;
    let member = factory::member(&mut db, "banks", "架空銀行").await;
    let bank = factory::window(&mut db, member, Some("banks"), "window@bank.example").await;
    factory::person(&app, "poc", Role::MemberPoc, member, Some("banks"), Some(bank)).await;
    let item = factory::published_advisory(&app, NewAdvisory::default()).await;
    let mut reader = app.signed_in("poc").await;
    let mut author = app.signed_in("case-author").await;
    // Published texts are frozen; what an older version stored has to be put there with the guard off.
    sqlx::query("set session_replication_role = replica").execute(&mut db).await.expect("no triggers");
    let (mut n, mut seen) = (0, 0);
    for payload in payloads().iter().filter(|payload| !payload.contains('\0') && payload.chars().count() < 2500) {
        n += 1;
        if n % 4 != 0 {
            continue;
        }
        sqlx::query(
            "update advisory_texts set title = $2, summary = $2, impact = $2, countermeasure = $2,
                    links = array[$2], products = array[$2], cves = array[$2] where advisory_id = $1",
        )
        .bind(item)
        .bind(payload)
        .execute(&mut db)
        .await
        .expect("a text");
        for client in [&mut reader, &mut author] {
            for path in ["/advisories".to_owned(), format!("/advisories/{item}"), "/".to_owned()] {
                let reply = client.get(&path).await;
                let what = format!("{path} {payload:.80?}");
                assert_eq!(reply.status, 200, "{what}");
                let page = Html::parse_document(&reply.body);
                check_inert(&page, &what);
                let words: String = page.root_element().text().collect();
                seen += usize::from(words.contains(payload.lines().next().unwrap_or_default().trim()));
            }
        }
        let json = author.get("/advisories.json").await;
        let kind = json.headers["content-type"].to_str().expect("a type").to_owned();
        assert!(json.status == 200 && kind.starts_with("application/json"), "{kind}");
        json.json();
    }
    assert!(seen > 300, "the texts were really shown: {seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_addresses_and_queries_are_answered_plainly() {
    let app = TestApp::start().await;
    let nisc = factory::organisation(&mut app.database.owner().await, "nisc").await;
    factory::person(&app, "analyst-1", Role::NiscAnalyst, nisc, None, None).await;
    let mut client = app.signed_in("analyst-1").await;
    for payload in payloads().iter().step_by(2).filter(|payload| payload.len() < 4000) {
        let encoded: String = payload.bytes().map(|b| format!("%{b:02X}")).collect();
        for address in [
            format!("/advisories/{encoded}"),
            format!("/advisories?kind={encoded}&level={encoded}&before={encoded}"),
            format!("/map/{encoded}"),
            format!("/map?unit={encoded}&{encoded}={encoded}"),
            format!("/ceptoars/{encoded}"),
            format!("/static/{encoded}"),
            format!("/mailbox?before={encoded}"),
        ] {
            let reply = client.get(&address).await;
            assert!(reply.status < 500, "{payload:.80?} in {address:.60}: {}", reply.status);
            assert!(!reply.body.contains("[package]") && !reply.body.contains("root:x:"), "{payload:?}");
            if reply.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
                check_inert(&Html::parse_document(&reply.body), &format!("{payload:.80?} in {address:.40}"));
            }
            for (name, value) in &reply.headers {
                assert!(!value.as_bytes().contains(&b'\n') && name != "bcc", "{payload:?}");
            }
        }
    }
    for method in include_str!("../payloads/methods.txt").lines() {
        let method = axum::http::Method::from_bytes(method.as_bytes()).expect("a method");
        let reply = client.send(method.clone(), "/advisories", None).await;
        assert_eq!(reply.status, 405, "{method}");
    }
}

/// What a spreadsheet would take for a formula.
fn is_formula(cell: &str) -> bool {
    let first = cell.trim_start_matches([' ', '\u{3000}', '"']).chars().next();
    first.is_some_and(|c| matches!(c, '=' | '+' | '@' | '＝' | '＋' | '＠' | '\t' | '\r'))
}

#[tokio::test(flavor = "multi_thread")]
async fn exported_tables_hold_no_formula() {
    let app = TestApp::start().await;
    let mut visitor = app.visitor();
    let file = visitor.get("/map/2011-03-31.csv").await;
    assert_eq!(file.status, 200);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file.bytes.as_slice());
    let mut cells = 0;
    for record in reader.byte_records() {
        for cell in record.expect("a row").iter() {
            cells += 1;
            let text = String::from_utf8_lossy(cell);
            assert!(!is_formula(text.trim_start_matches('\u{feff}')), "{text}");
        }
    }
    assert!(cells > 100);
}
