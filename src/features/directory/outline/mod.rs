//! Sectors, CEPTOARs and their groups as they are today: what can be addressed.

pub mod store;

/// A sector with its CEPTOARs, in the government's order.
#[derive(Debug, Clone)]
pub struct SectorOutline {
    /// e.g. `finance`.
    pub sector_id: String,
    /// Name in Japanese.
    pub ja: String,
    /// Name in English.
    pub en: String,
    /// Its CEPTOARs.
    pub ceptoars: Vec<CeptoarOutline>,
}

/// A CEPTOAR with its groups.
#[derive(Debug, Clone)]
pub struct CeptoarOutline {
    /// e.g. `banks`.
    pub ceptoar_id: String,
    /// Name in Japanese.
    pub ja: String,
    /// Name in English.
    pub en: String,
    /// Its groups: the business-type tree first.
    pub subgroups: Vec<SubgroupOutline>,
}

/// A group of a CEPTOAR.
#[derive(Debug, Clone)]
pub struct SubgroupOutline {
    /// Its id.
    pub subgroup_id: String,
    /// e.g. `SG1`.
    pub code: String,
    /// Who belongs to it.
    pub scope: String,
    /// The same in English.
    pub scope_en: String,
    /// Whether it stands beside the business-type tree.
    pub cross_cutting: bool,
}
