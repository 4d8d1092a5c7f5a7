//! Who sees statistics of advisories, and of which CEPTOARs. Of which items is asked of each item's board.

use super::action::{Action, StatisticsAction};
use super::decision::Act;
use super::role::Role;
use super::viewer::{Affiliation, Viewer};
use crate::kernel::ids::OrganisationId;

/// What has to be known of a CEPTOAR to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverseenFacts {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// The ministries over its sector today.
    pub ministries: Vec<OrganisationId>,
}

impl From<StatisticsAction> for Action {
    fn from(action: StatisticsAction) -> Self {
        Self::Statistics(action)
    }
}

impl StatisticsAction {
    /// Whether a duty in this role may do it at all. Firms see no numbers of others, and their own items in their list.
    #[must_use]
    pub fn is_for(self, role: Role) -> bool {
        match role {
            Role::NiscAnalyst | Role::NiscApprover | Role::MinistryLiaison | Role::Secretariat | Role::Coordinator => {
                match self {
                    Self::See => true,
                }
            }
            Role::MemberAdmin
            | Role::MemberPoc
            | Role::MemberReader
            | Role::HubMember
            | Role::CouncilDelegate
            | Role::WgChair
            | Role::CouncilObserver
            | Role::Auditor
            | Role::SystemAdmin => false,
        }
    }

    fn fits(a: &Affiliation, object: &OverseenFacts) -> bool {
        match a.role {
            Role::NiscAnalyst | Role::NiscApprover => true,
            Role::MinistryLiaison => object.ministries.contains(&a.organisation_id),
            Role::Secretariat | Role::Coordinator => a.ceptoar_id.as_deref() == Some(object.ceptoar_id.as_str()),
            Role::MemberAdmin
            | Role::MemberPoc
            | Role::MemberReader
            | Role::HubMember
            | Role::CouncilDelegate
            | Role::WgChair
            | Role::CouncilObserver
            | Role::Auditor
            | Role::SystemAdmin => false,
        }
    }
}

impl Act for StatisticsAction {
    type Object = OverseenFacts;

    fn permitted(self, viewer: &Viewer, object: &OverseenFacts) -> bool {
        viewer.affiliations.iter().any(|a| self.is_for(a.role) && Self::fits(a, object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::viewer::tests::wearing;
    use crate::features::access::{can, could};

    fn sees(viewer: &Viewer, ceptoar: &str, ministries: &[OrganisationId]) -> bool {
        let facts = OverseenFacts { ceptoar_id: ceptoar.into(), ministries: ministries.to_vec() };
        can(viewer, StatisticsAction::See, &facts)
    }

    #[test]
    fn each_sees_the_ceptoars_that_are_theirs() {
        for role in Role::ALL {
            let viewer = wearing(role);
            let own = [viewer.affiliations[0].organisation_id];
            let centre = matches!(role, Role::NiscAnalyst | Role::NiscApprover);
            let desk = matches!(role, Role::Secretariat | Role::Coordinator);
            let ministry = role == Role::MinistryLiaison;
            assert_eq!(could(&viewer, StatisticsAction::See.into()), centre || desk || ministry, "{role:?}");
            assert_eq!(sees(&viewer, "banks", &[]), centre || desk, "{role:?}");
            assert_eq!(sees(&viewer, "gas", &own), centre || ministry, "{role:?}");
            assert_eq!(sees(&viewer, "gas", &[OrganisationId::random()]), centre, "{role:?}");
        }
    }
}
