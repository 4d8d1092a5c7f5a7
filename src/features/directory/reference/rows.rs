//! Rows of the directory, as the reference data fills them.

use chrono::NaiveDate;

use super::timeline::Since;
use crate::kernel::period::Precision;

/// A name in both languages, with the reading that sorts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
    /// Hiragana.
    pub reading: String,
}

/// Something dated that belongs to `of`.
#[derive(Debug)]
pub struct Dated<V> {
    /// Id or code of what the fact is about.
    pub of: String,
    /// First day; `None` for names of which no beginning is known.
    pub from: Option<NaiveDate>,
    /// First day after.
    pub until: Option<NaiveDate>,
    /// How exactly the first day is known.
    pub precision: Precision,
    /// The fact.
    pub value: V,
}

/// A sector.
#[derive(Debug)]
pub struct Sector {
    /// Stable id.
    pub id: String,
    /// Place in the government's order.
    pub position: i16,
    /// First day: the one on which a plan named it.
    pub since: Since,
}

/// A CEPTOAR.
#[derive(Debug)]
pub struct CeptoarRow {
    /// Stable id.
    pub id: String,
    /// Its sector.
    pub sector: String,
    /// 事業の範囲, or nothing.
    pub scope: [String; 2],
}

/// A sub-group.
#[derive(Debug)]
pub struct SubgroupRow {
    /// Its CEPTOAR.
    pub ceptoar: String,
    /// SG1 …
    pub code: String,
    /// Who is in it, in both languages.
    pub scope: [String; 2],
}

/// A term of a secretariat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Code of the organisation.
    pub organisation: String,
    /// Place among several.
    pub position: i16,
    /// Japanese and English name of the unit.
    pub unit: Option<[String; 2]>,
}

/// A ministry's responsibility.
#[derive(Debug)]
pub struct Responsibility {
    /// Code of the ministry.
    pub ministry: String,
    /// Where the fact comes from.
    pub basis: String,
    /// Which part of the sector.
    pub part: Option<[String; 2]>,
}

/// A federation.
#[derive(Debug)]
pub struct FederationRow {
    /// Stable id.
    pub id: String,
    /// Its sector.
    pub sector: String,
    /// The newest edition that lists it, where newer ones do not.
    pub last_listed: Option<NaiveDate>,
}

/// Everything that the files say.
#[derive(Debug, Default)]
pub struct Facts {
    /// Sectors.
    pub sectors: Vec<Sector>,
    /// Their names.
    pub sector_names: Vec<Dated<Name>>,
    /// Code and kind.
    pub organisations: Vec<(String, String)>,
    /// Their names.
    pub organisation_names: Vec<Dated<Name>>,
    /// Which ministry is responsible for which sector.
    pub sector_ministries: Vec<Dated<Responsibility>>,
    /// CEPTOARs in the directory's order.
    pub ceptoars: Vec<CeptoarRow>,
    /// Their names.
    pub ceptoar_names: Vec<Dated<Name>>,
    /// Their secretariats.
    pub secretariat_terms: Vec<Dated<Term>>,
    /// Unit and number.
    pub member_counts: Vec<Dated<(String, i32)>>,
    /// Sub-groups.
    pub subgroups: Vec<SubgroupRow>,
    /// `observer` or `member` of the Council.
    pub council_terms: Vec<Dated<String>>,
    /// Federations of CEPTOARs.
    pub federations: Vec<FederationRow>,
    /// Their names.
    pub federation_names: Vec<Dated<Name>>,
    /// Their members, by id.
    pub federation_members: Vec<Dated<String>>,
    /// Who keeps them.
    pub federation_secretariats: Vec<Dated<Term>>,
    /// Stage and its place on the way down.
    pub route_stages: Vec<Dated<(&'static str, i16)>>,
    /// National holidays: day, and name in Japanese and English.
    pub holidays: Vec<(NaiveDate, [String; 2])>,
}
