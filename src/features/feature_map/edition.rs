//! An edition of the map as it was published: the document that is stored and never changed.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use super::vocabulary::{Bilingual, Cell, Channel, Confidence, Month, Status};

/// One edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// Its day of reference, which is also its address.
    pub id: String,
    /// The day of reference.
    pub as_of: NaiveDate,
    /// The day as the sheet prints it.
    pub as_of_display: Bilingual,
    /// The day of the counts, where it is another one.
    pub counts_as_of_display: Option<Bilingual>,
    /// Who published the source.
    pub publisher: Bilingual,
    /// The action plan then in force.
    pub plan: Bilingual,
    /// Whether the source was a draft (案).
    pub draft: bool,
    /// Sectors in the government's order.
    pub sectors: Vec<Sector>,
    /// Boxes above several CEPTOARs.
    pub liaison_councils: Vec<LiaisonCouncil>,
    /// CEPTOARs in the order of their sectors.
    pub ceptoars: Vec<Ceptoar>,
    /// What the CEPTOARs did in the year, in figures.
    pub year: Option<YearFigures>,
    /// How reconstructed cells were read.
    pub methods: Vec<Method>,
    /// What is not certain about whole rows.
    pub row_evidence: Vec<RowEvidence>,
    /// The evidence of cells.
    pub evidence: Vec<Evidence>,
    /// What is odd in print.
    pub notes: Vec<Note>,
}

/// 重要インフラ分野
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sector {
    /// Stable id.
    pub id: String,
    /// Its name.
    pub name: Bilingual,
    /// A remark of the source.
    pub note: Option<Bilingual>,
}

/// 連絡協議会: above several CEPTOARs, not one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiaisonCouncil {
    /// Stable id.
    pub id: String,
    /// Its name.
    pub name: Bilingual,
    /// Its sector.
    pub sector: String,
    /// Its CEPTOARs.
    pub members: Vec<String>,
    /// Its secretariats; may be none.
    pub secretariats: Vec<Secretariat>,
    /// Whether related bodies may sit in.
    pub observers_allowed: bool,
    /// Its page of the edition.
    pub profile: Profile,
}

/// 事務局
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secretariat {
    /// The organisation.
    pub organisation: Bilingual,
    /// Its department.
    pub unit: Option<Bilingual>,
    /// `ministry`, `association`, …, where the source tells.
    pub kind: Option<String>,
}

/// A number of members, in one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// 社, 団体, 社・団体, …: never summed across.
    pub unit: Bilingual,
    /// How many.
    pub value: u32,
    /// Who they are.
    pub of: Option<Bilingual>,
    /// How many of them are observers.
    pub includes_observers: Option<u32>,
    /// Whether these members pass items on to others.
    pub hub: bool,
}

/// One CEPTOAR in an edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ceptoar {
    /// Stable through renames.
    pub id: String,
    /// Its sector.
    pub sector: String,
    /// 事業の範囲
    pub scope: Option<Bilingual>,
    /// Its name then; open while planned.
    pub name: Option<Bilingual>,
    /// How the map printed the name, where that was a slip.
    pub name_printed_in_map: Option<String>,
    /// Whether it existed.
    pub status: Status,
    /// The fiscal year in which it was to be set up.
    pub planned_for_fiscal_year: Option<i32>,
    /// Its secretariats; several at once are possible, none while planned.
    pub secretariats: Vec<Secretariat>,
    /// The month since which this organisation is the secretariat.
    pub secretariat_since: Option<Month>,
    /// Numbers of members; empty = not told, never zero.
    pub counts: Vec<Count>,
    /// The numbers as printed.
    pub count_display: Option<Bilingual>,
    /// Who the members are (内訳).
    pub breakdown: Option<Bilingual>,
    /// The kind of members, where the source describes them apart from the breakdown.
    pub member_category: Option<Bilingual>,
    /// Members named one by one.
    pub named_members: Vec<Bilingual>,
    /// Who is reached through the members.
    pub reach: Vec<Count>,
    /// What kind of information is dealt with.
    pub handled: Option<Bilingual>,
    /// 連絡手段
    pub channels: Vec<Channel>,
    /// Channels that the profile names.
    pub channels_in_profile: Vec<Channel>,
    /// Since when the emergency contact is in operation.
    pub operation_start: Option<Month>,
    /// When the rules were established.
    pub rule_established: Option<Month>,
    /// The document that holds the rules.
    pub rule_document: Option<Bilingual>,
    /// Systems covered.
    pub covered_systems: Option<Bilingual>,
    /// Subgroups: code and scope.
    pub subgroups: Vec<Subgroup>,
    /// The stops of an item on its way to the members.
    pub route: Vec<Bilingual>,
    /// Bodies that it works with: analysis, committees.
    pub bodies: Vec<Bilingual>,
    /// Affiliation and title of the representative; never a name.
    pub representative: Option<Representative>,
    /// The confidence of each reconstructed cell.
    pub confidence: BTreeMap<Cell, Confidence>,
    /// Codes of purposes, functions, traits and so on, for machines.
    pub codes: BTreeMap<String, Vec<String>>,
    /// Its page of the edition.
    pub profile: Profile,
}

