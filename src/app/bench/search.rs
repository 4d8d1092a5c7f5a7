//! `bench search`: one box over a large directory, for somebody who may see all of it and for somebody who may see little.

use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt;

use super::field::Field;
use super::portal::{HOST, Person, people, portal};
use super::{Search, median, store};
use crate::platform::security::form_token::FIELD;

/// What the page may take, in milliseconds.
const LIMIT: f64 = 50.0;
/// Searches of one kind in a row; their median counts.
const REQUESTS: usize = 15;
/// What is looked for, in an address's letters: one member by its number, all members, all windows, nothing.
const WORDS: [(&str, &str); 4] = [
    ("one member", "12345"),
    ("all members", "%E3%81%8B%E3%81%8F%E3%81%86"),
    ("all windows", "%E7%AA%93%E5%8F%A3"),
    ("nothing", "nowhere"),
];

/// Searches as each reader in turn.
///
/// # Errors
/// When the database cannot be had, or a search is not answered.
pub async fn run(settings: Search) -> anyhow::Result<()> {
    let field = Field::prepare().await?;
    let mut owner = field.owner().await?;
    store::roster_over(&mut owner, settings.organisations, settings.ceptoars).await?;
    store::more_windows(&mut owner).await?;
    let people = people(&mut owner).await?;
    store::archive(&mut owner, 1_000).await?;
    let router = portal(&field, 4).await?;
    println!(
        "search in {} organisations and {} windows of {} CEPTOARs, median of {REQUESTS}; limit {LIMIT} ms",
        settings.organisations,
        i64::from(settings.organisations) * 3,
        settings.ceptoars
    );
    println!("  {:12} {:10} {:>9} {:>16}", "looked for", "reader", "ms", "ratio to limit");
    for (name, words) in WORDS {
        for reader in &people.readers {
            let took = time(&router, reader, words).await?;
            println!("  {name:12} {:10} {took:9.2} {:16.2}", reader.name, took / LIMIT);
        }
    }
    Ok(())
}

/// Milliseconds of the middle search.
async fn time(router: &Router, reader: &Person, words: &str) -> anyhow::Result<f64> {
    let mut took = Vec::new();
    for _ in 0..REQUESTS {
        let request = Request::post("/search")
            .header(header::HOST, HOST)
            .header(header::COOKIE, &reader.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("words={words}&{FIELD}={}", reader.form_token.value())))?;
        let begin = Instant::now();
        let answer = router.clone().oneshot(request).await?;
        let status = answer.status();
        to_bytes(answer.into_body(), usize::MAX).await?;
        took.push(begin.elapsed().as_secs_f64() * 1000.0);
        anyhow::ensure!(status == StatusCode::OK, "{words} as {} was answered with {status}", reader.name);
    }
    Ok(median(took))
}
