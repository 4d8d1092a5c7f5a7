//! What the directory says on a day.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::features::feature_map::edition::{Bilingual, Secretariat};

/// What the directory says of a CEPTOAR on a day.
#[derive(Debug, Clone, Default)]
pub struct DirectoryFacts {
    /// Its id.
    pub id: String,
    /// Its sector.
    pub sector: String,
    /// Its name.
    pub name: Option<Bilingual>,
    /// 事業の範囲
    pub scope: Option<Bilingual>,
    /// 事務局, in order.
    pub secretariats: Vec<Secretariat>,
    /// Members by unit.
    pub counts: Vec<(String, u32)>,
    /// How many of the roster's members are observers, in each unit in which any ever was; for sheets alone.
    pub observers: BTreeMap<String, u32>,
    /// The sections of its profile that its desk keeps, in their order; for sheets alone.
    pub sections: [Option<Bilingual>; 3],
    /// Since when that is so.
    pub since: Since,
    /// The edition of its handling rule in force, for those who may know.
    pub rule: Option<RuleInForce>,
    /// When its rule was made, as its desk registered it, for those who may know.
    pub rule_made: Option<NaiveDate>,
    /// When it began to work, likewise.
    pub operation: Option<NaiveDate>,
    /// What it shares, likewise.
    pub handled: Option<(Bilingual, NaiveDate)>,
}

/// The last day on which the directory changed what it says. None where it never did.
#[derive(Debug, Clone, Default)]
pub struct Since {
    /// The name.
    pub name: Option<NaiveDate>,
    /// The first day without any name; only where there is none on the day.
    pub ended: Option<NaiveDate>,
    /// The secretariats: one came, went or was renamed.
    pub secretariats: Option<NaiveDate>,
    /// The first day on which nothing that it shares is registered any more; only where there is none on the day.
    pub unhandled: Option<NaiveDate>,
    /// Each unit: another number, or none any more.
    pub units: BTreeMap<String, NaiveDate>,
}

/// The edition of a handling rule that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInForce {
    /// What the rule is called.
    pub title: String,
    /// Which edition.
    pub edition: String,
    /// Since when.
    pub from: NaiveDate,
}

impl RuleInForce {
    /// 情報の取扱いに関する規程 第2版.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.title, self.edition)
    }
}

/// What the directory says of a sector on a day.
#[derive(Debug, Clone)]
pub struct SectorFacts {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<Bilingual>,
    /// Since when it is called so.
    pub name_since: Option<NaiveDate>,
    /// Its first day.
    pub began: Option<NaiveDate>,
    /// The first day on which it is no sector any more.
    pub ended: Option<NaiveDate>,
}

/// What the directory says on a day.
#[derive(Debug, Clone)]
pub struct Directory {
    /// The day.
    pub day: NaiveDate,
    /// The central body under its name of the day.
    pub centre: Option<Bilingual>,
    /// Every sector, in the government's order.
    pub sectors: Vec<SectorFacts>,
    /// Every CEPTOAR, in the government's order.
    pub ceptoars: Vec<DirectoryFacts>,
}
