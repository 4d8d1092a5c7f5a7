//! The edition that comes of the sheets.

use chrono::{Datelike, NaiveDate};

use crate::features::feature_map::edition::{Bilingual, Ceptoar, Edition, LiaisonCouncil, Sector};
use crate::kernel::language::Language;
use crate::kernel::period::month;

/// What stands over the sheets of an edition.
#[derive(Debug, Clone)]
pub struct Head {
    /// The day of reference.
    pub as_of: NaiveDate,
    /// The central body under its name of the day.
    pub publisher: Bilingual,
    /// The action plan in force.
    pub plan: Bilingual,
    /// The sectors of that day, in order.
    pub sectors: Vec<Sector>,
}

/// The last day of a fiscal year.
#[must_use]
pub fn last_day(fiscal_year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(fiscal_year + 1, 3, 31).unwrap_or_default()
}

/// 2027年3月末日現在 / As of the end of March 2027.
#[must_use]
pub fn as_of_display(day: NaiveDate) -> Bilingual {
    let [ja, en] = Language::ALL.map(|language| month(day.year(), day.month(), language));
    Bilingual { ja: format!("{ja}末日現在"), en: format!("as of the end of {en}") }
}

/// The edition of the sheets. Liaison councils go on from the last edition.
#[must_use]
pub fn assemble(last: &Edition, head: &Head, ceptoars: Vec<Ceptoar>) -> Edition {
    let councils = last.liaison_councils.iter().map(|council| LiaisonCouncil {
        members: council.members.iter().filter(|id| ceptoars.iter().any(|c| c.id == **id)).cloned().collect(),
        profile: crate::features::feature_map::edition::Profile { activities: Vec::new(), ..council.profile.clone() },
        ..council.clone()
    });
    Edition {
        id: head.as_of.to_string(),
        as_of: head.as_of,
        as_of_display: as_of_display(head.as_of),
        counts_as_of_display: None,
        publisher: head.publisher.clone(),
        plan: head.plan.clone(),
        draft: false,
        sectors: with_notes(last, &head.sectors),
        liaison_councils: councils.collect(),
        ceptoars,
        year: None,
        methods: Vec::new(),
        row_evidence: Vec::new(),
        evidence: Vec::new(),
        notes: Vec::new(),
    }
}

/// A remark on a sector stays; that it is new does not.
fn with_notes(last: &Edition, sectors: &[Sector]) -> Vec<Sector> {
    sectors.iter().map(|s| Sector { note: last.sector(&s.id).and_then(|old| old.note.clone()), ..s.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::feature_map::reference::editions;

    #[test]
    fn the_edition_of_a_year_is_of_its_last_day() {
        let last = editions().unwrap().pop().unwrap();
        let head = Head {
            as_of: last_day(2026),
            publisher: Bilingual { ja: "国".into(), en: "State".into() },
            plan: last.plan.clone(),
            sectors: last.sectors.clone(),
        };
        let edition = assemble(&last, &head, last.ceptoars.clone());
        assert_eq!((edition.id.as_str(), edition.as_of_display.ja.as_str()), ("2027-03-31", "2027年3月末日現在"));
        assert_eq!(edition.as_of_display.en, "as of the end of March 2027");
        assert_eq!((edition.ceptoars, edition.liaison_councils.len()), (last.ceptoars, last.liaison_councils.len()));
        assert!(edition.evidence.is_empty() && !edition.draft);
    }
}
