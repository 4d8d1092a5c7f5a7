//! The hops of a road on a day: who is there, and what has to be looked after.

use crate::kernel::language::{Language, fill};
use crate::kernel::period::thousands;
use crate::kernel::stage::{Desk, Stage};

/// A hop, and who stands behind it. An organisation is a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Which.
    pub stage: Stage,
    /// Whether the road goes over it.
    pub on_road: bool,
    /// How many bodies there are.
    pub bodies: i64,
    /// How many of them have a window that a mail reaches.
    pub reachable: i64,
    /// How many of them have a window that was proven alive within a year.
    pub proven: i64,
    /// How many of them are both ministry and secretariat: over both, items would come to them twice.
    pub twice: i64,
    /// How many persons have a duty there and are not suspended; none where nobody has one.
    pub people: Option<i64>,
    /// How many of the members pass items on to others.
    pub hubs: Option<i64>,
}

/// Something that has to be looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The road does not reach the members.
    NoRoad,
    /// A dead end: the road goes over a hop at which there is nobody.
    Nobody(Stage),
    /// So many bodies at a hop have no window with mail.
    NoMail(Stage, i64),
    /// Nobody at a hop is known to be alive.
    Unproven(Stage),
    /// A circle: so many bodies stand on two hops.
    Twice(i64),
    /// A desk is to decide, and the road does not go over it.
    DeskBeside(Desk),
    /// A desk is to decide, and nobody there has the duty.
    NobodyDecides(Desk),
}

impl Finding {
    /// Whether somebody goes without a warning because of it.
    #[must_use]
    pub fn is_grave(self) -> bool {
        match self {
            Self::NoRoad | Self::Nobody(_) | Self::NoMail(_, _) => true,
            Self::Unproven(_) | Self::Twice(_) | Self::DeskBeside(_) | Self::NobodyDecides(_) => false,
        }
    }

    /// In words, with the remedy.
    #[must_use]
    pub fn told(self, language: Language) -> String {
        let (words, stage, count) = match self {
            Self::NoRoad => (
                language.pick(
                    "構成員までの経路がありません。このままでは、情報提供はだれにも届きません。",
                    "There is no road to the members: advisories reach nobody here.",
                ),
                None,
                0,
            ),
            Self::Nobody(stage) => (
                language.pick(
                    "経路にある{stage}に、登録された組織がありません。",
                    "The road goes over {stage}, where no body is registered.",
                ),
                Some(stage),
                0,
            ),
            Self::NoMail(stage, count) => (
                language.pick(
                    "{stage}のうち{count}に、メールの届く窓口がありません。窓口を登録してください。",
                    "{stage}: {count} without a window that mail reaches. Register one.",
                ),
                Some(stage),
                count,
            ),
            Self::Unproven(stage) => (
                language.pick(
                    "{stage}の窓口は、1年以内に連絡が取れると確認されていません。連絡先の確認をしてください。",
                    "{stage}: no window was proven alive within a year. Ask for a proof.",
                ),
                Some(stage),
                0,
            ),
            Self::Twice(count) => (
                language.pick(
                    "経路の2か所に登録されている組織が{count}あります。経路を見直してください。",
                    "Standing on two hops of the road: {count}. Look at the route again.",
                ),
                None,
                count,
            ),
            Self::DeskBeside(desk) => (
                language.pick(
                    "中継の取決めでは{stage}が判断しますが、経路が{stage}を通りません。判断を待たずに届きます。",
                    "By the agreement the {stage} decides, and the road does not go over it: items go on at once.",
                ),
                Some(desk.stage()),
                0,
            ),
            Self::NobodyDecides(desk) => (
                language.pick(
                    "{stage}に、中継を判断できる利用者がいません。判断を待たずに届きます。",
                    "{stage}: nobody there can decide; items go on at once.",
                ),
                Some(desk.stage()),
                0,
            ),
        };
        let name = stage.map_or("", |stage| crate::kernel::language::Label::label(stage, language));
        fill(words, &[("stage", name), ("count", &thousands(count))])
    }
}

