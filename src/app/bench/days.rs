//! `bench days`: pages as of another day, and by an earlier record, next to today's; and the map on A3 paper.

use std::time::Instant;

use anyhow::Context;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use chrono::{Datelike, Months};

use tower::ServiceExt;

use super::field::Field;
use super::portal::{HOST, Person, people, portal};
use super::{Days, median, store};
use crate::features::directory::reference;
use crate::features::feature_map;
use crate::features::feature_map::paths;
use crate::kernel::clock::{Clock, japan_day};

/// How many times today's page another day's may take.
const RATIO: f64 = 1.5;
/// What the map on paper may take, in milliseconds.
const PAPER: f64 = 1000.0;
/// Requests of one page in a row; their median counts.
const REQUESTS: usize = 15;

/// Measures each page as of today, as of last year, and by last month's record; then the map on paper.
///
/// # Errors
/// When the database cannot be had, or a page is not answered.
pub async fn run(settings: Days) -> anyhow::Result<()> {
    let field = Field::prepare().await?;
    let mut owner = field.owner().await?;
    reference::load(&mut owner).await?;
    feature_map::load_editions(&mut owner).await?;
    store::roster(&mut owner, settings.organisations).await?;
    store::more_windows(&mut owner).await?;
    let people = people(&mut owner).await?;
    store::recorded_long_ago(&mut owner).await?;
    let member = store::some_member(&mut owner).await?;
    let router = portal(&field, 4).await?;
    let desk = people.readers.iter().find(|person| person.name == "desk").context("a desk")?;
    let today = japan_day(Clock::System.now());
    let year_ago = today.checked_sub_months(Months::new(12)).context("a day")?;
    let month_ago = today.checked_sub_months(Months::new(1)).context("a day")?;
    let on = format!("?on_year={}&on_month={}&on_day={}", year_ago.year(), year_ago.month(), year_ago.day());
    let record = format!("&rec_year={}&rec_month={}&rec_day={}", month_ago.year(), month_ago.month(), month_ago.day());
    let both = format!("{on}{record}");
    println!(
        "days {} organisations, {} windows, every fifth member changed since; median of {REQUESTS}; limit {RATIO}",
        settings.organisations,
        i64::from(settings.organisations) * 3
    );
    println!("  {:16} {:20} {:>9} {:>9} {:>6}", "page", "as of", "today, ms", "then, ms", "ratio");
    for (name, path, then) in [
        ("roster", "/directory/bench".to_owned(), vec![("last year", &on), ("last year, recorded", &both)]),
        (
            "member",
            format!("/directory/bench/members/{member}"),
            vec![("last year", &on), ("last year, recorded", &both)],
        ),
        ("map of a day", paths::OF_DAY.to_owned(), vec![("last year", &on)]),
    ] {
        for (what, query) in then {
            let then = format!("{path}{query}");
            // In turns, so that both have the same weather; the first of each warms.
            let (mut now, mut past) = (Vec::new(), Vec::new());
            for request in 0..=REQUESTS {
                let (a, b) = (time(&router, Some(desk), &path).await?, time(&router, Some(desk), &then).await?);
                if request > 0 {
                    now.push(a);
                    past.push(b);
                }
            }
            let (now, past) = (median(now), median(past));
            println!("  {name:16} {what:20} {now:9.2} {past:9.2} {:6.2}", past / now);
        }
    }
    paper(&field).await
}

/// The map on paper, set anew each time: a portal that has printed nothing yet.
async fn paper(field: &Field) -> anyhow::Result<()> {
    println!("  {:16} {:20} {:>9} {:>16}", "map on A3", "edition", "ms", "ratio to limit");
    for edition in ["2007-03-31", "2011-03-31", "2018-04-24"] {
        let mut took = Vec::new();
        // Two languages are two sheets; what was printed lately is kept by its content, so no sheet is printed twice.
        for language in ["ja", "en"] {
            let router = portal(field, 2).await?;
            let cookie = format!("portal_language={language}");
            took.push(timed(&router, &cookie, &paths::edition_pdf(edition)).await?);
        }
        let worst = took.into_iter().fold(0.0, f64::max);
        println!("  {:16} {edition:20} {worst:9.2} {:16.2}", "", worst / PAPER);
    }
    Ok(())
}

async fn time(router: &Router, reader: Option<&Person>, path: &str) -> anyhow::Result<f64> {
    timed(router, reader.map_or("", |reader| reader.cookie.as_str()), path).await
}

/// Milliseconds of a request.
async fn timed(router: &Router, cookie: &str, path: &str) -> anyhow::Result<f64> {
    let request = Request::get(path).header(header::HOST, HOST).header(header::COOKIE, cookie).body(Body::empty())?;
    let begin = Instant::now();
    let answer = router.clone().oneshot(request).await?;
    let status = answer.status();
    to_bytes(answer.into_body(), usize::MAX).await?;
    let took = begin.elapsed().as_secs_f64() * 1000.0;
    anyhow::ensure!(status == StatusCode::OK, "{path} was answered with {status}");
    Ok(took)
}
