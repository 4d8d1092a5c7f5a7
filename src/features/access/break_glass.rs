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

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::features::access::role::Role;
    use crate::features::access::viewer::tests::wearing;

    #[test]
    fn the_glass_is_over_members_and_open_to_who_broke_it_for_its_time() {
        let viewer = wearing(Role::NiscAnalyst);
        let open = |object| BreakGlassAction::Open.permitted(&viewer, &object);
        assert!(open(BreakGlassObject::Organisation { member: true }));
        assert!(!open(BreakGlassObject::Organisation { member: false }));
        let now: DateTime<Utc> = "2026-11-21T12:00:00Z".parse().expect("an instant");
        for (account_id, own) in [(viewer.account_id, true), (AccountId::random(), false)] {
            for (left, in_time) in [(1, true), (0, false), (-1, false)] {
                let used = BreakGlassObject::Use { account_id, closes_at: now + TimeDelta::seconds(left), now };
                assert_eq!(open(used), own && in_time);
            }
        }
        assert!(!open(BreakGlassObject::List));
    }
}
