//! What the files say, as rows of the directory.
//!
//! A fact seen in an edition holds from the edition's day, unless a day is known, and until an
//! edition shows another; facts of the newest edition are open.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use chrono::NaiveDate;

use super::files::{Ceptoar, Dictionary, Files};
use super::rows::{CeptoarRow, Dated, Facts, Name, Responsibility, Sector, SubgroupRow, Term};
use super::timeline::{Period, Since, periods};
use super::{federations, holidays};
use crate::kernel::period::Precision;

/// What was seen from a day on; `None` is "gone".
type Seen<V> = (Since, Option<V>);

/// A CEPTOAR as one edition shows it.
struct Sighting<'a> {
    path: &'static str,
    edition: Since,
    counts: Since,
    ceptoar: &'a Ceptoar,
}

impl Sighting<'_> {
    /// The day from which this edition's secretariat and route hold.
    fn desk(&self) -> anyhow::Result<Since> {
        let Some(month) = &self.ceptoar.secretariat_since else { return Ok(self.edition) };
        let day = format!("{month}-01").parse().with_context(|| {
            format!("{}: ceptoar {}: secretariat_since {month:?} is no month", self.path, self.ceptoar.id)
        })?;
        Ok(Since { day, precision: Precision::Month })
    }
}

/// Works out every row.
pub fn derive(files: &Files) -> anyhow::Result<Facts> {
    let mut facts = Facts::default();
    let codes = organisations(files, &mut facts)?;
    sectors(files, &mut facts)?;
    let mut names: BTreeMap<String, Vec<Seen<String>>> = BTreeMap::new();
    for sightings in in_order(files)? {
        ceptoar(files, &sightings, &mut facts)?;
        let terms = desks(files, &sightings, &codes, &mut names)?;
        secretariats(&sightings, &terms, &mut facts)?;
        counts(&sightings, &mut facts)?;
        routes(files, &sightings, &terms, &mut facts)?;
    }
    council(files, &mut facts)?;
    facts.holidays = holidays::derive(&files.holidays);
    federations::derive(files, &codes, &mut facts)?;
    for (code, mut seen) in names {
        seen.sort_by_key(|(since, _)| since.day);
        let found = periods(seen).map_err(|day| conflict("organisation", &code, "name", day))?;
        for period in found {
            let name = name(files, "organisation", &period.value, &period.value)?;
            facts.organisation_names.push(dated(&code, period, |_| name));
        }
    }
    Ok(facts)
}

/// Organisations, and the code behind every printed name.
fn organisations(files: &Files, facts: &mut Facts) -> anyhow::Result<BTreeMap<String, String>> {
    let mut codes = BTreeMap::new();
    let mut claim = |printed: &str, code: &str| match codes.insert(printed.to_owned(), code.to_owned()) {
        Some(other) if other != code => bail!("the name {printed} stands for both {other} and {code}"),
        Some(_) | None => Ok(()),
    };
    for ministry in &files.ministries.ministry {
        claim(&ministry.ja, &ministry.code)?;
        facts.organisations.push((ministry.code.clone(), "ministry".into()));
        let value = Name { ja: ministry.ja.clone(), en: ministry.en.clone(), reading: ministry.kana.clone() };
        let of = ministry.code.clone();
        facts.organisation_names.push(Dated { of, from: None, until: None, precision: Precision::Edition, value });
    }
    for organisation in &files.organisations {
        for printed in &organisation.printed {
            claim(printed, &organisation.code)?;
        }
        facts.organisations.push((organisation.code.clone(), organisation.kind.clone()));
        facts.organisation_names.extend(organisation.names.iter().map(|name| Dated {
            of: organisation.code.clone(),
            from: Some(name.from),
            until: name.to,
            precision: Precision::Day,
            value: Name { ja: name.ja.clone(), en: name.en.clone(), reading: name.kana.clone() },
        }));
    }
    Ok(codes)
}

