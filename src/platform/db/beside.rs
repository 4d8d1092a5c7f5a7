//! What is written beside an answer: no answer waits for it, and it must not take the connections from the pages.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many may wait for their turn. Whoever asks and asks must not fill the memory either.
const QUEUE: usize = 256;

/// A short queue before few turns.
#[derive(Debug, Clone)]
pub(super) struct Beside {
    queue: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Beside {
    pub(super) fn new(turns: usize) -> Self {
        Self { queue: Arc::new(Semaphore::new(QUEUE)), turns: Arc::new(Semaphore::new(turns)) }
    }

    pub(super) fn place(&self) -> Option<Place> {
        let queued = self.queue.clone().try_acquire_owned().ok()?;
        Some(Place { turns: self.turns.clone(), queued })
    }
}

/// A place in the queue; dropped, it is free again.
#[derive(Debug)]
pub struct Place {
    turns: Arc<Semaphore>,
    queued: OwnedSemaphorePermit,
}

impl Place {
    /// Waits for its turn, first come first served, and keeps it as long as what is given back lives.
    pub async fn turn(self) -> Turn {
        // The semaphore is never closed; were it, nobody would be kept from writing.
        Turn { _turn: self.turns.acquire_owned().await.ok(), _queued: self.queued }
    }
}

/// The turn to write.
#[derive(Debug)]
pub struct Turn {
    _turn: Option<OwnedSemaphorePermit>,
    _queued: OwnedSemaphorePermit,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn two_write_the_others_wait_and_the_queue_has_an_end() {
        let beside = Beside::new(2);
        let (one, two) = (beside.place().unwrap().turn().await, beside.place().unwrap().turn().await);
        let mut third = Box::pin(beside.place().unwrap().turn());
        assert!(futures_util::poll!(&mut third).is_pending(), "two have their turn");
        drop(one);
        assert!(futures_util::poll!(&mut third).is_ready());
        let waiting: Vec<_> = std::iter::from_fn(|| beside.place()).collect();
        assert_eq!(waiting.len(), QUEUE - 1, "the second holds its place as long as it writes");
        drop(two);
        assert!(beside.place().is_some());
    }
}
