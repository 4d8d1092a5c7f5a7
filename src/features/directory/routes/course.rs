//! Over which offices the road of a CEPTOAR goes.

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::features::directory::roster::line::Line;
use crate::features::directory::roster::sheet::Period;
use crate::kernel::language::Language;
use crate::kernel::stage::Stage;

/// A hop of the road, and when it is on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Which hop.
    pub stage: Stage,
    /// From when until when.
    pub valid: Period,
}

/// Over which offices a road goes that ends at the members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// Over the ministries of the sector.
    pub ministry: bool,
    /// Over the CEPTOAR's secretariats.
    pub secretariat: bool,
}

impl Course {
    /// The road on a day; none where it does not reach the members, who then get nothing.
    #[must_use]
    pub fn on(stretches: &[Stretch], day: NaiveDate) -> Option<Self> {
        let is_on = |stage| stretches.iter().any(|stretch| stretch.stage == stage && stretch.valid.holds_on(day));
        is_on(Stage::Member).then(|| Self { ministry: is_on(Stage::Ministry), secretariat: is_on(Stage::Secretariat) })
    }

    /// The hops in the order in which an item passes them.
    #[must_use]
    pub fn stages(self) -> Vec<Stage> {
        let hops = [(self.ministry, Stage::Ministry), (self.secretariat, Stage::Secretariat), (true, Stage::Member)];
        hops.into_iter().filter(|(is_on, _)| *is_on).map(|(_, stage)| stage).collect()
    }

    /// In lines.
    #[must_use]
    pub fn lines(self) -> Vec<Line> {
        let line = |code: &str, is_on| Line::told(code, move |language| passes(is_on, language).to_owned());
        vec![line("route_ministry", self.ministry), line("route_secretariat", self.secretariat)]
    }
}

/// Whether items go over an office, in words.
#[must_use]
pub fn passes(is_on: bool, language: Language) -> &'static str {
    if is_on {
        language.pick("経由する", "On the route")
    } else {
        language.pick("経由しない", "Not on the route")
    }
}

/// The days after `day` on which another road begins, with that road.
#[must_use]
pub fn planned(stretches: &[Stretch], day: NaiveDate) -> Vec<(NaiveDate, Option<Course>)> {
    let edges = stretches.iter().flat_map(|stretch| [stretch.valid.from, stretch.valid.until]).flatten();
    let mut days: Vec<NaiveDate> = edges.filter(|edge| *edge > day).collect();
    days.sort_unstable();
    days.dedup();
    let mut before = Course::on(stretches, day);
    let mut planned = Vec::new();
    for day in days {
        let course = Course::on(stretches, day);
        if course != before {
            planned.push((day, course));
        }
        before = course;
    }
    planned
}

/// A short word for all of it: differs as soon as somebody changes it.
#[must_use]
pub fn digest(stretches: &[Stretch]) -> String {
    let said: Vec<_> = stretches.iter().map(|stretch| (stretch.stage.code(), stretch.valid)).collect();
    hex::encode(&Sha256::digest(serde_json::to_vec(&said).unwrap_or_default())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).expect("a day")
    }

    fn stretch(stage: Stage, from: Option<u32>, until: Option<u32>) -> Stretch {
        Stretch { stage, valid: Period { from: from.map(day), until: until.map(day) } }
    }

    #[test]
    fn a_road_is_what_its_hops_say_on_the_day_and_ends_at_the_members() {
        let road = [
            stretch(Stage::Ministry, None, Some(10)),
            stretch(Stage::Secretariat, None, None),
            stretch(Stage::Member, None, Some(20)),
        ];
        let both = Course { ministry: true, secretariat: true };
        let direct = Course { ministry: false, secretariat: true };
        assert_eq!(Course::on(&road, day(9)), Some(both));
        assert_eq!(both.stages(), [Stage::Ministry, Stage::Secretariat, Stage::Member]);
        assert_eq!(Course::on(&road, day(10)), Some(direct));
        assert_eq!(direct.stages(), [Stage::Secretariat, Stage::Member]);
        assert_eq!(Course::on(&road, day(20)), None, "it reaches nobody");
        assert_eq!(planned(&road, day(1)), [(day(10), Some(direct)), (day(20), None)]);
        assert!(planned(&road, day(20)).is_empty());
    }

    #[test]
    fn a_hop_that_ends_and_begins_on_one_day_is_no_other_road() {
        let road = [stretch(Stage::Member, None, Some(10)), stretch(Stage::Member, Some(10), None)];
        assert!(planned(&road, day(1)).is_empty());
        assert_ne!(digest(&road), digest(&road[..1]));
    }
}
