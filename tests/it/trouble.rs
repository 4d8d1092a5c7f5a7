//! Trouble fails closed and is seen: a handler that panics, a pool that is used up, a disk that is full.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use axum::extract::State;
use ceptoar_portal::app::router::with_more;
use ceptoar_portal::features::access::{Role, Routes, Rule, Viewer};
use ceptoar_portal::platform::files::intake::Checked;
use ceptoar_portal::platform::files::{DisplayName, FileType, store};
use ceptoar_portal::platform::web::error::WebError;
use ceptoar_portal::platform::web::state::AppState;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::support::{Client, Reply, TestApp, factory};

/// A portal with pages that no portal has.
async fn portal(more: Routes) -> (TestApp, Client) {
    let mut app = TestApp::start().await;
    app.router = with_more(app.state.clone(), more);
    let nisc = factory::organisation(&mut app.database.owner().await, "nisc").await;
    factory::person(&app, "analyst", Role::NiscAnalyst, nisc, None, None).await;
    let client = app.signed_in("analyst").await;
    (app, client)
}

fn check_page(reply: &Reply, status: u16, language: &str, words: [&str; 2]) {
    assert_eq!(reply.status, status, "{}", reply.body);
    assert!(
        reply.body.contains(&format!("<html lang=\"{language}\"")) && reply.body.contains("<main"),
        "{}",
        reply.body
    );
    let [ja, en] = words;
    let (there, other) = if language == "ja" { (ja, en) } else { (en, ja) };
    assert!(reply.body.contains(there) && !reply.body.contains(other), "{}", reply.body);
    assert!(reply.headers.contains_key("content-security-policy") && reply.headers["cache-control"] == "no-store");
}

const FAULT: [&str; 2] = ["エラーが発生しました", "Something went wrong"];
const NOT_NOW: [&str; 2] = ["ただいま利用できません", "Not available just now"];

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_page_of_ours_and_the_portal_goes_on() {
    let more = Routes::new()
        .get("/panics", Rule::Public, async || -> &'static str { panic!("planted: 03-0000-9999") })
        .get("/panics.json", Rule::Public, async || -> &'static str { panic!("planted: 03-0000-9999") })
        .post("/panics", Rule::SignedIn, async |State(state): State<AppState>| -> &'static str {
            let _held = state.db.begin(None, state.clock.now()).await.unwrap();
            panic!("planted: 03-0000-9999")
        });
    let (app, mut analyst) = portal(more).await;
    let mut visitor = app.visitor();
    check_page(&visitor.get("/panics").await, 500, "ja", FAULT);
    check_page(&app.visitor().in_english().get("/panics").await, 500, "en", FAULT);
    sqlx::query("update accounts set language = 'en'").execute(&mut app.database.owner().await).await.unwrap();
    let page = analyst.get("/panics").await;
    check_page(&page, 500, "en", FAULT);
    assert!(page.body.contains(page.headers["x-request-id"].to_str().unwrap()), "the number to ask with");
    assert!(!page.body.contains("planted") && !page.body.contains("panicked"));
    let json = visitor.get("/panics.json").await;
    assert!(json.status == 500 && json.json()["error"].is_string() && !json.body.contains("planted"));
    // More often than there are connections: each of them is given back.
    for _ in 0..12 {
        check_page(&analyst.post("/panics", &[]).await, 500, "en", FAULT);
    }
    assert_eq!(analyst.get("/advisories").await.status, 200);
    assert_eq!(visitor.get("/health/ready").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_pool_is_said_in_time_and_is_over_when_it_is_over() {
    let (app, mut analyst) = portal(Routes::new()).await;
    assert_eq!(app.visitor().get("/map/2011-03-31").await.status, 200);
    let now = app.state.clock.now();
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(app.state.db.begin(None, now).await.unwrap());
    }
    let (mut english, mut stranger, mut author) = (analyst.clone().in_english(), app.visitor(), analyst.clone());
    let (mut machine, mut alive, mut script) = (app.visitor(), app.visitor(), analyst.clone());
    let begun = Instant::now();
    let (page, other, sign_in, form, ready, json) = tokio::join!(
        analyst.get("/advisories"),
        english.get("/account"),
        stranger.post("/sign-in", &[("name", "analyst"), ("password", factory::PASSWORD)]),
        author.post("/advisories", &[("title", "題名"), ("kind", "alert")]),
        machine.get("/health/ready"),
        script.get("/advisories.json"),
    );
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(9), "{waited:?}");
    check_page(&page, 503, "ja", NOT_NOW);
    check_page(&other, 503, "en", NOT_NOW);
    check_page(&sign_in, 503, "ja", NOT_NOW);
    check_page(&form, 503, "ja", NOT_NOW);
    assert_eq!((ready.status, json.status), (503, 503));
    for reply in [&page, &other, &sign_in, &form, &json] {
        let wait: u32 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait));
        assert!(!reply.body.contains("pool") && !reply.body.contains("PostgreSQL"), "{}", reply.body);
    }
    assert_eq!(alive.get("/health/live").await.status, 200);
    assert_eq!(alive.get("/map/2011-03-31").await.status, 200, "what is in memory needs no database");
    drop(held);
    let begun = Instant::now();
    assert_eq!(analyst.get("/advisories").await.status, 200);
    assert_eq!(machine.get("/health/ready").await.status, 200);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let made: i64 =
        sqlx::query_scalar("select count(*) from advisories").fetch_one(&mut app.database.owner().await).await.unwrap();
    assert_eq!(made, 0, "what was answered with 503 was not done");
}

