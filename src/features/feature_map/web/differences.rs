//! How two editions differ, as it stands on pages: totals, and a table for each kind of difference.

use crate::features::feature_map::compare::Comparison;
use crate::features::feature_map::compare::difference::{Difference, Fact, Kind};
use crate::features::feature_map::compare::words::CompareWords;
use crate::features::feature_map::edition::Edition;
use crate::features::feature_map::legend::{Mark, evidence_mark};
use crate::features::feature_map::paths;
use crate::features::feature_map::vocabulary::list_joint;
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::thousands;

/// The part of a page that shows a comparison (templates/feature_map/_differences.html).
#[derive(Debug)]
pub struct Differences {
    /// Its words.
    pub w: &'static CompareWords,
    /// The day of the first edition.
    pub from: String,
    /// The day of the second edition.
    pub to: String,
    /// The totals of both.
    pub totals: Vec<TotalRow>,
    /// What has to be said of the totals.
    pub remarks: Vec<String>,
    /// The differences by kind.
    pub tables: Vec<KindTable>,
    /// What has to be said of the differences.
    pub sentences: Vec<String>,
}

/// A line of the totals.
#[derive(Debug)]
pub struct TotalRow {
    /// What is counted.
    pub code: String,
    /// The same in words.
    pub label: String,
    /// In the first edition.
    pub before: String,
    /// In the second edition.
    pub after: String,
    /// More or fewer.
    pub step: String,
}

/// The differences of one kind.
#[derive(Debug)]
pub struct KindTable {
    /// The kind.
    pub code: &'static str,
    /// The same in words.
    pub label: &'static str,
    /// Whether any row is about a unit or part.
    pub has_parts: bool,
    /// Whether any row is about numbers.
    pub has_steps: bool,
    /// The differences.
    pub rows: Vec<Row>,
}

/// A difference.
#[derive(Debug)]
pub struct Row {
    /// Whom it is about.
    pub id: String,
    /// Its profile.
    pub href: Option<String>,
    /// Its name.
    pub name: String,
    /// Added, removed or changed.
    pub change: &'static str,
    /// The same in words.
    pub change_word: &'static str,
    /// Unit or part.
    pub part: String,
    /// What the first edition says.
    pub before: Side,
    /// What the second edition says.
    pub after: Side,
    /// More or fewer.
    pub step: String,
}

/// What one edition says.
#[derive(Debug)]
pub struct Side {
    /// In words.
    pub words: String,
    /// Whether it says anything.
    pub told: bool,
    /// How sure that is.
    pub mark: Option<Mark>,
}

/// A comparison for a page.
#[must_use]
pub fn differences(comparison: &Comparison, editions: (&Edition, &Edition), language: Language) -> Differences {
    let w = CompareWords::of(language);
    let day = |edition: &Edition| edition.as_of_display.pick(language).to_owned();
    Differences {
        w,
        from: day(editions.0),
        to: day(editions.1),
        totals: total_rows(comparison, w, language),
        remarks: remarks(comparison, editions, w, language),
        tables: tables(comparison, editions, language),
        sentences: sentences(comparison, w, language),
    }
}

fn total_rows(comparison: &Comparison, w: &CompareWords, language: Language) -> Vec<TotalRow> {
    let totals = &comparison.totals;
    let whole = [
        ("sectors", w.sectors, totals.sectors),
        ("ceptoars", w.ceptoars, totals.ceptoars),
        ("planned", w.planned, totals.planned),
        ("liaison_councils", w.councils, totals.councils),
    ];
    let number = |n: usize| i64::try_from(n).ok();
    let row = |code: &str, label: String, sums: [Option<i64>; 2]| TotalRow {
        code: code.to_owned(),
        label,
        before: sums[0].map_or_else(|| w.no_unit.to_owned(), thousands),
        after: sums[1].map_or_else(|| w.no_unit.to_owned(), thousands),
        step: sums[0].zip(sums[1]).map(|(before, after)| step(after - before)).unwrap_or_default(),
    };
    let whole = whole.into_iter().filter(|(_, _, sums)| *sums != [0, 0]);
    let mut rows: Vec<TotalRow> =
        whole.map(|(code, label, sums)| row(code, label.to_owned(), sums.map(number))).collect();
    rows.extend(totals.units.iter().map(|unit| {
        let label = fill(w.members, &[("unit", unit.unit.pick(language))]);
        row(&format!("unit-{}", unit.unit.ja), label, unit.sums.map(|sum| sum.map(i64::from)))
    }));
    rows
}

