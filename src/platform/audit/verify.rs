//! Checking the chain from its first event to its head, against anchors where they are given. Reads row by row
//! in constant memory, and computes every hash itself.

use std::fmt;
use std::path::PathBuf;

use futures_util::TryStreamExt;
use sqlx::PgConnection;

use super::anchor::{Mark, Marks};
use super::chain::{Fields, Hash, genesis, link};

/// A chain that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Sealed events.
    pub events: i64,
    /// The hash of the last one.
    pub head: Hash,
    /// Events that wait for their seal, all for less than a minute.
    pub waiting: i64,
    /// Lines of anchors that the chain agrees with.
    pub marks: u64,
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The first position that is wrong; `None` for an event that has none.
    pub position: Option<i64>,
    /// The event there.
    pub sequence: Option<i64>,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The event or its seal is not what was sealed: changed, swapped, or moved.
    Changed,
    /// There is no seal at this position.
    SealMissing,
    /// There is a seal, and no event.
    EventMissing,
    /// An event that never waited for its seal: put in past the portal.
    Inserted,
    /// An event waits for its seal for more than a minute: is the sealer running?
    Unsealed,
    /// Something waits for its seal that does not exist.
    WaitingMissing,
    /// The chain ends before the anchor: its tail was cut off.
    HeadBeforeAnchor(String),
    /// The chain is whole in itself, but not the one that was anchored: it was computed anew, from some
    /// position after the one given here.
    Recomputed {
        /// Which file says so.
        anchor: String,
        /// The last position that an anchor confirms; 0 for none.
        confirmed: i64,
    },
    /// A line of an anchor is none of ours, or goes back.
    AnchorTouched {
        /// Which file.
        anchor: String,
        /// Which line.
        line: usize,
    },
    /// The first anchor ends before another one.
    AnchorShortened(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => write!(f, "the event or its seal was changed, swapped or moved"),
            Self::SealMissing => write!(f, "the seal of this position is missing"),
            Self::EventMissing => write!(f, "the event was deleted"),
            Self::Inserted => write!(f, "an event was put in past the portal; it never waited for a seal"),
            Self::Unsealed => write!(f, "an event waits for its seal for more than a minute: is the portal running?"),
            Self::WaitingMissing => write!(f, "an event that waited for its seal was deleted"),
            Self::HeadBeforeAnchor(anchor) => {
                write!(f, "the chain ends here, but {anchor} knows more: its tail was cut off")
            }
            Self::Recomputed { anchor, confirmed } => {
                write!(
                    f,
                    "the chain was computed anew: {anchor} has another hash here; the change lies after position {confirmed}"
                )
            }
            Self::AnchorTouched { anchor, line } => write!(f, "line {line} of {anchor} was changed or is out of order"),
            Self::AnchorShortened(anchor) => write!(f, "{anchor} was shortened: another anchor knows more"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(f, "position {position}, ")?;
        }
        if let Some(sequence) = self.sequence {
            write!(f, "event {sequence}, ")?;
        }
        write!(f, "{}", self.wrong)
    }
}

/// Checks everything. For one view of a living portal the connection stands in a repeatable-read transaction.
///
/// # Errors
/// When the database or an anchor cannot be read; what is wrong with the trail is no error but the answer.
pub async fn verify(db: &mut PgConnection, files: &[PathBuf]) -> anyhow::Result<Result<Whole, Fault>> {
    let mut anchors = Vec::new();
    for file in files {
        anchors.push(Anchor { marks: Marks::open(file)?, next: None, last: 0 });
    }
    let mut walk = Walk { position: 0, hash: genesis(), confirmed: 0, agreed: 0, anchors };
    if let Err(fault) = walk.start() {
        return Ok(Err(fault));
    }
    if let Some(fault) = walk.seals(db).await? {
        return Ok(Err(fault));
    }
    if let Err(fault) = walk.ends() {
        return Ok(Err(fault));
    }
    let waiting = match waiting(db).await? {
        Ok(waiting) => waiting,
        Err(fault) => return Ok(Err(fault)),
    };
    Ok(Ok(Whole { events: walk.position, head: walk.hash, waiting, marks: walk.agreed }))
}

#[derive(Debug)]
struct Anchor {
    marks: Marks,
    next: Option<Mark>,
    last: i64,
}

impl Anchor {
    fn advance(&mut self) -> Result<(), Fault> {
        self.next = self.marks.take().map_err(|line| Fault {
            position: None,
            sequence: None,
            wrong: Wrong::AnchorTouched { anchor: self.marks.name().to_owned(), line },
        })?;
        if let Some(mark) = &self.next {
            self.last = mark.position;
        }
        Ok(())
    }
}

