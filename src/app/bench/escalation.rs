//! `bench escalation`: what the worker's look at silence costs, when nothing is due and when everything is.

use std::time::Instant;

use chrono::TimeDelta;

use super::field::Field;
use super::{Escalation, median, store};
use crate::features::advisories::escalation::letters::Sender;
use crate::features::advisories::escalation::tick;
use crate::kernel::clock::Clock;
use crate::platform::db::pool;

/// What a look may take where nothing is due, in milliseconds.
const LIMIT: f64 = 200.0;
/// Looks in a row; their median counts.
const LOOKS: usize = 50;

/// Measures looks at open receipts.
///
/// # Errors
/// When the database cannot be had.
pub async fn run(settings: Escalation) -> anyhow::Result<()> {
    let field = Field::prepare().await?;
    let mut owner = field.owner().await?;
    store::roster_over(&mut owner, settings.organisations, settings.ceptoars).await?;
    let now = Clock::System.now();
    let open = store::silence(&mut owner, settings.advisories).await?;
    let worker = pool(field.connections.worker.clone(), 2);
    let sender = Sender { base_url: "https://portal.example".to_owned(), telephone: None };
    // The first look, for those whom no mail reaches: everybody has a window.
    let begin = Instant::now();
    let first = tick::take(&worker, &sender, now + TimeDelta::minutes(1)).await?;
    let looked = begin.elapsed().as_secs_f64();
    let mut quiet = Vec::new();
    for _ in 0..LOOKS {
        let begin = Instant::now();
        tick::take(&worker, &sender, now + TimeDelta::minutes(2)).await?;
        quiet.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    let begin = Instant::now();
    let letters = tick::take(&worker, &sender, now + TimeDelta::minutes(31)).await?;
    let busy = begin.elapsed().as_secs_f64();
    let quiet = median(quiet);
    println!("escalation {open} open receipts, {} CEPTOARs, {} items", settings.ceptoars, settings.advisories);
    println!("  first look at all of them, {first} letters          {looked:8.3} s");
    println!(
        "  a look when nothing is due, median of {LOOKS}         {quiet:8.3} ms   ratio to limit {:.3}",
        quiet / LIMIT
    );
    println!("  everybody is written to again, {letters} letters   {busy:8.3} s");
    worker.close().await;
    Ok(())
}
