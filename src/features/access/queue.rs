//! Who sees the queue of mails, and who steers it.

use super::action::{Action, QueueAction};
use super::decision::Act;
use super::role::Role;
use super::viewer::Viewer;

impl From<QueueAction> for Action {
    fn from(action: QueueAction) -> Self {
        Self::Queue(action)
    }
}

impl QueueAction {
    /// Whether a duty in this role may do it. The same list stands in `viewer_sees_queue`, `viewer_runs_queue` and
    /// `mail_pause_now` of the database.
    #[must_use]
    pub fn is_for(self, role: Role) -> bool {
        match role {
            Role::SystemAdmin => match self {
                Self::See | Self::Run | Self::KnowOfPause => true,
            },
            Role::NiscApprover => match self {
                Self::See | Self::KnowOfPause => true,
                Self::Run => false,
            },
            Role::NiscAnalyst => match self {
                Self::KnowOfPause => true,
                Self::See | Self::Run => false,
            },
            Role::MinistryLiaison
            | Role::Secretariat
            | Role::Coordinator
            | Role::MemberPoc
            | Role::MemberReader
            | Role::HubMember
            | Role::CouncilDelegate
            | Role::WgChair
            | Role::CouncilObserver
            | Role::Auditor
            | Role::MemberAdmin => false,
        }
    }
}

impl Act for QueueAction {
    /// There is one queue.
    type Object = ();

    fn permitted(self, viewer: &Viewer, (): &()) -> bool {
        viewer.affiliations.iter().any(|a| self.is_for(a.role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::can;
    use crate::features::access::viewer::tests::wearing;

    #[test]
    fn the_queue_is_steered_by_who_runs_the_portal_and_watched_by_who_approves() {
        for role in Role::ALL {
            let viewer = wearing(role);
            let runs = role == Role::SystemAdmin;
            let sees = runs || role == Role::NiscApprover;
            let knows = sees || role == Role::NiscAnalyst;
            assert_eq!(can(&viewer, QueueAction::Run, &()), runs, "{role:?}");
            assert_eq!(can(&viewer, QueueAction::See, &()), sees, "{role:?}");
            assert_eq!(can(&viewer, QueueAction::KnowOfPause, &()), knows, "{role:?}");
        }
    }
}
