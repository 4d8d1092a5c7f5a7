//! What one worker holds at the moment: claimed copies, their leases, and the prepared texts.

use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use super::outbox::{self, Claimed, Fate, Outcome};
use super::pause::Pause;
use super::reply::Reply;
use super::sheet::{AddressedCopy, CopyError, Postmark, Sheet};
use crate::kernel::ids::{DeliveryId, MailId};

/// Texts kept prepared; a worker seldom sends more than a few mails at a time.
const SHEETS: usize = 16;

/// The desk between the one that claims, those that send, and the one that settles.
#[derive(Debug)]
pub struct Tray {
    pool: PgPool,
    postmark: Postmark,
    queue: Mutex<VecDeque<Claimed>>,
    held: Mutex<HashMap<DeliveryId, Held>>,
    sheets: tokio::sync::Mutex<HashMap<MailId, Arc<Result<Sheet, CopyError>>>>,
    outcomes: mpsc::UnboundedSender<Outcome>,
    stopping: watch::Receiver<bool>,
    /// Rows came.
    work: Notify,
    /// Rows went, or somebody knocked.
    room: Notify,
    /// Pauses of the queue.
    pub pause: Pause,
    /// Open conversations with the relay.
    pub live: AtomicUsize,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    attempt: i16,
    good_until: Instant,
}

/// What a sender does next.
#[derive(Debug)]
pub enum Next {
    /// Send this.
    Row(Claimed),
    /// Nothing came for a while.
    Idle,
    /// The worker stops, and nothing is left to send.
    Stop,
}

/// Why there is no message for a row.
#[derive(Debug)]
pub enum NoCopy {
    /// The text could not be read just now.
    Database,
    /// This copy can never be made.
    Build(CopyError),
    /// Making it panicked.
    Panic,
}

impl Tray {
    /// An empty tray, and the end that outcomes come out of.
    #[must_use]
    pub fn new(
        pool: PgPool,
        postmark: Postmark,
        first_pause: Duration,
        stopping: watch::Receiver<bool>,
    ) -> (Self, mpsc::UnboundedReceiver<Outcome>) {
        let (outcomes, ends) = mpsc::unbounded_channel();
        let tray = Self {
            pool,
            postmark,
            queue: Mutex::default(),
            held: Mutex::default(),
            sheets: tokio::sync::Mutex::default(),
            outcomes,
            stopping,
            work: Notify::new(),
            room: Notify::new(),
            pause: Pause::new(first_pause),
            live: AtomicUsize::new(0),
        };
        (tray, ends)
    }

    /// Puts claimed rows in; their leases are good until then.
    pub fn put(&self, rows: Vec<Claimed>, good_until: Instant) {
        let mut held = lock(&self.held);
        for row in &rows {
            held.insert(row.delivery_id, Held { attempt: row.attempt, good_until });
        }
        drop(held);
        lock(&self.queue).extend(rows);
        self.work.notify_waiters();
    }

    /// Puts a row back to the front, for another sender.
    pub fn put_back(&self, row: Claimed) {
        lock(&self.queue).push_front(row);
        self.work.notify_waiters();
    }

