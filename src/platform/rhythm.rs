//! The beat of what looks again and again.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

/// Beats at once and then every so often. Whoever takes longer than a beat waits one from then on: nothing is caught up in a rush.
///
/// # Panics
/// When `every` is nothing.
#[must_use]
pub fn of(every: Duration) -> Interval {
    let mut beat = interval(every);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat
}
