//! Who decides whether an item goes on to the members of a CEPTOAR, and who sees what was decided.

use super::action::{Action, RelayAction};
use super::advisory::{Hat, State};
use super::decision::Act;
use super::receipt::MembersItem;
use super::role::Role;
use super::viewer::Viewer;
use crate::kernel::stage::Stage;

impl From<RelayAction> for Action {
    fn from(action: RelayAction) -> Self {
        Self::Relay(action)
    }
}

impl RelayAction {
    /// Whether a duty in this role may do it at all.
    #[must_use]
    pub fn is_for(self, role: Role) -> bool {
        match role {
            Role::Secretariat | Role::Coordinator => match self {
                Self::See | Self::Decide => true,
            },
            Role::NiscAnalyst | Role::NiscApprover | Role::MinistryLiaison => match self {
                Self::See => true,
                Self::Decide => false,
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
}

impl Act for RelayAction {
    type Object = MembersItem;

    fn permitted(self, viewer: &Viewer, item: &MembersItem) -> bool {
        let on_the_route = |hat: &Hat| match hat.stage {
            Stage::Secretariat | Stage::Ministry => {
                hat.ceptoar_id == item.ceptoar_id && !hat.sealed && self.is_for(hat.role)
            }
            Stage::Member | Stage::Partner => false,
        };
        let route = item.facts.hats(viewer).iter().any(on_the_route);
        item.facts.state == State::Published
            && match self {
                Self::See => route || item.facts.is_centres(viewer),
                Self::Decide => route,
            }
    }
}
