//! Every payload into every field of every form, one field at a time and the others filled in well. After each, the
//! database is put back as it was, so that every payload meets the same portal.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write;

use axum::http::Method;
use ceptoar_portal::kernel::text;
use ceptoar_portal::platform::web::form_token::is_secret;
use scraper::Html;
use sqlx::{AssertSqlSafe, PgConnection};

use super::pages::{self, Form, Kind, Scene};
use super::{check_inert, payloads};
use crate::support::{Client, Reply};

/// Forms whose right answer no page can know: keys, codes, proofs, and files
/// (tests/it/directory/imports_hell.rs, rule_documents.rs, parts.rs).
const UNFILLABLE: [&str; 12] = [
    "/advisories/{id}/parts",
    // A code is printed on a sheet of its own.
    "/advisories/{id}/receipt-code",
    "/directory/{ceptoar}/exchange",
    "/directory/{ceptoar}/rules/{rule}/documents",
    "/sign-in",
    "/sign-in/passkey",
    "/sign-in/second",
    "/sign-in/second/passkey",
    "/account/confirm",
    "/enrol/app",
    "/enrol/passkey",
    "/account/authenticators/removal",
];

/// Routes that take a POST from no page of ours, or from one that needs more than one visitor.
const WITHOUT_FORM: [(&str, &str); 11] = [
    ("/advisories/{id}/parts/carried", "shown where the version before had some; parts.rs has it"),
    ("/advisories/rendered", "asked by the script; tests/it/phrases.rs has it"),
    ("/mailbox/{id}/reply", "in the demonstration's mailbox, which the walk leaves out; tests/it/inbound.rs has it"),
    ("/sign-in/second/passkey", "shown to whom a key belongs; tests/browser has one"),
    ("/sign-in/passkey/challenge", "asked by the script, without a body"),
    ("/sign-in/second/challenge", "asked by the script, without a body"),
    ("/enrol/passkey/challenge", "asked by the script, without a body"),
    ("/account/confirm/challenge", "asked by the script, without a body"),
    (
        "/directory/{ceptoar}/rules/{rule}/documents/{file}/removal",
        "one button beside a file; rule_documents.rs has it",
    ),
    ("/follow-up", "shown while no follow-up runs; tests/it/follow_up has it"),
    ("/follow-up/{year}/publication", "one box to tick, when every sheet is confirmed; tests/it/follow_up has it"),
];

/// Remembers every table that a request of the portal touched, and what was in it before.
const REMEMBER: &str = "
    create schema before;
    create table before.touched (name text primary key);
    create table before.worn (name text primary key);
    create function before.touch() returns trigger language plpgsql security definer as $$
      begin insert into before.touched values (tg_table_name) on conflict do nothing; return null; end $$;
    do $$ declare t text; begin
      for t in select tablename from pg_tables where schemaname = 'public'
               and tablename !~ '^(audit_|_sqlx|local_mails)' loop
        execute format('create table before.%I as table public.%I', t, t);
        execute format('create trigger zz_touch after insert or update or delete on public.%I
                        for each statement execute function before.touch()', t);
      end loop; end $$;
    create function before.restore() returns void language plpgsql as $$
      declare t text; columns text; begin
        insert into before.worn select name from before.touched on conflict do nothing;
        for t in select name from before.touched loop
          -- What is worked out from other columns is worked out again.
          select string_agg(quote_ident(attname), ', ') into columns from pg_attribute
          where attrelid = format('public.%I', t)::regclass and attnum > 0 and not attisdropped and attgenerated = '';
          execute format('delete from public.%I', t);
          execute format('insert into public.%I (%s) overriding system value select %2$s from before.%1$I', t, columns);
        end loop;
        delete from before.touched;
      end $$;
    set session_replication_role = replica";

async fn restore(db: &mut PgConnection) {
    sqlx::query("select before.restore()").execute(db).await.expect("the state before");
}

/// As a template writes it.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' | '>' | '"' | '\'' | '&' => write!(out, "&#{};", u32::from(c)).expect("a string"),
            other => out.push(other),
        }
    }
    out
}

