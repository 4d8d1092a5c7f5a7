//! Who reads what follows from silence, and who says what that is.

use super::action::{Action, EscalationAction};
use super::role::Role;

impl From<EscalationAction> for Action {
    fn from(action: EscalationAction) -> Self {
        Self::Escalation(action)
    }
}

impl EscalationAction {
    /// Whether a duty in this role may do it at all. Letters leave in the centre's name, so whoever approves what leaves says
    /// when; whoever gets items, and whoever keeps a firm's windows, reads what follows from silence.
    #[must_use]
    pub fn is_for(self, role: Role) -> bool {
        match role {
            Role::NiscApprover => match self {
                Self::See | Self::Change => true,
            },
            Role::NiscAnalyst
            | Role::MinistryLiaison
            | Role::Secretariat
            | Role::Coordinator
            | Role::MemberPoc
            | Role::HubMember
            | Role::MemberReader
            | Role::MemberAdmin => match self {
                Self::See => true,
                Self::Change => false,
            },
            Role::CouncilDelegate | Role::WgChair | Role::CouncilObserver | Role::Auditor | Role::SystemAdmin => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_approves_changes_and_whoever_gets_items_reads() {
        for role in Role::ALL {
            assert_eq!(EscalationAction::Change.is_for(role), role == Role::NiscApprover);
        }
        let readers = Role::ALL.into_iter().filter(|role| EscalationAction::See.is_for(*role)).count();
        assert_eq!(readers, 9);
    }
}
