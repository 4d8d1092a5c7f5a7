//! Everything that somebody may or may not do, and which roles may ever do it.
//!
//! No wildcard arms: whoever adds an action has to say for whom it is before the program compiles.

use super::role::Role;
use super::viewer::Viewer;

/// What is done with advisories (情報提供).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdvisoryAction {
    /// Know that a published one exists: number, level, time.
    KnowOf,
    /// Read what a published one says.
    Read,
    /// Say that it has arrived.
    Acknowledge,
    /// Read one that is not published.
    ReadDraft,
    /// Begin one; change, submit and discard one's own.
    Write,
    /// Make a submitted one a draft again.
    SendBack,
    /// Approve and publish what another wrote.
    Approve,
}

/// Every action, by the kind of thing it is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Something with advisories.
    Advisory(AdvisoryAction),
}

impl Action {
    /// Whether the viewer could do this to anything at all: what a route asks before it looks at a thing.
    #[must_use]
    pub fn possible_for(self, viewer: &Viewer) -> bool {
        match self {
            Self::Advisory(action) => action.possible_for(viewer),
        }
    }
}

impl AdvisoryAction {
    fn possible_for(self, viewer: &Viewer) -> bool {
        match self {
            Self::KnowOf | Self::Read => viewer.is_at_centre() || viewer.affiliations.iter().any(|a| receives(a.role)),
            Self::Acknowledge => viewer.affiliations.iter().any(|a| a.role.acknowledges()),
            Self::ReadDraft | Self::Write | Self::SendBack => viewer.is_at_centre(),
            Self::Approve => viewer.has(Role::NiscApprover),
        }
    }
}

impl From<AdvisoryAction> for Action {
    fn from(action: AdvisoryAction) -> Self {
        Self::Advisory(action)
    }
}

/// Whether items reach somebody in this role along a route.
fn receives(role: Role) -> bool {
    match role {
        Role::MinistryLiaison
        | Role::Secretariat
        | Role::Coordinator
        | Role::MemberPoc
        | Role::MemberReader
        | Role::HubMember => true,
        Role::NiscAnalyst
        | Role::NiscApprover
        | Role::CouncilDelegate
        | Role::WgChair
        | Role::CouncilObserver
        | Role::Auditor
        | Role::MemberAdmin
        | Role::SystemAdmin => false,
    }
}
