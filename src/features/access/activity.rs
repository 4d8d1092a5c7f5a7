//! Who reads and who writes down what a CEPTOAR did in a year.

use super::action::{Action, ActivityAction};
use super::decision::Act;
use super::role::Role;
use super::viewer::{Affiliation, Viewer};
use crate::kernel::ids::OrganisationId;

/// What has to be known of a CEPTOAR to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityFacts {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// The ministries over its sector today.
    pub ministries: Vec<OrganisationId>,
    /// Those of the viewer's organisations that are members today.
    pub members: Vec<OrganisationId>,
}

impl From<ActivityAction> for Action {
    fn from(action: ActivityAction) -> Self {
        Self::Activity(action)
    }
}

impl ActivityAction {
    /// Whether a duty in this role may do it at all.
    #[must_use]
    pub fn is_for(self, role: Role) -> bool {
        match role {
            Role::Secretariat => true,
            Role::Coordinator | Role::NiscAnalyst | Role::NiscApprover | Role::MinistryLiaison => match self {
                Self::See | Self::LookOver => true,
                Self::Record => false,
            },
            Role::MemberAdmin | Role::MemberPoc | Role::MemberReader | Role::HubMember => match self {
                Self::See => true,
                Self::LookOver | Self::Record => false,
            },
            Role::CouncilDelegate | Role::WgChair | Role::CouncilObserver | Role::Auditor | Role::SystemAdmin => false,
        }
    }

    fn fits(a: &Affiliation, object: &ActivityFacts) -> bool {
        match a.role {
            Role::NiscAnalyst | Role::NiscApprover => true,
            Role::MinistryLiaison => object.ministries.contains(&a.organisation_id),
            Role::Secretariat | Role::Coordinator => a.ceptoar_id.as_deref() == Some(object.ceptoar_id.as_str()),
            Role::MemberAdmin | Role::MemberPoc | Role::MemberReader | Role::HubMember => {
                object.members.contains(&a.organisation_id)
                    && a.ceptoar_id.as_ref().is_none_or(|ceptoar| *ceptoar == object.ceptoar_id)
            }
            Role::CouncilDelegate | Role::WgChair | Role::CouncilObserver | Role::Auditor | Role::SystemAdmin => false,
        }
    }
}

impl Act for ActivityAction {
    type Object = ActivityFacts;

    fn permitted(self, viewer: &Viewer, object: &ActivityFacts) -> bool {
        viewer.affiliations.iter().any(|a| self.is_for(a.role) && Self::fits(a, object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::can;
    use crate::features::access::viewer::tests::wearing;

    fn may(viewer: &Viewer, ceptoar: &str, ministries: &[OrganisationId], members: &[OrganisationId]) -> [bool; 3] {
        let facts =
            ActivityFacts { ceptoar_id: ceptoar.into(), ministries: ministries.to_vec(), members: members.to_vec() };
        [ActivityAction::See, ActivityAction::LookOver, ActivityAction::Record]
            .map(|action| can(viewer, action, &facts))
    }

    #[test]
    fn a_desk_writes_about_its_own_ceptoar_alone() {
        let desk = wearing(Role::Secretariat);
        let own = [desk.affiliations[0].organisation_id];
        assert_eq!(may(&desk, "banks", &[], &[]), [true; 3]);
        assert_eq!(may(&desk, "life", &own, &own), [false; 3]);
        assert_eq!(may(&wearing(Role::Coordinator), "banks", &[], &[]), [true, true, false]);
    }

    #[test]
    fn ministry_and_centre_look_over_and_write_nothing() {
        let liaison = wearing(Role::MinistryLiaison);
        let own = [liaison.affiliations[0].organisation_id];
        assert_eq!(may(&liaison, "life", &own, &[]), [true, true, false]);
        assert_eq!(may(&liaison, "life", &[OrganisationId::random()], &own), [false; 3]);
        assert_eq!(may(&wearing(Role::NiscAnalyst), "gas", &[], &[]), [true, true, false]);
        assert_eq!(may(&wearing(Role::NiscApprover), "gas", &[], &[]), [true, true, false]);
    }

    #[test]
    fn members_read_what_their_own_ceptoar_did() {
        for role in [Role::MemberAdmin, Role::MemberPoc, Role::MemberReader, Role::HubMember] {
            let member = wearing(role);
            let own = [member.affiliations[0].organisation_id];
            assert_eq!(may(&member, "banks", &own, &own), [true, false, false], "{role:?}");
            assert_eq!(may(&member, "banks", &own, &[OrganisationId::random()]), [false; 3], "{role:?}");
            assert_eq!(may(&member, "power", &own, &own), [false; 3], "{role:?}");
        }
        for role in [Role::Auditor, Role::SystemAdmin, Role::CouncilDelegate, Role::WgChair, Role::CouncilObserver] {
            let other = wearing(role);
            let own = [other.affiliations[0].organisation_id];
            assert_eq!(may(&other, "banks", &own, &own), [false; 3], "{role:?}");
        }
    }
}
