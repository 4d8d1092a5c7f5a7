//! An edition for machines. The names of these fields are relied upon elsewhere: more may come, none is renamed.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::edition::{
    Activity, Bilingual, Cell, Ceptoar, Channel, Confidence, Count, Edition, Evidence, LiaisonCouncil, Method, Month,
    Note, Profile, Representative, RowEvidence, Secretariat, Status, Subgroup, YearFigures,
};

/// An edition as JSON.
///
/// # Errors
/// Never in practice: every field has a JSON form.
pub fn edition(edition: &Edition) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec_pretty(&MachineEdition {
        edition: &edition.id,
        as_of: edition.as_of,
        as_of_display: &edition.as_of_display,
        counts_as_of_display: edition.counts_as_of_display.as_ref(),
        publisher: &edition.publisher,
        plan: &edition.plan,
        draft: edition.draft,
        totals: totals(edition),
        sectors: edition
            .sectors
            .iter()
            .map(|s| MachineSector { id: &s.id, name: &s.name.ja, name_en: &s.name.en, note: s.note.as_ref() })
            .collect(),
        liaison_councils: edition.liaison_councils.iter().map(council_of).collect(),
        ceptoars: edition.ceptoars.iter().map(|c| ceptoar_of(edition, c)).collect(),
        year: edition.year.as_ref(),
        methods: &edition.methods,
        row_evidence: &edition.row_evidence,
        notes: &edition.notes,
    })
}

/// One CEPTOAR of an edition as JSON.
///
/// # Errors
/// Never in practice.
pub fn ceptoar(edition: &Edition, ceptoar: &Ceptoar) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec_pretty(&Profiled { edition: &edition.id, body: ceptoar_of(edition, ceptoar) })
}

/// One liaison council of an edition as JSON.
///
/// # Errors
/// Never in practice.
pub fn council(edition: &Edition, council: &LiaisonCouncil) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec_pretty(&Profiled { edition: &edition.id, body: council_of(council) })
}

#[derive(Serialize)]
struct Profiled<'a, T> {
    edition: &'a str,
    #[serde(flatten)]
    body: T,
}

#[derive(Serialize)]
struct MachineEdition<'a> {
    edition: &'a str,
    as_of: NaiveDate,
    as_of_display: &'a Bilingual,
    counts_as_of_display: Option<&'a Bilingual>,
    publisher: &'a Bilingual,
    plan: &'a Bilingual,
    draft: bool,
    totals: Totals<'a>,
    sectors: Vec<MachineSector<'a>>,
    liaison_councils: Vec<MachineCouncil<'a>>,
    ceptoars: Vec<MachineCeptoar<'a>>,
    year: Option<&'a YearFigures>,
    methods: &'a [Method],
    row_evidence: &'a [RowEvidence],
    notes: &'a [Note],
}

#[derive(Serialize)]
struct Totals<'a> {
    sectors: usize,
    /// Those that are established.
    ceptoars: usize,
    ceptoars_planned: usize,
    liaison_councils: usize,
    /// Per unit; never summed across units.
    member_counts: BTreeMap<&'a str, u32>,
}

#[derive(Serialize)]
struct MachineSector<'a> {
    id: &'a str,
    name: &'a str,
    name_en: &'a str,
    note: Option<&'a Bilingual>,
}

#[derive(Serialize)]
struct MachineCouncil<'a> {
    id: &'a str,
    sector: &'a str,
    name: &'a str,
    name_en: &'a str,
    members: &'a [String],
    observers_allowed: bool,
    secretariats: Vec<MachineSecretariat<'a>>,
    profile: MachineProfile<'a>,
}

#[derive(Serialize)]
struct MachineCeptoar<'a> {
    id: &'a str,
    sector: &'a str,
    sector_name: Option<&'a Bilingual>,
    scope: Option<&'a str>,
    scope_en: Option<&'a str>,
    name: Option<&'a str>,
    name_en: Option<&'a str>,
    name_printed_in_map: Option<&'a str>,
    status: Status,
    planned_for_fiscal_year: Option<i32>,
    secretariats: Vec<MachineSecretariat<'a>>,
    secretariat_since: Option<Month>,
    member_counts: Vec<MachineCount<'a>>,
    member_counts_display: Option<&'a str>,
    member_counts_display_en: Option<&'a str>,
    member_breakdown: Option<&'a Bilingual>,
    member_category: Option<&'a Bilingual>,
    named_members: &'a [Bilingual],
    reach: Vec<MachineCount<'a>>,
    info_handled: Option<&'a str>,
    info_handled_en: Option<&'a str>,
    channels: &'a [Channel],
    channels_in_profile: &'a [Channel],
    contact_operation_start: Option<Month>,
    rule_established: Option<Month>,
    rule_document: Option<&'a Bilingual>,
    covered_systems: Option<&'a Bilingual>,
    subgroups: &'a [Subgroup],
    route: &'a [Bilingual],
    bodies: &'a [Bilingual],
    representative: Option<&'a Representative>,
    confidence: BTreeMap<&'static str, Confidence>,
    evidence: BTreeMap<&'static str, MachineEvidence<'a>>,
    codes: &'a BTreeMap<String, Vec<String>>,
    profile: MachineProfile<'a>,
}

#[derive(Serialize)]
struct MachineSecretariat<'a> {
    organisation: &'a str,
    organisation_en: &'a str,
    unit: Option<&'a str>,
    unit_en: Option<&'a str>,
    kind: Option<&'a str>,
}

