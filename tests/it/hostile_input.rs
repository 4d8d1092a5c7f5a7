//! Hostile input: every text field of every form takes every payload of `tests/payloads`, and whatever comes of it
//! is either refused at its field with what was typed, or stored and shown as plain text.

mod every_form;
mod pages;

use ceptoar_portal::features::access::Role;
use scraper::{ElementRef, Html};

use crate::support::factory::NewAdvisory;
use crate::support::{TestApp, factory};

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
            // The bars over the years, drawn by the portal itself.
            let parts = ["title", "rect", "text", "line", "g"];
            let mut drawn = element.descendent_elements().skip(1);
            let drawn =
                element.attr("class") == Some("bars__picture") && drawn.all(|e| parts.contains(&e.value().name()));
            assert!(drawn || icon && element.child_elements().count() == 1, "{what}: an <svg> that is no icon of ours");
        }
        if name == "img" || name == "link" {
            let from = element.attr("src").or(element.attr("href")).unwrap_or_default();
            // The picture of the secret that an app reads is made for one person and kept nowhere.
            assert!(own(from) || from == "/enrol/app/code.png", "{what}: <{name}> of {from:?}");
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
                let number = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || c == '+');
                let dials = name == "a" && plain.strip_prefix("tel:").is_some_and(number);
                let language = ["?language=ja", "?language=en"].contains(&plain.as_str());
                assert!(
                    outside || inside || dials || language || plain.starts_with('#'),
                    "{what}: <{name} {attribute}={value:?}>"
                );
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
