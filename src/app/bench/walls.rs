//! `bench walls`: what row security costs. The same pages for the same people, with it and without it, in turns.

use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt;

use super::field::Field;
use super::portal::{Person, people, portal};
use super::{Walls, median, store};
use crate::kernel::clock::Clock;
use crate::kernel::ids::AdvisoryId;
use crate::platform::db::Db;

/// Measures pages with both walls, and with the code's wall alone.
///
/// # Errors
/// When the database cannot be had, or a page is not answered.
pub async fn run(settings: Walls) -> anyhow::Result<()> {
    let field = Field::prepare().await?;
    let mut owner = field.owner().await?;
    store::roster(&mut owner, settings.recipients).await?;
    let people = people(&mut owner).await?;
    store::archive(&mut owner, settings.advisories).await?;
    let newest = publish(&field, &mut owner, settings.advisories + 1, people.approver).await?;
    let router = portal(&field, 8).await?;
    let asked = pages(newest, &people.readers);
    let mut figures = vec![(Vec::new(), Vec::new()); asked.len()];
    for round in 0..=settings.rounds {
        for secured in [true, false] {
            store::row_security(&mut owner, secured).await?;
            for (page, (with, without)) in asked.iter().zip(&mut figures) {
                let took = time(&router, page).await?;
                // The first round warms caches and plans.
                if round > 0 {
                    if secured { with.push(took) } else { without.push(took) }
                }
            }
        }
    }
    println!(
        "walls {} recipients, {} advisories, median of {} rounds of {REQUESTS} requests",
        settings.recipients, settings.advisories, settings.rounds
    );
    println!("  {:44} {:10} {:>9} {:>9} {:>6}", "page", "reader", "both, ms", "code, ms", "ratio");
    for (page, (with, without)) in asked.iter().zip(figures) {
        let (with, without) = (median(with), median(without));
        println!("  {:44} {:10} {with:9.2} {without:9.2} {:6.2}", page.name, page.reader.name, with / without);
    }
    Ok(())
}

/// Requests of one page in a row; their median counts.
const REQUESTS: usize = 15;

struct Page<'a> {
    name: &'static str,
    path: String,
    reader: &'a Person,
}

fn pages(newest: AdvisoryId, readers: &[Person]) -> Vec<Page<'_>> {
    let mut pages = Vec::new();
    for reader in readers {
        let own = [
            ("/advisories", "/advisories".to_owned()),
            ("/advisories?state=waiting", "/advisories?state=waiting".to_owned()),
            ("/advisories/{newest}", format!("/advisories/{newest}")),
            ("/advisories/{newest}/deliveries", format!("/advisories/{newest}/deliveries")),
        ];
        pages.extend(own.map(|(name, path)| Page { name, path, reader }));
        if reader.keeps_lists {
            let path = format!("/advisories/{newest}/deliveries?ceptoar=bench");
            pages.push(Page { name: "/advisories/{newest}/deliveries?ceptoar=…", path, reader });
        }
    }
    pages
}

/// Milliseconds of the middle request.
async fn time(router: &Router, page: &Page<'_>) -> anyhow::Result<f64> {
    let mut took = Vec::new();
    for _ in 0..REQUESTS {
        let request = Request::get(&page.path)
            .header(header::HOST, super::portal::HOST)
            .header(header::COOKIE, &page.reader.cookie)
            .body(Body::empty())?;
        let begin = Instant::now();
        let answer = router.clone().oneshot(request).await?;
        let status = answer.status();
        to_bytes(answer.into_body(), usize::MAX).await?;
        took.push(begin.elapsed().as_secs_f64() * 1000.0);
        anyhow::ensure!(status == StatusCode::OK, "{} as {} was answered with {status}", page.name, page.reader.name);
    }
    Ok(median(took))
}

/// One item to everybody, by the publication's own statement.
pub async fn publish(
    field: &Field,
    owner: &mut sqlx::PgConnection,
    serial: i32,
    approver: crate::kernel::ids::AccountId,
) -> anyhow::Result<AdvisoryId> {
    let db = Db::new(field.connections.app.clone(), 1);
    let now = Clock::System.now();
    let advisory = store::advisory(owner, serial).await?;
    store::text(owner, advisory).await?;
    let mut tx = db.begin(Some(approver), now).await?;
    crate::platform::mail::outbox::store_mail(
        &mut tx,
        "advisory",
        advisory.0,
        &store::letter()?,
        crate::platform::mail::outbox::Readers::Everybody,
        now,
    )
    .await?;
    store::freeze(&mut tx, advisory, now).await?;
    tx.commit().await?;
    db.close().await;
    store::analyse(owner).await?;
    Ok(advisory)
}
