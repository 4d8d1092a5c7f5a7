//! Who judges the situation in a field, who reads that, and who answers what is proposed.

use super::action::{Action, JudgementAction};
use super::decision::Act;
use super::role::Role;
use super::viewer::{Affiliation, Viewer};

/// What has to be known of a judgement to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgementFacts {
    /// The CEPTOAR whose field it is about.
    pub ceptoar_id: String,
    /// Whether it asks the centre for something.
    pub proposed: bool,
}

impl From<JudgementAction> for Action {
    fn from(action: JudgementAction) -> Self {
        Self::Judgement(action)
    }
}

impl JudgementAction {
    /// Whether a duty in this role may do it at all.
    #[must_use]
    pub fn is_for(self, role: Role) -> bool {
        match role {
            Role::Secretariat | Role::Coordinator => match self {
                Self::See | Self::Write => true,
                Self::Answer => false,
            },
            Role::NiscAnalyst | Role::NiscApprover => match self {
                Self::See | Self::Answer => true,
                Self::Write => false,
            },
            Role::MinistryLiaison
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

    fn fits(a: &Affiliation, object: &JudgementFacts) -> bool {
        match a.role {
            Role::Secretariat | Role::Coordinator => a.ceptoar_id.as_deref() == Some(object.ceptoar_id.as_str()),
            Role::NiscAnalyst | Role::NiscApprover => object.proposed,
            Role::MinistryLiaison
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
}

impl Act for JudgementAction {
    type Object = JudgementFacts;

    fn permitted(self, viewer: &Viewer, object: &JudgementFacts) -> bool {
        viewer.affiliations.iter().any(|a| self.is_for(a.role) && Self::fits(a, object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::can;
    use crate::features::access::viewer::tests::wearing;

    fn may(role: Role, ceptoar: &str, proposed: bool) -> [bool; 3] {
        let facts = JudgementFacts { ceptoar_id: ceptoar.into(), proposed };
        [JudgementAction::See, JudgementAction::Write, JudgementAction::Answer]
            .map(|action| can(&wearing(role), action, &facts))
    }

    #[test]
    fn a_coordinator_writes_of_its_own_field_and_the_centre_sees_what_is_proposed() {
        for role in [Role::Secretariat, Role::Coordinator] {
            assert_eq!(may(role, "banks", false), [true, true, false], "{role:?}");
            assert_eq!(may(role, "life", true), [false; 3], "{role:?}");
        }
        for role in [Role::NiscAnalyst, Role::NiscApprover] {
            assert_eq!(may(role, "banks", false), [false; 3], "{role:?}");
            assert_eq!(may(role, "banks", true), [true, false, true], "{role:?}");
        }
        for role in Role::ALL {
            let known = [Role::Secretariat, Role::Coordinator, Role::NiscAnalyst, Role::NiscApprover].contains(&role);
            assert!(known || may(role, "banks", true) == [false; 3], "{role:?}");
        }
    }
}
