//! What a sheet changes against the last edition, cell by cell, as it is stored with the sheet.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::features::feature_map::compare::Comparison;
use crate::features::feature_map::compare::ceptoars;
use crate::features::feature_map::compare::difference::{Difference, Fact, Kind};
use crate::features::feature_map::edition::{Bilingual, Ceptoar, Edition, Sector};
use crate::kernel::language::Language;

/// The code of the activities that are to be published.
pub const ACTIVITIES: &str = "activities";

/// Texts that comparisons of editions leave out, since they say the same in other words each year. Whoever checks a sheet
/// sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prose {
    /// 構成員の内訳
    Breakdown,
    /// 目的
    Purpose,
    /// 構成と機能
    Structure,
    /// 特徴
    Traits,
}

impl Prose {
    /// All.
    pub const ALL: [Self; 4] = [Self::Breakdown, Self::Purpose, Self::Structure, Self::Traits];

    /// The word that is stored.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Breakdown => "breakdown",
            Self::Purpose => "purpose",
            Self::Structure => "structure",
            Self::Traits => "traits",
        }
    }

    fn of(self, c: &Ceptoar) -> Option<&Bilingual> {
        match self {
            Self::Breakdown => c.breakdown.as_ref(),
            Self::Purpose => c.profile.purpose.as_ref(),
            Self::Structure => c.profile.structure.as_ref(),
            Self::Traits => c.profile.traits.as_ref(),
        }
    }
}

/// From which day what was changed holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Effective {
    /// A new name.
    pub name: Option<NaiveDate>,
    /// Another secretariat or department.
    pub desk: Option<NaiveDate>,
    /// Other numbers or units.
    pub counts: Option<NaiveDate>,
}

/// A part of the sheet whose change has a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dated {
    /// The name.
    Name,
    /// The secretariat.
    Desk,
    /// The numbers.
    Counts,
}

impl Dated {
    /// All.
    pub const ALL: [Self; 3] = [Self::Name, Self::Desk, Self::Counts];

    /// The part that a kind of difference belongs to, if its change has a day.
    #[must_use]
    pub fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Names => Some(Self::Name),
            Kind::Secretariats | Kind::LegalForms | Kind::Departments => Some(Self::Desk),
            Kind::Counts => Some(Self::Counts),
            Kind::Sectors
            | Kind::Ministries
            | Kind::LiaisonCouncils
            | Kind::Ceptoars
            | Kind::SectorOfCeptoar
            | Kind::Scopes
            | Kind::Reach
            | Kind::Handled
            | Kind::Channels
            | Kind::ContactWindow
            | Kind::HandlingRule => None,
        }
    }
}

impl Effective {
    /// The day of a part.
    #[must_use]
    pub fn of(&self, part: Dated) -> Option<NaiveDate> {
        match part {
            Dated::Name => self.name,
            Dated::Desk => self.desk,
            Dated::Counts => self.counts,
        }
    }
}

/// One change, in the words in which it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredChange {
    /// The kind's code.
    pub kind: String,
    /// The unit of a number, or the desk.
    pub part: Option<Bilingual>,
    /// What the last edition says.
    pub before: Bilingual,
    /// What the sheet says.
    pub after: Bilingual,
    /// From which day, where such a change has one.
    pub effective_on: Option<NaiveDate>,
}

impl StoredChange {
    /// What kind it is; none for prose.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.code() == self.kind)
    }

    /// Which text it is, of those that are not compared.
    #[must_use]
    pub fn prose(&self) -> Option<Prose> {
        Prose::ALL.into_iter().find(|prose| prose.code() == self.kind)
    }

    /// Whether a number or a date became known that the last edition does not state.
    #[must_use]
    pub fn was_unknown(&self) -> bool {
        self.before.ja == Fact::NotStated.words(Language::Ja)
    }
}