/// What was found on the way.
#[derive(Default)]
struct Findings {
    faults: Vec<String>,
    sorts: HashMap<String, usize>,
    /// Pages that were looked at whole, without what was typed and what differs each time.
    looked_at: HashSet<String>,
    fields: usize,
    fed: HashSet<String>,
    restored: usize,
    sent: usize,
    refused: usize,
    stored: usize,
}

struct Sent<'a> {
    form: &'a Form,
    field: &'a str,
    kind: Kind,
    payload: &'a str,
    language: &'static str,
}

impl Sent<'_> {
    fn what(&self) -> String {
        format!("{} {} {}={:.90?}", self.form.method, self.form.route, self.field, self.payload)
    }
}

async fn send(client: &mut Client, form: &Form, change: Option<(&str, &str)>) -> Reply {
    let changed = |name: &str| change.filter(|(field, _)| *field == name).map(|(_, payload)| payload);
    let pairs: Vec<(&str, &str)> =
        form.values.iter().map(|(name, value)| (name.as_str(), changed(name).unwrap_or(value))).collect();
    if form.method == "GET" {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let path = form.action.split('?').next().unwrap_or_default();
        return client.send(Method::GET, &format!("{path}?{query}"), None).await;
    }
    client.post(&form.action, &pairs).await
}

impl Findings {
    fn fault(&mut self, sent: &Sent<'_>, what: impl std::fmt::Display) {
        // One payload of each sort is enough to know.
        let sort = format!("{} {} {}: {what}", sent.form.method, sent.form.route, sent.field);
        let count = self.sorts.entry(sort).or_default();
        *count += 1;
        if *count == 1 {
            self.faults.push(format!("{}: {what}", sent.what()));
        }
    }

    fn check(&mut self, sent: &Sent<'_>, reply: &Reply, plain: &str) {
        self.sent += 1;
        if !matches!(reply.status, 200 | 303 | 307 | 400 | 401 | 403 | 404 | 409 | 413 | 422) {
            self.fault(sent, format!("answered with {}", reply.status));
        }
        if !reply.location().is_empty() {
            let base = url::Url::parse("http://portal.example/some/page").expect("an address");
            let inside = base.join(reply.location()).is_ok_and(|to| to.host_str() == Some("portal.example"));
            if !inside {
                self.fault(sent, format!("leads to {}", reply.location()));
            }
        }
        let kind = reply.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("text/html") {
            if reply.status >= 400 {
                self.fault(sent, format!("{} without a page of ours, as {kind:?}", reply.status));
            }
            return;
        }
        let lively = sent.payload.chars().count() > 3 && sent.payload.contains(['<', '>', '"', '\'']);
        if lively && reply.body.contains(sent.payload) && !plain.contains(sent.payload) {
            self.fault(sent, "is on the page as it was typed");
        }
        self.look(sent, reply);
        if reply.status >= 400 {
            self.check_refusal(sent, reply);
        }
    }

    /// The whole page, unless one that differs in nothing but the escaped text was looked at.
    fn look(&mut self, sent: &Sent<'_>, reply: &Reply) {
        let mut page = reply.without_request_id();
        if sent.payload.chars().count() > 3 {
            page = page.replace(&escaped(sent.payload), "TYPED");
        }
        if !self.looked_at.contains(&page) {
            check_inert(&Html::parse_document(&reply.body), &sent.what());
            self.looked_at.insert(page);
        }
    }

