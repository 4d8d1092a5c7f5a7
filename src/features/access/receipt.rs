//! Who calls the members of a CEPTOAR about an item, and enters their receipts: the desk that the item reached.

use super::action::{Action, ReceiptAction};
use super::advisory::{AdvisoryFacts, Hat, State};
use super::decision::Act;
use super::role::Role;
use super::viewer::Viewer;
use crate::kernel::sharing_level::SharingLevel;
use crate::kernel::stage::Stage;

/// An item as it reaches the members of one CEPTOAR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembersItem {
    /// What has to be known of the item.
    pub facts: AdvisoryFacts,
    /// Whose members.
    pub ceptoar_id: String,
}

impl From<ReceiptAction> for Action {
    fn from(action: ReceiptAction) -> Self {
        Self::Receipt(action)
    }
}

impl ReceiptAction {
    /// Whether a duty in this role may do it at all.
    #[must_use]
    pub fn is_for(self, role: Role) -> bool {
        match role {
            Role::Secretariat | Role::Coordinator => match self {
                Self::Call | Self::Enter => true,
            },
            Role::NiscAnalyst
            | Role::NiscApprover
            | Role::MinistryLiaison
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

impl Act for ReceiptAction {
    type Object = MembersItem;

    fn permitted(self, viewer: &Viewer, item: &MembersItem) -> bool {
        let keeps =
            |hat: &Hat| hat.stage == Stage::Secretariat && hat.ceptoar_id == item.ceptoar_id && self.is_for(hat.role);
        let desk = item.facts.state == State::Published && item.facts.hats(viewer).iter().any(keeps);
        desk && match self {
            Self::Call => true,
            // Confidential: the named person alone says that it has arrived.
            Self::Enter => item.facts.level != SharingLevel::Red,
        }
    }
}
