//! Files of the handling rule: attached by the desk, looked at by a scanner, had by whoever the rule is for.

use ceptoar_portal::kernel::ids::AccountId;
use ceptoar_portal::platform::files::scan::Scanner;
use ceptoar_portal::platform::files::scanning::{self, LeftOut};
use ceptoar_portal::platform::files::store as files;
use sqlx::PgPool;
use uuid::Uuid;

use super::roster::{World, world, world_with};
use super::rules::{RULES, adopted, offered, rule, second};
use crate::support::{Client, Reply};

const PDF: &[u8] = b"%PDF-1.7\n\x81 the text of the rule";

fn documents(rule: &str) -> String {
    format!("{RULES}/{rule}/documents")
}

async fn attach(desk: &mut Client, rule: &str, name: &str, content: &[u8]) -> Reply {
    desk.upload(&documents(rule), &[], (name, content)).await
}

async fn worker(w: &World) -> PgPool {
    PgPool::connect_with(w.app.database.connections.worker.clone()).await.expect("a pool")
}

/// One round of the scanner that knows the sample only.
async fn scan(w: &World) -> usize {
    let pool = worker(w).await;
    scanning::settle_held(&pool, &Scanner::SampleOnly, &mut LeftOut::default(), w.app.state.clock.now())
        .await
        .expect("a round")
}