/// Sectors begin on the day on which a plan named them: the first day of their first ministry.
fn sectors(files: &Files, facts: &mut Facts) -> anyhow::Result<()> {
    let ministries: BTreeSet<&str> = files.ministries.ministry.iter().map(|m| m.code.as_str()).collect();
    for row in &files.ministries.sector_ministry {
        if !ministries.contains(row.ministry.as_str()) {
            bail!("data/reference/ministries.toml: sector_ministry: no ministry has the code {}", row.ministry);
        }
        facts.sector_ministries.push(Dated {
            of: row.sector.clone(),
            from: Some(row.from),
            until: row.to,
            precision: row.precision.unwrap_or(Precision::Day),
            value: Responsibility {
                ministry: row.ministry.clone(),
                basis: row.basis.clone(),
                part: row.part.as_ref().map(|p| [p.ja.clone(), p.en.clone()]),
            },
        });
    }
    let mut seen: BTreeMap<&str, (i16, Vec<Seen<&str>>)> = BTreeMap::new();
    for (path, edition) in &files.editions {
        for sector in &edition.sectors {
            let day = Since { day: edition.edition.as_of, precision: Precision::Edition };
            let (position, names) = seen.entry(&sector.id).or_insert((sector.order, Vec::new()));
            if *position != sector.order {
                bail!("{path}: sector {}: order {} was {position} in an older edition", sector.id, sector.order);
            }
            names.push((day, Some(&sector.name)));
        }
    }
    for (id, (position, mut names)) in seen {
        let first = facts.sector_ministries.iter().filter(|m| m.of == id).min_by_key(|m| m.from);
        let first = first.with_context(|| format!("data/reference/ministries.toml: sector {id} has no ministry"))?;
        let since = Since { day: first.from.unwrap_or_default(), precision: first.precision };
        // The plan that named the sector gave it its first name.
        if let Some((seen, _)) = names.first_mut() {
            *seen = since;
        }
        for period in periods(names).map_err(|day| conflict("sector", id, "name", day))? {
            let name = name(files, "sector", id, period.value)?;
            facts.sector_names.push(dated(id, period, |_| name));
        }
        facts.sectors.push(Sector { id: id.to_owned(), position, since });
    }
    match facts.sector_ministries.iter().find(|m| !facts.sectors.iter().any(|s| s.id == m.of)) {
        Some(m) => bail!("data/reference/ministries.toml: sector_ministry: no edition has the sector {}", m.of),
        None => Ok(()),
    }
}

/// All sightings of each CEPTOAR, oldest first; CEPTOARs by sector, then as the newest edition prints them.
fn in_order(files: &Files) -> anyhow::Result<Vec<Vec<Sighting<'_>>>> {
    let mut order: Vec<(i16, &str)> = Vec::new();
    let mut seen: BTreeMap<&str, Vec<Sighting<'_>>> = BTreeMap::new();
    for (path, edition) in files.editions.iter().rev() {
        let head = &edition.edition;
        let since = |day| Since { day, precision: Precision::Edition };
        for ceptoar in &edition.ceptoars {
            let sector = edition.sectors.iter().find(|s| s.id == ceptoar.sector).with_context(|| {
                format!("{path}: ceptoar {}: the edition has no sector {:?}", ceptoar.id, ceptoar.sector)
            })?;
            let sightings = seen.entry(&ceptoar.id).or_default();
            match sightings.first() {
                None => order.push((sector.order, &ceptoar.id)),
                Some(newer) if newer.ceptoar.sector != ceptoar.sector => {
                    bail!("{path}: ceptoar {}: sector {} differs from {}", ceptoar.id, ceptoar.sector, newer.path)
                }
                Some(_) => {}
            }
            let counts = since(head.counts_as_of.unwrap_or(head.as_of));
            sightings.insert(0, Sighting { path, edition: since(head.as_of), counts, ceptoar });
        }
    }
    order.sort_by_key(|(sector, _)| *sector); // stable: keeps the printed order inside a sector
    Ok(order.into_iter().filter_map(|(_, id)| seen.remove(id)).collect())
}

