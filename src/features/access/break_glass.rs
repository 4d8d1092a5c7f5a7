//! Who may break the glass, and read what is behind it.

use chrono::{DateTime, Utc};

use super::action::{Action, BreakGlassAction};
use super::decision::Act;
use super::viewer::Viewer;
use crate::kernel::ids::AccountId;

/// What has to be known to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakGlassObject {
    /// An organisation that is to be opened.
    Organisation {
        /// Only members are behind the glass.
        member: bool,
    },
    /// A use, whose windows are to be read.
    Use {
        /// Whose it is.
        account_id: AccountId,
        /// Until when it is open.
        closes_at: DateTime<Utc>,
        /// The present.
        now: DateTime<Utc>,
    },
    /// The list of past uses; which of them follows from the roles.
    List,
}

impl From<BreakGlassAction> for Action {
    fn from(action: BreakGlassAction) -> Self {
        Self::BreakGlass(action)
    }
}

impl Act for BreakGlassAction {
    type Object = BreakGlassObject;

    fn permitted(self, viewer: &Viewer, object: &BreakGlassObject) -> bool {
        match (self, object) {
            (Self::Open, BreakGlassObject::Organisation { member }) => *member,
            (Self::Open, BreakGlassObject::Use { account_id, closes_at, now }) => {
                *account_id == viewer.account_id && now < closes_at
            }
            (Self::Review, BreakGlassObject::List) => true,
            (Self::Open, BreakGlassObject::List)
            | (Self::Review, BreakGlassObject::Organisation { .. } | BreakGlassObject::Use { .. }) => false,
        }
    }
}