/// What a sheet changes against the last edition. `sectors` are those of the day.
#[must_use]
pub fn changes(last: &Edition, sectors: &[Sector], c: &Ceptoar, effective: &Effective) -> Vec<StoredChange> {
    let now = Edition { sectors: sectors.to_vec(), ..headless(last) };
    let Some(before) = last.ceptoar(&c.id) else {
        let sector = now.sector(&c.sector).map_or(Fact::NotStated, |s| Fact::Texts(vec![s.name.clone()]));
        return vec![stored(Kind::Ceptoars, None, (&Fact::NotThere, &sector), effective)];
    };
    let found = ceptoars::compare((last, before), (&now, c));
    let mut changes: Vec<StoredChange> =
        found.iter().map(|d| stored(d.kind, d.part.clone(), (&d.before, &d.after), effective)).collect();
    for prose in Prose::ALL {
        let sides = (prose.of(before), prose.of(c));
        if sides.0 != sides.1 {
            changes.push(told(prose.code(), sides.0.map(in_both), sides.1.map(in_both)));
        }
    }
    if !c.profile.activities.is_empty() {
        let lines: Vec<String> = c.profile.activities.iter().map(|activity| in_both(&activity.text)).collect();
        changes.push(told(ACTIVITIES, None, Some(lines.join("\n"))));
    }
    changes
}

/// A text in both languages, as both are published: whoever checks one reads the other as well.
#[must_use]
pub fn in_both(text: &Bilingual) -> String {
    if text.en == text.ja { text.ja.clone() } else { format!("{}\n[English] {}", text.ja, text.en) }
}

/// A change of texts that are not compared, in the words in which it is shown.
fn told(code: &str, before: Option<String>, after: Option<String>) -> StoredChange {
    let words = |text: Option<String>| {
        let text = text.map(|text| Bilingual { en: text.clone(), ja: text });
        let [ja, en] = Language::ALL.map(|language| Fact::NotStated.words(language));
        text.unwrap_or(Bilingual { ja, en })
    };
    StoredChange { kind: code.to_owned(), part: None, before: words(before), after: words(after), effective_on: None }
}

/// An edition without its CEPTOARs: comparing one CEPTOAR asks it for names of sectors only.
fn headless(edition: &Edition) -> Edition {
    Edition {
        ceptoars: Vec::new(),
        liaison_councils: Vec::new(),
        methods: Vec::new(),
        row_evidence: Vec::new(),
        evidence: Vec::new(),
        notes: Vec::new(),
        ..edition.clone()
    }
}

fn stored(kind: Kind, part: Option<Bilingual>, sides: (&Fact, &Fact), effective: &Effective) -> StoredChange {
    let words = |fact: &Fact| Bilingual { ja: fact.words(Language::Ja), en: fact.words(Language::En) };
    StoredChange {
        kind: kind.code().to_owned(),
        part,
        before: words(sides.0),
        after: words(sides.1),
        effective_on: Dated::of(kind).and_then(|part| effective.of(part)),
    }
}

/// What tells one change from another: CEPTOAR, kind, part, before, after.
type Key = (String, String, String, String, String);

/// Changes that only the sheets have, or only the comparison of the two editions. Kinds that one of the editions does
/// not have at all are not compared, so they are left out here too.
#[must_use]
pub fn disagreements(sheets: &[(String, Vec<StoredChange>)], comparison: &Comparison) -> Vec<(String, String)> {
    let compared = |kind: Kind| !comparison.not_comparable.contains(&kind);
    let kept: HashSet<Key> = sheets
        .iter()
        .flat_map(|(id, changes)| changes.iter().map(move |change| (id, change)))
        .filter(|(_, change)| change.kind().is_some_and(compared))
        .map(|(id, change)| key(id, change))
        .collect();
    let ceptoars: HashSet<&String> = sheets.iter().map(|(id, _)| id).collect();
    let found: HashSet<Key> = comparison
        .differences
        .iter()
        .filter(|d| is_of_sheet(d.kind) && ceptoars.contains(&d.subject.id))
        .map(|d: &Difference| {
            key(&d.subject.id, &stored(d.kind, d.part.clone(), (&d.before, &d.after), &Effective::default()))
        })
        .collect();
    let mut odd: Vec<(String, String)> =
        kept.symmetric_difference(&found).map(|key| (key.0.clone(), key.1.clone())).collect();
    odd.sort_unstable();
    odd
}

