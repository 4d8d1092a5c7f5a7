//! How one CEPTOAR stands, and how many of several meet what.

use crate::features::directory::activities::tally::CeptoarYear;
use crate::features::directory::rules::light::{Evidence, Light};
use crate::features::follow_up::state::State as SheetState;

/// A CEPTOAR with everything that is told of it.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Its name, sector and entries of the year.
    pub ceptoar: CeptoarYear,
    /// What the portal has on record.
    pub evidence: Evidence,
    /// How far its sheet is in the follow-up that is open.
    pub sheet: Option<SheetState>,
}

impl Standing {
    /// Its lights, in the order of the page: rule, windows, sharing, drill, analysis.
    #[must_use]
    pub fn lights(&self) -> [Light; 5] {
        let evidence = &self.evidence;
        [evidence.rule(), evidence.windows(), evidence.sharing(), evidence.drill(), evidence.analysis()]
    }

    /// Which part of its windows was proven lately, rounded down: 100 is all of them. `None` where there are none.
    #[must_use]
    pub fn fresh_percent(&self) -> Option<i64> {
        (self.evidence.windows > 0).then(|| self.evidence.fresh * 100 / self.evidence.windows)
    }
}

/// How many meet each of the five.
#[must_use]
pub fn met(all: &[Standing]) -> [usize; 5] {
    std::array::from_fn(|i| all.iter().filter(|standing| standing.lights().get(i) == Some(&Light::Met)).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::activity::ActivityFacts;

    fn standing(evidence: Evidence) -> Standing {
        let ceptoar = CeptoarYear {
            facts: ActivityFacts { ceptoar_id: "banks".into(), ministries: Vec::new(), members: Vec::new() },
            name: Default::default(),
            sector_id: String::new(),
            sector: Default::default(),
            entries: 0,
            kinds: Vec::new(),
            items: [None; 3],
        };
        Standing { ceptoar, evidence, sheet: None }
    }

    #[test]
    fn each_light_is_counted_by_itself() {
        let ruled = Evidence { members: 2, rule_in_force: true, consents: 2, ..Evidence::default() };
        let all = [standing(ruled), standing(Evidence { analyses: 1, ..ruled }), standing(Evidence::default())];
        assert_eq!(met(&all), [2, 0, 0, 0, 1]);
    }

    #[test]
    fn a_hundred_percent_is_all_windows_and_none_are_no_share() {
        let of = |windows, fresh| standing(Evidence { windows, fresh, ..Evidence::default() }).fresh_percent();
        assert_eq!([of(0, 0), of(200, 199), of(200, 200)], [None, Some(99), Some(100)]);
    }
}
