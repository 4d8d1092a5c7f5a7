//! What is counted: of which time, CEPTOAR, kind and level, and whether drills. Pure.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::features::advisories::advisory::Kind;
use crate::kernel::clock::{fiscal_year, fiscal_year_began, japan_day};
use crate::kernel::language::Language;
use crate::kernel::period;
use crate::kernel::sharing_level::SharingLevel;

/// No item is older than this.
const EARLIEST: i32 = 2000;
/// What stands for all years in addresses.
pub const ALL_YEARS: &str = "all";

/// Of which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// A fiscal year, month by month.
    Year(i32),
    /// Everything, year by year.
    All,
}

/// What a column of the chart is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Split {
    /// By what sort of item.
    #[default]
    Kind,
    /// By sharing level.
    Level,
}

impl Split {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Kind, Self::Level];

    /// The value in addresses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Level => "level",
        }
    }
}

/// A month or a fiscal year: what one column of the chart is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// The month that begins on this day.
    Month(NaiveDate),
    /// A fiscal year.
    Year(i32),
}

impl Period {
    /// 2026年4月, 2026年度(令和8年度).
    #[must_use]
    pub fn label(self, language: Language) -> String {
        match self {
            Self::Month(day) => period::month(day.year(), day.month(), language),
            Self::Year(year) => period::fiscal_year(year, language),
        }
    }

    /// As short as fits below a column: 4, 2026.
    #[must_use]
    pub fn short(self, language: Language) -> String {
        match (self, language) {
            (Self::Month(day), Language::Ja) => format!("{}月", day.month()),
            (Self::Month(day), Language::En) => day.format("%b").to_string(),
            (Self::Year(year), Language::Ja | Language::En) => year.to_string(),
        }
    }
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Of which time.
    pub span: Span,
    /// Of one CEPTOAR alone.
    pub ceptoar: Option<String>,
    /// Of one kind alone.
    pub kind: Option<Kind>,
    /// Of one level alone.
    pub level: Option<SharingLevel>,
    /// Drills and nothing else; otherwise everything but drills.
    pub drills: bool,
    /// What the chart divides by.
    pub split: Split,
}

/// What an address or a form may carry. Unknown values narrow nothing.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct StatisticsQuery {
    /// A fiscal year, or all.
    pub year: String,
    /// A CEPTOAR.
    pub ceptoar: String,
    /// A kind.
    pub kind: String,
    /// A level.
    pub level: String,
    /// Whether drills are counted.
    pub drills: String,
    /// What the chart divides by.
    pub split: String,
    /// As what file; in the form alone.
    pub format: String,
}

impl StatisticsQuery {
    /// What is asked for. The year is this one where none is named that there can be items of.
    #[must_use]
    pub fn read(&self, today: NaiveDate) -> Selection {
        let this_year = fiscal_year(today);
        let named = self.year.trim().parse().ok().filter(|year| (EARLIEST..=this_year).contains(year));
        Selection {
            span: match self.year.as_str() {
                ALL_YEARS => Span::All,
                _ => Span::Year(named.unwrap_or(this_year)),
            },
            ceptoar: Some(self.ceptoar.clone()).filter(|id| !id.is_empty()),
            kind: Kind::from_code(&self.kind),
            level: SharingLevel::from_code(&self.level),
            drills: self.drills == "true",
            split: Split::ALL.into_iter().find(|split| split.code() == self.split).unwrap_or_default(),
        }
    }
}

impl Selection {
    /// The instants between which items were published.
    #[must_use]
    pub fn bounds(&self, today: NaiveDate) -> [DateTime<Utc>; 2] {
        let began = |year: i32| fiscal_year_began(NaiveDate::from_ymd_opt(year, 4, 1).unwrap_or(today));
        match self.span {
            Span::Year(year) => [began(year), began(year + 1)],
            Span::All => [began(EARLIEST), began(fiscal_year(today) + 1)],
        }
    }

    /// The month or year that an instant counts in.
    #[must_use]
    pub fn period_of(&self, at: DateTime<Utc>) -> Period {
        let day = japan_day(at);
        match self.span {
            Span::Year(_) => Period::Month(day.with_day(1).unwrap_or(day)),
            Span::All => Period::Year(fiscal_year(day)),
        }
    }

    /// Every month of the year that has begun; every year from the first one that there are items of.
    #[must_use]
    pub fn periods(&self, first: Option<DateTime<Utc>>, today: NaiveDate) -> Vec<Period> {
        match self.span {
            Span::Year(year) => (0..12)
                .filter_map(|n| NaiveDate::from_ymd_opt(year + (n + 3) / 12, month_of(n), 1))
                .filter(|month| *month <= today)
                .map(Period::Month)
                .collect(),
            Span::All => {
                let this_year = fiscal_year(today);
                let first = first.map_or(this_year, |at| fiscal_year(japan_day(at)));
                (first..=this_year).map(Period::Year).collect()
            }
        }
    }

    /// Whether it is narrower than all that there is of a time.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        self.ceptoar.is_some() || self.kind.is_some() || self.level.is_some() || self.drills
    }
}

/// The month of a fiscal year, counted from April.
fn month_of(n: i32) -> u32 {
    u32::try_from((n + 3) % 12 + 1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn asked(year: &str) -> Selection {
        StatisticsQuery { year: year.into(), ..StatisticsQuery::default() }.read(day("2026-11-23"))
    }

    #[test]
    fn a_year_that_cannot_be_is_this_year() {
        for wrong in ["", "x", "1999", "2027", "99999999999", "-1", "２０２６"] {
            assert_eq!(asked(wrong).span, Span::Year(2026), "{wrong}");
        }
        assert_eq!((asked("2019").span, asked("all").span), (Span::Year(2019), Span::All));
        let wrong = StatisticsQuery {
            kind: "'; --".into(),
            level: "WHITE".into(),
            drills: "yes".into(),
            split: "x".into(),
            ..StatisticsQuery::default()
        };
        assert!(!wrong.read(day("2026-11-23")).is_narrow());
    }

    #[test]
    fn months_begin_at_midnight_in_japan_and_years_in_april() {
        let year = asked("2025");
        let at = |text: &str| year.period_of(text.parse().expect("an instant"));
        assert_eq!(at("2025-04-30T14:59:59Z"), Period::Month(day("2025-04-01")));
        assert_eq!(at("2025-04-30T15:00:00Z"), Period::Month(day("2025-05-01")));
        assert_eq!(
            year.bounds(day("2026-11-23")).map(|at| at.to_rfc3339()),
            ["2025-03-31T15:00:00+00:00", "2026-03-31T15:00:00+00:00"]
        );
        let all = asked("all");
        let of = |text: &str| all.period_of(text.parse().expect("an instant"));
        assert_eq!(of("2026-03-31T14:59:59Z"), Period::Year(2025));
        assert_eq!(of("2026-03-31T15:00:00Z"), Period::Year(2026));
    }

    #[test]
    fn a_year_has_the_months_that_have_begun() {
        let today = day("2026-11-23");
        let months = asked("2026").periods(None, today);
        assert_eq!((months.len(), months.first()), (8, Some(&Period::Month(day("2026-04-01")))));
        let last = asked("2025").periods(None, today);
        assert_eq!((last.len(), last.last()), (12, Some(&Period::Month(day("2026-03-01")))));
        let since = "2024-03-31T15:00:00Z".parse().ok();
        assert_eq!(asked("all").periods(since, today), [2024, 2025, 2026].map(Period::Year));
        assert_eq!(asked("all").periods(None, today), [Period::Year(2026)]);
    }
}
