//! Everything that somebody may or may not do, and which roles may ever do it.
//!
//! No wildcard arms: whoever adds an action has to say for whom it is before the program compiles.

use super::role::Role;
use super::viewer::Viewer;

/// What is done with advisories (情報提供).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdvisoryAction {
    /// Write a new one, and see one's own drafts.
    Draft,
    /// Approve and publish what another drafted.
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
            Self::Draft => viewer.is_at_centre(),
            Self::Approve => viewer.has(Role::NiscApprover),
        }
    }
}
