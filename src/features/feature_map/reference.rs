//! Makes the editions out of the reference files that are built into the program, and publishes them.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use sqlx::PgConnection;

use super::edition::{
    Activity, Bilingual, Cell, Ceptoar, Confidence, Count, Edition, Evidence, LiaisonCouncil, Method, Note, Profile,
    Representative, RowEvidence, Secretariat, Sector, Status, Subgroup, YearFigures,
};
use super::facts::{
    CeptoarFacts, CouncilFacts, CountFacts, EditionFile, EnglishFile, EvidenceFile, ProfilesFile, SecretariatFacts,
};
use super::store;

macro_rules! file {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/reference/", $path))
    };
}

const EDITIONS: [(&str, &str); 3] = [
    (file!("editions/2007-03-31.toml"), file!("profiles/2007-03-31.toml")),
    (file!("editions/2011-03-31.toml"), file!("profiles/2011-03-31.toml")),
    (file!("editions/2018-04-24.toml"), file!("profiles/2018-04-24.toml")),
];
const ENGLISH: &str = file!("english.toml");
const EVIDENCE: &str = file!("evidence.toml");

/// Publishes the editions of the reference data; those already published must say the same.
///
/// # Errors
/// When a file contradicts itself or another, or a published edition says something else.
pub async fn load_editions(owner: &mut PgConnection) -> anyhow::Result<()> {
    for edition in editions()? {
        store::publish(owner, &edition).await?;
    }
    Ok(())
}

/// The editions of the reference data, oldest first.
///
/// # Errors
/// When a file contradicts itself or another.
pub fn editions() -> anyhow::Result<Vec<Edition>> {
    let english = English(toml::from_str(ENGLISH).context("english.toml")?);
    let evidence: EvidenceFile = toml::from_str(EVIDENCE).context("evidence.toml")?;
    EDITIONS
        .iter()
        .map(|(edition, profiles)| {
            let facts: EditionFile = toml::from_str(edition)?;
            let id = facts.edition.id.clone();
            let profiles: ProfilesFile = toml::from_str(profiles)?;
            build(facts, profiles, &evidence, &english).with_context(|| format!("edition {id}"))
        })
        .collect()
}

/// English names; every Japanese string of an edition has one.
struct English(EnglishFile);

impl English {
    fn of(&self, kind: &str, ja: &str) -> anyhow::Result<Bilingual> {
        self.keyed(kind, ja, ja)
    }

    /// Where the English is filed under an id instead of the Japanese.
    fn keyed(&self, kind: &str, key: &str, ja: &str) -> anyhow::Result<Bilingual> {
        let en = self.0.get(kind).and_then(|texts| texts.get(key)).and_then(toml::Value::as_str);
        let en = en.with_context(|| format!("english.toml has no [{kind}] {key:?}"))?;
        Ok(Bilingual { ja: ja.to_owned(), en: en.to_owned() })
    }

    fn maybe(&self, kind: &str, ja: Option<&String>) -> anyhow::Result<Option<Bilingual>> {
        ja.map(|ja| self.of(kind, ja)).transpose()
    }

    fn each(&self, kind: &str, ja: &[String]) -> anyhow::Result<Vec<Bilingual>> {
        ja.iter().map(|ja| self.of(kind, ja)).collect()
    }
}

