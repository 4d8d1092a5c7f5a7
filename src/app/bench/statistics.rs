//! `bench statistics`: ten years of items, added up for somebody who sees all of them, for a desk, and before and after their
//! numbers are kept.

use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use sqlx::PgPool;
use tower::ServiceExt;

use super::field::Field;
use super::portal::{HOST, Person, people, portal};
use super::{Statistics, median, store};
use crate::features::advisories::statistics::selection::ALL_YEARS;
use crate::features::advisories::statistics::{paths, settle};
use crate::kernel::clock::{Clock, fiscal_year, japan_day};

/// Of which time, and what the page may take, in milliseconds.
const SPANS: [(&str, f64); 2] = [("one year", 200.0), (ALL_YEARS, 500.0)];
/// Members of each of the 21 CEPTOARs.
const MEMBERS: i32 = 240;
/// CEPTOARs.
const CEPTOARS: i32 = 21;

/// Opens the page as each reader in turn.
///
/// # Errors
/// When the database cannot be had, or a page is not answered.
pub async fn run(settings: Statistics) -> anyhow::Result<()> {
    let field = Field::prepare().await?;
    let mut owner = field.owner().await?;
    store::roster_over(&mut owner, MEMBERS * CEPTOARS, CEPTOARS).await?;
    let people = people(&mut owner).await?;
    let rows = store::ten_years(&mut owner, settings.advisories).await?;
    let router = portal(&field, 4).await?;
    println!("statistics of {} items, {rows} rows of audience in {CEPTOARS} CEPTOARs", settings.advisories);
    println!("  {:12} {:10} {:10} {:>9} {:>16}", "numbers", "span", "reader", "ms", "ratio to limit");
    let readers: Vec<&Person> = people.readers.iter().filter(|reader| reader.keeps_lists).collect();
    measure(&router, &readers, "counted", 1).await?;
    let worker = PgPool::connect_with(field.connections.worker.clone()).await?;
    let begin = Instant::now();
    let kept = settle::settle(&worker, Clock::System.now()).await?;
    println!("  kept the numbers of {kept} items in {:.1} s", begin.elapsed().as_secs_f64());
    store::analyse(&mut owner).await?;
    measure(&router, &readers, "kept", settings.rounds).await
}

async fn measure(router: &Router, readers: &[&Person], what: &str, rounds: u32) -> anyhow::Result<()> {
    let last_year = (fiscal_year(japan_day(Clock::System.now())) - 1).to_string();
    for (span, limit) in SPANS {
        let year = if span == ALL_YEARS { span } else { &last_year };
        for reader in readers {
            let took = time(router, reader, year, rounds).await?;
            println!("  {what:12} {span:10} {:10} {took:9.2} {:16.2}", reader.name, took / limit);
        }
    }
    Ok(())
}

/// Milliseconds of the middle page.
async fn time(router: &Router, reader: &Person, year: &str, rounds: u32) -> anyhow::Result<f64> {
    let mut took = Vec::new();
    for _ in 0..rounds {
        let request = Request::get(format!("{}?year={year}", paths::STATISTICS))
            .header(header::HOST, HOST)
            .header(header::COOKIE, &reader.cookie)
            .body(Body::empty())?;
        let begin = Instant::now();
        let answer = router.clone().oneshot(request).await?;
        let status = answer.status();
        to_bytes(answer.into_body(), usize::MAX).await?;
        took.push(begin.elapsed().as_secs_f64() * 1000.0);
        anyhow::ensure!(status == StatusCode::OK, "{year} as {} was answered with {status}", reader.name);
    }
    Ok(median(took))
}