/// +12, -3, ±0
fn step(step: i64) -> String {
    match step {
        0 => "±0".to_owned(),
        1.. => format!("+{}", thousands(step)),
        _ => thousands(step),
    }
}

fn remarks(
    comparison: &Comparison,
    (from, to): (&Edition, &Edition),
    w: &CompareWords,
    language: Language,
) -> Vec<String> {
    let mut remarks = vec![w.per_unit.to_owned()];
    let mut sides = vec![(from, comparison.totals.counted[0])];
    if from.id != to.id {
        sides.push((to, comparison.totals.counted[1]));
    }
    for (edition, (count, all)) in sides {
        if count < all {
            let as_of = edition.as_of_display.pick(language);
            let numbers = [("as_of", as_of), ("count", &count.to_string()), ("all", &all.to_string())];
            remarks.push(fill(w.partial, &numbers));
        }
    }
    remarks
}

fn sentences(comparison: &Comparison, w: &CompareWords, language: Language) -> Vec<String> {
    let list = |kinds: Vec<Kind>| {
        kinds.into_iter().map(|kind| kind.label(language)).collect::<Vec<_>>().join(list_joint(language))
    };
    let differing = |kind: &Kind| comparison.of(*kind).next().is_some();
    let compared = |kind: &Kind| !comparison.not_comparable.contains(kind);
    let alike: Vec<Kind> = Kind::ALL.into_iter().filter(|k| !differing(k) && compared(k)).collect();
    let mut sentences = Vec::new();
    if !comparison.differences.is_empty() && !alike.is_empty() {
        sentences.push(fill(w.alike, &[("items", &list(alike))]));
    }
    if !comparison.not_comparable.is_empty() {
        sentences.push(fill(w.not_comparable, &[("items", &list(comparison.not_comparable.clone()))]));
    }
    if !comparison.differences.is_empty() {
        sentences.extend([w.not_stated, w.ministries].map(ToOwned::to_owned));
    }
    sentences
}

fn tables(comparison: &Comparison, editions: (&Edition, &Edition), language: Language) -> Vec<KindTable> {
    let table = |kind: Kind| {
        let rows: Vec<Row> = comparison.of(kind).map(|d| row(d, editions, language)).collect();
        KindTable {
            code: kind.code(),
            label: kind.label(language),
            has_parts: rows.iter().any(|row| !row.part.is_empty()),
            has_steps: comparison.of(kind).any(|d| d.step().is_some()),
            rows,
        }
    };
    Kind::ALL.into_iter().map(table).filter(|table| !table.rows.is_empty()).collect()
}

fn row(d: &Difference, (from, to): (&Edition, &Edition), language: Language) -> Row {
    let side = |edition: &Edition, fact: &Fact| {
        let mark = edition.ceptoar(&d.subject.id).zip(d.kind.cell()).filter(|_| fact.is_told());
        let map = paths::edition(&edition.id);
        Side {
            words: fact.words(language),
            told: fact.is_told(),
            mark: mark.and_then(|(c, cell)| evidence_mark(edition, c, cell, &map, language)),
        }
    };
    let newest = if to.ceptoar(&d.subject.id).is_some() || to.council(&d.subject.id).is_some() { to } else { from };
    Row {
        id: d.subject.id.clone(),
        href: d.subject.has_profile.then(|| paths::profile(&d.subject.id, &newest.id)),
        name: d.subject.pick(language).to_owned(),
        change: d.change.code(),
        change_word: d.change.label(language),
        part: d.part.as_ref().map(|p| p.pick(language).to_owned()).unwrap_or_default(),
        before: side(from, &d.before),
        after: side(to, &d.after),
        step: d.step().map(step).unwrap_or_default(),
    }
}
