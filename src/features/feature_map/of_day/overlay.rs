//! The edition that stood on a day, and over it what the directory has learnt since.
//!
//! What an edition says holds until the directory knows of something that began after the edition's day: the directory
//! was filled from the editions, and an edition that was published later knew better.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::facts::{Directory, DirectoryFacts, RuleInForce, SectorFacts};
use crate::features::feature_map::compare::ceptoars::without_form;
use crate::features::feature_map::compare::difference::Kind;
use crate::features::feature_map::edition::{
    Bilingual, Cell, Ceptoar, Count, Edition, LiaisonCouncil, Month, Profile, Secretariat, Sector, Status,
};
use crate::features::feature_map::vocabulary::unit;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::long_date;

crate::words! {
    /// How the day is named.
    pub struct DayWords {
        as_of: "{day}時点の登録" / "as registered for {day}",
    }
}

/// Where a cell comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The edition of that id.
    Edition(String),
    /// The directory, which says so from that day on.
    Directory(Option<NaiveDate>),
}

/// The map of a day.
#[derive(Debug, Clone)]
pub struct DayMap {
    /// The day.
    pub day: NaiveDate,
    /// The map in the form of an edition.
    pub edition: Edition,
    /// The edition that stood on the day.
    pub standing: Option<String>,
    /// Where each cell comes from: by CEPTOAR and kind of fact. Cells that nobody fills have none.
    pub sources: BTreeMap<(String, Kind), Source>,
    /// The first day on which the directory says nothing in a cell any more, where it said something before.
    pub ended: BTreeMap<(String, Kind), NaiveDate>,
    /// The editions of handling rules in force, for those who may know.
    pub rules: BTreeMap<String, RuleInForce>,
}

impl DayMap {
    /// Where a cell comes from.
    #[must_use]
    pub fn source(&self, ceptoar: &str, kind: Kind) -> Option<&Source> {
        self.sources.get(&(ceptoar.to_owned(), kind))
    }

    /// The first day of what the directory says in a cell.
    #[must_use]
    pub fn began(&self, ceptoar: &str, kind: Kind) -> Option<NaiveDate> {
        match self.source(ceptoar, kind)? {
            Source::Directory(since) => *since,
            Source::Edition(_) => None,
        }
    }
}

/// The map of the directory's day. `editions` are all of them, oldest first.
#[must_use]
pub fn map_of_day(editions: &[Edition], directory: &Directory) -> DayMap {
    let day = directory.day;
    let stood: Vec<&Edition> = editions.iter().filter(|e| e.as_of <= day).collect();
    let standing = stood.last().copied();
    let mut made = Making { stood, standing, sources: BTreeMap::new() };
    let ceptoars = made.ceptoars(&directory.ceptoars);
    let sectors = made.sectors(&directory.sectors, &ceptoars);
    let mut ceptoars = ceptoars;
    ceptoars.sort_by_key(|c| sectors.iter().position(|s| s.id == c.sector));
    let rules = directory.ceptoars.iter().filter(|facts| ceptoars.iter().any(|c| c.id == facts.id));
    let rules = rules.filter_map(|facts| Some((facts.id.clone(), facts.rule.clone()?))).collect();
    let [ja, en] = Language::ALL.map(|l| fill(DayWords::of(l).as_of, &[("day", &long_date(day, l))]));
    let nothing = || Bilingual { ja: String::new(), en: String::new() };
    let edition = Edition {
        id: day.to_string(),
        as_of: day,
        as_of_display: Bilingual { ja, en },
        counts_as_of_display: None,
        publisher: directory.centre.clone().or(standing.map(|e| e.publisher.clone())).unwrap_or_else(nothing),
        plan: standing.map_or_else(nothing, |e| e.plan.clone()),
        draft: false,
        sectors,
        liaison_councils: standing.map(|e| councils(e, &ceptoars)).unwrap_or_default(),
        ceptoars,
        year: None,
        methods: Vec::new(),
        row_evidence: Vec::new(),
        evidence: Vec::new(),
        notes: Vec::new(),
    };
    let handled = |facts: &DirectoryFacts| Some(((facts.id.clone(), Kind::Handled), facts.since.unhandled?));
    let ended = directory.ceptoars.iter().filter_map(handled).collect();
    DayMap { day, edition, standing: standing.map(|e| e.id.clone()), sources: made.sources, ended, rules }
}

