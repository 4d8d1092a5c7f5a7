//! The comparison of two editions: sectors, ministries, liaison councils, and each CEPTOAR.

use super::ceptoars;
use super::difference::{Change, Difference, Fact, Kind, Subject};
use super::totals::{Totals, totals};
use crate::features::feature_map::edition::{Ceptoar, Edition, LiaisonCouncil, Sector, Status};
use crate::features::feature_map::ministries::Ministries;
use crate::features::feature_map::vocabulary::Bilingual;

/// Two editions side by side.
#[derive(Debug)]
pub struct Comparison {
    /// Every difference, once, in the order of [`Kind::ALL`] and then of the second edition.
    pub differences: Vec<Difference>,
    /// What could not be compared, as one of the editions does not have it for any CEPTOAR.
    pub not_comparable: Vec<Kind>,
    /// The totals of both.
    pub totals: Totals,
}

impl Comparison {
    /// The differences of a kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(move |d| d.kind == kind)
    }
}

/// Compares two editions. Facts that one of them does not tell at all are left out and named as such.
#[must_use]
pub fn compare(from: &Edition, to: &Edition, ministries: &Ministries) -> Comparison {
    let not_comparable: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| !(tells(from, *kind) && tells(to, *kind))).collect();
    let mut differences = sectors(from, to, ministries);
    differences.extend(councils(from, to));
    for now in &to.ceptoars {
        match from.ceptoar(&now.id) {
            Some(before) => differences.extend(ceptoars::compare((from, before), (to, now))),
            None => differences.push(came(to, now)),
        }
    }
    let gone = from.ceptoars.iter().filter(|c| to.ceptoar(&c.id).is_none());
    differences.extend(gone.map(|c| {
        let fact = standing(from, c);
        Difference { change: Change::Removed, before: fact, after: Fact::NotThere, ..came(from, c) }
    }));
    differences.retain(|d| !not_comparable.contains(&d.kind));
    let place = |kind: Kind| Kind::ALL.iter().position(|k| *k == kind);
    differences.sort_by_key(|d| place(d.kind));
    Comparison { differences, not_comparable, totals: totals(from, to) }
}

/// Whether an edition says anything of a kind for any of its CEPTOARs.
fn tells(edition: &Edition, kind: Kind) -> bool {
    let any = |told: fn(&Ceptoar) -> bool| edition.ceptoars.iter().any(told);
    match kind {
        Kind::Sectors
        | Kind::Ministries
        | Kind::LiaisonCouncils
        | Kind::Ceptoars
        | Kind::Names
        | Kind::SectorOfCeptoar
        | Kind::Secretariats
        | Kind::LegalForms => true,
        Kind::Scopes => any(|c| c.scope.is_some()),
        Kind::Departments => any(|c| c.secretariats.iter().any(|s| s.unit.is_some())),
        Kind::Counts => any(|c| !c.counts.is_empty()),
        Kind::Reach => any(|c| !c.reach.is_empty()),
        Kind::Handled => any(|c| c.handled.is_some()),
        Kind::Channels => any(|c| !c.channels.is_empty()),
        Kind::ContactWindow => any(|c| c.operation_start.is_some()),
        Kind::HandlingRule => any(|c| c.rule_established.is_some()),
    }
}

fn came(edition: &Edition, c: &Ceptoar) -> Difference {
    Difference {
        kind: Kind::Ceptoars,
        change: Change::Added,
        subject: ceptoars::subject(c, None),
        part: None,
        before: Fact::NotThere,
        after: standing(edition, c),
    }
}

/// What is said of a CEPTOAR that only one edition has: its sector, or that it was under study.
fn standing(edition: &Edition, c: &Ceptoar) -> Fact {
    match (c.status, edition.sector(&c.sector)) {
        (Status::Established, Some(sector)) => Fact::Texts(vec![sector.name.clone()]),
        (status, _) => Fact::Status(status),
    }
}

fn sectors(from: &Edition, to: &Edition, ministries: &Ministries) -> Vec<Difference> {
    let mut found = Vec::new();
    for now in &to.sectors {
        let held = |edition: &Edition| ministries.of(&now.id, edition.as_of);
        let Some(before) = from.sector(&now.id) else {
            found.push(sector(Kind::Sectors, Change::Added, now, Fact::NotThere, responsible(held(to))));
            continue;
        };
        if before.name.ja != now.name.ja {
            let names = [before, now].map(|s| Fact::Texts(vec![s.name.clone()]));
            let [before, after] = names;
            found.push(sector(Kind::Sectors, Change::Changed, now, before, after));
        }
        let (before, after) = (held(from), held(to));
        if before != after {
            found.push(sector(Kind::Ministries, Change::Changed, now, responsible(before), responsible(after)));
        }
    }
    for gone in from.sectors.iter().filter(|s| to.sector(&s.id).is_none()) {
        let before = responsible(ministries.of(&gone.id, from.as_of));
        found.push(sector(Kind::Sectors, Change::Removed, gone, before, Fact::NotThere));
    }
    found
}

fn responsible(ministries: Vec<Bilingual>) -> Fact {
    if ministries.is_empty() { Fact::NotStated } else { Fact::Texts(ministries) }
}

fn sector(kind: Kind, change: Change, s: &Sector, before: Fact, after: Fact) -> Difference {
    let subject = Subject { id: s.id.clone(), has_profile: false, name: s.name.ja.clone(), name_en: s.name.en.clone() };
    Difference { kind, change, subject, part: None, before, after }
}

fn councils(from: &Edition, to: &Edition) -> Vec<Difference> {
    let mut found = Vec::new();
    for now in &to.liaison_councils {
        let Some(before) = from.council(&now.id) else {
            found.push(council(Change::Added, now, None, Fact::NotThere, desk(now)));
            continue;
        };
        let parts = [
            (part("名称", "Name"), Fact::Texts(vec![before.name.clone()]), Fact::Texts(vec![now.name.clone()])),
            (part("事務局", "Secretariat"), desk(before), desk(now)),
            (part("構成するセプター", "Member CEPTOARs"), members(from, before), members(to, now)),
        ];
        // Members may have been renamed, which is a difference of theirs and not of the council.
        let same_members = before.members == now.members;
        for (place, (part, before, after)) in parts.into_iter().enumerate() {
            if before != after && !(place == 2 && same_members) {
                found.push(council(Change::Changed, now, Some(part), before, after));
            }
        }
    }
    for gone in from.liaison_councils.iter().filter(|c| to.council(&c.id).is_none()) {
        found.push(council(Change::Removed, gone, None, desk(gone), Fact::NotThere));
    }
    found
}

fn part(ja: &str, en: &str) -> Bilingual {
    Bilingual { ja: ja.to_owned(), en: en.to_owned() }
}

fn desk(c: &LiaisonCouncil) -> Fact {
    let names: Vec<Bilingual> = c.secretariats.iter().map(ceptoars::in_full).collect();
    if names.is_empty() { Fact::Nothing } else { Fact::Texts(names) }
}

fn members(edition: &Edition, c: &LiaisonCouncil) -> Fact {
    let name = |id: &String| edition.ceptoar(id).and_then(|m| m.name.clone()).unwrap_or_else(|| part(id, id));
    Fact::Texts(c.members.iter().map(name).collect())
}

fn council(change: Change, c: &LiaisonCouncil, part: Option<Bilingual>, before: Fact, after: Fact) -> Difference {
    let subject = Subject { id: c.id.clone(), has_profile: true, name: c.name.ja.clone(), name_en: c.name.en.clone() };
    Difference { kind: Kind::LiaisonCouncils, change, subject, part, before, after }
}
