//! `can`: the one question, and the trait that an action answers it with.

use super::action::Action;
use super::viewer::{FirstWall, Viewer};

/// An action on things of one kind.
pub trait Act: Copy + Into<Action> {
    /// What has to be known of the thing to decide. Read in the transaction that the action is done in, and
    /// written back by the id that was read.
    type Object;

    /// Whether the viewer may do this to that very thing. The role alone was asked before.
    fn permitted(self, viewer: &Viewer, object: &Self::Object) -> bool;
}

/// Whether the viewer may do this to that thing: possible for one of their roles, and permitted for the thing.
#[must_use]
pub fn can<A: Act>(viewer: &Viewer, action: A, object: &A::Object) -> bool {
    match viewer.first_wall {
        FirstWall::Standing => action.into().possible_for(viewer) && action.permitted(viewer, object),
        FirstWall::OpenForTests => true,
    }
}

/// Whether the viewer could do this to anything at all.
#[must_use]
pub fn could(viewer: &Viewer, action: Action) -> bool {
    match viewer.first_wall {
        FirstWall::Standing => action.possible_for(viewer),
        FirstWall::OpenForTests => true,
    }
}
