//! An item as it is counted: what the viewer may know of it, and what the desks of its CEPTOARs made of it. Pure.

use chrono::{DateTime, Utc};

use super::selection::{Period, Selection, Split};
use crate::features::advisories::advisory::Kind;
use crate::features::advisories::versions::step::Step;
use crate::kernel::ids::AdvisoryId;
use crate::kernel::sharing_level::SharingLevel;

/// What became of an item at the desk of a CEPTOAR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Outcome {
    /// The desk passed it on.
    PassedOn,
    /// The desk did not: members knew it already.
    KnownAlready,
    /// The desk did not: it does not concern them.
    NotRelevant,
    /// Nobody decided in time, and it went on by itself.
    TimeUp,
    /// It went on without a decision.
    AtOnce,
    /// The desk has still to decide.
    Waiting,
    /// A newer version came before anybody decided.
    Superseded,
    /// The centre brought it to the members past the desk (decision 0051).
    Bypassed,
}

impl Outcome {
    /// All of them, in the order of the columns.
    pub const ALL: [Self; 8] = [
        Self::PassedOn,
        Self::KnownAlready,
        Self::NotRelevant,
        Self::TimeUp,
        Self::AtOnce,
        Self::Waiting,
        Self::Superseded,
        Self::Bypassed,
    ];
}

/// An item whose board the viewer sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Which.
    pub advisory_id: AdvisoryId,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Its level.
    pub level: SharingLevel,
    /// Whether it is a drill.
    pub drill: bool,
    /// What sort of item; none where the viewer knows the envelope alone.
    pub kind: Option<Kind>,
    /// What it does to an earlier version that the viewer knows; to whom none is known it is a first one.
    pub step: Step,
    /// Through which CEPTOARs the viewer sees it, and what became of it there.
    pub ceptoars: Vec<(String, Outcome)>,
}

impl Item {
    /// Whether it is counted among what was asked for. Its CEPTOARs are narrowed beforehand.
    #[must_use]
    pub fn is_in(&self, selection: &Selection) -> bool {
        self.drill == selection.drills
            && selection.level.is_none_or(|level| level == self.level)
            && selection.kind.is_none_or(|kind| Some(kind) == self.kind)
            && !self.ceptoars.is_empty()
    }
}

/// A part of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Series {
    /// Items of a kind.
    Kind(Kind),
    /// Items of which the kind is not told.
    Sealed,
    /// Items of a level.
    Level(SharingLevel),
}

impl Series {
    /// The parts of a column, in their order. The one for what is not told is there where something is.
    #[must_use]
    pub fn of(split: Split, items: &[Item]) -> Vec<Self> {
        match split {
            Split::Kind => {
                let sealed = items.iter().any(|item| item.step == Step::First && item.kind.is_none());
                Kind::ALL.map(Self::Kind).into_iter().chain(sealed.then_some(Self::Sealed)).collect()
            }
            Split::Level => SharingLevel::ALL.map(Self::Level).to_vec(),
        }
    }

    fn has(self, item: &Item) -> bool {
        match self {
            Self::Kind(kind) => item.kind == Some(kind),
            Self::Sealed => item.kind.is_none(),
            Self::Level(level) => item.level == level,
        }
    }
}

/// What was published in a month or a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodLine {
    /// When.
    pub period: Period,
    /// First publications by the parts of the column.
    pub parts: Vec<i64>,
    /// Later versions, in the order of [`Step::NEXT`].
    pub later: [i64; 4],
}

impl PeriodLine {
    /// All first publications.
    #[must_use]
    pub fn first(&self) -> i64 {
        self.parts.iter().sum()
    }
}

fn count(items: impl Iterator<Item = bool>) -> i64 {
    i64::try_from(items.filter(|yes| *yes).count()).unwrap_or(i64::MAX)
}

