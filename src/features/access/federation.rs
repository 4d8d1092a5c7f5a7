//! Who keeps the federations of CEPTOARs (連絡協議会): the centre all of them, a secretariat the one whose desk it is. What is said
//! and was said of them, everybody reads.

use super::action::{Action, FederationAction};
use super::decision::Act;
use super::role::Role;
use super::viewer::{Affiliation, Viewer};
use crate::kernel::ids::OrganisationId;

/// What has to be known of a federation to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FederationFacts {
    /// Who keeps its desk today.
    pub keeper: Option<OrganisationId>,
}

impl From<FederationAction> for Action {
    fn from(action: FederationAction) -> Self {
        Self::Federation(action)
    }
}

impl FederationAction {
    /// Whether a duty in this role may do it at all.
    #[must_use]
    pub fn is_for(self, role: Role) -> bool {
        match role {
            Role::NiscAnalyst | Role::NiscApprover => true,
            Role::Secretariat => match self {
                Self::Keep | Self::LookBack => true,
                Self::Found => false,
            },
            Role::MinistryLiaison
            | Role::Coordinator
            | Role::MemberPoc
            | Role::MemberReader
            | Role::HubMember
            | Role::CouncilDelegate
            | Role::WgChair
            | Role::CouncilObserver
            | Role::Auditor
            | Role::MemberAdmin
            | Role::SystemAdmin => match self {
                Self::LookBack => true,
                Self::Found | Self::Keep => false,
            },
        }
    }

    fn fits(self, a: &Affiliation, object: &FederationFacts) -> bool {
        match self {
            Self::LookBack => true,
            Self::Found | Self::Keep => Self::keeps(a, object),
        }
    }

    fn keeps(a: &Affiliation, object: &FederationFacts) -> bool {
        match a.role {
            Role::NiscAnalyst | Role::NiscApprover => true,
            Role::Secretariat => object.keeper == Some(a.organisation_id),
            Role::MinistryLiaison
            | Role::Coordinator
            | Role::MemberPoc
            | Role::MemberReader
            | Role::HubMember
            | Role::CouncilDelegate
            | Role::WgChair
            | Role::CouncilObserver
            | Role::Auditor
            | Role::MemberAdmin
            | Role::SystemAdmin => false,
        }
    }
}

impl Act for FederationAction {
    type Object = FederationFacts;

    fn permitted(self, viewer: &Viewer, object: &FederationFacts) -> bool {
        viewer.affiliations.iter().any(|a| self.is_for(a.role) && self.fits(a, object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::can;
    use crate::features::access::viewer::tests::wearing;

    #[test]
    fn the_keeping_secretariat_keeps_its_own_and_founds_none() {
        let desk = wearing(Role::Secretariat);
        let own = FederationFacts { keeper: Some(desk.affiliations[0].organisation_id) };
        let other = FederationFacts { keeper: Some(OrganisationId::random()) };
        let nobodys = FederationFacts { keeper: None };
        assert!(can(&desk, FederationAction::Keep, &own));
        assert!(!can(&desk, FederationAction::Keep, &other) && !can(&desk, FederationAction::Keep, &nobodys));
        assert!(!can(&desk, FederationAction::Found, &own));
        for role in Role::ALL {
            let viewer = wearing(role);
            let centre = matches!(role, Role::NiscAnalyst | Role::NiscApprover);
            assert_eq!(can(&viewer, FederationAction::Keep, &nobodys), centre, "{role:?}");
            assert_eq!(can(&viewer, FederationAction::Found, &nobodys), centre, "{role:?}");
            assert!(can(&viewer, FederationAction::LookBack, &nobodys), "{role:?}");
        }
    }
}