    /// The next row, or what to do without one after waiting for `idle`.
    pub async fn next(&self, idle: Option<Duration>) -> Next {
        let mut stopping = self.stopping.clone();
        let deadline = idle.map(|idle| Instant::now() + idle);
        loop {
            // Registered before looking, so that no row slips in between.
            let mut work = std::pin::pin!(self.work.notified());
            work.as_mut().enable();
            if let Some(row) = self.take() {
                return Next::Row(row);
            }
            if *stopping.borrow_and_update() {
                return Next::Stop;
            }
            let wait = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = work => {}
                _ = stopping.changed() => {}
                () = wait => return Next::Idle,
            }
        }
    }

    /// The next row, if there is one now.
    pub fn take(&self) -> Option<Claimed> {
        loop {
            let (row, left) = {
                let mut queue = lock(&self.queue);
                (queue.pop_front()?, queue.len())
            };
            if left == 0 || left.is_multiple_of(16) {
                self.room.notify_one();
            }
            if self.holds(&row) {
                return Some(row);
            }
            // Its lease ran out while it waited (a suspended machine, a database out of reach):
            // another worker may be sending it now. If none has it, it goes back at once.
            self.finish(&row, Fate::Released, None);
        }
    }

    /// Whether the lease of a row is still good.
    pub fn holds(&self, row: &Claimed) -> bool {
        lock(&self.held)
            .get(&row.delivery_id)
            .is_some_and(|h| h.attempt == row.attempt && h.good_until > Instant::now())
    }

    /// Everything held, for renewing.
    pub fn held(&self) -> Vec<(DeliveryId, i16)> {
        let mut held: Vec<_> = lock(&self.held).iter().map(|(id, h)| (*id, h.attempt)).collect();
        held.sort_unstable();
        held
    }

    /// Leases of `asked` were renewed for those in `kept`, and lost for the others.
    pub fn renewed(&self, asked: &[(DeliveryId, i16)], kept: &[DeliveryId], good_until: Instant) {
        let kept: std::collections::HashSet<_> = kept.iter().collect();
        let mut held = lock(&self.held);
        for (id, attempt) in asked {
            match held.get_mut(id) {
                Some(h) if h.attempt == *attempt && kept.contains(id) => h.good_until = good_until,
                Some(h) if h.attempt == *attempt => {
                    held.remove(id);
                }
                Some(_) | None => {}
            }
        }
    }

    /// Rows that are not ours any more.
    pub fn forget(&self, rows: &[(DeliveryId, i16)]) {
        let mut held = lock(&self.held);
        for (id, attempt) in rows {
            if held.get(id).is_some_and(|h| h.attempt == *attempt) {
                held.remove(id);
            }
        }
        drop(held);
        self.room.notify_one();
    }

    /// An attempt ended.
    pub fn finish(&self, row: &Claimed, fate: Fate, reply: Option<Reply>) {
        let outcome = Outcome { delivery_id: row.delivery_id, attempt: row.attempt, fate, reply };
        // The other end goes last; if it is gone, the lease gives the row back.
        let _ = self.outcomes.send(outcome);
        self.room.notify_one();
    }

    /// Gives everything back that nobody has begun to send.
    pub fn release_waiting(&self) {
        let waiting = std::mem::take(&mut *lock(&self.queue));
        for row in waiting {
            self.finish(&row, Fate::Released, None);
        }
    }

    /// Rows that nobody has begun to send.
    pub fn waiting(&self) -> usize {
        lock(&self.queue).len()
    }

    /// How many rows are held: waiting, being sent, and not yet settled.
    pub fn count_held(&self) -> usize {
        lock(&self.held).len()
    }

    /// Whether nothing is held at all.
    pub fn is_empty(&self) -> bool {
        lock(&self.held).is_empty()
    }

    /// Wakes the one that claims.
    pub fn knock(&self) {
        self.room.notify_one();
    }

    /// Waits until rows have gone or somebody knocked.
    pub async fn room(&self) {
        self.room.notified().await;
    }

    /// Waits until the worker is to stop.
    pub async fn stopped(&self) {
        let mut stopping = self.stopping.clone();
        // A sender that is gone without a word means the same.
        let _ = stopping.wait_for(|stop| *stop).await;
    }

    /// Whether the worker is to stop.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow() || self.stopping.has_changed().is_err()
    }

    /// The message of a row. Nothing that is wrong with one row gets past here.
    ///
    /// # Errors
    /// [`NoCopy`].
    pub async fn copy(&self, row: &Claimed) -> Result<AddressedCopy, NoCopy> {
        let sheet = self.sheet(row.mail_id).await.map_err(|error| {
            tracing::warn!(mail = %row.mail_id, "the text of a mail cannot be read: {error}");
            NoCopy::Database
        })?;
        let sheet = match &*sheet {
            Ok(sheet) => sheet,
            Err(error) => return Err(NoCopy::Build(*error)),
        };
        let make = AssertUnwindSafe(|| sheet.address(row.delivery_id, row.follows, &row.address, &row.addressee));
        match std::panic::catch_unwind(make) {
            Ok(made) => made.map_err(NoCopy::Build),
            Err(_) => Err(NoCopy::Panic),
        }
    }

    async fn sheet(&self, mail: MailId) -> sqlx::Result<Arc<Result<Sheet, CopyError>>> {
        // Held while reading, so that a text is read once however many senders want it.
        let mut sheets = self.sheets.lock().await;
        if let Some(sheet) = sheets.get(&mail) {
            return Ok(sheet.clone());
        }
        let text = outbox::mail_text(&self.pool, mail).await?;
        let prepared = std::panic::catch_unwind(AssertUnwindSafe(|| Sheet::prepare(&self.postmark, &text)));
        let sheet = Arc::new(prepared.unwrap_or(Err(CopyError::Build)));
        if sheets.len() >= SHEETS {
            sheets.clear();
        }
        sheets.insert(mail, sheet.clone());
        Ok(sheet)
    }

    /// Counts an open conversation for as long as the result lives.
    #[must_use]
    pub fn went_live(self: &Arc<Self>) -> Live {
        self.live.fetch_add(1, Ordering::Relaxed);
        Live(self.clone())
    }
}

/// One open conversation.
#[derive(Debug)]
pub struct Live(Arc<Tray>);

impl Drop for Live {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A poisoned lock only means that a sender panicked beside it; the content is whole at every point.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
