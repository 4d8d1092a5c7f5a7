//! What a sheet begins with: the last edition, what the directory has learnt since, and, for cells that the last
//! edition does not have at all, the newest edition that has them.

use std::collections::BTreeMap;

use crate::features::feature_map::compare::difference::Kind;
use crate::features::feature_map::edition::{Bilingual, Ceptoar, Count, Edition, Profile, Secretariat, Status};

/// What the directory says of a CEPTOAR today.
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
    /// The sections of its profile that its desk keeps, in their order.
    pub sections: [Option<Bilingual>; 3],
}

/// A sheet as it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefilled {
    /// The cells.
    pub ceptoar: Ceptoar,
    /// Cells that come from an older edition: the kind's code and the edition.
    pub older: BTreeMap<String, String>,
}

/// A CEPTOAR of which nothing is known yet.
#[must_use]
pub fn blank(id: &str, sector: &str) -> Ceptoar {
    Ceptoar {
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

/// The sheet of a CEPTOAR as it begins. `editions` are all of them, oldest first.
#[must_use]
pub fn prefill(editions: &[Edition], facts: &DirectoryFacts) -> Prefilled {
    let known = editions.last().and_then(|last| last.ceptoar(&facts.id));
    let mut c = known.cloned().unwrap_or_else(|| blank(&facts.id, &facts.sector));
    c.sector.clone_from(&facts.sector);
    // What was not certain was the reading of an old source; the desk knows its own facts.
    c.confidence.clear();
    c.name_printed_in_map = None;
    c.profile.activities.clear();
    let kept = [&mut c.profile.purpose, &mut c.profile.structure, &mut c.profile.traits];
    for (section, known) in kept.into_iter().zip(&facts.sections) {
        if known.is_some() {
            section.clone_from(known);
        }
    }
    if let Some(name) = &facts.name
        && c.name.as_ref().map(|n| &n.ja) != Some(&name.ja)
    {
        c.name = Some(name.clone());
    }
    c.scope = c.scope.or_else(|| facts.scope.clone());
    let last_desks = std::mem::take(&mut c.secretariats);
    c.secretariats = desks(&last_desks, &facts.secretariats);
    counts(&mut c, &facts.counts);
    let older = fill_in(&mut c, editions);
    Prefilled { ceptoar: c, older }
}

/// The directory's desks; a department that it does not know is the one of the last edition.
fn desks(last: &[Secretariat], now: &[Secretariat]) -> Vec<Secretariat> {
    if now.is_empty() {
        return last.to_vec();
    }
    let desk = |desk: &Secretariat| {
        let before = last.iter().find(|s| s.organisation.ja == desk.organisation.ja);
        Secretariat {
            organisation: before.map_or(&desk.organisation, |s| &s.organisation).clone(),
            unit: desk.unit.clone().or_else(|| before.and_then(|s| s.unit.clone())),
            kind: desk.kind.clone().or_else(|| before.and_then(|s| s.kind.clone())),
        }
    };
    now.iter().map(desk).collect()
}

/// The directory's numbers, unit by unit; what is printed beside them stays where they did not change.
fn counts(c: &mut Ceptoar, now: &[(String, u32)]) {
    let before = c.counts.clone();
    for (unit, value) in now {
        match c.counts.iter_mut().find(|count| count.unit.ja == *unit) {
            Some(count) => count.value = *value,
            None if before.is_empty() => c.counts.push(Count {
                unit: super::filling::unit(unit),
                value: *value,
                of: None,
                includes_observers: None,
                hub: false,
            }),
            // The last edition counts otherwise: the desk decides.
            None => {}
        }
    }
    if c.counts != before {
        c.count_display = None;
    }
}

/// Cells that are empty, from the newest edition that has them.
fn fill_in(c: &mut Ceptoar, editions: &[Edition]) -> BTreeMap<String, String> {
    let mut older = BTreeMap::new();
    for edition in editions.iter().rev() {
        let Some(old) = edition.ceptoar(&c.id) else { continue };
        let mut from = |kind: Kind| older.insert(kind.code().to_owned(), edition.id.clone());
        if c.scope.is_none() && old.scope.is_some() {
            c.scope.clone_from(&old.scope);
            from(Kind::Scopes);
        }
        if c.reach.is_empty() && !old.reach.is_empty() {
            c.reach.clone_from(&old.reach);
            from(Kind::Reach);
        }
        if c.handled.is_none() && old.handled.is_some() {
            c.handled.clone_from(&old.handled);
            from(Kind::Handled);
        }
        if c.channels.is_empty() && !old.channels.is_empty() {
            c.channels.clone_from(&old.channels);
            from(Kind::Channels);
        }
        if c.operation_start.is_none() && old.operation_start.is_some() {
            c.operation_start = old.operation_start;
            from(Kind::ContactWindow);
        }
        if c.rule_established.is_none() && old.rule_established.is_some() {
            c.rule_established = old.rule_established;
            from(Kind::HandlingRule);
        }
    }
    older
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::feature_map::reference::editions;

    fn facts(id: &str, sector: &str) -> DirectoryFacts {
        DirectoryFacts { id: id.into(), sector: sector.into(), ..DirectoryFacts::default() }
    }

    #[test]
    fn what_the_last_edition_says_is_there_and_what_it_does_not_comes_from_an_older_one() {
        let editions = editions().unwrap();
        let sheet = prefill(&editions, &facts("banks", "finance"));
        assert_eq!(sheet.ceptoar.counts[0].value, 1416, "as in 2018");
        assert_eq!(sheet.ceptoar.rule_established, editions[1].ceptoar("banks").unwrap().rule_established);
        assert_eq!(sheet.older.get("handling_rule").map(String::as_str), Some("2011-03-31"));
        assert!(!sheet.older.contains_key("counts") && sheet.ceptoar.confidence.is_empty());
    }

    #[test]
    fn the_directory_of_the_day_comes_first() {
        let editions = editions().unwrap();
        let last = editions.last().unwrap().ceptoar("banks").unwrap().clone();
        let mut today = facts("banks", "finance");
        today.name = Some(Bilingual { ja: "銀行CEPTOAR".into(), en: "Banks".into() });
        today.counts = vec![("社".into(), 1400), ("団体".into(), 3)];
        let unit = Bilingual { ja: "企画部".into(), en: "Planning".into() };
        today.secretariats = vec![Secretariat { unit: Some(unit.clone()), ..last.secretariats[0].clone() }];
        let sheet = prefill(&editions, &today).ceptoar;
        assert_eq!(sheet.name.unwrap().ja, "銀行CEPTOAR");
        assert_eq!(sheet.counts.iter().map(|c| (c.unit.ja.as_str(), c.value)).collect::<Vec<_>>(), [("社", 1400)]);
        assert_eq!(sheet.secretariats[0].unit, Some(unit));
    }

    #[test]
    fn a_ceptoar_that_no_edition_has_begins_blank() {
        let mut today = facts("ports", "port");
        today.counts = vec![("社".into(), 20)];
        let sheet = prefill(&editions().unwrap(), &today);
        assert_eq!((sheet.ceptoar.counts[0].value, sheet.ceptoar.rule_established), (20, None));
        assert!(sheet.older.is_empty());
    }
}
