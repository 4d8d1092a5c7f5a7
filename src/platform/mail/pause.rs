//! Pauses of the whole queue: the relay is out of reach, or refuses us.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::reply::Reply;

/// The circuit breaker of one worker.
#[derive(Debug)]
pub struct Pause {
    first: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    until: Option<Instant>,
    last: Option<(Reply, bool)>,
}

/// How the relay failed us last, while that is the last thing known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub reply: Reply,
    /// Whether the relay refuses us, so that somebody has to mend our side.
    pub ours: bool,
    /// How long until the next try.
    pub remaining: Duration,
}

/// The longest pause, in units of the first one: a minute for a relay out of reach.
const LONGEST: u32 = 60;
/// A relay that refuses us wants a person; asking it often only fills its log.
const OURS: u32 = 30;
const LONGEST_OURS: u32 = 300;

impl Pause {
    /// A breaker that pauses for `first`, then twice that, and so on.
    #[must_use]
    pub fn new(first: Duration) -> Self {
        Self { first, state: Mutex::default() }
    }

    /// The relay failed us: wait, longer each time. While a pause lasts, further failures belong to it.
    /// Answers the new pause, if one began.
    pub fn trip(&self, now: Instant, reply: Reply, ours: bool) -> Option<Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.until.is_some_and(|until| until > now) {
            return None;
        }
        let (least, most) = if ours { (OURS, LONGEST_OURS) } else { (1, LONGEST) };
        let times = 2_u32.saturating_pow(state.failures.min(16)).saturating_mul(least).min(most);
        let pause = self.first * times;
        state.failures = state.failures.saturating_add(1);
        state.until = Some(now + pause);
        state.last = Some((reply, ours));
        Some(pause)
    }

    /// The relay works.
    pub fn clear(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// Somebody says that it may work again: the next try comes at once, with one copy. If it fails, the next pause is a
    /// long one as before.
    pub fn lift(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).until = None;
    }

    /// How the relay failed us last; `None` while it works.
    pub fn trouble(&self, now: Instant) -> Option<Trouble> {
        let remaining = self.remaining(now).unwrap_or_default();
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.last.map(|(reply, ours)| Trouble { reply, ours, remaining })
    }

    /// How long to wait before anything is tried.
    pub fn remaining(&self, now: Instant) -> Option<Duration> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.until.and_then(|until| until.checked_duration_since(now)).filter(|d| !d.is_zero())
    }

    /// Whether the last thing known of the relay is a failure: then one copy goes first to try it.
    pub fn doubtful(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).failures > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::mail::reply::Stage;

    const LOST: Reply = Reply { stage: Stage::Connection, code: 0, enhanced: None };

    #[test]
    fn pauses_grow_to_a_limit_and_end_with_a_success() {
        let pause = Pause::new(Duration::from_secs(1));
        let mut now = Instant::now();
        assert_eq!(pause.trip(now, LOST, false), Some(Duration::from_secs(1)));
        assert_eq!(pause.trip(now, LOST, false), None, "the same trouble, seen by another connection");
        for seconds in [2, 4, 8, 16, 32, 60, 60] {
            now += pause.remaining(now).expect("a pause");
            assert_eq!(pause.remaining(now), None);
            assert!(pause.doubtful());
            assert_eq!(pause.trip(now, LOST, false), Some(Duration::from_secs(seconds)));
        }
        pause.clear();
        assert!(!pause.doubtful() && pause.remaining(now).is_none());
        assert_eq!(pause.trip(now, LOST, true), Some(Duration::from_secs(30)));
    }

    #[test]
    fn who_is_told_to_try_now_still_remembers_the_trouble() {
        let pause = Pause::new(Duration::from_secs(1));
        let now = Instant::now();
        assert_eq!(pause.trouble(now), None);
        pause.trip(now, LOST, true);
        let remaining = Duration::from_secs(30);
        assert_eq!(pause.trouble(now), Some(Trouble { reply: LOST, ours: true, remaining }));
        pause.lift();
        assert!(pause.doubtful() && pause.remaining(now).is_none());
        assert_eq!(pause.trouble(now), Some(Trouble { reply: LOST, ours: true, remaining: Duration::ZERO }));
        assert_eq!(pause.trip(now, LOST, true), Some(Duration::from_secs(60)));
        pause.clear();
        assert_eq!(pause.trouble(now), None);
    }
}