async fn only_file(w: &mut World) -> String {
    w.texts("select file_id::text from handling_rule_documents").await.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_held_then_had_by_whoever_the_rule_is_for_then_destroyed() {
    let mut w = world().await;
    let mut desk = adopted(&w).await;
    let one = rule(&mut w, "第1版").await;
    let page = desk.get(&documents(&one)).await;
    assert!(page.body.contains("ファイルが登録されていません"), "{}", page.body);
    assert_eq!(page.attributes("#file", "accept"), [".pdf,.docx,.xlsx,.pptx,.csv,.txt,.png,.jpg"]);
    let added = attach(&mut desk, &one, "情報の取扱いに関する規程.pdf", PDF).await;
    assert_eq!(added.status, 303, "{}", added.body);
    let page = desk.get(added.location()).await;
    assert!(
        page.body.contains("ファイルを登録しました") && page.body.contains("ウイルス検査をしています"),
        "{}",
        page.body
    );
    let file = only_file(&mut w).await;
    let download = format!("{}/{file}", documents(&one));
    assert_eq!(desk.get(&download).await.status, 404, "not before somebody has looked at it");
    assert_eq!(scan(&w).await, 1);
    assert_eq!(scan(&w).await, 0, "once");
    for (who, status) in [
        ("desk", 200),
        ("desk2", 200),
        ("bank-admin", 200),
        ("no-handler", 200),
        ("rival-handler", 200),
        ("analyst", 200),
        ("life-desk", 404),
        ("auditor", 404),
        ("operator", 404),
    ] {
        let mut client = w.app.signed_in(who).await;
        let reply = client.get(&download).await;
        assert_eq!(reply.status, status, "{who}");
        if status == 200 {
            assert_eq!(reply.bytes, PDF, "{who}");
            assert!(reply.headers["content-disposition"].to_str().unwrap().starts_with("attachment;"), "{who}");
        }
    }
    let mut member = w.app.signed_in("bank-admin").await;
    let shown = member.get(RULES).await;
    assert_eq!(shown.hrefs(".downloads a"), [download.as_str()]);
    assert!(shown.body.contains("PDF、1KB、2026年11月21日(土) 21:"), "{}", shown.body);
    assert!(!shown.body.contains("登録・削除する"), "a member keeps nothing");
    for path in [documents(&one), format!("{download}/removal")] {
        assert_eq!(member.post(&path, &[]).await.status, 404, "{path}");
    }
    assert_eq!(member.get(&documents(&one)).await.status, 404);
    assert_eq!(desk.get(&format!("{RULES}/{}/documents/{file}", Uuid::nil())).await.status, 404, "of another edition");
    // A colleague destroys it; a second click is no error.
    let mut colleague = w.app.signed_in("desk2").await;
    for _ in 0..2 {
        assert_eq!(colleague.post(&format!("{download}/removal"), &[]).await.status, 303);
    }
    assert_eq!(desk.get(&download).await.status, 404);
    assert_eq!(
        w.number("select (select count(*) from stored_file_keys) + (select count(*) from stored_file_parts)").await,
        0
    );
    let shown = member.get(RULES).await;
    assert!(shown.body.contains("削除されたファイル") && !shown.body.contains("規程.pdf"), "{}", shown.body);
    assert!(shown.texts(".downloads").concat().contains("登録、2026年"), "until when it was there: {}", shown.body);
    let actions = "select action from audit_events where action like 'rule.document%' order by sequence";
    assert_eq!(w.texts(actions).await, ["rule.document_added", "rule.document_removed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_document_is_refused_by_name_and_nothing_is_kept() {
    let mut w = world().await;
    let mut desk = adopted(&w).await;
    let one = rule(&mut w, "第1版").await;
    let sample = ["EICAR", "STANDARD", "ANTIVIRUS", "TEST", "FILE"].join("-");
    let large = [PDF, &vec![b' '; 20 * 1024 * 1024]].concat();
    for (name, content, said) in [
        ("", &b""[..], "登録するファイルを選んでください"),
        ("規程.pdf", b"", "ファイルの中身がありません"),
        ("規程.pdf", b"<html>", "名前の末尾(拡張子)と合っていません"),
        ("規程.exe", b"MZ", "この種類のファイルは登録できません"),
        ("規程.zip", b"PK\x03\x04", "この種類のファイルは登録できません"),
        ("規程\u{202e}fdp.txt", b"x", "見えない文字"),
        ("規程.docx", b"PK\x03\x04 broken", "安全に確認できません"),
        ("規程.txt", sample.as_bytes(), "有害なプログラムが見つかった"),
        ("規程.pdf", &large, "20MBまでにしてください"),
    ] {
        let refused = attach(&mut desk, &one, name, content).await;
        assert_eq!(refused.status, 422, "{name}: {}", refused.body);
        assert!(refused.texts("#file-error").concat().contains(said), "{name}: {:?}", refused.texts("#file-error"));
    }
    let far_too_large = vec![b' '; 21 * 1024 * 1024];
    assert_eq!(attach(&mut desk, &one, "規程.pdf", &far_too_large).await.status, 413);
    assert_eq!(w.number("select count(*) from stored_files").await, 0);
    for n in 0..10 {
        assert_eq!(attach(&mut desk, &one, &format!("別紙{n}.pdf"), PDF).await.status, 303);
    }
    let full = attach(&mut desk, &one, "別紙11.pdf", PDF).await;
    assert_eq!(full.status, 422);
    assert!(full.body.contains("10件までです"), "{}", full.body);
    assert_eq!(w.number("select count(*) from stored_files").await, 10);
    // What the scanner finds harmful nobody opens.
    for (state, name) in [("refused", "別紙3.pdf"), ("unreadable", "別紙4.pdf")] {
        sqlx::query("update stored_files set state = $1, settled_at = now() where name = $2")
            .bind(state)
            .bind(name)
            .execute(&mut w.db)
            .await
            .unwrap();
    }
    let page = desk.get(&documents(&one)).await;
    assert_eq!(page.body.matches("保護を外したファイルを登録してください").count(), 1, "{}", page.body);
    assert_eq!(page.body.matches("有害なプログラムが見つかったため、開けません").count(), 1, "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_nobody_can_look_at_keeps_no_other_one_back() {
    let mut w = world().await;
    let mut desk = adopted(&w).await;
    let one = rule(&mut w, "第1版").await;
    attach(&mut desk, &one, "壊れた.pdf", PDF).await;
    w.app.state.clock.advance(chrono::TimeDelta::seconds(1));
    attach(&mut desk, &one, "よい.pdf", PDF).await;
    let spoil = "update stored_file_parts set sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1)
                 where file_id = (select file_id from stored_files where name = '壊れた.pdf')";
    sqlx::query(spoil).execute(&mut w.db).await.unwrap();
    let pool = worker(&w).await;
    let (mut left_out, now) = (LeftOut::default(), w.app.state.clock.now());
    let nobody = Scanner::Clamd("unix:/nonexistent/clamd.ctl".parse().unwrap());
    assert_eq!(scanning::settle_held(&pool, &nobody, &mut left_out, now).await.unwrap(), 0, "nobody is there");
    let scanner = Scanner::SampleOnly;
    assert_eq!(scanning::settle_held(&pool, &scanner, &mut left_out, now).await.unwrap(), 1);
    assert_eq!(w.texts("select name from stored_files where state = 'released'").await, ["よい.pdf"]);
    assert_eq!(scanning::settle_held(&pool, &scanner, &mut left_out, now).await.unwrap(), 0);
    // Mended, it is looked at again, though not at once.
    sqlx::query(spoil).execute(&mut w.db).await.unwrap();
    assert_eq!(scanning::settle_held(&pool, &scanner, &mut left_out, now).await.unwrap(), 0);
    let later = now + chrono::TimeDelta::minutes(5);
    assert_eq!(scanning::settle_held(&pool, &scanner, &mut left_out, later).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_that_is_taken_back_takes_its_documents_along() {
    let mut w = world().await;
    let mut desk = adopted(&w).await;
    let one = rule(&mut w, "第1版").await;
    attach(&mut desk, &one, "第1版.pdf", PDF).await;
    assert_eq!(offered(&mut desk, &second()).await.status, 303);
    let two = rule(&mut w, "第2版").await;
    attach(&mut desk, &two, "第2版.pdf", PDF).await;
    scan(&w).await;
    // Agreed to: it stays, and so does what it says.
    desk.post(&format!("{RULES}/{two}/consents/{}", w.bank), &[]).await;
    let kept = desk.post(&format!("{RULES}/{two}/withdrawal"), &[]).await;
    assert!(kept.location().ends_with("?done=nothing"));
    assert_eq!(w.number("select count(*) from stored_file_keys").await, 2);
    desk.post(&format!("{RULES}/{two}/consents/{}/withdrawal", w.bank), &[]).await;
    assert!(desk.post(&format!("{RULES}/{two}/withdrawal"), &[]).await.location().ends_with("?done=withdrawn"));
    assert_eq!(w.texts("select name from stored_files where state = 'purged'").await, ["purged"]);
    assert_eq!(w.texts("select name from stored_files where state <> 'purged'").await, ["第1版.pdf"]);
    assert_eq!(w.number("select count(*) from stored_file_keys").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_scanner_production_takes_no_files_and_says_why() {
    let settings = [
        "--mode=production",
        "--smtp-url=smtp://127.0.0.1:2525",
        "--base-url=https://portal.go.jp",
        "--mail-from=portal@ceptoar.go.jp",
    ];
    let mut w = world_with(&settings).await;
    sqlx::query("update accounts set demonstration = false").execute(&mut w.db).await.unwrap();
    let mut desk = adopted(&w).await;
    let one = rule(&mut w, "第1版").await;
    let page = desk.get(&documents(&one)).await;
    assert!(page.body.contains("ウイルス検査の設定がないため") && page.values("#file").is_empty(), "{}", page.body);
    let refused = attach(&mut desk, &one, "規程.pdf", PDF).await;
    assert_eq!(refused.status, 422);
    assert_eq!(w.number("select count(*) from stored_files").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_security_alone_lets_nobody_share_or_spoil_what_is_anothers() {
    let mut w = world().await;
    let mut desk = adopted(&w).await;
    let one: Uuid = rule(&mut w, "第1版").await.parse().unwrap();
    attach(&mut desk, &one.to_string(), "規程.pdf", PDF).await;
    let shared: Uuid = only_file(&mut w).await.parse().unwrap();
    let now = w.app.state.clock.now();
    // Somebody else's file, which its name alone may say too much of.
    let life = account(&mut w, "life-desk").await;
    let mut tx = w.app.state.db.begin(Some(life), now).await.unwrap();
    let foreign = files::keep(&mut tx, &file_of("別のセプターの規程.pdf"), life, now).await.unwrap();
    tx.commit().await.unwrap();
    for (who, sees) in [("desk", 1), ("bank-admin", 1), ("analyst", 1), ("life-desk", 1), ("auditor", 0)] {
        let account = account(&mut w, who).await;
        let mut tx = w.app.state.db.begin(Some(account), now).await.unwrap();
        let names: Vec<String> = sqlx::query_scalar("select name from stored_files").fetch_all(&mut *tx).await.unwrap();
        assert_eq!(names.len(), sees, "{who}: {names:?}");
        for forged in [
            // A place before everybody else's in the scanner's queue, and a document as if of long ago.
            "insert into stored_files (file_id, name, kind, length, sha256, created_by, created_at)
             select gen_random_uuid(), 'x', 'txt', 1, sha256('x'), viewer_account(), '2000-01-01' where $1 <> $2 and $3 <> $2",
            // Handing on what is another's, or one's own to a rule that one does not keep.
            "insert into handling_rule_documents (file_id, rule_id, added_at) values ($1, $2, now())",
            // Spoiling what waits to be looked at.
            "insert into stored_file_parts (file_id, place, sealed) select $3, 5, convert_to(repeat('x', 41), 'UTF8') where $1 <> $2",
            "insert into handling_rule_documents (file_id, rule_id, added_at) select $3, $2, '2020-01-01' where $1 <> $2",
            "update handling_rule_documents set removed_at = now() where file_id = $3 and $1 <> $2",
            "delete from handling_rule_documents where file_id = $3 and $1 <> $2",
            "select destroy_stored_files(array[$1, $2, $3], now())",
        ] {
            let mut savepoint = w.app.state.db.begin(Some(account), now).await.unwrap();
            let done = sqlx::query(forged).bind(foreign).bind(one).bind(shared).execute(&mut *savepoint).await;
            // Who attached a file may add to it: then it no longer opens, and that is all.
            let own = who == "desk" && forged.contains("stored_file_parts");
            assert_eq!(done.is_ok(), own, "{who}: {forged}");
        }
        let own: bool =
            sqlx::query_scalar("select purge_stored_file($1, now())").bind(shared).fetch_one(&mut *tx).await.unwrap();
        assert!(!own, "{who}: what is a document is the desk's");
        let gone: i64 =
            sqlx::query_scalar("select remove_rule_documents($1)").bind(one).fetch_one(&mut *tx).await.unwrap();
        assert_eq!(gone, i64::from(who == "desk"), "{who}");
    }
}

async fn account(w: &mut World, name: &str) -> AccountId {
    let id = w.texts(&format!("select account_id::text from accounts where sign_in_name = '{name}'")).await;
    AccountId(id[0].parse().expect("an id"))
}

fn file_of(name: &str) -> ceptoar_portal::platform::files::intake::Checked {
    use ceptoar_portal::platform::files::{DisplayName, FileType, intake::Checked};
    Checked { name: DisplayName::parse(name).unwrap(), kind: FileType::Pdf, content: PDF.to_vec() }
}
