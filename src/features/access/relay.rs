//! Who decides whether an item goes on to the members of a CEPTOAR, and who sees what was decided.

use super::action::{Action, RelayAction};
use super::advisory::{AdvisoryFacts, Hat, State};
use super::decision::Act;
use super::role::Role;
use super::viewer::Viewer;
use crate::kernel::stage::{Desk, Stage};

/// An item at a desk on the road of a CEPTOAR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayedItem {
    /// What has to be known of the item.
    pub facts: AdvisoryFacts,
    /// On whose road.
    pub ceptoar_id: String,
    /// At whose desk it stands.
    pub desk: Desk,
}

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
            Role::MinistryLiaison | Role::Secretariat | Role::Coordinator => match self {
                Self::See | Self::Decide => true,
                Self::AskBypass | Self::SettleBypass => false,
            },
            Role::NiscAnalyst => match self {
                Self::See | Self::AskBypass => true,
                Self::Decide | Self::SettleBypass => false,
            },
            Role::NiscApprover => match self {
                Self::See | Self::AskBypass | Self::SettleBypass => true,
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
    type Object = RelayedItem;

    fn permitted(self, viewer: &Viewer, item: &RelayedItem) -> bool {
        let on_the_route = |hat: &Hat| match hat.stage {
            Stage::Secretariat | Stage::Ministry => {
                hat.ceptoar_id == item.ceptoar_id && !hat.sealed && self.is_for(hat.role)
            }
            Stage::Regional | Stage::Member | Stage::Partner => false,
        };
        let hats = item.facts.hats(viewer);
        let route = hats.iter().any(on_the_route);
        let at_the_desk = || hats.iter().any(|hat| on_the_route(hat) && hat.stage == item.desk.stage());
        let centre = item.facts.is_centres(viewer);
        let role = || viewer.affiliations.iter().any(|a| self.is_for(a.role));
        item.facts.state == State::Published
            && match self {
                Self::See => route || centre,
                Self::Decide => at_the_desk(),
                // That it was another one who asked is known where it is written.
                Self::AskBypass | Self::SettleBypass => centre && role(),
            }
    }
}