/// Liaison councils go on, with those of their CEPTOARs that are there.
fn councils(standing: &Edition, ceptoars: &[Ceptoar]) -> Vec<LiaisonCouncil> {
    let there = |id: &String| ceptoars.iter().any(|c| c.id == *id);
    let council = |council: &LiaisonCouncil| LiaisonCouncil {
        members: council.members.iter().filter(|id| there(id)).cloned().collect(),
        profile: Profile { activities: Vec::new(), ..council.profile.clone() },
        ..council.clone()
    };
    standing.liaison_councils.iter().map(council).collect()
}

struct Making<'a> {
    /// The editions up to the day, oldest first.
    stood: Vec<&'a Edition>,
    standing: Option<&'a Edition>,
    sources: BTreeMap<(String, Kind), Source>,
}

impl Making<'_> {
    /// Whether the standing edition could not know what began on a day.
    fn is_newer(&self, since: Option<NaiveDate>) -> bool {
        self.standing.is_none_or(|edition| since.is_some_and(|since| since > edition.as_of))
    }

    fn sectors(&self, known: &[SectorFacts], ceptoars: &[Ceptoar]) -> Vec<Sector> {
        let printed = |id: &str| self.standing.and_then(|edition| edition.sector(id));
        // A CEPTOAR is never counted and out of sight: its sector stands there even where it came to its end.
        let is_used = |s: &SectorFacts| ceptoars.iter().any(|c| c.sector == s.id);
        let there = |s: &&SectorFacts| {
            is_used(s)
                || match printed(&s.id) {
                    Some(_) => !(s.ended.is_some() && self.is_newer(s.ended)),
                    None => s.ended.is_none() && self.is_newer(s.began),
                }
        };
        let mut sectors: Vec<Sector> = known
            .iter()
            .filter(there)
            .filter_map(|s| {
                let own = || s.name.clone().map(|name| Sector { id: s.id.clone(), name, note: None });
                match printed(&s.id) {
                    Some(_) if s.name.is_some() && self.is_newer(s.name_since) => own(),
                    Some(printed) => Some(printed.clone()),
                    None => own(),
                }
            })
            .collect();
        let rest = self.standing.iter().flat_map(|e| &e.sectors).filter(|s| known.iter().all(|k| k.id != s.id));
        sectors.extend(rest.cloned());
        sectors
    }

    fn ceptoars(&mut self, known: &[DirectoryFacts]) -> Vec<Ceptoar> {
        let mut found = Vec::new();
        for printed in self.standing.map(|e| e.ceptoars.as_slice()).unwrap_or_default() {
            let nothing =
                DirectoryFacts { id: printed.id.clone(), sector: printed.sector.clone(), ..Default::default() };
            let facts = known.iter().find(|k| k.id == printed.id).unwrap_or(&nothing);
            // One that is under study has no name yet; one that had a name and has none any more is over.
            if !(facts.since.ended.is_some() && self.is_newer(facts.since.ended)) {
                found.push(self.ceptoar(Some(printed), facts));
            }
        }
        for facts in known.iter().filter(|k| k.name.is_some()) {
            if self.standing.is_none_or(|e| e.ceptoar(&facts.id).is_none()) {
                found.push(self.ceptoar(None, facts));
            }
        }
        found
    }

    fn ceptoar(&mut self, printed: Option<&Ceptoar>, facts: &DirectoryFacts) -> Ceptoar {
        let mut c = printed.cloned().unwrap_or_else(|| Ceptoar::blank(&facts.id, &facts.sector));
        let is_newer = |since| printed.is_none() || self.is_newer(since);
        let mut sources: BTreeMap<Kind, Source> = BTreeMap::new();
        if let Some(edition) = self.standing.filter(|_| printed.is_some()) {
            sources.extend(told(&c).into_iter().map(|kind| (kind, Source::Edition(edition.id.clone()))));
        }
        if let Some(name) = facts.name.clone().filter(|_| is_newer(facts.since.name)) {
            c.name = Some(name);
            c.name_printed_in_map = None;
            c.status = Status::Established;
            c.confidence.remove(&Cell::Name);
            sources.insert(Kind::Names, Source::Directory(facts.since.name));
        }
        if !facts.secretariats.is_empty() && is_newer(facts.since.secretariats) {
            let before = std::mem::take(&mut c.secretariats);
            c.secretariats = desks(&before, &facts.secretariats);
            c.secretariat_since = None;
            c.confidence.remove(&Cell::Secretariats);
            sources.insert(Kind::Secretariats, Source::Directory(facts.since.secretariats));
        }
        let units: BTreeMap<&str, NaiveDate> = facts
            .since
            .units
            .iter()
            .filter(|(_, day)| is_newer(Some(**day)))
            .map(|(u, day)| (u.as_str(), *day))
            .collect();
        let undated = |unit: &str| printed.is_none() && !facts.since.units.contains_key(unit);
        let counted: Vec<&(String, u32)> =
            facts.counts.iter().filter(|(unit, _)| units.contains_key(unit.as_str()) || undated(unit)).collect();
        if count(&mut c, &counted, units.keys().copied()) {
            sources.insert(Kind::Counts, Source::Directory(units.values().max().copied()));
        }
        for (kind, edition) in fill_in(&mut c, &self.stood) {
            sources.insert(kind, Source::Edition(edition));
        }
        if c.scope.is_none() && facts.scope.is_some() {
            c.scope.clone_from(&facts.scope);
            sources.insert(Kind::Scopes, Source::Directory(None));
        }
        let month = |day: NaiveDate| Month { year: day.year(), month: day.month() };
        if let Some(day) = facts.operation.filter(|_| c.operation_start.is_none()) {
            c.operation_start = Some(month(day));
            sources.insert(Kind::ContactWindow, Source::Directory(Some(day)));
        }
        if let Some(day) = facts.rule_made.filter(|_| c.rule_established.is_none()) {
            c.rule_established = Some(month(day));
            sources.insert(Kind::HandlingRule, Source::Directory(Some(day)));
        }
        if let Some((handled, day)) = facts.handled.clone().filter(|_| c.handled.is_none()) {
            c.handled = Some(handled);
            sources.insert(Kind::Handled, Source::Directory(Some(day)));
        }
        self.sources.extend(sources.into_iter().map(|(kind, source)| ((c.id.clone(), kind), source)));
        c
    }
}

