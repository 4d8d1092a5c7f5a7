//! `bench publish`: the real publication path over a roster of many members.

use std::time::Instant;

use super::field::Field;
use super::{Publish, median, store};
use crate::kernel::clock::Clock;
use crate::platform::db::Db;
use crate::platform::mail::outbox;

/// Measures publications and bare inserts in turn.
///
/// # Errors
/// When the database cannot be had.
pub async fn run(settings: Publish) -> anyhow::Result<()> {
    let field = Field::prepare().await?;
    let mut owner = field.owner().await?;
    let approver = store::roster(&mut owner, settings.recipients).await?;
    let db = Db::new(field.connections.app.clone(), 2);
    let (mut published, mut bare) = (Vec::new(), Vec::new());
    for round in 0..=settings.rounds {
        let now = Clock::System.now();
        let advisory = store::advisory(&mut owner, i32::try_from(round)? + 1).await?;
        let begin = Instant::now();
        let mut tx = db.begin(Some(approver), now).await?;
        outbox::store_mail(&mut tx, "advisory", advisory.0, &store::letter()?, outbox::Readers::Everybody, now).await?;
        let queued = store::freeze(&mut tx, advisory, now).await?;
        tx.commit().await?;
        let took = begin.elapsed().as_secs_f64();
        anyhow::ensure!(queued == settings.recipients, "{queued} of {} were queued", settings.recipients);
        if round == 0 {
            // The first one warms caches and gives the rows to insert bare.
            store::prepare_bare(&mut owner).await?;
            continue;
        }
        published.push(took);
        store::clear_bare(&mut owner).await?;
        let begin = Instant::now();
        store::insert_bare(&mut owner).await?;
        bare.push(begin.elapsed().as_secs_f64());
    }
    let (published, bare) = (median(published), median(bare));
    println!("publish {} recipients, median of {} rounds", settings.recipients, settings.rounds);
    println!("  publication (audience, deliveries, addresses, mail)   {published:8.3} s");
    println!("  bare INSERT … SELECT into the same tables             {bare:8.3} s");
    println!("  ratio                                                 {:8.2}", bare / published);
    db.close().await;
    Ok(())
}
