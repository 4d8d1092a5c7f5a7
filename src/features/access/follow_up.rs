//! Who does what in the yearly follow-up: the desk fills in its own sheet, the ministry over its sector and then the
//! centre check it, an approver publishes.

use super::action::{Action, FollowUpAction};
use super::decision::Act;
use super::role::Role;
use super::viewer::{Affiliation, Viewer};
use crate::kernel::ids::OrganisationId;

/// What has to be known of a sheet to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetFacts {
    /// Whose sheet it is.
    pub ceptoar_id: String,
    /// The ministries over its sector today.
    pub ministries: Vec<OrganisationId>,
}

impl From<FollowUpAction> for Action {
    fn from(action: FollowUpAction) -> Self {
        Self::FollowUp(action)
    }
}

impl FollowUpAction {
    /// Whether a duty in this role may do it at all.
    #[must_use]
    pub fn is_for(self, role: Role) -> bool {
        match role {
            Role::NiscAnalyst => match self {
                Self::See | Self::CheckForCentre | Self::Lead => true,
                Self::Fill | Self::CheckForMinistry | Self::Publish => false,
            },
            Role::NiscApprover => match self {
                Self::See | Self::CheckForCentre | Self::Lead | Self::Publish => true,
                Self::Fill | Self::CheckForMinistry => false,
            },
            Role::MinistryLiaison => match self {
                Self::See | Self::CheckForMinistry => true,
                Self::Fill | Self::CheckForCentre | Self::Lead | Self::Publish => false,
            },
            Role::Secretariat => match self {
                Self::See | Self::Fill => true,
                Self::CheckForMinistry | Self::CheckForCentre | Self::Lead | Self::Publish => false,
            },
            Role::Coordinator => match self {
                Self::See => true,
                Self::Fill | Self::CheckForMinistry | Self::CheckForCentre | Self::Lead | Self::Publish => false,
            },
            Role::MemberPoc
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

    fn fits(a: &Affiliation, object: &SheetFacts) -> bool {
        match a.role {
            Role::NiscAnalyst | Role::NiscApprover => true,
            Role::MinistryLiaison => object.ministries.contains(&a.organisation_id),
            Role::Secretariat | Role::Coordinator => a.ceptoar_id.as_deref() == Some(object.ceptoar_id.as_str()),
            Role::MemberPoc
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

impl Act for FollowUpAction {
    type Object = SheetFacts;

    fn permitted(self, viewer: &Viewer, object: &SheetFacts) -> bool {
        viewer.affiliations.iter().any(|a| self.is_for(a.role) && Self::fits(a, object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::can;
    use crate::features::access::viewer::tests::wearing;

    const ALL: [FollowUpAction; 6] = [
        FollowUpAction::See,
        FollowUpAction::Fill,
        FollowUpAction::CheckForMinistry,
        FollowUpAction::CheckForCentre,
        FollowUpAction::Lead,
        FollowUpAction::Publish,
    ];

    fn of(ceptoar: &str, ministries: &[OrganisationId]) -> SheetFacts {
        SheetFacts { ceptoar_id: ceptoar.into(), ministries: ministries.to_vec() }
    }

    fn may(viewer: &Viewer, sheet: &SheetFacts) -> Vec<FollowUpAction> {
        ALL.into_iter().filter(|action| can(viewer, *action, sheet)).collect()
    }

    #[test]
    fn a_desk_has_its_own_sheet_and_no_other() {
        let desk = wearing(Role::Secretariat);
        assert_eq!(may(&desk, &of("banks", &[])), [FollowUpAction::See, FollowUpAction::Fill]);
        assert_eq!(may(&desk, &of("life", &[desk.affiliations[0].organisation_id])), []);
        assert_eq!(may(&wearing(Role::Coordinator), &of("banks", &[])), [FollowUpAction::See]);
    }

    #[test]
    fn a_ministry_checks_the_sheets_of_its_sectors() {
        let liaison = wearing(Role::MinistryLiaison);
        let own = liaison.affiliations[0].organisation_id;
        let checked = [FollowUpAction::See, FollowUpAction::CheckForMinistry];
        assert_eq!(may(&liaison, &of("life", &[OrganisationId::random(), own])), checked);
        assert_eq!(may(&liaison, &of("banks", &[OrganisationId::random()])), []);
    }

    #[test]
    fn the_centre_leads_and_only_an_approver_publishes() {
        let sheet = of("gas", &[]);
        let leads = [FollowUpAction::See, FollowUpAction::CheckForCentre, FollowUpAction::Lead];
        assert_eq!(may(&wearing(Role::NiscAnalyst), &sheet), leads);
        assert!(can(&wearing(Role::NiscApprover), FollowUpAction::Publish, &sheet));
        for other in [Role::MemberPoc, Role::Auditor, Role::SystemAdmin, Role::CouncilDelegate, Role::MemberAdmin] {
            assert_eq!(may(&wearing(other), &sheet), [], "{other:?}");
        }
    }
}
