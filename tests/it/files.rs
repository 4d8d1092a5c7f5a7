//! Attached files: checked in a box, sealed, held until scanned, handed out as downloads, destroyed.

use std::io::{Cursor, Write};

use ceptoar_portal::features::access::Role;
use ceptoar_portal::kernel::ids::AccountId;
use ceptoar_portal::platform::files::intake::{self, Checked};
use ceptoar_portal::platform::files::package::Bad;
use ceptoar_portal::platform::files::respond::respond;
use ceptoar_portal::platform::files::scan::{Finding, Scanner};
use ceptoar_portal::platform::files::store::{self, StoreError};
use ceptoar_portal::platform::files::{DisplayName, FileType, Refused};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::app::sandbox;
use crate::support::{TestApp, factory};

fn document(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const TYPES: (&str, &[u8]) = ("[Content_Types].xml", b"<Types/>");

async fn check(name: &str, content: Vec<u8>) -> Result<FileType, Refused> {
    intake::check(&sandbox(), DisplayName::parse(name).unwrap(), content).await.map(|file| file.kind)
}

#[tokio::test(flavor = "multi_thread")]
async fn office_documents_are_looked_into_in_a_box() {
    let text = document(&[TYPES, ("word/document.xml", b"<w/>")]);
    assert_eq!(check("a.docx", text.clone()).await, Ok(FileType::Docx));
    assert_eq!(check("a.xlsx", text.clone()).await, Err(Refused::Mismatch), "a renamed document");
    assert_eq!(check("a.docx", text[..text.len() - 30].to_vec()).await, Err(Refused::Package(Bad::Unreadable)));
    let macros = document(&[TYPES, ("xl/workbook.xml", b"<x/>"), ("xl/vbaProject.bin", b"x")]);
    assert_eq!(check("a.xlsx", macros).await, Err(Refused::Package(Bad::Program)));
    let bomb = document(&[TYPES, ("xl/workbook.xml", &vec![0; 64 * 1024 * 1024])]);
    assert!(bomb.len() < 100_000);
    assert_eq!(check("a.xlsx", bomb).await, Err(Refused::Package(Bad::TooMuch)));
    assert_eq!(check("a.txt", b"a".to_vec()).await, Ok(FileType::Txt));
    let sample = ["EICAR", "STANDARD", "ANTIVIRUS", "TEST", "FILE"].join("-").into_bytes();
    assert_eq!(check("a.txt", sample).await, Err(Refused::Harmful));
}

async fn person(app: &TestApp, name: &str) -> AccountId {
    let mut db = app.database.owner().await;
    let nisc = factory::organisation(&mut db, "nisc").await;
    factory::person(app, name, Role::NiscAnalyst, nisc, None, None).await;
    let id: Uuid = sqlx::query_scalar("select account_id from accounts where sign_in_name = $1")
        .bind(name)
        .fetch_one(&mut db)
        .await
        .unwrap();
    AccountId(id)
}

fn file(content: Vec<u8>) -> Checked {
    Checked { name: DisplayName::parse("手順 1.pdf").unwrap(), kind: FileType::Pdf, content }
}

async fn worker(app: &TestApp) -> PgConnection {
    PgConnection::connect_with(&app.database.connections.worker).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_held_until_a_scanner_found_nothing() {
    let app = TestApp::start().await;
    let (owner, other) = (person(&app, "owner").await, person(&app, "other").await);
    let now = app.state.clock.now();
    // Parts of 256 KiB: a whole number of them, one byte less, one more.
    let mut ids = Vec::new();
    for length in [1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1] {
        let content: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let mut tx = app.state.db.begin(Some(owner), now).await.unwrap();
        let id = store::keep(&mut tx, &file(content.clone()), owner, now).await.unwrap();
        tx.commit().await.unwrap();
        ids.push((id, content));
    }
    for (id, content) in &ids {
        let mut tx = app.state.db.begin(Some(owner), now).await.unwrap();
        assert_eq!(store::open(&mut tx, *id).await.unwrap(), None, "held");
        let mut scanner = worker(&app).await;
        let held = store::held(&mut scanner, *id).await.unwrap().unwrap();
        assert!(held == *content);
        let nobody = Scanner::Clamd("unix:/nonexistent/clamd.ctl".parse().unwrap());
        let finding = nobody.scan(&held).await;
        assert!(!store::settle(&mut scanner, *id, finding, now).await.unwrap(), "no scanner: it stays held");
        assert!(!store::settle(&mut tx, *id, Finding::Clean, now).await.unwrap_or(false), "pages release nothing");
        drop(tx);
        assert!(store::settle(&mut scanner, *id, Finding::Clean, now).await.unwrap());
        assert!(!store::settle(&mut scanner, *id, Finding::Harmful, now).await.unwrap(), "once");
        assert_eq!(store::held(&mut scanner, *id).await.unwrap(), None, "the scanner reads what is held only");
        let mut tx = app.state.db.begin(Some(owner), now).await.unwrap();
        assert!(store::open(&mut tx, *id).await.unwrap().unwrap().content == *content);
        let mut tx = app.state.db.begin(Some(other), now).await.unwrap();
        assert_eq!(store::open(&mut tx, *id).await.unwrap(), None, "somebody else's");
        assert!(!store::purge(&mut tx, *id, now).await.unwrap(), "somebody else's");
    }
    let mut tx = app.state.db.begin(Some(other), now).await.unwrap();
    let forged = store::keep(&mut tx, &file(b"x".to_vec()), owner, now).await;
    assert!(matches!(forged, Err(StoreError::Database(_))), "in another's name");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_key_nothing_is_left_of_a_file() {
    let app = TestApp::start().await;
    let owner = person(&app, "owner").await;
    let (now, mut db) = (app.state.clock.now(), app.database.owner().await);
    let content = b"canary canary canary canary".to_vec();
    let mut tx = app.state.db.begin(Some(owner), now).await.unwrap();
    let id = store::keep(&mut tx, &file(content.clone()), owner, now).await.unwrap();
    tx.commit().await.unwrap();
    let sealed: Vec<u8> = sqlx::query_scalar("select sealed from stored_file_parts where file_id = $1")
        .bind(id)
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert!(!sealed.windows(6).any(|w| w == b"canary"), "sealed at rest");
    store::settle(&mut worker(&app).await, id, Finding::Clean, now).await.unwrap();
    // A part that was changed is not handed out.
    sqlx::query("update stored_file_parts set sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1)")
        .execute(&mut db)
        .await
        .unwrap();
    let mut tx = app.state.db.begin(Some(owner), now).await.unwrap();
    assert!(matches!(store::open(&mut tx, id).await, Err(StoreError::Seal(_))));
    drop(tx);
    let mut tx = app.state.db.begin(Some(owner), now).await.unwrap();
    assert!(store::purge(&mut tx, id, now).await.unwrap());
    assert!(!store::purge(&mut tx, id, now).await.unwrap());
    assert_eq!(store::open(&mut tx, id).await.unwrap(), None);
    tx.commit().await.unwrap();
    let left: (i64, i64, String) = sqlx::query_as(
        "select (select count(*) from stored_file_keys), (select count(*) from stored_file_parts), name from stored_files",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!(left, (0, 0, "purged".to_owned()), "the name may say as much as the content");
}

#[tokio::test]
async fn a_download_is_never_a_page() {
    let name = DisplayName::parse("報告\"; filename=x.html.pdf").unwrap();
    let response = respond(store::Opened { name, kind: FileType::Pdf, content: b"%PDF-".to_vec() });
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert!(
        header("content-disposition")
            .starts_with("attachment; filename=\"____ filename_x.html.pdf\"; filename*=UTF-8''%E5")
    );
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").starts_with("sandbox;"));
    assert_eq!(header("content-type"), "application/pdf");
}