/// The CEPTOAR itself, its names and its sub-groups.
fn ceptoar(files: &Files, sightings: &[Sighting<'_>], facts: &mut Facts) -> anyhow::Result<()> {
    let Some(newest) = sightings.last() else { return Ok(()) };
    let id = &newest.ceptoar.id;
    let english = |table, word: &str| Ok::<_, anyhow::Error>([word.to_owned(), files.english.word(table, word)?]);
    let scope = sightings.iter().rev().find_map(|s| s.ceptoar.scope.as_deref());
    let scope = scope.map(|scope| english("scope", scope)).transpose()?.unwrap_or_default();
    facts.ceptoars.push(CeptoarRow { id: id.clone(), sector: newest.ceptoar.sector.clone(), scope });
    let names = sightings.iter().filter(|s| s.ceptoar.is_established());
    let names = names.map(|s| (s.edition, s.ceptoar.name.as_deref()));
    for period in periods(names).map_err(|day| conflict("ceptoar", id, "name", day))? {
        let name = name(files, "ceptoar", period.value, period.value)?;
        facts.ceptoar_names.push(dated(id, period, |_| name));
    }
    let subgroups = sightings.iter().rev().map(|s| &s.ceptoar.subgroups).find(|subgroups| !subgroups.is_empty());
    for subgroup in subgroups.into_iter().flatten() {
        let scope = english("subgroup_scope", &subgroup.scope)?;
        facts.subgroups.push(SubgroupRow { ceptoar: id.clone(), code: subgroup.code.clone(), scope });
    }
    Ok(())
}

/// The secretariats of each sighting; what their organisations were called goes into `names`.
fn desks(
    files: &Files,
    sightings: &[Sighting<'_>],
    codes: &BTreeMap<String, String>,
    names: &mut BTreeMap<String, Vec<Seen<String>>>,
) -> anyhow::Result<Vec<Vec<Term>>> {
    let ministries: BTreeSet<&str> = files.ministries.ministry.iter().map(|m| m.code.as_str()).collect();
    let mut all = Vec::new();
    for sighting in sightings {
        let since = sighting.desk()?;
        let mut terms = Vec::new();
        for ((printed, unit), position) in sighting.ceptoar.secretariats().zip(1..) {
            let code = codes.get(printed).with_context(|| {
                let (path, id) = (sighting.path, &sighting.ceptoar.id);
                format!("{path}: ceptoar {id}: secretariat {printed} is not in organisations.toml or ministries.toml")
            })?;
            if !ministries.contains(code.as_str()) {
                names.entry(code.clone()).or_default().push((since, Some(printed.to_owned())));
            }
            let unit = unit.map(|u| Ok::<_, anyhow::Error>([u.to_owned(), files.english.word("unit", u)?]));
            terms.push(Term { organisation: code.clone(), position, unit: unit.transpose()? });
        }
        all.push(terms);
    }
    Ok(all)
}

fn secretariats(sightings: &[Sighting<'_>], terms: &[Vec<Term>], facts: &mut Facts) -> anyhow::Result<()> {
    let organisations: BTreeSet<&str> = terms.iter().flatten().map(|t| t.organisation.as_str()).collect();
    for organisation in organisations {
        let mut seen = Vec::new();
        for (sighting, terms) in sightings.iter().zip(terms) {
            let term = terms.iter().find(|t| t.organisation == organisation);
            seen.push((sighting.desk()?, term.cloned()));
        }
        let id = &sightings[0].ceptoar.id;
        for period in periods(seen).map_err(|day| conflict("ceptoar", id, "secretariat", day))? {
            facts.secretariat_terms.push(dated(id, period, |term| term));
        }
    }
    Ok(())
}

/// An edition without counts of a CEPTOAR says nothing about them; unknown is not zero.
fn counts(sightings: &[Sighting<'_>], facts: &mut Facts) -> anyhow::Result<()> {
    let counting: Vec<_> = sightings.iter().filter(|s| s.ceptoar.counts().next().is_some()).collect();
    let units: BTreeSet<&str> = counting.iter().flat_map(|s| s.ceptoar.counts()).map(|c| c.unit.as_str()).collect();
    for unit in units {
        let number = |s: &Sighting<'_>| s.ceptoar.counts().find(|c| c.unit == unit).map(|c| c.value);
        let seen = counting.iter().map(|s| (s.counts, number(s)));
        let id = &counting[0].ceptoar.id;
        for period in periods(seen).map_err(|day| conflict("ceptoar", id, "count", day))? {
            facts.member_counts.push(dated(id, period, |value| (unit.to_owned(), value)));
        }
    }
    Ok(())
}

/// Places in the Council; one ends where the next begins.
fn council(files: &Files, facts: &mut Facts) -> anyhow::Result<()> {
    let mut seen: BTreeMap<&str, Vec<Seen<String>>> = BTreeMap::new();
    for row in &files.council.membership {
        let year = row.from_fiscal_year.and_then(|year| NaiveDate::from_ymd_opt(year, 4, 1));
        let since = match (row.from, year) {
            (Some(day), _) => Since { day, precision: Precision::Day },
            (None, Some(day)) => Since { day, precision: Precision::FiscalYear },
            (None, None) => bail!("data/reference/council.toml: membership of {:?}: from is missing", row.ceptoars),
        };
        for ceptoar in &row.ceptoars {
            seen.entry(ceptoar).or_default().push((since, Some(row.status.clone())));
        }
    }
    for (ceptoar, mut seen) in seen {
        seen.sort_by_key(|(since, _)| since.day);
        for period in periods(seen).map_err(|day| conflict("ceptoar", ceptoar, "council", day))? {
            facts.council_terms.push(dated(ceptoar, period, |status| status));
        }
    }
    Ok(())
}

/// The stages of the way down. A ministry that keeps the desk itself is one hop and not two; the
/// direct route starts at the secretariat. Editions that print no route leave the last one as it is.
fn routes(files: &Files, sightings: &[Sighting<'_>], terms: &[Vec<Term>], facts: &mut Facts) -> anyhow::Result<()> {
    let ministries: BTreeSet<&str> = files.ministries.ministry.iter().map(|m| m.code.as_str()).collect();
    let mut seen = Vec::new();
    let mut pattern = None;
    for (sighting, terms) in sightings.iter().zip(terms) {
        pattern = sighting.ceptoar.route_pattern.as_deref().or(pattern);
        let ministry_keeps_desk = terms.iter().any(|t| ministries.contains(t.organisation.as_str()));
        let stages: &[&'static str] = if !sighting.ceptoar.is_established() {
            &[]
        } else if ministry_keeps_desk || pattern == Some("direct") {
            &["secretariat", "member"]
        } else {
            &["ministry", "secretariat", "member"]
        };
        seen.push((sighting.desk()?, stages));
    }
    for stage in ["ministry", "secretariat", "member"] {
        let place = |stages: &[&str]| (1..).zip(stages).find(|(_, s)| **s == stage).map(|(place, _)| place);
        let seen = seen.iter().map(|(since, stages)| (*since, place(stages)));
        let id = &sightings[0].ceptoar.id;
        for period in periods(seen).map_err(|day| conflict("ceptoar", id, "route", day))? {
            facts.route_stages.push(dated(id, period, |place| (stage, place)));
        }
    }
    Ok(())
}

/// A printed name with its English and its reading, which the dictionaries keep under `key`.
pub(super) fn name(files: &Files, table: &str, key: &str, ja: &str) -> anyhow::Result<Name> {
    let word = |dictionary: &Dictionary| dictionary.word(table, key);
    Ok(Name { ja: ja.to_owned(), en: word(&files.english)?, reading: word(&files.readings)? })
}

pub(super) fn dated<V, W>(of: &str, period: Period<V>, value: impl FnOnce(V) -> W) -> Dated<W> {
    let Period { since, until, value: v } = period;
    Dated { of: of.to_owned(), from: Some(since.day), until, precision: since.precision, value: value(v) }
}

pub(super) fn conflict(kind: &str, id: &str, what: &str, day: NaiveDate) -> anyhow::Error {
    anyhow::anyhow!("data/reference/editions: {kind} {id}: the editions disagree about its {what} on {day}")
}

#[cfg(test)]
mod tests {
    use super::super::files::Sources;
    use super::*;

    /// What is said about files in which `from` stands as `to`.
    fn complaint(change: impl FnOnce(&mut Sources)) -> String {
        let mut sources = Sources::embedded();
        change(&mut sources);
        let outcome = sources.parse().and_then(|files| derive(&files));
        format!("{:#}", outcome.expect_err("a complaint"))
    }

    fn replace(source: &mut super::super::files::Source, from: &str, to: &str) {
        assert!(source.text.contains(from));
        source.text = source.text.replacen(from, to, 1).into();
    }

    #[test]
    fn mistakes_are_named_by_file_and_key() {
        let said = complaint(|s| replace(&mut s.editions[0], "全国銀行協会", "無名協会"));
        assert!(said.contains("2007-03-31.toml") && said.contains("banks") && said.contains("無名協会"), "{said}");
        let said = complaint(|s| replace(&mut s.editions[1], "sector = \"gas\"", "sector = \"steam\""));
        assert!(said.contains("2011-03-31.toml") && said.contains("gas") && said.contains("steam"), "{said}");
        let said = complaint(|s| replace(&mut s.english, "\"電力CEPTOAR\" =", "\"電力\" ="));
        assert!(said.contains("english.toml") && said.contains("電力CEPTOAR"), "{said}");
        let said = complaint(|s| replace(&mut s.ministries, "ministry = \"fsa\"", "ministry = \"boj\""));
        assert!(said.contains("ministries.toml") && said.contains("boj"), "{said}");
        let said = complaint(|s| replace(&mut s.editions[1], "\"2009-02\"", "\"2007-02\""));
        assert!(said.contains("broadcast") && said.contains("2007-02-01"), "{said}");
    }

    #[test]
    fn another_text_has_another_fingerprint() {
        let mut sources = Sources::embedded();
        let before = sources.fingerprint();
        replace(&mut sources.readings, "がす", "ガス");
        assert_ne!(before, sources.fingerprint());
    }
}
