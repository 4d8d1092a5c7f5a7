//! Who asks, who answers: a desk its own surveys, a firm by whoever keeps it.

use super::action::{Action, SurveyAction};
use super::decision::Act;
use super::role::Role;
use super::viewer::{Affiliation, Viewer};
use crate::kernel::ids::OrganisationId;

/// What has to be known of a survey to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyFacts {
    /// Whose survey it is.
    pub ceptoar_id: String,
    /// Those of the viewer's organisations that it asks; none before it opens.
    pub asked: Vec<OrganisationId>,
    /// The firm that is answered for, where one is.
    pub firm: Option<OrganisationId>,
}

impl SurveyFacts {
    /// Surveys of a CEPTOAR, before there is one.
    #[must_use]
    pub fn of_ceptoar(ceptoar_id: &str) -> Self {
        Self { ceptoar_id: ceptoar_id.to_owned(), asked: Vec::new(), firm: None }
    }
}

impl From<SurveyAction> for Action {
    fn from(action: SurveyAction) -> Self {
        Self::Survey(action)
    }
}

impl SurveyAction {
    /// Whether a duty in this role may do it at all.
    #[must_use]
    pub fn is_for(self, role: Role) -> bool {
        match role {
            Role::Secretariat => match self {
                Self::See | Self::Keep => true,
                Self::Answer => false,
            },
            Role::MemberAdmin => match self {
                Self::See | Self::Answer => true,
                Self::Keep => false,
            },
            Role::MemberPoc | Role::MemberReader | Role::HubMember => match self {
                Self::See => true,
                Self::Keep | Self::Answer => false,
            },
            Role::Coordinator
            | Role::NiscAnalyst
            | Role::NiscApprover
            | Role::MinistryLiaison
            | Role::CouncilDelegate
            | Role::WgChair
            | Role::CouncilObserver
            | Role::Auditor
            | Role::SystemAdmin => false,
        }
    }

    fn fits(self, a: &Affiliation, object: &SurveyFacts) -> bool {
        match a.role {
            Role::Secretariat => a.is_desk_of(&object.ceptoar_id),
            Role::MemberAdmin | Role::MemberPoc | Role::MemberReader | Role::HubMember => {
                object.asked.contains(&a.organisation_id)
                    && a.ceptoar_id.as_ref().is_none_or(|ceptoar| *ceptoar == object.ceptoar_id)
                    && (self != Self::Answer || object.firm == Some(a.organisation_id))
            }
            Role::Coordinator
            | Role::NiscAnalyst
            | Role::NiscApprover
            | Role::MinistryLiaison
            | Role::CouncilDelegate
            | Role::WgChair
            | Role::CouncilObserver
            | Role::Auditor
            | Role::SystemAdmin => false,
        }
    }
}

impl Act for SurveyAction {
    type Object = SurveyFacts;

    fn permitted(self, viewer: &Viewer, object: &SurveyFacts) -> bool {
        viewer.affiliations.iter().any(|a| self.is_for(a.role) && self.fits(a, object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::can;
    use crate::features::access::viewer::tests::wearing;

    fn may(viewer: &Viewer, ceptoar: &str, asked: &[OrganisationId], firm: Option<OrganisationId>) -> [bool; 3] {
        let facts = SurveyFacts { ceptoar_id: ceptoar.into(), asked: asked.to_vec(), firm };
        [SurveyAction::See, SurveyAction::Keep, SurveyAction::Answer].map(|action| can(viewer, action, &facts))
    }

    #[test]
    fn a_desk_keeps_its_own_surveys_and_answers_for_nobody() {
        let desk = wearing(Role::Secretariat);
        let own = desk.affiliations[0].organisation_id;
        assert_eq!(may(&desk, "banks", &[], None), [true, true, false]);
        assert_eq!(may(&desk, "banks", &[own], Some(own)), [true, true, false]);
        assert_eq!(may(&desk, "life", &[own], Some(own)), [false; 3]);
    }

    #[test]
    fn a_firm_that_is_asked_sees_it_and_its_keeper_answers() {
        for (role, answers) in
            [(Role::MemberAdmin, true), (Role::MemberPoc, false), (Role::MemberReader, false), (Role::HubMember, false)]
        {
            let viewer = wearing(role);
            let own = viewer.affiliations[0].organisation_id;
            assert_eq!(may(&viewer, "banks", &[own], Some(own)), [true, false, answers], "{role:?}");
            assert_eq!(may(&viewer, "banks", &[own], Some(OrganisationId::random())), [true, false, false]);
            assert_eq!(may(&viewer, "banks", &[], Some(own)), [false; 3], "{role:?} is not asked");
            assert_eq!(may(&viewer, "life", &[own], Some(own)), [false; 3], "{role:?} elsewhere");
        }
    }

    #[test]
    fn nobody_else_sees_anything() {
        for role in Role::ALL {
            let viewer = wearing(role);
            let own = viewer.affiliations[0].organisation_id;
            let sees = [Role::Secretariat, Role::MemberAdmin, Role::MemberPoc, Role::MemberReader, Role::HubMember]
                .contains(&role);
            assert_eq!(may(&viewer, "banks", &[own], Some(own))[0], sees, "{role:?}");
        }
    }
}