/// What a CEPTOAR's cells tell.
fn told(c: &Ceptoar) -> Vec<Kind> {
    let cells = [
        (Kind::Names, c.name.is_some()),
        (Kind::Scopes, c.scope.is_some()),
        (Kind::Secretariats, !c.secretariats.is_empty()),
        (Kind::Counts, !c.counts.is_empty()),
        (Kind::Reach, !c.reach.is_empty()),
        (Kind::Handled, c.handled.is_some()),
        (Kind::Channels, !c.channels.is_empty()),
        (Kind::ContactWindow, c.operation_start.is_some()),
        (Kind::HandlingRule, c.rule_established.is_some()),
    ];
    cells.into_iter().filter(|(_, told)| *told).map(|(kind, _)| kind).collect()
}

/// The directory's desks; a department that it does not know is the one of the edition before.
#[must_use]
pub fn desks(before: &[Secretariat], now: &[Secretariat]) -> Vec<Secretariat> {
    if now.is_empty() {
        return before.to_vec();
    }
    let desk = |desk: &Secretariat| {
        let same = before.iter().find(|s| s.organisation.ja == desk.organisation.ja);
        // The same organisation under another legal form keeps its department.
        let stem = without_form(&desk.organisation.ja);
        let alike = same.or_else(|| before.iter().find(|s| without_form(&s.organisation.ja) == stem));
        Secretariat {
            organisation: same.map_or(&desk.organisation, |s| &s.organisation).clone(),
            unit: desk.unit.clone().or_else(|| alike.and_then(|s| s.unit.clone())),
            kind: desk.kind.clone().or_else(|| alike.and_then(|s| s.kind.clone())),
        }
    };
    now.iter().map(desk).collect()
}

/// Puts the directory's numbers in the place of those printed: of the units that it counts otherwise, or no longer.
fn count<'a>(c: &mut Ceptoar, counted: &[&(String, u32)], changed: impl Iterator<Item = &'a str>) -> bool {
    let before = c.counts.clone();
    for gone in changed.filter(|unit| counted.iter().all(|(counted, _)| counted != unit)) {
        c.counts.retain(|count| count.unit.ja != gone);
    }
    for (of, value) in counted.iter().map(|(unit, value)| (unit, *value)) {
        match c.counts.iter_mut().find(|count| count.unit.ja == *of) {
            Some(count) => count.value = value,
            None => {
                let new = Count { unit: unit(of), value, of: None, includes_observers: None, hub: false };
                c.counts.push(new);
            }
        }
    }
    let is_changed = c.counts != before;
    if is_changed {
        c.count_display = None;
        c.confidence.remove(&Cell::MemberCounts);
    }
    is_changed
}

/// Fills cells that are empty from the newest of `editions` (oldest first) that has them; answers which came from where.
pub fn fill_in(c: &mut Ceptoar, editions: &[&Edition]) -> BTreeMap<Kind, String> {
    let mut older = BTreeMap::new();
    for edition in editions.iter().rev() {
        let Some(old) = edition.ceptoar(&c.id) else { continue };
        let mut from = |kind: Kind| older.insert(kind, edition.id.clone());
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