    fn check_refusal(&mut self, sent: &Sent<'_>, reply: &Reply) {
        self.refused += 1;
        if !reply.body.contains(&format!("<html lang=\"{}\"", sent.language)) || !reply.body.contains("<main") {
            self.fault(sent, format!("{} is no page of ours in {}", reply.status, sent.language));
        }
        if reply.status != 422 || sent.kind == Kind::Fixed {
            return;
        }
        if !reply.body.contains("field__error")
            && !reply.body.contains("error-summary")
            && !reply.body.contains("role=\"alert\"")
        {
            self.fault(sent, "is refused without a word at the field");
        }
        let typed = sent.payload;
        let secret = is_secret(sent.field) || ["old", "new"].contains(&sent.field);
        // Composed and without the blanks around it, it is the same text to whoever typed it.
        let normal = text::line(typed, usize::MAX).ok().filter(|normal| !normal.is_empty());
        let kept = [Some(typed), normal.as_deref()].into_iter().flatten().any(|t| reply.body.contains(&escaped(t)));
        // Blanks alone are nothing to keep.
        if !secret && !typed.contains('\0') && !typed.trim().is_empty() && !kept {
            self.fault(sent, "is refused, and what was typed is gone");
        }
    }
}

/// What a field gets: every payload, the short ones in bundles. Where somebody writes, bundles are short enough to be
/// stored, and each payload comes alone in one field of sixteen; elsewhere a field knows its few values, and refuses a
/// long bundle like each of them.
fn servings(kind: Kind, number: usize, all: &[String]) -> Vec<String> {
    let (room, every) = match kind {
        Kind::Line => (190, 16),
        Kind::Text => (1900, 16),
        Kind::Short | Kind::Fixed => (6500, 120),
    };
    let mut servings: Vec<String> = all.iter().skip(number % every).step_by(every).cloned().collect();
    let (long, short): (Vec<&String>, Vec<&String>) = all.iter().partition(|payload| payload.chars().count() > room);
    servings.extend(long.into_iter().cloned());
    // What a field refuses for one character must not take the others with it.
    let bad = |payload: &&String| text::line(payload, room).is_err();
    let (bad, good): (Vec<&String>, Vec<&String>) = short.into_iter().partition(bad);
    for group in [bad, good] {
        let mut bundle = String::new();
        for payload in group {
            if !bundle.is_empty() && bundle.chars().count() + payload.chars().count() >= room {
                servings.push(std::mem::take(&mut bundle));
            }
            bundle.push_str(if bundle.is_empty() { "" } else { " " });
            bundle.push_str(payload);
        }
        servings.push(bundle);
    }
    servings
}

async fn feed(scene: &mut Scene, form: &Form, all: &[String], findings: &mut Findings) {
    let (_, client, _) = scene.people[form.who].clone();
    let plain = send(&mut client.clone(), form, None).await;
    restore(&mut scene.db).await;
    // A firm without a window that can be told refuses its first person, and so every filling of that form.
    // A form that is filled in already changes nothing until something is typed.
    let passed = matches!(plain.status, 200 | 303)
        || ["メールアドレスのある窓口がありません", "登録されている内容と同じです"]
            .iter()
            .any(|said| plain.body.contains(said));
    if !passed && !UNFILLABLE.contains(&form.route) {
        let said = plain.texts(".error-summary, h1").join(" / ");
        findings.faults.push(format!(
            "{} {} is not filled in well: {} {said} {:?}",
            form.method, form.route, plain.status, form.values
        ));
    }
    for (field, kind) in &form.fields {
        // The same form may stand on several pages, with a field more or less.
        if !findings.fed.insert(format!("{} {} {field}", form.method, form.route)) {
            continue;
        }
        findings.fields += 1;
        for (n, payload) in servings(*kind, findings.fields, all).iter().enumerate() {
            // An address of that length is no address to begin with.
            if form.method == "GET" && payload.len() > 5000 {
                continue;
            }
            let mut client = client.clone();
            let language = if n % 2 == 0 { "ja" } else { "en" };
            client.set_cookie("portal_language", language);
            let sent = Sent { form, field, kind: *kind, payload, language };
            let reply = send(&mut client, form, Some((field, payload))).await;
            findings.check(&sent, &reply, &plain.body);
            if reply.status == 303 && matches!(kind, Kind::Line | Kind::Text) {
                findings.stored += 1;
                let shown = client.get(reply.location()).await;
                if shown.status >= 500 {
                    findings.fault(&sent, format!("is stored, and its page answers with {}", shown.status));
                }
                findings.look(&sent, &shown);
            }
            restore(&mut scene.db).await;
            findings.restored += 1;
            if findings.restored.is_multiple_of(200) {
                // What was deleted so often slows every look at the tables down.
                // Forms that ask for a page leave them as they were.
                let worn: Option<String> =
                    sqlx::query_scalar("select 'vacuum ' || string_agg(name, ', ') from before.worn")
                        .fetch_one(&mut scene.db)
                        .await
                        .expect("names");
                if let Some(worn) = worn {
                    sqlx::query(AssertSqlSafe(worn)).execute(&mut scene.db).await.expect("tidy tables");
                }
            }
        }
    }
}