/// The items by month or year.
#[must_use]
pub fn by_period(items: &[Item], selection: &Selection, periods: &[Period], series: &[Series]) -> Vec<PeriodLine> {
    let line = |period: &Period| {
        let of = |item: &&Item| selection.period_of(item.published_at) == *period;
        let within: Vec<&Item> = items.iter().filter(of).collect();
        let first = |part: &Series| count(within.iter().map(|item| item.step == Step::First && part.has(item)));
        PeriodLine {
            period: *period,
            parts: series.iter().map(first).collect(),
            later: Step::NEXT.map(|step| count(within.iter().map(|item| item.step == step))),
        }
    };
    periods.iter().map(line).collect()
}

/// What reached a CEPTOAR, and what became of it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// First publications by what became of them, in the order of [`Outcome::ALL`].
    pub outcomes: [i64; 8],
    /// Later versions.
    pub later: i64,
}

impl Given {
    /// What reached a CEPTOAR.
    #[must_use]
    pub fn of(items: &[Item], ceptoar: &str) -> Self {
        let here = |item: &Item| item.ceptoars.iter().find(|(id, _)| id == ceptoar).map(|(_, outcome)| *outcome);
        let is = |outcome: Outcome| count(items.iter().map(|i| i.step == Step::First && here(i) == Some(outcome)));
        Self {
            outcomes: Outcome::ALL.map(is),
            later: count(items.iter().map(|item| item.step != Step::First && here(item).is_some())),
        }
    }

    /// All first publications that reached it.
    #[must_use]
    pub fn all(&self) -> i64 {
        self.outcomes.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::advisories::statistics::selection::StatisticsQuery;

    fn item(at: &str, step: Step, kind: Option<Kind>, ceptoars: &[(&str, Outcome)]) -> Item {
        Item {
            advisory_id: AdvisoryId::random(),
            published_at: at.parse().expect("an instant"),
            level: if kind.is_some() { SharingLevel::Amber } else { SharingLevel::Red },
            drill: false,
            kind,
            step,
            ceptoars: ceptoars.iter().map(|(id, outcome)| ((*id).to_owned(), *outcome)).collect(),
        }
    }

    #[test]
    fn the_local_governments_of_2011_come_out_as_they_said() {
        use Outcome::{AtOnce, KnownAlready, PassedOn};
        let of = |outcome| item("2010-06-01T00:00:00Z", Step::First, Some(Kind::Alert), &[("local", outcome)]);
        let mut items = vec![of(PassedOn), of(KnownAlready), of(KnownAlready)];
        items.push(item("2010-06-02T00:00:00Z", Step::Correction, Some(Kind::Alert), &[("local", PassedOn)]));
        items.push(item("2010-06-02T00:00:00Z", Step::First, Some(Kind::Alert), &[("gas", AtOnce)]));
        let given = Given::of(&items, "local");
        assert_eq!((given.all(), given.outcomes, given.later), (3, [1, 2, 0, 0, 0, 0, 0, 0], 1));
    }

    #[test]
    fn every_item_is_in_one_part_of_one_column() {
        let items = [
            item("2026-04-30T14:59:00Z", Step::First, Some(Kind::Alert), &[]),
            item("2026-04-30T15:00:00Z", Step::First, None, &[]),
            item("2026-05-10T15:00:00Z", Step::Withdrawal, None, &[]),
        ];
        for split in ["kind", "level"] {
            let query = StatisticsQuery { split: split.into(), ..StatisticsQuery::default() };
            let today = "2026-05-31".parse().expect("a day");
            let selection = query.read(today);
            let series = Series::of(selection.split, &items);
            assert_eq!(series.len(), 5);
            let lines = by_period(&items, &selection, &selection.periods(None, today), &series);
            assert_eq!(lines.iter().map(PeriodLine::first).collect::<Vec<_>>(), [1, 1], "{split}");
            assert_eq!(lines.iter().map(|line| line.later).collect::<Vec<_>>(), [[0; 4], [0, 0, 1, 0]]);
        }
    }
}