/// A subgroup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subgroup {
    /// SG1 …
    pub code: String,
    /// Whom it is for.
    pub scope: Bilingual,
}

/// Who speaks for a CEPTOAR in the Council.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Representative {
    /// The organisation.
    pub affiliation: Bilingual,
    /// The post.
    pub title: Bilingual,
}

/// セプターの概要, in our own words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile {
    /// 目的
    pub purpose: Option<Bilingual>,
    /// 構成と機能
    pub structure: Option<Bilingual>,
    /// 特徴
    pub traits: Option<Bilingual>,
    /// 活動状況
    pub activities: Vec<Activity>,
}

/// Something done in the year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Its code.
    pub code: String,
    /// When, to the month.
    pub when: Option<Month>,
    /// What.
    pub text: Bilingual,
}

/// The year in figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearFigures {
    /// Which fiscal year.
    pub fiscal_year: i32,
    /// CEPTOARs that shared information.
    pub ceptoars_sharing: u32,
    /// The sectors of those.
    pub sectors_sharing: u32,
    /// CEPTOARs that analysed.
    pub ceptoars_analysing: u32,
    /// The sectors of those.
    pub sectors_analysing: u32,
    /// CEPTOARs in the cross-sector exercise.
    pub ceptoars_in_exercise: u32,
    /// CEPTOARs in the CEPTOAR drill.
    pub ceptoars_in_drill: u32,
    /// CEPTOARs that confirmed transmission only.
    pub ceptoars_confirming_transmission: u32,
}

/// A way of reading a damaged source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    /// E1 …
    pub code: String,
    /// What it is.
    pub text: Bilingual,
}

/// What is not certain about a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowEvidence {
    /// The row's name in the sheet.
    pub row: String,
    /// How sure.
    pub confidence: Confidence,
    /// Why.
    pub text: Bilingual,
}

/// Why cells read as they do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its anchor on the page.
    pub id: String,
    /// Which cell.
    pub cell: Cell,
    /// Of which CEPTOARs.
    pub ceptoars: Vec<String>,
    /// How sure.
    pub confidence: Confidence,
    /// The methods used.
    pub codes: Vec<String>,
    /// Why.
    pub text: Bilingual,
    /// The best other reading.
    pub alternative: Option<Bilingual>,
}

/// Something odd in print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its anchor on the page.
    pub id: String,
    /// Whose cell.
    pub ceptoar: String,
    /// Which cell.
    pub cell: Cell,
    /// What is odd.
    pub text: Bilingual,
}

impl Ceptoar {
    /// A CEPTOAR of which nothing is known yet.
    #[must_use]
    pub fn blank(id: &str, sector: &str) -> Self {
        Self {
            id: id.to_owned(),
            sector: sector.to_owned(),
            scope: None,
            name: None,
            name_printed_in_map: None,
            status: Status::Established,
            planned_for_fiscal_year: None,
            secretariats: Vec::new(),
            secretariat_since: None,
            counts: Vec::new(),
            count_display: None,
            breakdown: None,
            member_category: None,
            named_members: Vec::new(),
            reach: Vec::new(),
            handled: None,
            channels: Vec::new(),
            channels_in_profile: Vec::new(),
            operation_start: None,
            rule_established: None,
            rule_document: None,
            covered_systems: None,
            subgroups: Vec::new(),
            route: Vec::new(),
            bodies: Vec::new(),
            representative: None,
            confidence: BTreeMap::new(),
            codes: BTreeMap::new(),
            profile: Profile::default(),
        }
    }
}

impl Edition {
    /// A CEPTOAR of this edition.
    #[must_use]
    pub fn ceptoar(&self, id: &str) -> Option<&Ceptoar> {
        self.ceptoars.iter().find(|c| c.id == id)
    }

    /// A liaison council of this edition.
    #[must_use]
    pub fn council(&self, id: &str) -> Option<&LiaisonCouncil> {
        self.liaison_councils.iter().find(|c| c.id == id)
    }

    /// A sector of this edition.
    #[must_use]
    pub fn sector(&self, id: &str) -> Option<&Sector> {
        self.sectors.iter().find(|s| s.id == id)
    }

    /// The evidence of a cell.
    #[must_use]
    pub fn evidence_of(&self, ceptoar: &str, cell: Cell) -> Option<&Evidence> {
        self.evidence.iter().find(|e| e.cell == cell && e.ceptoars.iter().any(|c| c == ceptoar))
    }

    /// How many CEPTOARs have a status.
    #[must_use]
    pub fn number(&self, status: Status) -> usize {
        self.ceptoars.iter().filter(|c| c.status == status).count()
    }

    /// Members per unit, in the order in which the units first appear. Units are never added up together.
    #[must_use]
    pub fn sums(&self) -> Vec<(&Bilingual, u32)> {
        let mut sums: Vec<(&Bilingual, u32)> = Vec::new();
        for count in self.ceptoars.iter().flat_map(|c| &c.counts) {
            match sums.iter_mut().find(|(unit, _)| unit.ja == count.unit.ja) {
                Some((_, sum)) => *sum += count.value,
                None => sums.push((&count.unit, count.value)),
            }
        }
        sums
    }
}
