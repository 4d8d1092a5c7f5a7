//! `bench board`: an item with many recipients while many watch it. Every open page asks as `static/js/live.js` does; a receipt is
//! written now and then, and each page notes when it sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::field::Field;
use super::portal::{people, portal};
use super::{Board, median, process, store, walls};

/// How often an open page asks, as `data-live-seconds` of the page says.
const INTERVAL: Duration = Duration::from_millis(1500);
/// Between two receipts.
const PAUSE: Duration = Duration::from_secs(3);
/// Whole pages that are read one after the other while nobody watches, and while everybody does.
const PAGES: usize = 20;

/// What the watchers share.
struct Watched {
    router: Router,
    path: String,
    /// When the receipts were written: microseconds since the beginning, by their number.
    written: Vec<AtomicU64>,
    begin: Instant,
    over: AtomicBool,
}

/// Measures.
///
/// # Errors
/// When the database cannot be had, or a page is not answered.
pub async fn run(settings: Board) -> anyhow::Result<()> {
    let field = Field::prepare().await?;
    let mut owner = field.owner().await?;
    store::roster(&mut owner, settings.recipients).await?;
    let people = people(&mut owner).await?;
    let item = walls::publish(&field, &mut owner, 1, people.approver).await?;
    let router = portal(&field, 8).await?;
    let path = format!("/advisories/{item}/deliveries");
    let cookies: Vec<String> =
        people.readers.iter().filter(|person| person.keeps_lists).map(|person| person.cookie.clone()).collect();
    let alone = pages(&router, &path, &cookies).await?;

    let watched = Arc::new(Watched {
        router: router.clone(),
        path: path.clone(),
        written: (0..=settings.receipts).map(|_| AtomicU64::new(0)).collect(),
        begin: Instant::now(),
        over: AtomicBool::new(false),
    });
    let mut watchers = JoinSet::new();
    for (n, cookie) in cookies.iter().cycle().take(settings.watchers).enumerate() {
        let spread = INTERVAL.mul_f64(f64::from(u32::try_from(n)?) / f64::from(u32::try_from(settings.watchers)?));
        watchers.spawn(watch(watched.clone(), cookie.clone(), spread));
    }
    tokio::time::sleep(PAUSE).await;
    let processor = |server| process::time_of(std::process::id()) + process::time_of_family(server);
    let server = field.server().context("the database has no process")?;
    let (began, used) = (Instant::now(), processor(server));
    for receipt in 1..=settings.receipts {
        store::acknowledge(&mut owner, item, i32::try_from(receipt)?).await?;
        let at = u64::try_from(watched.begin.elapsed().as_micros())?;
        watched.written[receipt].store(at, Ordering::Release);
        tokio::time::sleep(PAUSE).await;
    }
    let cores = (processor(server) - used).as_secs_f64() / began.elapsed().as_secs_f64();
    let among = pages(&router, &path, &cookies).await?;
    watched.over.store(true, Ordering::Release);
    let mut delays = Vec::new();
    let mut missed = 0;
    while let Some(seen) = watchers.join_next().await {
        let seen = seen??;
        missed += settings.receipts - seen.len();
        delays.extend(seen);
    }
    delays.sort_by(f64::total_cmp);
    let at =
        |share: f64| delays.get((delays.len() as f64 * share) as usize).or(delays.last()).copied().unwrap_or(f64::NAN);
    println!(
        "board {} recipients, {} pages open, {} receipts",
        settings.recipients, settings.watchers, settings.receipts
    );
    println!("  whole page, nobody watches      {:8.1} ms median", median(alone));
    println!("  whole page, everybody watches   {:8.1} ms median", median(among));
    println!(
        "  a receipt is seen after         {:8.2} s median, {:.2} s 99 %, {:.2} s last",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    println!("  not seen before the next one    {missed:8}");
    println!("  processors used                 {cores:8.2} (portal and database)");
    Ok(())
}

/// Milliseconds of whole pages, one after the other.
async fn pages(router: &Router, path: &str, cookies: &[String]) -> anyhow::Result<Vec<f64>> {
    let mut took = Vec::new();
    for cookie in cookies.iter().cycle().take(PAGES + cookies.len()) {
        let begin = Instant::now();
        ask(router, path, cookie).await?;
        took.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    // The first ones warm caches and plans.
    Ok(took.split_off(cookies.len()))
}

async fn ask(router: &Router, path: &str, cookie: &str) -> anyhow::Result<String> {
    let request = Request::get(path)
        .header(header::HOST, super::portal::HOST)
        .header(header::COOKIE, cookie)
        .body(Body::empty())?;
    let answer = router.clone().oneshot(request).await?;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await?;
    anyhow::ensure!(status == StatusCode::OK, "{path} was answered with {status}");
    Ok(String::from_utf8(body.to_vec())?)
}

/// An open page: asks, and notes after how many seconds it saw each receipt.
async fn watch(watched: Arc<Watched>, cookie: String, spread: Duration) -> anyhow::Result<Vec<f64>> {
    tokio::time::sleep(spread).await;
    let fragment = format!("{}?fragment=progress", watched.path);
    let mut delays = Vec::new();
    let mut seen = 0;
    while !watched.over.load(Ordering::Acquire) {
        let count = acknowledged(&ask(&watched.router, &fragment, &cookie).await?)?;
        let now = watched.begin.elapsed();
        // Of several that came since the last look, the newest alone is timed.
        if count > seen {
            let at = watched.written.get(count).map_or(0, |at| at.load(Ordering::Acquire));
            // Zero: seen before it was noted that it is written.
            delays.push((now - Duration::from_micros(at)).as_secs_f64() * f64::from(u8::from(at > 0)));
            seen = count;
        }
        tokio::time::sleep(INTERVAL).await;
    }
    Ok(delays)
}

/// How many have acknowledged, as the board says.
fn acknowledged(board: &str) -> anyhow::Result<usize> {
    let (_, rest) = board.split_once("progress--success\" value=\"").context("no share of receipts on the board")?;
    let (value, _) = rest.split_once('"').context("no value")?;
    Ok(value.parse()?)
}