fn key(id: &str, change: &StoredChange) -> Key {
    let part = change.part.as_ref().map(|p| p.ja.clone()).unwrap_or_default();
    (id.to_owned(), change.kind.clone(), part, change.before.ja.clone(), change.after.ja.clone())
}

/// Whether a kind is about what stands on sheets.
fn is_of_sheet(kind: Kind) -> bool {
    match kind {
        Kind::Sectors | Kind::Ministries | Kind::LiaisonCouncils => false,
        Kind::Ceptoars
        | Kind::Names
        | Kind::SectorOfCeptoar
        | Kind::Scopes
        | Kind::Secretariats
        | Kind::LegalForms
        | Kind::Departments
        | Kind::Counts
        | Kind::Reach
        | Kind::Handled
        | Kind::Channels
        | Kind::ContactWindow
        | Kind::HandlingRule => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::feature_map::compare::compare;
    use crate::features::feature_map::ministries::Ministries;
    use crate::features::feature_map::reference::editions;
    use crate::features::follow_up::prefill::{DirectoryFacts, prefill};

    fn day(text: &str) -> Option<NaiveDate> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn each_changed_cell_is_named_with_its_day() {
        let last = editions().unwrap().pop().unwrap();
        let mut c = last.ceptoar("broadcast").unwrap().clone();
        c.counts[0].value += 1;
        c.secretariats[0].unit = Some(Bilingual { ja: "情報室".into(), en: "Office".into() });
        let effective = Effective { name: None, desk: day("2027-02-01"), counts: day("2027-02-02") };
        let found = changes(&last, &last.sectors, &c, &effective);
        let brief: Vec<_> = found.iter().map(|f| (f.kind.as_str(), f.after.ja.as_str(), f.effective_on)).collect();
        assert_eq!(brief, [("departments", "情報室", day("2027-02-01")), ("counts", "197", day("2027-02-02"))]);
        assert!(found[0].was_unknown() && !found[1].was_unknown());
        assert_eq!(changes(&last, &last.sectors, last.ceptoar("banks").unwrap(), &effective), []);
    }

    #[test]
    fn the_sheets_agree_with_the_comparison_of_the_editions() {
        let all = editions().unwrap();
        let last = all.last().unwrap();
        let mut to = last.clone();
        to.id = "2027-03-31".into();
        to.ceptoars = last
            .ceptoars
            .iter()
            .map(|c| {
                let facts = DirectoryFacts { id: c.id.clone(), sector: c.sector.clone(), ..DirectoryFacts::default() };
                prefill(&all, &facts).ceptoar
            })
            .collect();
        to.ceptoars[0].counts[0].value += 9;
        to.ceptoars.push(Ceptoar::blank("ports", "water"));
        let sheets: Vec<(String, Vec<StoredChange>)> =
            to.ceptoars.iter().map(|c| (c.id.clone(), changes(last, &to.sectors, c, &Effective::default()))).collect();
        let comparison = compare(last, &to, &Ministries::default());
        assert!(sheets.iter().any(|(_, changes)| !changes.is_empty()));
        assert_eq!(disagreements(&sheets, &comparison), []);
        // A change that the sheets do not know of is found, and so is one that the edition does not have.
        to.ceptoars[1].name = Some(Bilingual { ja: "別名".into(), en: "Other".into() });
        let comparison = compare(last, &to, &Ministries::default());
        assert_eq!(disagreements(&sheets, &comparison), [(to.ceptoars[1].id.clone(), "names".to_owned())]);
        let mut fewer = to.clone();
        fewer.ceptoars[1] = last.ceptoars[1].clone();
        fewer.ceptoars[0].counts[0].value -= 9;
        let comparison = compare(last, &fewer, &Ministries::default());
        assert_eq!(disagreements(&sheets, &comparison), [(to.ceptoars[0].id.clone(), "counts".to_owned())]);
    }
}
