//! The reference files as they are written. An entry that this does not know is an error: a fact
//! must not fall through silently. Fields are named as in the files, which explain them.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::value::Datetime;

use super::edition::{Cell, Channel, Confidence, Month, Status};

/// `editions/<id>.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditionFile {
    pub edition: Head,
    #[serde(default)]
    pub requirements: toml::Table,
    pub check: toml::Table,
    pub fy2010_summary: Option<Summary>,
    pub sector: Vec<SectorFacts>,
    #[serde(default)]
    pub liaison_council: Vec<CouncilFacts>,
    pub ceptoar: Vec<CeptoarFacts>,
    /// Belongs to the annual plan.
    #[serde(default)]
    pub plan_item: Vec<toml::Table>,
}

/// What the edition is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub id: String,
    pub as_of: Datetime,
    pub as_of_display: String,
    pub counts_as_of: Option<Datetime>,
    pub counts_as_of_display: Option<String>,
    pub fiscal_year: i32,
    pub published: Option<String>,
    pub published_year: Option<i32>,
    pub published_at: Option<String>,
    pub publisher: String,
    pub publisher_short: Option<String>,
    #[serde(default)]
    pub draft: bool,
    pub plan: String,
    pub annual_plan: Option<String>,
    pub term_for_ceptoar: String,
    pub it_failure_term: Option<String>,
    pub map_note: Option<String>,
    #[serde(default)]
    pub map_rows: Vec<String>,
}

/// The year in figures.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    pub ceptoars_sharing_info: u32,
    pub sectors_sharing_info: u32,
    pub ceptoars_analysing: u32,
    pub sectors_analysing: u32,
    pub ceptoars_in_cross_sector_exercise: u32,
    pub ceptoars_in_ceptoar_drill: u32,
    pub ceptoars_confirming_transmission_only: u32,
    pub council_observer_sectors_turned_member: u32,
}

/// A sector.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SectorFacts {
    pub id: String,
    pub order: u32,
    pub name: String,
    pub note: Option<String>,
    pub ministry: Option<String>,
    pub basis: Option<String>,
    pub added: Option<String>,
}

/// A liaison council.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CouncilFacts {
    pub id: String,
    pub name: String,
    pub sector: String,
    pub member_ceptoars: Vec<String>,
    pub observers_allowed: bool,
    #[serde(default)]
    pub purpose_codes: Vec<String>,
    #[serde(default, alias = "activity_codes")]
    pub activities_fy2010: Vec<String>,
    #[serde(default)]
    pub secretariat: Vec<SecretariatFacts>,
}

/// A secretariat.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretariatFacts {
    pub org: String,
    pub org_printed: Option<String>,
    pub unit: Option<String>,
    pub kind: Option<String>,
    pub note: Option<String>,
    pub confidence: Option<Confidence>,
}

