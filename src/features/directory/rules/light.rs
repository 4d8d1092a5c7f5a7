//! How the requirements of a CEPTOAR stand (2011年 セプター特性把握マップ, 具備要件①② and 期待される機能): computed from
//! what the portal has as evidence, never set by hand.

use crate::kernel::language::{Label, Language};

/// How one of them stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    /// Met, by evidence.
    Met,
    /// Begun, something is missing.
    Partly,
    /// Not met.
    Missing,
}

impl Light {
    /// The word in class names.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Partly => "partly",
            Self::Missing => "missing",
        }
    }
}

impl Label for Light {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Met => language.pick("満たしています", "Met"),
            Self::Partly => language.pick("一部不足", "Partly"),
            Self::Missing => language.pick("不足", "Missing"),
        }
    }
}

/// What the portal knows of a CEPTOAR today.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Members of today.
    pub members: i64,
    /// Whether an edition of the handling rule is in force.
    pub rule_in_force: bool,
    /// Members that agreed to it.
    pub consents: i64,
    /// Members with a window.
    pub with_window: i64,
    /// Members with a window proven within the last year.
    pub proven: i64,
    /// Open windows of members.
    pub windows: i64,
    /// … proven within the last 90 days.
    pub fresh: i64,
    /// Items that reached members this fiscal year, drills left out.
    pub shared: i64,
    /// Drills that reached members this fiscal year.
    pub drills: i64,
    /// Entries among the activities of this fiscal year.
    pub entries: i64,
    /// Entries of analysis among the activities of this fiscal year.
    pub analyses: i64,
    /// Entries of the drill.
    pub drill_entries: i64,
    /// Entries that confirm the route otherwise.
    pub route_checks: i64,
}

impl Evidence {
    /// ① 情報の取扱いルール: in force, and every member agreed.
    #[must_use]
    pub fn rule(&self) -> Light {
        match (self.rule_in_force, self.members > 0 && self.consents >= self.members) {
            (true, true) => Light::Met,
            (true, false) => Light::Partly,
            (false, _) => Light::Missing,
        }
    }

    /// ② 緊急窓口: every member has one, proven within a year.
    #[must_use]
    pub fn windows(&self) -> Light {
        if self.members == 0 || self.with_window < self.members {
            Light::Missing
        } else if self.proven < self.members {
            Light::Partly
        } else {
            Light::Met
        }
    }

    /// Sharing inside the CEPTOAR: an item went along its route this fiscal year; a drill alone shows that it could.
    #[must_use]
    pub fn sharing(&self) -> Light {
        match (self.shared > 0, self.drills > 0) {
            (true, _) => Light::Met,
            (false, true) => Light::Partly,
            (false, false) => Light::Missing,
        }
    }

    /// A drill was held this fiscal year, along the portal or as the desk wrote it down; that the route was confirmed
    /// in another way is a part of it.
    #[must_use]
    pub fn drill(&self) -> Light {
        match (self.drills + self.drill_entries > 0, self.route_checks > 0) {
            (true, _) => Light::Met,
            (false, true) => Light::Partly,
            (false, false) => Light::Missing,
        }
    }

    /// Failures were analysed this fiscal year, as the desk wrote it down.
    #[must_use]
    pub fn analysis(&self) -> Light {
        if self.analyses > 0 { Light::Met } else { Light::Missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Evidence = Evidence {
        members: 3,
        rule_in_force: true,
        consents: 3,
        with_window: 3,
        proven: 3,
        windows: 4,
        fresh: 2,
        shared: 1,
        drills: 1,
        entries: 1,
        analyses: 1,
        drill_entries: 0,
        route_checks: 0,
    };

    #[test]
    fn a_light_is_green_when_all_its_evidence_is_there_and_not_before() {
        assert_eq!([ALL.rule(), ALL.windows(), ALL.sharing(), ALL.drill(), ALL.analysis()], [Light::Met; 5]);
        assert_eq!(Evidence { consents: 2, ..ALL }.rule(), Light::Partly);
        assert_eq!(Evidence { rule_in_force: false, ..ALL }.rule(), Light::Missing);
        assert_eq!(Evidence { proven: 2, ..ALL }.windows(), Light::Partly);
        assert_eq!(Evidence { with_window: 2, proven: 2, ..ALL }.windows(), Light::Missing);
        assert_eq!(Evidence { shared: 0, ..ALL }.sharing(), Light::Partly);
        assert_eq!(Evidence { shared: 0, drills: 0, ..ALL }.sharing(), Light::Missing);
        assert_eq!(Evidence { drills: 0, ..ALL }.drill(), Light::Missing);
        assert_eq!(Evidence { drills: 0, drill_entries: 1, ..ALL }.drill(), Light::Met);
        assert_eq!(Evidence { drills: 0, route_checks: 1, ..ALL }.drill(), Light::Partly);
        assert_eq!(Evidence { analyses: 0, ..ALL }.analysis(), Light::Missing);
    }

    #[test]
    fn a_ceptoar_without_members_meets_nothing_by_that() {
        let empty = Evidence { rule_in_force: true, ..Evidence::default() };
        assert_eq!([empty.rule(), empty.windows()], [Light::Partly, Light::Missing]);
    }
}
