//! Who may look at which part of the audit trail.

use super::action::{Action, TrailAction};
use super::decision::Act;
use super::role::Role;
use super::viewer::Viewer;

/// What has to be known to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrailObject {
    /// Events as such; which rows of them follows from the part.
    Events,
    /// The readers of one item.
    Item(ReadItem),
}

/// An item whose readers are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadItem {
    /// Drafts have no readers.
    pub published: bool,
    /// Of a RED item, only its case team knows who read it.
    pub red: bool,
    /// Whether the viewer wrote, submitted or approved it.
    pub case_team: bool,
}

impl From<TrailAction> for Action {
    fn from(action: TrailAction) -> Self {
        Self::Trail(action)
    }
}

impl Act for TrailAction {
    type Object = TrailObject;

    fn permitted(self, viewer: &Viewer, object: &TrailObject) -> bool {
        match (self, object) {
            (Self::Look | Self::ReadAll | Self::ReadSecurity | Self::ReadDesk, TrailObject::Events) => true,
            (Self::Readers, TrailObject::Item(item)) => {
                item.published && (item.case_team || (!item.red && viewer.has(Role::NiscApprover)))
            }
            (Self::Look | Self::ReadAll | Self::ReadSecurity | Self::ReadDesk, TrailObject::Item(_))
            | (Self::Readers, TrailObject::Events) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::viewer::tests::wearing;

    #[test]
    fn who_read_an_item_is_for_its_case_team_and_of_red_for_nobody_else() {
        for role in Role::ALL {
            let viewer = wearing(role);
            for (published, red, case_team) in (0..8).map(|bits| (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0)) {
                let item = TrailObject::Item(ReadItem { published, red, case_team });
                let expected = published && (case_team || (!red && role == Role::NiscApprover));
                assert_eq!(TrailAction::Readers.permitted(&viewer, &item), expected, "{role:?} {item:?}");
                assert!(!TrailAction::ReadAll.permitted(&viewer, &item));
            }
            assert!(!TrailAction::Readers.permitted(&viewer, &TrailObject::Events));
        }
    }
}
