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

/// What is done with the audit trail (操作履歴).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrailAction {
    /// Open the trail at all; each sees the part that is theirs.
    Look,
    /// See every event.
    ReadAll,
    /// See refusals and what is done with accounts, without items.
    ReadSecurity,
    /// See what is done with the accounts of one's own CEPTOAR.
    ReadDesk,
    /// See who read an item.
    Readers,
}

/// What is done in an emergency (緊急閲覧).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakGlassAction {
    /// Open a member's windows for a quarter of an hour.
    Open,
    /// See past uses.
    Review,
}

/// Every action, by the kind of thing it is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Something with advisories.
    Advisory(AdvisoryAction),
    /// Something with the audit trail.
    Trail(TrailAction),
    /// Something in an emergency.
    BreakGlass(BreakGlassAction),
}

impl Action {
    /// Whether the viewer could do this to anything at all: what a route asks before it looks at a thing.
    #[must_use]
    pub fn possible_for(self, viewer: &Viewer) -> bool {
        match self {
            Self::Advisory(action) => action.possible_for(viewer),
            Self::Trail(action) => action.possible_for(viewer),
            Self::BreakGlass(action) => action.possible_for(viewer),
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

impl TrailAction {
    fn possible_for(self, viewer: &Viewer) -> bool {
        match self {
            Self::Look => viewer.has(Role::Auditor) || viewer.has(Role::SystemAdmin) || viewer.has(Role::Secretariat),
            Self::ReadAll => viewer.has(Role::Auditor),
            Self::ReadSecurity => viewer.has(Role::SystemAdmin),
            Self::ReadDesk => viewer.has(Role::Secretariat),
            Self::Readers => viewer.is_at_centre(),
        }
    }
}

impl BreakGlassAction {
    fn possible_for(self, viewer: &Viewer) -> bool {
        match self {
            Self::Open => viewer.is_at_centre(),
            Self::Review => viewer.is_at_centre() || viewer.has(Role::Auditor) || viewer.has(Role::Secretariat),
        }
    }
}
