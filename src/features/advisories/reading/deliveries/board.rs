//! The delivery board: counts per CEPTOAR and hop, added up.

use chrono::{DateTime, Utc};

use crate::kernel::stage::Stage;

/// What became of the windows and organisations of one part of the audience.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Organisations, once per CEPTOAR and hop.
    pub organisations: i64,
    /// … of which an answer is waited for: all but partner bodies.
    pub asked: i64,
    /// … of which a desk on the way has not passed the item on.
    pub held: i64,
    /// … of which acknowledged.
    pub acknowledged: i64,
    /// … of which have no window that gets the item.
    pub unreached: i64,
    /// Windows waiting for the first try or the next one.
    pub queued: i64,
    /// Windows being sent to just now.
    pub sending: i64,
    /// Windows handed over to the relay.
    pub sent: i64,
    /// Windows refused, or given up.
    pub refused: i64,
    /// Windows taken out before sending.
    pub cancelled: i64,
    /// The first hand-over.
    pub first_at: Option<DateTime<Utc>>,
    /// The last hand-over.
    pub last_at: Option<DateTime<Utc>>,
}

impl Counts {
    /// All windows.
    #[must_use]
    pub fn windows(&self) -> i64 {
        self.queued + self.sending + self.sent + self.refused + self.cancelled
    }

    /// Windows that something will still happen to.
    #[must_use]
    pub fn under_way(&self) -> i64 {
        self.queued + self.sending
    }

    /// Organisations that have not acknowledged.
    #[must_use]
    pub fn outstanding(&self) -> i64 {
        self.asked - self.acknowledged
    }

    /// The same where the desk has not passed the item on: nobody there is asked for anything yet.
    #[must_use]
    pub fn behind_the_desk(&self) -> Self {
        let Self { organisations, unreached, .. } = *self;
        Self { organisations, unreached, held: organisations, ..Self::default() }
    }

    fn add(&mut self, other: &Self) {
        self.organisations += other.organisations;
        self.asked += other.asked;
        self.held += other.held;
        self.acknowledged += other.acknowledged;
        self.unreached += other.unreached;
        self.queued += other.queued;
        self.sending += other.sending;
        self.sent += other.sent;
        self.refused += other.refused;
        self.cancelled += other.cancelled;
        // `min` of options would take the empty one.
        self.first_at = [self.first_at, other.first_at].into_iter().flatten().min();
        self.last_at = self.last_at.max(other.last_at);
    }
}

/// One hop of one CEPTOAR.
#[derive(Debug, Clone)]
pub struct Part {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// Its name in Japanese.
    pub ja: String,
    /// Its name in English.
    pub en: String,
    /// The hop.
    pub stage: Stage,
    /// Its numbers.
    pub counts: Counts,
}

/// One CEPTOAR, all hops together.
#[derive(Debug, Clone)]
pub struct Line {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// Its name in Japanese.
    pub ja: String,
    /// Its name in English.
    pub en: String,
    /// Its numbers.
    pub counts: Counts,
}

/// All numbers of an item that a viewer may see.
#[derive(Debug, Clone)]
pub struct Board {
    /// Everything together.
    pub total: Counts,
    /// Per hop, in the order of the route; hops without anybody are left out.
    pub stages: Vec<(Stage, Counts)>,
    /// Per CEPTOAR, in the order given.
    pub lines: Vec<Line>,
}

impl Board {
    /// Adds up parts that are sorted by CEPTOAR.
    #[must_use]
    pub fn of(parts: Vec<Part>) -> Self {
        let mut total = Counts::default();
        let mut stages: Vec<(Stage, Counts)> = Stage::ALL.map(|stage| (stage, Counts::default())).to_vec();
        let mut lines: Vec<Line> = Vec::new();
        for part in parts {
            total.add(&part.counts);
            for (stage, counts) in &mut stages {
                if *stage == part.stage {
                    counts.add(&part.counts);
                }
            }
            match lines.last_mut().filter(|line| line.ceptoar_id == part.ceptoar_id) {
                Some(line) => line.counts.add(&part.counts),
                None => lines.push(Line { ceptoar_id: part.ceptoar_id, ja: part.ja, en: part.en, counts: part.counts }),
            }
        }
        stages.retain(|(_, counts)| counts.organisations > 0);
        Self { total, stages, lines }
    }

    /// Whether these numbers will not change any more: nothing to send, nobody to wait for.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.total.under_way() == 0 && self.total.outstanding() == 0
    }
}

/// 91.3: a share in per cent with one digit; nothing of nothing is nothing. Never rounded up to 100.
#[must_use]
pub fn percent(part: i64, whole: i64) -> String {
    let tenths = if whole > 0 { part * 1000 / whole } else { 0 };
    format!("{}.{}%", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(ceptoar: &str, stage: Stage, counts: Counts) -> Part {
        Part { ceptoar_id: ceptoar.into(), ja: String::new(), en: String::new(), stage, counts }
    }

    #[test]
    fn parts_add_up_to_lines_stages_and_the_total() {
        let at = |s: &str| Some(s.parse::<DateTime<Utc>>().unwrap());
        let one = Counts {
            organisations: 1,
            asked: 1,
            acknowledged: 1,
            sent: 1,
            first_at: at("2026-11-21T12:00:00Z"),
            last_at: at("2026-11-21T12:00:00Z"),
            ..Counts::default()
        };
        let many = Counts {
            organisations: 10,
            asked: 10,
            acknowledged: 4,
            unreached: 1,
            queued: 2,
            sent: 20,
            refused: 3,
            first_at: at("2026-11-21T11:00:00Z"),
            last_at: at("2026-11-21T13:00:00Z"),
            ..Counts::default()
        };
        let none = Counts { organisations: 2, asked: 2, unreached: 2, ..Counts::default() };
        let board = Board::of(vec![
            part("banks", Stage::Secretariat, one),
            part("banks", Stage::Member, many),
            part("gas", Stage::Member, none),
        ]);
        assert_eq!(board.lines.len(), 2);
        assert_eq!(board.lines[0].counts.organisations, 11);
        assert_eq!(board.stages.len(), 2, "no ministry hop");
        assert_eq!(board.total.windows(), 26);
        assert_eq!(board.total.outstanding(), 8);
        assert_eq!(board.total.first_at, at("2026-11-21T11:00:00Z"));
        assert_eq!(board.total.last_at, at("2026-11-21T13:00:00Z"));
        assert!(!board.is_settled());
    }

    #[test]
    fn a_share_is_a_hundred_only_when_all_are_there() {
        assert_eq!(percent(21, 23), "91.3%");
        assert_eq!(percent(14_999, 15_000), "99.9%");
        assert_eq!(percent(3, 3), "100.0%");
        assert_eq!(percent(0, 0), "0.0%");
    }
}