const PARTS: usize = 2;

/// A share of the forms, over a portal of its own.
async fn share(part: usize, parts: usize) -> Findings {
    let mut scene = Scene::build().await;
    let forms = pages::walk(&mut scene).await;
    sqlx::raw_sql(AssertSqlSafe(REMEMBER)).execute(&mut scene.db).await.expect("a memory");
    let all = payloads();
    let mut findings = Findings::default();
    // Forms of one route stay together, so that each of its fields is fed once.
    let routes: Vec<_> =
        forms.iter().map(|form| (&form.method, form.route)).collect::<BTreeSet<_>>().into_iter().collect();
    let mine = |form: &&Form| routes.binary_search(&(&form.method, form.route)).is_ok_and(|n| n % parts == part);
    for form in forms.iter().filter(mine) {
        let begun = std::time::Instant::now();
        let before = findings.sent;
        feed(&mut scene, form, &all, &mut findings).await;
        println!(
            "{} {} {:?}: {} in {:?}",
            form.method,
            form.route,
            form.fields,
            findings.sent - before,
            begun.elapsed()
        );
    }
    findings
}

/// On a thread of its own.
fn alone(part: usize) -> std::thread::JoinHandle<Findings> {
    let work = move || tokio::runtime::Runtime::new().expect("a runtime").block_on(share(part, PARTS));
    std::thread::Builder::new().stack_size(16 * 1024 * 1024).spawn(work).expect("a thread")
}

#[test]
fn every_field_of_every_form_takes_every_payload_as_text_or_says_why_not() {
    let (one, two) = (alone(0), alone(1));
    let (one, two) = (one.join().expect("a share"), two.join().expect("a share"));
    println!("{} sent, {} refused, {} stored", one.sent + two.sent, one.refused + two.refused, one.stored + two.stored);
    let faults: Vec<String> = one.faults.into_iter().chain(two.faults).collect();
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.iter().take(60).cloned().collect::<Vec<_>>().join("\n")
    );
    // Were nothing sent or nothing taken, nothing would be found.
    assert!(one.refused + two.refused > 3000 && one.stored + two.stored > 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_walk_comes_to_every_form() {
    let mut scene = Scene::build().await;
    let forms = pages::walk(&mut scene).await;
    let known = |path: &str| {
        WITHOUT_FORM.iter().any(|(route, _)| *route == path)
            || forms.iter().any(|form| form.method == "POST" && form.route == path)
    };
    let routes = pages::routes(&scene.app);
    let missing: Vec<&str> =
        routes.iter().filter(|(path, method)| *method == "POST" && !known(path)).map(|(path, _)| *path).collect();
    assert_eq!(missing, [""; 0], "give somebody of the scene a page with this form");
    assert!(forms.iter().map(|form| form.fields.len()).sum::<usize>() > 100);
}