#[derive(Serialize)]
struct MachineCount<'a> {
    unit: &'a str,
    unit_en: &'a str,
    value: u32,
    of: Option<&'a Bilingual>,
    includes_observers: Option<u32>,
    hub: bool,
}

#[derive(Serialize)]
struct MachineEvidence<'a> {
    confidence: Confidence,
    codes: &'a [String],
    text: &'a Bilingual,
    alternative: Option<&'a Bilingual>,
}

#[derive(Serialize)]
struct MachineProfile<'a> {
    purpose: Option<&'a Bilingual>,
    structure: Option<&'a Bilingual>,
    traits: Option<&'a Bilingual>,
    activities: &'a [Activity],
}

fn totals(edition: &Edition) -> Totals<'_> {
    Totals {
        sectors: edition.sectors.len(),
        ceptoars: edition.number(Status::Established),
        ceptoars_planned: edition.number(Status::Planned),
        liaison_councils: edition.liaison_councils.len(),
        member_counts: edition.sums().into_iter().map(|(unit, sum)| (unit.ja.as_str(), sum)).collect(),
    }
}

fn council_of(council: &LiaisonCouncil) -> MachineCouncil<'_> {
    MachineCouncil {
        id: &council.id,
        sector: &council.sector,
        name: &council.name.ja,
        name_en: &council.name.en,
        members: &council.members,
        observers_allowed: council.observers_allowed,
        secretariats: council.secretariats.iter().map(secretariat).collect(),
        profile: profile(&council.profile),
    }
}

fn ceptoar_of<'a>(edition: &'a Edition, c: &'a Ceptoar) -> MachineCeptoar<'a> {
    let ja = |text: &'a Option<Bilingual>| text.as_ref().map(|t| t.ja.as_str());
    let en = |text: &'a Option<Bilingual>| text.as_ref().map(|t| t.en.as_str());
    MachineCeptoar {
        id: &c.id,
        sector: &c.sector,
        sector_name: edition.sector(&c.sector).map(|s| &s.name),
        scope: ja(&c.scope),
        scope_en: en(&c.scope),
        name: ja(&c.name),
        name_en: en(&c.name),
        name_printed_in_map: c.name_printed_in_map.as_deref(),
        status: c.status,
        planned_for_fiscal_year: c.planned_for_fiscal_year,
        secretariats: c.secretariats.iter().map(secretariat).collect(),
        secretariat_since: c.secretariat_since,
        member_counts: c.counts.iter().map(count).collect(),
        member_counts_display: ja(&c.count_display),
        member_counts_display_en: en(&c.count_display),
        member_breakdown: c.breakdown.as_ref(),
        member_category: c.member_category.as_ref(),
        named_members: &c.named_members,
        reach: c.reach.iter().map(count).collect(),
        info_handled: ja(&c.handled),
        info_handled_en: en(&c.handled),
        channels: &c.channels,
        channels_in_profile: &c.channels_in_profile,
        contact_operation_start: c.operation_start,
        rule_established: c.rule_established,
        rule_document: c.rule_document.as_ref(),
        covered_systems: c.covered_systems.as_ref(),
        subgroups: &c.subgroups,
        route: &c.route,
        bodies: &c.bodies,
        representative: c.representative.as_ref(),
        confidence: c.confidence.iter().flat_map(|(cell, sure)| keys(*cell).iter().map(|k| (*k, *sure))).collect(),
        evidence: c.confidence.keys().flat_map(|cell| explained(edition, c, *cell)).collect(),
        codes: &c.codes,
        profile: profile(&c.profile),
    }
}

fn explained<'a>(edition: &'a Edition, c: &Ceptoar, cell: Cell) -> Vec<(&'static str, MachineEvidence<'a>)> {
    let evidence = |e: &'a Evidence| MachineEvidence {
        confidence: e.confidence,
        codes: &e.codes,
        text: &e.text,
        alternative: e.alternative.as_ref(),
    };
    let found = edition.evidence_of(&c.id, cell);
    found.into_iter().flat_map(|e| keys(cell).iter().map(move |key| (*key, evidence(e)))).collect()
}

/// The fields that a cell of the sheet becomes: 情報と連絡手段 is one cell and two fields.
fn keys(cell: Cell) -> &'static [&'static str] {
    match cell {
        Cell::Name => &["name"],
        Cell::Secretariats => &["secretariats"],
        Cell::MemberCounts => &["member_counts"],
        Cell::MemberCountsOf => &["member_counts_of"],
        Cell::Reach => &["reach"],
        Cell::Channels => &["channels", "info_handled"],
        Cell::ContactOperationStart => &["contact_operation_start"],
        Cell::RuleEstablished => &["rule_established"],
    }
}

fn secretariat(s: &Secretariat) -> MachineSecretariat<'_> {
    MachineSecretariat {
        organisation: &s.organisation.ja,
        organisation_en: &s.organisation.en,
        unit: s.unit.as_ref().map(|u| u.ja.as_str()),
        unit_en: s.unit.as_ref().map(|u| u.en.as_str()),
        kind: s.kind.as_deref(),
    }
}

fn count(c: &Count) -> MachineCount<'_> {
    MachineCount {
        unit: &c.unit.ja,
        unit_en: &c.unit.en,
        value: c.value,
        of: c.of.as_ref(),
        includes_observers: c.includes_observers,
        hub: c.hub,
    }
}

fn profile(profile: &Profile) -> MachineProfile<'_> {
    MachineProfile {
        purpose: profile.purpose.as_ref(),
        structure: profile.structure.as_ref(),
        traits: profile.traits.as_ref(),
        activities: &profile.activities,
    }
}