/// A CEPTOAR.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CeptoarFacts {
    pub id: String,
    #[serde(default)]
    pub list_order: u32,
    pub sector: String,
    pub scope: Option<String>,
    pub name: Option<String>,
    pub name_profile: Option<String>,
    pub name_printed_in_map: Option<String>,
    pub status: Option<Status>,
    pub planned_for_fiscal_year: Option<i32>,
    pub agreement: Option<Month>,
    pub basic_agreement_with: Option<String>,
    pub planned_parent_org: Option<String>,
    #[serde(alias = "planned_member_category")]
    pub member_category: Option<String>,
    #[serde(default)]
    pub named_members: Vec<String>,
    #[serde(default)]
    pub has_steering_committee: bool,
    #[serde(default)]
    pub secretariat: Vec<SecretariatFacts>,
    #[serde(default)]
    pub secretariats: Vec<String>,
    pub secretariat_since: Option<Month>,
    pub count_display: Option<String>,
    pub member_breakdown: Option<String>,
    #[serde(default, alias = "counts")]
    pub count: Vec<CountFacts>,
    #[serde(default)]
    pub reach: Vec<CountFacts>,
    #[serde(default)]
    pub subgroup: Vec<SubgroupFacts>,
    pub info: Option<HandledFacts>,
    pub poc: Option<PocFacts>,
    pub rule: Option<RuleFacts>,
    pub rule_document: Option<String>,
    pub covered_systems: Option<String>,
    #[serde(default)]
    pub channels_in_profile: Vec<Channel>,
    #[serde(default)]
    pub route: Vec<String>,
    pub route_pattern: Option<String>,
    pub analysis_body: Option<String>,
    pub analysis_partner: Option<String>,
    #[serde(default)]
    pub existing_bodies: Vec<String>,
    #[serde(default)]
    pub related_bodies: Vec<String>,
    pub council_member_since_note: Option<String>,
    pub representative: Option<RepresentativeFacts>,
    pub delivery_statistics: Option<toml::Table>,
    #[serde(default)]
    pub activity: Vec<ActivityFacts>,
    #[serde(default)]
    pub covered_it_failures: Vec<String>,
    #[serde(default)]
    pub info_codes: Vec<String>,
    #[serde(default)]
    pub purpose_codes: Vec<String>,
    #[serde(default)]
    pub function_codes: Vec<String>,
    #[serde(default)]
    pub trait_codes: Vec<String>,
    #[serde(default)]
    pub handling_codes: Vec<String>,
    #[serde(default)]
    pub delivery_codes: Vec<String>,
    #[serde(default)]
    pub content_codes: Vec<String>,
    #[serde(default)]
    pub plan_codes: Vec<String>,
}

/// A count of members, or of who is reached through them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountFacts {
    pub unit: String,
    pub value: u32,
    pub of: Option<String>,
    pub includes_observers: Option<u32>,
    pub role: Option<String>,
    pub confidence: Option<Confidence>,
}

/// A subgroup.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubgroupFacts {
    pub code: String,
    pub scope: String,
}

/// 情報と連絡手段
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandledFacts {
    pub handled: String,
    pub channels: Vec<Channel>,
    pub confidence: Confidence,
}

/// 緊急窓口
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PocFacts {
    pub operation_start: Month,
    pub confidence: Confidence,
}

/// 情報の取扱いルール
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFacts {
    pub established: Month,
    pub confidence: Confidence,
}

/// Who speaks for the CEPTOAR.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepresentativeFacts {
    pub affiliation: String,
    pub title: String,
}

/// An activity; what it was stands in the profile.
#[derive(Debug, Deserialize)]
pub struct ActivityFacts {
    pub code: String,
    pub when: Option<Month>,
}

/// `profiles/<id>.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfilesFile {
    pub profile: Vec<ProfileText>,
}

/// A profile.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileText {
    pub ceptoar: String,
    pub source: String,
    pub purpose: Option<super::edition::Bilingual>,
    pub structure: Option<super::edition::Bilingual>,
    pub traits: Option<super::edition::Bilingual>,
    #[serde(default)]
    pub activity: Vec<ActivityText>,
}

/// An activity in words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityText {
    pub code: String,
    pub when: Option<Month>,
    pub ja: String,
    pub en: String,
}

/// `evidence.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceFile {
    pub method: Vec<MethodText>,
    pub row: Vec<RowText>,
    pub cell: Vec<CellText>,
    pub note: Vec<NoteText>,
}

/// A way of reading.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodText {
    pub edition: String,
    pub code: String,
    pub ja: String,
    pub en: String,
}

/// What is not certain about a row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowText {
    pub edition: String,
    pub row: String,
    pub confidence: Confidence,
    pub ja: String,
    pub en: String,
}

/// Why cells read as they do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellText {
    pub edition: String,
    pub id: String,
    pub cell: Cell,
    pub ceptoars: Vec<String>,
    pub confidence: Confidence,
    pub codes: Vec<String>,
    pub ja: String,
    pub en: String,
    pub alternative: Option<super::edition::Bilingual>,
}

/// Something odd in print.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteText {
    pub edition: String,
    pub id: String,
    pub ceptoar: String,
    pub cell: Cell,
    pub ja: String,
    pub en: String,
}

/// `english.toml`: by kind of text, then by the Japanese string (or id, or code).
pub type EnglishFile = BTreeMap<String, BTreeMap<String, toml::Value>>;
