//! Who writes what an office on the road of a CEPTOAR agreed about passing items on: each its own part, and nobody another's.

use super::action::{Action, AgreementAction};
use super::activity::ActivityFacts;
use super::decision::Act;
use super::role::Role;
use super::viewer::{Affiliation, Viewer};
use crate::kernel::stage::Desk;

impl From<AgreementAction> for Action {
    fn from(action: AgreementAction) -> Self {
        Self::Agreement(action)
    }
}

impl AgreementAction {
    /// Writing the part of a desk.
    #[must_use]
    pub fn of(desk: Desk) -> Self {
        match desk {
            Desk::Ministry => Self::OfMinistry,
            Desk::Secretariat => Self::OfSecretariat,
        }
    }

    /// Whether a duty in this role may do it at all.
    #[must_use]
    pub fn is_for(self, role: Role) -> bool {
        match role {
            Role::MinistryLiaison => self == Self::OfMinistry,
            Role::Secretariat => self == Self::OfSecretariat,
            Role::Coordinator
            | Role::NiscAnalyst
            | Role::NiscApprover
            | Role::MemberAdmin
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

    fn fits(self, a: &Affiliation, object: &ActivityFacts) -> bool {
        match self {
            Self::OfMinistry => object.ministries.contains(&a.organisation_id),
            Self::OfSecretariat => a.ceptoar_id.as_deref() == Some(object.ceptoar_id.as_str()),
        }
    }
}

impl AgreementAction {
    /// The duty in whose name the viewer may do it there.
    #[must_use]
    pub fn duty<'v>(self, viewer: &'v Viewer, object: &ActivityFacts) -> Option<&'v Affiliation> {
        viewer.affiliations.iter().find(|a| self.is_for(a.role) && self.fits(a, object))
    }
}

impl Act for AgreementAction {
    type Object = ActivityFacts;

    fn permitted(self, viewer: &Viewer, object: &ActivityFacts) -> bool {
        self.duty(viewer, object).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::can;
    use crate::features::access::viewer::tests::wearing;
    use crate::kernel::ids::OrganisationId;

    #[test]
    fn each_desk_writes_its_own_part() {
        let (desk, liaison) = (wearing(Role::Secretariat), wearing(Role::MinistryLiaison));
        let may = |viewer: &Viewer, ceptoar: &str, ministry: OrganisationId| {
            let facts = ActivityFacts { ceptoar_id: ceptoar.into(), ministries: vec![ministry], members: Vec::new() };
            Desk::ALL.map(|desk| can(viewer, AgreementAction::of(desk), &facts))
        };
        let ministry = liaison.affiliations[0].organisation_id;
        assert_eq!(may(&desk, "banks", desk.affiliations[0].organisation_id), [false, true]);
        assert_eq!(may(&desk, "life", ministry), [false, false]);
        assert_eq!(may(&liaison, "banks", ministry), [true, false]);
        assert_eq!(may(&liaison, "banks", OrganisationId::random()), [false, false]);
    }
}
