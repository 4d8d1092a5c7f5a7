//! Numbers of organisations: how many were asked, how many answered, and how long that took. Pure.

use chrono::TimeDelta;

use crate::kernel::stage::Stage;

/// The hops that answer, in the order of the route.
pub const HOPS: [Stage; 4] = [Stage::Ministry, Stage::Regional, Stage::Secretariat, Stage::Member];

/// Organisations, once for each item, CEPTOAR and hop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// An answer is waited for, or has come.
    pub asked: i64,
    /// It has come.
    pub acknowledged: i64,
    /// It is waited for until some time.
    pub due: i64,
    /// It came until then.
    pub in_time: i64,
}

impl Counted {
    fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.acknowledged += other.acknowledged;
        self.due += other.due;
        self.in_time += other.in_time;
    }
}

/// Organisations of a fiscal year, CEPTOAR and hop.
#[derive(Debug, Clone)]
pub struct Hop {
    /// The fiscal year.
    pub year: i32,
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// The hop.
    pub stage: Stage,
    /// Its numbers.
    pub counted: Counted,
}

/// Receipts of a fiscal year and hop that took about as long.
#[derive(Debug, Clone, Copy)]
pub struct Delay {
    /// The fiscal year.
    pub year: i32,
    /// The hop.
    pub stage: Stage,
    /// The class: longer ones have higher numbers.
    pub class: i16,
    /// How many.
    pub organisations: i64,
    /// The shortest of them, in seconds.
    pub soonest: i64,
    /// The longest of them.
    pub latest: i64,
}

/// Receipts that came in one way.
#[derive(Debug, Clone)]
pub struct Way {
    /// The fiscal year.
    pub year: i32,
    /// The hop.
    pub stage: Stage,
    /// The way, as the database calls it.
    pub way: String,
    /// How many.
    pub organisations: i64,
}

/// Everything about organisations.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// By fiscal year, CEPTOAR and hop.
    pub hops: Vec<Hop>,
    /// By fiscal year, hop and time.
    pub delays: Vec<Delay>,
    /// By fiscal year, hop and way; only of items whose organisations the viewer sees.
    pub ways: Vec<Way>,
}

impl Figures {
    /// The numbers of some of the rows together.
    #[must_use]
    pub fn counted(&self, wanted: impl Fn(&Hop) -> bool) -> Counted {
        let mut sum = Counted::default();
        for hop in self.hops.iter().filter(|hop| wanted(hop)) {
            sum.add(&hop.counted);
        }
        sum
    }

    /// How long the receipts of a hop took, in some of the years.
    #[must_use]
    pub fn times(&self, stage: Stage, wanted: impl Fn(i32) -> bool) -> Option<Times> {
        let of: Vec<Delay> = self.delays.iter().filter(|d| d.stage == stage && wanted(d.year)).copied().collect();
        Times::of(of)
    }

    /// Receipts by way, most first.
    #[must_use]
    pub fn by_way(&self) -> Vec<(&str, i64)> {
        let mut ways: Vec<(&str, i64)> = Vec::new();
        for way in &self.ways {
            match ways.iter_mut().find(|(known, _)| *known == way.way) {
                Some((_, sum)) => *sum += way.organisations,
                None => ways.push((&way.way, way.organisations)),
            }
        }
        ways.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        ways
    }
}

/// How long after the publication receipts came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The first.
    pub first: TimeDelta,
    /// By when half of them had come.
    pub median: TimeDelta,
    /// By when nine of ten had come.
    pub most: TimeDelta,
    /// The last.
    pub last: TimeDelta,
}

impl Times {
    /// Of receipts sorted into classes. A share is reached at the latest of the class in which it is reached: never before
    /// it was, and at most as much later as the class is wide.
    #[must_use]
    pub fn of(mut classes: Vec<Delay>) -> Option<Self> {
        classes.sort_by_key(|delay| delay.class);
        let all: i64 = classes.iter().map(|delay| delay.organisations).sum();
        // A class may stand there for several years.
        let reached = |tenths: i64| {
            let mut before = 0;
            let class = classes.iter().find(|delay| {
                before += delay.organisations;
                before * 10 >= all * tenths
            })?;
            classes.iter().filter(|delay| delay.class == class.class).map(|delay| delay.latest).max()
        };
        let [median, most] = [reached(5)?, reached(9)?];
        let first = classes.iter().map(|delay| delay.soonest).min()?;
        let last = classes.iter().map(|delay| delay.latest).max()?;
        let [first, median, most, last] = [first, median, most, last].map(TimeDelta::seconds);
        Some(Self { first, median, most, last })
    }

    /// In the order of the columns.
    #[must_use]
    pub fn all(&self) -> [TimeDelta; 4] {
        [self.first, self.median, self.most, self.last]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delay(class: i16, organisations: i64, soonest: i64, latest: i64) -> Delay {
        Delay { year: 2026, stage: Stage::Member, class, organisations, soonest, latest }
    }

    fn seconds(delays: Vec<Delay>) -> Option<[i64; 4]> {
        Times::of(delays).map(|times| times.all().map(|time| time.num_seconds()))
    }

    #[test]
    fn half_and_nine_of_ten_are_never_told_too_early() {
        assert_eq!(seconds(Vec::new()), None);
        assert_eq!(seconds(vec![delay(3, 1, 700, 700)]), Some([700; 4]));
        // Ten receipts: five within the first class, four more in the second, one late.
        let ten = || vec![delay(9, 1, 90_000, 90_000), delay(1, 5, 20, 250), delay(2, 4, 310, 500)];
        assert_eq!(seconds(ten()), Some([20, 250, 500, 90_000]));
        // One more late one moves both.
        let mut eleven = ten();
        eleven.push(delay(10, 1, 100_000, 100_000));
        assert_eq!(seconds(eleven), Some([20, 500, 90_000, 100_000]));
        // Two years in one class.
        let two_years = vec![delay(1, 1, 5, 10), Delay { year: 2025, ..delay(1, 1, 7, 290) }];
        assert_eq!(seconds(two_years), Some([5, 290, 290, 290]));
    }

    #[test]
    fn ways_add_up_over_years_and_hops() {
        let way = |year, stage, way: &str, organisations| Way { year, stage, way: way.into(), organisations };
        let figures = Figures {
            ways: vec![
                way(2025, Stage::Member, "phone", 2),
                way(2026, Stage::Member, "portal", 1),
                way(2026, Stage::Secretariat, "portal", 4),
            ],
            ..Figures::default()
        };
        assert_eq!(figures.by_way(), [("portal", 5), ("phone", 2)]);
    }
}
