//! Totals of two editions. Units are never added up together, and a unit that an edition does not use is not zero.

use crate::features::feature_map::edition::{Edition, Status};
use crate::features::feature_map::vocabulary::Bilingual;

/// What both editions add up to.
#[derive(Debug, PartialEq, Eq)]
pub struct Totals {
    /// Sectors.
    pub sectors: [usize; 2],
    /// Established CEPTOARs.
    pub ceptoars: [usize; 2],
    /// CEPTOARs under study.
    pub planned: [usize; 2],
    /// Liaison councils.
    pub councils: [usize; 2],
    /// Members, unit by unit.
    pub units: Vec<UnitTotal>,
    /// In how many CEPTOARs the edition gives numbers at all, and of how many.
    pub counted: [(usize, usize); 2],
}

/// The members in one unit.
#[derive(Debug, PartialEq, Eq)]
pub struct UnitTotal {
    /// The unit.
    pub unit: Bilingual,
    /// The sums; none where the edition does not use the unit.
    pub sums: [Option<u32>; 2],
}

/// The totals of two editions.
#[must_use]
pub fn totals(from: &Edition, to: &Edition) -> Totals {
    let both = [from, to];
    let mut units: Vec<UnitTotal> = Vec::new();
    for (i, edition) in both.iter().enumerate() {
        for (unit, sum) in edition.sums() {
            if !units.iter().any(|known| known.unit.ja == unit.ja) {
                units.push(UnitTotal { unit: unit.clone(), sums: [None, None] });
            }
            if let Some(known) = units.iter_mut().find(|known| known.unit.ja == unit.ja) {
                known.sums[i] = Some(sum);
            }
        }
    }
    Totals {
        sectors: both.map(|e| e.sectors.len()),
        ceptoars: both.map(|e| e.number(Status::Established)),
        planned: both.map(|e| e.number(Status::Planned)),
        councils: both.map(|e| e.liaison_councils.len()),
        units,
        counted: both.map(|e| (e.ceptoars.iter().filter(|c| !c.counts.is_empty()).count(), e.ceptoars.len())),
    }
}
