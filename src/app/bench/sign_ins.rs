//! `bench sign-ins`: many people at the sign-in page at once, and what the others feel of it.

use std::time::{Duration, Instant};

use anyhow::Context;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use tower::ServiceExt;

use super::field::Field;
use super::portal::{HOST, Person, people, portal};
use super::{SignIns, store};
use crate::platform::security::form_token::{FIELD, FormToken};
use crate::platform::security::token::Token;
use crate::platform::web::cookies;

/// Sends the sign-ins all at once and reads a page again and again until they are answered.
///
/// # Errors
/// When the database cannot be had, or a page is not answered.
pub async fn run(settings: SignIns) -> anyhow::Result<()> {
    let field = Field::prepare().await?;
    let mut owner = field.owner().await?;
    store::roster(&mut owner, 100).await?;
    let people = people(&mut owner).await?;
    store::archive(&mut owner, 50).await?;
    let router = portal(&field, 16).await?;
    let reader = people.readers.last().context("a reader")?;
    let quiet = watch(&router, reader, async { tokio::time::sleep(Duration::from_secs(2)).await }).await?;
    // The height counts from here: preparing the benchmark needed more than the sign-ins do.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = memory("VmRSS")?;
    let begin = Instant::now();
    let all = (0..settings.at_once).map(|n| tokio::spawn(sign_in(router.clone(), n)));
    let all: Vec<_> = all.collect();
    let busy = watch(&router, reader, async {
        for one in all {
            let _ = one.await;
        }
    })
    .await?;
    println!("sign-ins {} at once, with a wrong password each", settings.at_once);
    println!("  all answered after                     {:8.2} s", begin.elapsed().as_secs_f64());
    println!("  memory before, and at its height       {:8} kB {:8} kB", before, memory("VmHWM")?);
    println!("  /advisories meanwhile: median, longest {:8.1} ms {:8.1} ms", busy.0, busy.1);
    println!("  /advisories in quiet: median, longest  {:8.1} ms {:8.1} ms", quiet.0, quiet.1);
    Ok(())
}

async fn sign_in(router: Router, n: u32) -> anyhow::Result<()> {
    let visit = Token::random()?;
    let token = FormToken::of(&visit);
    let form = format!("name=nobody-{n}&password=a+password+that+is+wrong&{FIELD}={}", token.value());
    let mut request = Request::post("/sign-in")
        .header(header::HOST, HOST)
        .header(header::COOKIE, format!("{}={}", cookies::visit_name(false), visit.reveal()))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form))?;
    // Everybody comes from somewhere else, or the throttle would spare the hashing.
    request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from(([10, 0, (n >> 8) as u8, n as u8], 1))));
    let answer = router.oneshot(request).await?;
    to_bytes(answer.into_body(), usize::MAX).await?;
    Ok(())
}

/// Reads a page until `done`; the median and the longest in milliseconds.
async fn watch(router: &Router, reader: &Person, done: impl Future<Output = ()>) -> anyhow::Result<(f64, f64)> {
    tokio::pin!(done);
    let mut took = Vec::new();
    loop {
        let begin = Instant::now();
        tokio::select! {
            biased;
            () = &mut done, if !took.is_empty() => break,
            answer = read(router, reader) => answer?,
        }
        took.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    let longest = took.iter().copied().fold(0.0, f64::max);
    Ok((super::median(took), longest))
}

async fn read(router: &Router, reader: &Person) -> anyhow::Result<()> {
    let request = Request::get("/advisories")
        .header(header::HOST, HOST)
        .header(header::COOKIE, &reader.cookie)
        .body(Body::empty())?;
    let answer = router.clone().oneshot(request).await?;
    anyhow::ensure!(answer.status().is_success(), "the list was answered with {}", answer.status());
    to_bytes(answer.into_body(), usize::MAX).await?;
    Ok(())
}

/// A line of this process's memory, in kB.
fn memory(line: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let value = status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':'));
    Ok(value.and_then(|v| v.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0))
}