/// Keeps a file of so many bytes that nothing can make smaller.
async fn upload(state: &AppState, viewer: &Viewer, length: usize) -> Result<String, WebError> {
    let content: Vec<u8> = (0..length / 16).flat_map(|_| *Uuid::new_v4().as_bytes()).collect();
    let file = Checked { name: DisplayName::parse("手順.pdf").unwrap(), kind: FileType::Pdf, content };
    let now = state.clock.now();
    let mut tx = state.db.begin(Some(viewer.account_id), now).await?;
    let id = store::keep(&mut tx, &file, viewer.account_id, now).await?;
    tx.commit().await?;
    Ok(id.to_string())
}

/// A file system of a few megabytes, and the database's parts of files in it.
struct TinyDisk {
    place: PathBuf,
    name: String,
}

impl TinyDisk {
    /// `None` where this process may not make one.
    async fn make(db: &mut PgConnection) -> Option<Self> {
        let name = format!("tiny_{}", std::process::id());
        let place = Path::new("/tmp").join(format!("portal-{name}"));
        let data: String = sqlx::query_scalar("show data_directory").fetch_one(&mut *db).await.unwrap();
        std::fs::create_dir_all(&place).ok()?;
        let run = |program: &str, arguments: &[&std::ffi::OsStr]| {
            Command::new(program).args(arguments).output().is_ok_and(|done| done.status.success())
        };
        let disk = Self { place, name };
        let made = run(
            "mount",
            &[
                "-t".as_ref(),
                "tmpfs".as_ref(),
                "-o".as_ref(),
                "size=4m".as_ref(),
                "tmpfs".as_ref(),
                disk.place.as_ref(),
            ],
        ) && run("chown", &["--reference".as_ref(), data.as_ref(), disk.place.as_ref()]);
        if !made {
            return None;
        }
        let place = disk.place.display();
        sqlx::raw_sql(AssertSqlSafe(format!("create tablespace {} location '{place}'", disk.name)))
            .execute(&mut *db)
            .await
            .ok()?;
        sqlx::raw_sql(AssertSqlSafe(format!("alter table stored_file_parts set tablespace {}", disk.name)))
            .execute(db)
            .await
            .unwrap();
        Some(disk)
    }

    /// Gives the place back. While the database still knows of it, it stays mounted: a place that is gone keeps the
    /// whole server from writing.
    async fn leave(self, db: &mut PgConnection) {
        for statement in [
            "alter table stored_file_parts set tablespace pg_default".to_owned(),
            format!("drop tablespace {}", self.name),
        ] {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *db).await.expect("the place given back");
        }
        let _ = Command::new("umount").arg(&self.place).output();
        let _ = std::fs::remove_dir(&self.place);
    }
}

/// What the database says of a full disk, where there is no small one to fill.
const AS_IF_FULL: &str = "
    create function full_disk() returns trigger language plpgsql as $$
      begin raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$;
    create trigger full_disk before insert on stored_file_parts for each row when (new.place >= 8)
      execute function full_disk()";

async fn left(db: &mut PgConnection) -> [i64; 3] {
    let (files, keys, parts): (i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from stored_files), (select count(*) from stored_file_keys),
                (select count(distinct file_id) from stored_file_parts)",
    )
    .fetch_one(db)
    .await
    .unwrap();
    [files, keys, parts]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_a_file_wholly() {
    let more = Routes::new()
        .post("/small", Rule::SignedIn, async |State(state): State<AppState>, viewer: Viewer| {
            upload(&state, &viewer, 300 * 1024).await
        })
        .post("/large", Rule::SignedIn, async |State(state): State<AppState>, viewer: Viewer| {
            upload(&state, &viewer, 8 * 1024 * 1024).await
        });
    let (app, analyst) = portal(more).await;
    let mut db = app.database.owner().await;
    let disk = TinyDisk::make(&mut db).await;
    if disk.is_none() {
        println!("no disk to fill here: the database says that one is full");
        sqlx::raw_sql(AS_IF_FULL).execute(&mut db).await.unwrap();
    }
    let look = app.database.owner().await;
    let larger = disk.as_ref().map(|disk| disk.place.clone());
    let make_room = move || {
        if let Some(place) = &larger {
            let grown = Command::new("mount").args(["-o", "remount,size=64m"]).arg(place).status().unwrap();
            assert!(grown.success());
        }
    };
    let filled = tokio::spawn(fill(analyst, look, make_room)).await;
    if let Some(disk) = disk {
        disk.leave(&mut db).await;
    }
    filled.expect("the disk was filled");
}

async fn fill(mut analyst: Client, mut db: PgConnection, make_room: impl Fn()) {
    let first = analyst.post("/small", &[]).await;
    assert_eq!(first.status, 200, "{}", first.body);
    for (n, language) in ["ja", "en", "ja"].into_iter().enumerate() {
        analyst.set_cookie("portal_language", language);
        let refused = analyst.post("/large", &[]).await;
        check_page(&refused, 503, language, NOT_NOW);
        assert!(refused.headers.contains_key("retry-after"));
        let saved = if language == "ja" { "入力内容は保存されていません" } else { "Nothing was saved" };
        assert!(refused.body.contains(saved) && !refused.body.contains("space") && !refused.body.contains("extend"));
        assert_eq!(left(&mut db).await, [1, 1, 1], "try {n}: nothing of it is left");
        assert_eq!(analyst.get("/advisories").await.status, 200, "the rest goes on");
    }
    (make_room)();
    sqlx::raw_sql("drop trigger if exists full_disk on stored_file_parts").execute(&mut db).await.unwrap();
    assert_eq!(analyst.post("/large", &[]).await.status, 200, "with room again it is taken");
    assert_eq!(left(&mut db).await, [2, 2, 2]);
}
