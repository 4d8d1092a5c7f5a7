//! A fact about a CEPTOAR, and what it is about.

use chrono::NaiveDate;

use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::{self, Precision, long_date};

crate::words! {
    /// Words of days that are known only so far.
    pub struct WhenWords {
        edition: "{day}の版で確認" / "Seen in the edition of {day}",
    }
}

/// What a fact is about, in the order of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// What the CEPTOAR is called.
    Name,
    /// Who keeps its desk.
    Secretariat,
    /// Who is responsible for its sector.
    Ministry,
    /// How many belong to it, in one unit.
    Members,
    /// What it is in the Council.
    Council,
    /// Which federations it belongs to.
    Federation,
    /// Which groups of its members it has.
    Group,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Name, Self::Secretariat, Self::Ministry, Self::Members, Self::Council, Self::Federation, Self::Group];
}

impl Label for Lane {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Name => language.pick("名称", "Name"),
            Self::Secretariat => language.pick("事務局", "Secretariat"),
            Self::Ministry => language.pick("所管省庁", "Ministry"),
            Self::Members => language.pick("構成員", "Members"),
            Self::Council => language.pick("セプターカウンシル", "Council"),
            Self::Federation => language.pick("連絡協議会", "Federation"),
            Self::Group => language.pick("グループ", "Groups"),
        }
    }
}

/// Something that was so for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub lane: Lane,
    /// What was so, in both languages.
    pub value: [String; 2],
    /// First day; nothing where no beginning is known.
    pub from: Option<NaiveDate>,
    /// First day after.
    pub until: Option<NaiveDate>,
    /// How exactly the first day is known.
    pub precision: Precision,
}

/// A day, no more exactly than it is known.
#[must_use]
pub fn when(day: NaiveDate, precision: Precision, language: Language) -> String {
    use chrono::Datelike;
    match precision {
        Precision::Day => long_date(day, language),
        Precision::Month => period::month(day.year(), day.month(), language),
        Precision::FiscalYear => period::fiscal_year(day.year(), language),
        Precision::Edition => fill(WhenWords::of(language).edition, &[("day", &long_date(day, language))]),
    }
}