/// What has to be looked after on a road; `asked` are the desks that are to decide about items.
#[must_use]
pub fn findings(hops: &[Hop], asked: &[Desk]) -> Vec<Finding> {
    let at = |stage| hops.iter().find(move |hop| hop.stage == stage);
    if !at(Stage::Member).is_some_and(|hop| hop.on_road) {
        return vec![Finding::NoRoad];
    }
    let on_road = || hops.iter().filter(|hop| hop.on_road);
    let mut found: Vec<Finding> = on_road().filter_map(of_hop).collect();
    let (ministry, desk) = (at(Stage::Ministry), at(Stage::Secretariat));
    if let (Some(ministry), Some(desk)) = (ministry, desk)
        && ministry.on_road
        && desk.on_road
        && desk.twice > 0
    {
        found.push(Finding::Twice(desk.twice));
    }
    found.extend(asked.iter().filter_map(|desk| match at(desk.stage()) {
        Some(hop) if !hop.on_road => Some(Finding::DeskBeside(*desk)),
        Some(hop) => (hop.people == Some(0)).then_some(Finding::NobodyDecides(*desk)),
        None => Some(Finding::DeskBeside(*desk)),
    }));
    found.sort_by_key(|finding| !finding.is_grave());
    found
}

fn of_hop(hop: &Hop) -> Option<Finding> {
    // That a CEPTOAR has no partner bodies and no regional offices is no dead end.
    let is_end = hop.stage.has_to_be();
    match hop {
        hop if hop.bodies == 0 => is_end.then_some(Finding::Nobody(hop.stage)),
        hop if hop.reachable < hop.bodies => Some(Finding::NoMail(hop.stage, hop.bodies - hop.reachable)),
        hop if hop.proven == 0 => Some(Finding::Unproven(hop.stage)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(stage: Stage) -> Hop {
        let people = (stage != Stage::Member).then_some(1);
        Hop { stage, on_road: true, bodies: 3, reachable: 3, proven: 2, twice: 0, people, hubs: None }
    }

    fn road() -> [Hop; 4] {
        let partner = Hop { bodies: 0, reachable: 0, proven: 0, ..hop(Stage::Partner) };
        [hop(Stage::Ministry), hop(Stage::Secretariat), hop(Stage::Member), partner]
    }

    /// What is found on a road of which one hop is otherwise.
    fn found(place: usize, asked: &[Desk], change: impl FnOnce(&mut Hop)) -> Vec<Finding> {
        let mut hops = road();
        change(&mut hops[place]);
        findings(&hops, asked)
    }

    #[test]
    fn a_sound_road_has_no_findings() {
        assert_eq!(findings(&road(), &Desk::ALL), []);
        assert_eq!(findings(&[], &[]), [Finding::NoRoad]);
    }

    #[test]
    fn dead_ends_circles_and_silence_are_found() {
        assert_eq!(found(2, &[], |hop| hop.on_road = false), [Finding::NoRoad]);
        assert_eq!(found(0, &[], |hop| hop.bodies = 0), [Finding::Nobody(Stage::Ministry)]);
        assert_eq!(found(2, &[], |hop| hop.reachable = 1), [Finding::NoMail(Stage::Member, 2)]);
        assert_eq!(found(1, &[], |hop| hop.proven = 0), [Finding::Unproven(Stage::Secretariat)]);
        assert_eq!(found(1, &[], |hop| hop.twice = 1), [Finding::Twice(1)]);
        assert_eq!(found(0, &[], |hop| (hop.on_road, hop.bodies) = (false, 0)), [], "not on the road, not asked for");
    }

    #[test]
    fn a_desk_that_is_to_decide_must_be_there() {
        assert_eq!(found(1, &Desk::ALL, |hop| hop.on_road = false), [Finding::DeskBeside(Desk::Secretariat)]);
        assert_eq!(found(0, &Desk::ALL, |hop| hop.people = Some(0)), [Finding::NobodyDecides(Desk::Ministry)]);
        assert_eq!(found(1, &[], |hop| hop.people = Some(0)), []);
    }

    #[test]
    fn what_leaves_somebody_without_a_warning_comes_first() {
        let mut hops = road();
        (hops[0].proven, hops[2].reachable) = (0, 0);
        assert_eq!(findings(&hops, &[]), [Finding::NoMail(Stage::Member, 3), Finding::Unproven(Stage::Ministry)]);
    }
}