fn build(
    facts: EditionFile,
    profiles: ProfilesFile,
    evidence: &EvidenceFile,
    english: &English,
) -> anyhow::Result<Edition> {
    let head = &facts.edition;
    let mut texts: BTreeMap<String, Profile> =
        profiles.profile.into_iter().map(|p| (p.ceptoar.clone(), profile(p))).collect();
    let mut take = |id: &str| texts.remove(id).with_context(|| format!("no profile of {id}"));
    let mut sectors = facts.sector;
    sectors.sort_by_key(|s| s.order);
    let position = |id: &str| sectors.iter().position(|s| s.id == id).unwrap_or(usize::MAX);
    let mut ceptoars = facts.ceptoar;
    ceptoars.sort_by_key(|c| (position(&c.sector), c.list_order));
    let ceptoars = ceptoars
        .into_iter()
        .map(|c| {
            let (id, text) = (c.id.clone(), take(&c.id)?);
            ceptoar(c, text, english).with_context(|| id)
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let liaison_councils =
        facts.liaison_council.iter().map(|c| council(c, take(&c.id)?, english)).collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(texts.is_empty(), "profiles of nobody: {:?}", texts.keys());
    let mut edition = Edition {
        as_of: head.as_of.to_string().parse()?,
        as_of_display: english.of("edition_display", &head.as_of_display)?,
        counts_as_of_display: english.maybe("edition_display", head.counts_as_of_display.as_ref())?,
        publisher: english.of("edition_text", &head.publisher)?,
        plan: english.of("edition_text", &head.plan)?,
        draft: head.draft,
        id: head.id.clone(),
        sectors: sectors
            .iter()
            .map(|s| {
                Ok(Sector {
                    id: s.id.clone(),
                    name: english.keyed("sector", &s.id, &s.name)?,
                    note: english.maybe("sector_note", s.note.as_ref())?,
                })
            })
            .collect::<anyhow::Result<_>>()?,
        liaison_councils,
        ceptoars,
        year: facts.fy2010_summary.map(|s| YearFigures {
            fiscal_year: head.fiscal_year,
            ceptoars_sharing: s.ceptoars_sharing_info,
            sectors_sharing: s.sectors_sharing_info,
            ceptoars_analysing: s.ceptoars_analysing,
            sectors_analysing: s.sectors_analysing,
            ceptoars_in_exercise: s.ceptoars_in_cross_sector_exercise,
            ceptoars_in_drill: s.ceptoars_in_ceptoar_drill,
            ceptoars_confirming_transmission: s.ceptoars_confirming_transmission_only,
        }),
        methods: Vec::new(),
        row_evidence: Vec::new(),
        evidence: Vec::new(),
        notes: Vec::new(),
    };
    explain(&mut edition, evidence);
    check(&edition)?;
    Ok(edition)
}

/// Adds what the evidence file says of this edition.
fn explain(edition: &mut Edition, file: &EvidenceFile) {
    let here = |id: &str| id == edition.id;
    let text = |ja: &str, en: &str| Bilingual { ja: ja.to_owned(), en: en.to_owned() };
    let methods = file.method.iter().filter(|m| here(&m.edition));
    let methods = methods.map(|m| Method { code: m.code.clone(), text: text(&m.ja, &m.en) }).collect();
    let rows = file.row.iter().filter(|r| here(&r.edition));
    let rows =
        rows.map(|r| RowEvidence { row: r.row.clone(), confidence: r.confidence, text: text(&r.ja, &r.en) }).collect();
    let cells = file.cell.iter().filter(|c| here(&c.edition)).cloned();
    let cells: Vec<Evidence> = cells
        .map(|c| Evidence {
            text: text(&c.ja, &c.en),
            id: c.id,
            cell: c.cell,
            ceptoars: c.ceptoars,
            confidence: c.confidence,
            codes: c.codes,
            alternative: c.alternative,
        })
        .collect();
    let notes = file.note.iter().filter(|n| here(&n.edition)).cloned();
    let notes = notes.map(|n| Note { text: text(&n.ja, &n.en), id: n.id, ceptoar: n.ceptoar, cell: n.cell }).collect();
    // The confidence of who a count is made up of is not in the facts, only in the evidence.
    for cell in cells.iter().filter(|c| c.cell == Cell::MemberCountsOf) {
        for ceptoar in edition.ceptoars.iter_mut().filter(|c| cell.ceptoars.contains(&c.id)) {
            ceptoar.confidence.insert(cell.cell, cell.confidence);
        }
    }
    edition.methods = methods;
    edition.row_evidence = rows;
    edition.evidence = cells;
    edition.notes = notes;
}

/// Every reconstructed cell has one piece of evidence of the same confidence, and no evidence is for nothing.
fn check(edition: &Edition) -> anyhow::Result<()> {
    for ceptoar in &edition.ceptoars {
        for (cell, confidence) in &ceptoar.confidence {
            let found: Vec<&Evidence> =
                edition.evidence.iter().filter(|e| e.cell == *cell && e.ceptoars.contains(&ceptoar.id)).collect();
            ensure!(
                matches!(found.as_slice(), [one] if one.confidence == *confidence),
                "evidence.toml and the facts disagree about {cell:?} of {}",
                ceptoar.id
            );
        }
    }
    for evidence in &edition.evidence {
        for id in &evidence.ceptoars {
            let known = edition.ceptoar(id).is_some_and(|c| c.confidence.contains_key(&evidence.cell));
            ensure!(known, "evidence {} speaks of a cell that {id} does not have", evidence.id);
        }
    }
    Ok(())
}

fn ceptoar(facts: CeptoarFacts, profile: Profile, english: &English) -> anyhow::Result<Ceptoar> {
    let confidence = confidence(&facts);
    let codes = codes(&facts);
    let bodies = facts.analysis_body.iter().chain(&facts.analysis_partner).chain(&facts.existing_bodies);
    let bodies =
        bodies.chain(&facts.related_bodies).chain(&facts.basic_agreement_with).chain(&facts.planned_parent_org);
    let bodies = bodies.map(|b| english.of("related_body", b)).collect::<anyhow::Result<_>>()?;
    let mut secretariats = secretariats(&facts.secretariat, english)?;
    for organisation in &facts.secretariats {
        let organisation = english.of("organisation", organisation)?;
        secretariats.push(Secretariat { organisation, unit: None, kind: None });
    }
    let representative = facts.representative.as_ref().map(|r| {
        anyhow::Ok(Representative {
            affiliation: english.of("representative_affiliation", &r.affiliation)?,
            title: english.of("representative_title", &r.title)?,
        })
    });
    let subgroups = facts
        .subgroup
        .iter()
        .map(|s| anyhow::Ok(Subgroup { code: s.code.clone(), scope: english.of("subgroup_scope", &s.scope)? }));
    let (handled, channels) = facts.info.map_or((None, Vec::new()), |i| (Some(i.handled), i.channels));
    Ok(Ceptoar {
        scope: english.maybe("scope", facts.scope.as_ref())?,
        name: english.maybe("ceptoar", facts.name.as_ref())?,
        status: facts.status.unwrap_or(Status::Established),
        secretariats,
        counts: counts(&facts.count, english)?,
        count_display: english.maybe("count_display", facts.count_display.as_ref())?,
        breakdown: english.maybe("member_breakdown", facts.member_breakdown.as_ref())?,
        member_category: english.maybe("member_breakdown", facts.member_category.as_ref())?,
        named_members: english.each("related_body", &facts.named_members)?,
        reach: counts(&facts.reach, english)?,
        handled: english.maybe("info_handled", handled.as_ref())?,
        channels,
        rule_document: english.maybe("rule_document", facts.rule_document.as_ref())?,
        covered_systems: english.maybe("covered_system", facts.covered_systems.as_ref())?,
        subgroups: subgroups.collect::<anyhow::Result<_>>()?,
        route: english.each("route_stop", &facts.route)?,
        bodies,
        representative: representative.transpose()?,
        confidence,
        codes,
        profile,
        operation_start: facts.poc.map(|p| p.operation_start),
        rule_established: facts.rule.map(|r| r.established),
        id: facts.id,
        sector: facts.sector,
        name_printed_in_map: facts.name_printed_in_map,
        planned_for_fiscal_year: facts.planned_for_fiscal_year,
        secretariat_since: facts.secretariat_since,
        channels_in_profile: facts.channels_in_profile,
    })
}

fn confidence(facts: &CeptoarFacts) -> BTreeMap<Cell, Confidence> {
    let cells = [
        (Cell::Secretariats, facts.secretariat.iter().filter_map(|s| s.confidence).max()),
        (Cell::MemberCounts, facts.count.iter().filter_map(|c| c.confidence).max()),
        (Cell::Reach, facts.reach.iter().filter_map(|r| r.confidence).max()),
        (Cell::Channels, facts.info.as_ref().map(|i| i.confidence)),
        (Cell::ContactOperationStart, facts.poc.as_ref().map(|p| p.confidence)),
        (Cell::RuleEstablished, facts.rule.as_ref().map(|r| r.confidence)),
    ];
    // A cell is no surer than the least sure thing in it.
    cells.into_iter().filter_map(|(cell, confidence)| Some((cell, confidence?))).collect()
}

fn codes(facts: &CeptoarFacts) -> BTreeMap<String, Vec<String>> {
    let route: Vec<String> = facts.route_pattern.iter().cloned().collect();
    let lists = [
        ("covered_it_failures", &facts.covered_it_failures),
        ("info", &facts.info_codes),
        ("purpose", &facts.purpose_codes),
        ("function", &facts.function_codes),
        ("trait", &facts.trait_codes),
        ("handling", &facts.handling_codes),
        ("delivery", &facts.delivery_codes),
        ("content", &facts.content_codes),
        ("plan", &facts.plan_codes),
        ("route_pattern", &route),
    ];
    lists.into_iter().filter(|(_, codes)| !codes.is_empty()).map(|(k, codes)| (k.to_owned(), codes.clone())).collect()
}

fn council(facts: &CouncilFacts, profile: Profile, english: &English) -> anyhow::Result<LiaisonCouncil> {
    Ok(LiaisonCouncil {
        id: facts.id.clone(),
        name: english.keyed("liaison_council", &facts.id, &facts.name)?,
        sector: facts.sector.clone(),
        members: facts.member_ceptoars.clone(),
        secretariats: secretariats(&facts.secretariat, english)?,
        observers_allowed: facts.observers_allowed,
        profile,
    })
}

fn secretariats(facts: &[SecretariatFacts], english: &English) -> anyhow::Result<Vec<Secretariat>> {
    let secretariat = |s: &SecretariatFacts| {
        Ok(Secretariat {
            organisation: english.of("organisation", &s.org)?,
            unit: english.maybe("unit", s.unit.as_ref())?,
            kind: s.kind.clone(),
        })
    };
    facts.iter().map(secretariat).collect()
}

fn counts(facts: &[CountFacts], english: &English) -> anyhow::Result<Vec<Count>> {
    let count = |c: &CountFacts| {
        Ok(Count {
            unit: english.of("count_unit", &c.unit)?,
            value: c.value,
            of: english.maybe("count_of", c.of.as_ref())?,
            includes_observers: c.includes_observers,
            hub: c.role.as_deref() == Some("hub"),
        })
    };
    facts.iter().map(count).collect()
}

fn profile(text: super::facts::ProfileText) -> Profile {
    let activity =
        |a: super::facts::ActivityText| Activity { code: a.code, when: a.when, text: Bilingual { ja: a.ja, en: a.en } };
    Profile {
        purpose: text.purpose,
        structure: text.structure,
        traits: text.traits,
        activities: text.activity.into_iter().map(activity).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_files_agree_with_their_own_check_tables() {
        for (edition, (facts, _)) in editions().unwrap().iter().zip(EDITIONS) {
            let check = toml::from_str::<EditionFile>(facts).unwrap().check;
            let number =
                |key: &str| check.get(key).and_then(toml::Value::as_integer).map(|n| usize::try_from(n).unwrap());
            let sum = |unit: &str| edition.sums().iter().find(|(u, _)| u.ja == unit).map(|(_, sum)| *sum as usize);
            assert_eq!(number("sectors"), Some(edition.sectors.len()));
            let established = number("ceptoars").or(number("ceptoars_established"));
            assert_eq!(established, Some(edition.number(Status::Established)));
            assert_eq!(number("ceptoars_planned").unwrap_or_default(), edition.number(Status::Planned));
            assert_eq!(number("liaison_councils").unwrap_or_default(), edition.liaison_councils.len());
            let units =
                [("sum_sha", "社"), ("sum_sha_dantai", "社・団体"), ("sum_dantai", "団体"), ("sum_kikan", "機関")];
            for (key, unit) in units.iter().filter(|(key, _)| check.contains_key(*key)) {
                assert_eq!(number(key), sum(unit), "{unit} of {}", edition.id);
            }
        }
    }

    #[test]
    fn activities_of_profiles_are_those_of_the_facts_in_their_order() {
        for (edition, (facts, _)) in editions().unwrap().iter().zip(EDITIONS) {
            for facts in toml::from_str::<EditionFile>(facts).unwrap().ceptoar {
                let codes: Vec<_> = facts.activity.iter().map(|a| (a.code.as_str(), a.when)).collect();
                let activities = &edition.ceptoar(&facts.id).unwrap().profile.activities;
                assert_eq!(activities.iter().map(|a| (a.code.as_str(), a.when)).collect::<Vec<_>>(), codes);
            }
        }
    }

    #[test]
    fn channels_are_called_as_in_the_english_file() {
        use crate::kernel::language::{Label, Language};
        let english: EnglishFile = toml::from_str(ENGLISH).unwrap();
        for edition in editions().unwrap() {
            for channel in edition.ceptoars.iter().flat_map(|c| c.channels.iter().chain(&c.channels_in_profile)) {
                let code = serde_json::to_value(channel).unwrap();
                let entry = &english["channel"][code.as_str().unwrap()];
                assert_eq!(entry["ja"].as_str(), Some(channel.label(Language::Ja)));
                assert_eq!(entry["en"].as_str(), Some(channel.label(Language::En)));
            }
        }
    }
}
