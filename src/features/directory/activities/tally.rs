//! 集計: in how many CEPTOARs and sectors something of a kind was done, from what is on record. What nobody wrote down
//! is not on record; that is not the same as not done.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::kind::Kind;
use crate::features::access::activity::ActivityFacts;
use crate::kernel::clock::fiscal_year;
use crate::kernel::language::{Label, Language};

/// A CEPTOAR of a year with its entries counted by kind.
#[derive(Debug, Clone)]
pub struct CeptoarYear {
    /// What deciding about it needs to know.
    pub facts: ActivityFacts,
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// Its sector.
    pub sector_id: String,
    /// The sector's name in Japanese and English.
    pub sector: [String; 2],
    /// How many entries it has.
    pub entries: i64,
    /// How many of each kind, of those that there are.
    pub kinds: Vec<(Kind, i64)>,
    /// Items received, passed on and left out, where entries say so.
    pub items: [Option<i64>; 3],
}

impl CeptoarYear {
    fn has(&self, kind: Kind) -> bool {
        self.kinds.iter().any(|(known, _)| *known == kind)
    }
}

/// A line of the totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Those with an entry of a kind.
    Of(Kind),
    /// Those without an entry of the drill that confirmed their route otherwise.
    ConfirmedOtherwise,
    /// The drill and those together.
    RouteProven,
    /// Those with any entry.
    Any,
}

impl Line {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 14] = [
        Self::Of(Kind::Sharing),
        Self::Of(Kind::Analysis),
        Self::Of(Kind::CrossSectorExercise),
        Self::Of(Kind::Drill),
        Self::ConfirmedOtherwise,
        Self::RouteProven,
        Self::Of(Kind::OwnExercise),
        Self::Of(Kind::Council),
        Self::Of(Kind::Seminar),
        Self::Of(Kind::Meeting),
        Self::Of(Kind::Support),
        Self::Of(Kind::Rules),
        Self::Of(Kind::Other),
        Self::Any,
    ];

    /// The word in addresses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Of(kind) => kind.code(),
            Self::ConfirmedOtherwise => "confirmed_otherwise",
            Self::RouteProven => "route_proven",
            Self::Any => "any",
        }
    }

    /// The line of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|line| line.code() == code)
    }

    /// Whether a CEPTOAR counts in it.
    #[must_use]
    pub fn counts(self, year: &CeptoarYear) -> bool {
        match self {
            Self::Of(kind) => year.has(kind),
            Self::ConfirmedOtherwise => year.has(Kind::RouteCheck) && !year.has(Kind::Drill),
            Self::RouteProven => year.has(Kind::RouteCheck) || year.has(Kind::Drill),
            Self::Any => year.entries > 0,
        }
    }

    /// The kinds of the entries that are its evidence; all of them where that is everything.
    #[must_use]
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Of(kind) => match Kind::ALL.iter().position(|known| *known == kind) {
                Some(at) => &Kind::ALL[at..=at],
                None => &[],
            },
            Self::ConfirmedOtherwise => &[Kind::RouteCheck],
            Self::RouteProven => &[Kind::Drill, Kind::RouteCheck],
            Self::Any => &Kind::ALL,
        }
    }
}

impl Label for Line {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Of(kind) => kind.label(language),
            Self::ConfirmedOtherwise => {
                language.pick("訓練の記録がなく、別の方法で確認", "No drill, confirmed otherwise")
            }
            Self::RouteProven => language.pick("訓練または別の方法で確認", "Drill, or confirmed otherwise"),
            Self::Any => language.pick("何らかの活動の記録", "Anything on record"),
        }
    }
}

/// A total: in how many CEPTOARs and sectors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// CEPTOARs.
    pub ceptoars: usize,
    /// Sectors that they are of.
    pub sectors: usize,
}

/// A line's total.
#[must_use]
pub fn total(line: Line, years: &[CeptoarYear]) -> Total {
    let counted: Vec<&CeptoarYear> = years.iter().filter(|year| line.counts(year)).collect();
    let sectors: BTreeSet<&str> = counted.iter().map(|year| year.sector_id.as_str()).collect();
    Total { ceptoars: counted.len(), sectors: sectors.len() }
}

/// Items received, passed on and left out of all that say so.
#[must_use]
pub fn items(years: &[CeptoarYear]) -> [Option<i64>; 3] {
    [0, 1, 2].map(|which| {
        let told: Vec<i64> = years.iter().filter_map(|year| year.items[which]).collect();
        (!told.is_empty()).then(|| told.iter().sum())
    })
}

/// The first fiscal year that anything can be told of.
pub const FIRST_YEAR: i32 = 2005;

/// The fiscal year that an address asks for; this one where it asks for none that can be shown.
#[must_use]
pub fn year_of(typed: &str, today: NaiveDate) -> i32 {
    let now = fiscal_year(today);
    typed.trim().parse().ok().filter(|year| (FIRST_YEAR..=now).contains(year)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn year(ceptoar: &str, sector: &str, kinds: &[Kind]) -> CeptoarYear {
        CeptoarYear {
            facts: ActivityFacts { ceptoar_id: ceptoar.into(), ministries: Vec::new(), members: Vec::new() },
            name: [String::new(), String::new()],
            sector_id: sector.into(),
            sector: [String::new(), String::new()],
            entries: i64::from(!kinds.is_empty()),
            kinds: kinds.iter().map(|kind| (*kind, 1)).collect(),
            items: [None; 3],
        }
    }

    #[test]
    fn a_ceptoar_counts_once_and_a_sector_once() {
        let years = [
            year("banks", "finance", &[Kind::Sharing, Kind::Drill]),
            year("life", "finance", &[Kind::Sharing, Kind::RouteCheck]),
            year("gas", "gas", &[Kind::Drill, Kind::RouteCheck]),
            year("water", "water", &[]),
        ];
        let of = |line| {
            let found = total(line, &years);
            (found.ceptoars, found.sectors)
        };
        assert_eq!(of(Line::Of(Kind::Sharing)), (2, 1));
        assert_eq!(of(Line::Of(Kind::Drill)), (2, 2));
        assert_eq!(of(Line::ConfirmedOtherwise), (1, 1), "who drilled is not counted again");
        assert_eq!(of(Line::RouteProven), (3, 2));
        assert_eq!(of(Line::Any), (3, 2));
        assert_eq!(of(Line::Of(Kind::Analysis)), (0, 0));
    }

    #[test]
    fn what_nobody_told_is_no_number() {
        let mut years = [year("banks", "finance", &[Kind::Sharing]), year("gas", "gas", &[Kind::Sharing])];
        assert_eq!(items(&years), [None; 3]);
        years[0].items = [Some(3), Some(1), Some(2)];
        years[1].items = [Some(4), None, None];
        assert_eq!(items(&years), [Some(7), Some(1), Some(2)]);
    }

    #[test]
    fn a_year_that_cannot_be_shown_is_this_year() {
        let today = "2027-03-31".parse().unwrap();
        for (typed, year) in [("2010", 2010), ("2026", 2026), ("2027", 2026), ("1999", 2026), ("", 2026), ("<b>", 2026)]
        {
            assert_eq!(year_of(typed, today), year, "{typed}");
        }
    }

    #[test]
    fn each_line_is_known_by_its_code() {
        for line in Line::ALL {
            assert_eq!(Line::from_code(line.code()), Some(line));
            assert!(!line.kinds().is_empty());
        }
        assert_eq!(Line::from_code("route_check"), None);
    }
}