/// How far the check has come.
#[derive(Debug)]
struct Walk {
    position: i64,
    hash: Hash,
    confirmed: i64,
    agreed: u64,
    anchors: Vec<Anchor>,
}

impl Walk {
    fn start(&mut self) -> Result<(), Fault> {
        self.anchors.iter_mut().try_for_each(Anchor::advance)
    }

    async fn seals(&mut self, db: &mut PgConnection) -> sqlx::Result<Option<Fault>> {
        let mut rows = sqlx::query!(
            r#"select s.position, s.sequence, s.hash, e.sequence::text as "own?",
                      audit_instant(e.occurred_at) as "at?", e.account_id::text as account, e.action as "action?",
                      e.outcome as "outcome?", e.subject_kind as "subject_kind?", e.subject_id as "subject_id?",
                      e.detail::text as detail, e.request_id
               from audit_seals s left join audit_events e on e.sequence = s.sequence order by s.position"#
        )
        .fetch(db);
        while let Some(row) = rows.try_next().await? {
            let expected = self.position + 1;
            let fault = |position, wrong| Some(Fault { position: Some(position), sequence: Some(row.sequence), wrong });
            if row.position > expected {
                return Ok(Some(Fault { position: Some(expected), sequence: None, wrong: Wrong::SealMissing }));
            }
            if row.position < expected {
                return Ok(fault(row.position, Wrong::Changed));
            }
            if row.own.is_none() {
                return Ok(fault(expected, Wrong::EventMissing));
            }
            let fields: Fields<'_> = [
                row.own.as_deref(),
                row.at.as_deref(),
                row.account.as_deref(),
                row.action.as_deref(),
                row.outcome.as_deref(),
                row.subject_kind.as_deref(),
                row.subject_id.as_deref(),
                row.detail.as_deref(),
                row.request_id.as_deref(),
            ];
            let hash = link(&self.hash, &fields);
            if row.hash != hash {
                return Ok(fault(expected, Wrong::Changed));
            }
            (self.position, self.hash) = (expected, hash);
            if let Err(fault) = self.compare(row.sequence) {
                return Ok(Some(fault));
            }
        }
        Ok(None)
    }

    /// Holds the anchors' marks of this position against the chain.
    fn compare(&mut self, sequence: i64) -> Result<(), Fault> {
        let (position, hash, confirmed) = (self.position, self.hash, self.confirmed);
        for anchor in &mut self.anchors {
            let Some(mark) = anchor.next.take_if(|mark| mark.position == position) else { continue };
            if mark.hash != hash {
                let wrong = Wrong::Recomputed { anchor: anchor.marks.name().to_owned(), confirmed };
                return Err(Fault { position: Some(position), sequence: Some(sequence), wrong });
            }
            self.confirmed = position;
            self.agreed += 1;
            anchor.advance()?;
        }
        Ok(())
    }

    /// Nothing may be anchored beyond the head, and no copy of the first anchor may know more than it.
    fn ends(&mut self) -> Result<(), Fault> {
        for anchor in &mut self.anchors {
            if anchor.next.is_some() {
                let wrong = Wrong::HeadBeforeAnchor(anchor.marks.name().to_owned());
                return Err(Fault { position: Some(self.position + 1), sequence: None, wrong });
            }
        }
        let longest = self.anchors.iter().map(|anchor| anchor.last).max().unwrap_or(0);
        match self.anchors.first() {
            Some(first) if first.last < longest => {
                let wrong = Wrong::AnchorShortened(first.marks.name().to_owned());
                Err(Fault { position: Some(first.last + 1), sequence: None, wrong })
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Events without a seal: all must be waiting for one, and none for long.
async fn waiting(db: &mut PgConnection) -> sqlx::Result<Result<i64, Fault>> {
    let row = sqlx::query!(
        r#"select (select min(e.sequence) from audit_events e
                   where not exists (select from audit_seals s where s.sequence = e.sequence)
                     and not exists (select from audit_unsealed u where u.sequence = e.sequence)) as inserted,
                  (select min(u.sequence) from audit_unsealed u
                   where not exists (select from audit_events e where e.sequence = u.sequence)) as missing,
                  (select min(u.sequence) from audit_unsealed u
                   where u.queued_at < clock_timestamp() - interval '1 minute') as late,
                  (select count(*) from audit_unsealed) as "waiting!""#
    )
    .fetch_one(db)
    .await?;
    let found = [(row.inserted, Wrong::Inserted), (row.missing, Wrong::WaitingMissing), (row.late, Wrong::Unsealed)];
    let fault = found.into_iter().find_map(|(sequence, wrong)| {
        sequence.map(|sequence| Fault { position: None, sequence: Some(sequence), wrong })
    });
    Ok(fault.map_or(Ok(row.waiting), Err))
}
