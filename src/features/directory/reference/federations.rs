//! Federations of CEPTOARs, as editions list them. An edition that does not list one says nothing about it: its facts
//! stay open, and the row tells which edition was the last to list it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;

use super::facts::{conflict, dated, name};
use super::files::{Federation, Files};
use super::rows::{Facts, FederationRow, Term};
use super::timeline::{Since, periods};
use crate::kernel::period::Precision;

/// Works out every row about federations.
pub fn derive(files: &Files, codes: &BTreeMap<String, String>, facts: &mut Facts) -> anyhow::Result<()> {
    let mut seen: BTreeMap<&str, Vec<(&'static str, Since, &Federation)>> = BTreeMap::new();
    for (path, edition) in &files.editions {
        let since = Since { day: edition.edition.as_of, precision: Precision::Edition };
        for federation in &edition.federations {
            seen.entry(&federation.id).or_default().push((path, since, federation));
        }
    }
    let newest = files.editions.last().map(|(_, edition)| edition.edition.as_of);
    for (id, sightings) in seen {
        let Some((_, last, shown)) = sightings.last() else { continue };
        let last_listed = Some(last.day).filter(|day| Some(*day) != newest);
        facts.federations.push(FederationRow { id: id.to_owned(), sector: shown.sector.clone(), last_listed });
        let wrong = |what| move |day| conflict("liaison_council", id, what, day);
        let named = sightings.iter().map(|(_, since, federation)| (*since, Some(federation.name.as_str())));
        for period in periods(named).map_err(wrong("name"))? {
            let name = name(files, "liaison_council", id, period.value)?;
            facts.federation_names.push(dated(id, period, |_| name));
        }
        let members: BTreeSet<&String> = sightings.iter().flat_map(|(_, _, f)| &f.member_ceptoars).collect();
        for member in members {
            let there = |f: &Federation| f.member_ceptoars.contains(member).then_some(());
            let stays = sightings.iter().map(|(_, since, federation)| (*since, there(federation)));
            for period in periods(stays).map_err(wrong("member"))? {
                facts.federation_members.push(dated(id, period, |()| member.clone()));
            }
        }
        let mut desks = Vec::new();
        for (path, since, federation) in &sightings {
            let desk = federation.secretariat().map(|(printed, unit)| {
                let organisation = codes.get(printed).with_context(|| {
                    format!("{path}: liaison_council {id}: secretariat {printed} is not in organisations.toml")
                })?;
                let unit = unit.map(|u| Ok::<_, anyhow::Error>([u.to_owned(), files.english.word("unit", u)?]));
                Ok::<_, anyhow::Error>(Term {
                    organisation: organisation.clone(),
                    position: 1,
                    unit: unit.transpose()?,
                })
            });
            desks.push((*since, desk.transpose()?));
        }
        for period in periods(desks).map_err(wrong("secretariat"))? {
            facts.federation_secretariats.push(dated(id, period, |term| term));
        }
    }
    Ok(())
}
