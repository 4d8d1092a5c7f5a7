//! Where an item stands on its road: counts, what desks decided, what hubs passed on, and how long each hop took.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::board::{Board, Line, Part};
use super::store;
use super::watch::Watch;
use crate::features::advisories::escalation::reached::Reached;
use crate::features::advisories::measures;
use crate::features::advisories::measures::measure::Tally as MeasuresTally;
use crate::features::advisories::onward::report::Tally;
use crate::features::advisories::relays::relay::{Relay, RelayState};
use crate::features::advisories::{escalation, onward, relays};
use crate::kernel::ids::AdvisoryId;
use crate::kernel::stage::Stage;

/// When things happened at a hop: the first, the one in the middle, the one after which nine of ten had happened, the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HopTimes {
    /// The hop.
    pub stage: Stage,
    /// Hand-overs to the relay.
    pub sent: Option<[DateTime<Utc>; 4]>,
    /// Receipts.
    pub answered: Option<[DateTime<Utc>; 4]>,
}

/// Everything that a viewer may know of how far an item has got.
#[derive(Debug)]
pub struct Road {
    /// Counts.
    pub board: Board,
    /// Desks that decide whether it goes on.
    pub relays: Vec<Relay>,
    /// What hubs told others.
    pub onward: Vec<Tally>,
    /// What members do about it; empty where nobody is asked.
    pub measures: Vec<MeasuresTally>,
    /// What followed from silence, and what comes.
    pub escalation: Vec<Reached>,
    /// How long each hop took.
    pub times: Vec<HopTimes>,
}

impl Road {
    /// The road of an item.
    ///
    /// # Errors
    /// The database's own.
    pub async fn read(tx: &mut PgConnection, watch: &Watch, id: AdvisoryId) -> sqlx::Result<Self> {
        let mut relays = relays::store::relays(tx, id).await?;
        let mut onward = onward::store::board(tx, id).await?;
        let mut measures = measures::store::board(tx, id).await?;
        measures.retain(|tally| watch.counts(&tally.ceptoar_id));
        let mut parts = store::board(tx, watch, id).await?;
        for part in &mut parts {
            wait_behind_the_desk(part, &relays);
        }
        relays.retain(|relay| watch.counts(&relay.ceptoar_id));
        onward.retain(|tally| watch.counts(&tally.ceptoar_id));
        let board = Board::of(parts);
        let mut escalation = escalation::store::board(tx, id).await?;
        escalation.retain(|reached| watch.counts(&reached.ceptoar_id));
        for reached in &mut escalation {
            // Nothing comes where nobody is silent any more.
            let silent = |line: &Line| line.ceptoar_id == reached.ceptoar_id && line.counts.outstanding() > 0;
            reached.coming = reached.coming.filter(|_| board.lines.iter().any(silent));
        }
        Ok(Self { board, relays, onward, measures, escalation, times: store::times(tx, id).await? })
    }

    /// Whether nothing of it will change any more: nothing to send, to decide, and nobody to wait for.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.board.is_settled()
            && !self.relays.iter().any(|relay| relay.state.is_open())
            && self.measures.iter().all(|tally| tally.silent() == 0)
            && self.onward.iter().all(|tally| tally.reported == tally.hubs)
    }

    /// How long a hop took.
    #[must_use]
    pub fn times_of(&self, stage: Stage) -> Option<&HopTimes> {
        self.times.iter().find(|times| times.stage == stage)
    }
}

/// Nobody is asked for anything where the desk has not passed the item on.
fn wait_behind_the_desk(part: &mut Part, relays: &[Relay]) {
    let behind = |relay: &Relay| {
        let waits = relay.state != RelayState::Forwarded && part.stage.is_behind(relay.desk);
        waits && relay.ceptoar_id == part.ceptoar_id
    };
    if relays.iter().any(behind) {
        part.counts = part.counts.behind_the_desk();
    }
}
