//! What a sheet begins with: the last edition, what the directory has learnt since, and, for cells that the last
//! edition does not have at all, the newest edition that has them.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::features::feature_map::edition::{Ceptoar, Count, Edition};
pub use crate::features::feature_map::of_day::facts::DirectoryFacts;
use crate::features::feature_map::of_day::overlay::{desks, fill_in};

/// A sheet as it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefilled {
    /// The cells.
    pub ceptoar: Ceptoar,
    /// Cells that come from an older edition: the kind's code and the edition.
    pub older: BTreeMap<String, String>,
}

/// The sheet of a CEPTOAR as it begins. `editions` are all of them, oldest first.
#[must_use]
pub fn prefill(editions: &[Edition], facts: &DirectoryFacts) -> Prefilled {
    let known = editions.last().and_then(|last| last.ceptoar(&facts.id));
    let mut c = known.cloned().unwrap_or_else(|| Ceptoar::blank(&facts.id, &facts.sector));
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
    // What the last edition says is newer than what the directory learnt before it.
    let edition = editions.last().filter(|_| known.is_some()).map(|last| last.as_of);
    let is_news = |day: Option<NaiveDate>| edition.is_none_or(|edition| day.is_some_and(|day| day > edition));
    if let Some(name) = &facts.name
        && (is_news(facts.since.name) || c.name.is_none())
        && c.name.as_ref().map(|n| &n.ja) != Some(&name.ja)
    {
        c.name = Some(name.clone());
    }
    c.scope = c.scope.or_else(|| facts.scope.clone());
    if is_news(facts.since.secretariats) || c.secretariats.is_empty() {
        let last_desks = std::mem::take(&mut c.secretariats);
        c.secretariats = desks(&last_desks, &facts.secretariats);
    }
    let news = facts.counts.iter().filter(|(unit, _)| is_news(facts.since.units.get(unit).copied()));
    counts(&mut c, &news.cloned().collect::<Vec<_>>());
    observers(&mut c, &facts.observers);
    let all: Vec<&Edition> = editions.iter().collect();
    let older = fill_in(&mut c, &all).into_iter().map(|(kind, edition)| (kind.code().to_owned(), edition)).collect();
    Prefilled { ceptoar: c, older }
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

/// How many of a number are observers, where the roster keeps them apart.
fn observers(c: &mut Ceptoar, registered: &BTreeMap<String, u32>) {
    for count in &mut c.counts {
        let Some(observers) = registered.get(&count.unit.ja).copied() else { continue };
        if count.includes_observers.unwrap_or(0) != observers {
            count.includes_observers = Some(observers);
            // The printed words tell of another number.
            c.count_display = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::feature_map::edition::{Bilingual, Secretariat};
    use crate::features::feature_map::reference::editions;
    use crate::kernel::language::Language;

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
        let old = prefill(&editions, &today).ceptoar;
        assert_eq!(
            (&old.name, &old.counts),
            (&last.name, &last.counts),
            "what is no news does not stand over the edition"
        );
        let day = NaiveDate::from_ymd_opt(2026, 4, 1);
        today.since.name = day;
        today.since.secretariats = day;
        today.since.units = [("社".to_owned(), day.unwrap())].into();
        let sheet = prefill(&editions, &today).ceptoar;
        assert_eq!(sheet.name.unwrap().ja, "銀行CEPTOAR");
        assert_eq!(sheet.counts.iter().map(|c| (c.unit.ja.as_str(), c.value)).collect::<Vec<_>>(), [("社", 1400)]);
        assert_eq!(sheet.secretariats[0].unit, Some(unit));
    }

    #[test]
    fn observers_are_those_of_the_roster() {
        let editions = editions().unwrap();
        let mut today = facts("banks", "finance");
        today.observers = [("社".to_owned(), 3), ("団体".to_owned(), 1)].into();
        let sheet = prefill(&editions, &today).ceptoar;
        assert_eq!((sheet.counts[0].value, sheet.counts[0].includes_observers), (1416, Some(3)));
        let words = |language| crate::features::feature_map::sheet::counts_display(&sheet, language).unwrap();
        assert!(words(Language::Ja).contains("1,416社(うちオブザーバー3社)"), "{}", words(Language::Ja));
        assert!(words(Language::En).contains("(3 of them observers)"), "{}", words(Language::En));
        today.observers = [("社".to_owned(), 0)].into();
        assert_eq!(prefill(&editions, &today).ceptoar.counts[0].includes_observers, None, "none before, none now");
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
