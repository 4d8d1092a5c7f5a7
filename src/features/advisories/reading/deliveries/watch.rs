//! Who may watch what of an item's deliveries (docs/security-walls.md, the table of deliveries).

use crate::features::access::advisory::Hat;
use crate::features::access::{FirstWall, Viewer};
use crate::kernel::ids::OrganisationId;
use crate::kernel::sharing_level::SharingLevel;
use crate::kernel::stage::{Desk, Stage};

/// Whose numbers are shown: viewers of one scope see the same board of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    everything: bool,
    desks: Vec<String>,
    ministry: Vec<String>,
}

/// What a viewer may watch of one item. Several hats: the union, and no more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    /// All CEPTOARs, organisation by organisation, without addresses.
    pub everything: bool,
    /// CEPTOARs whose desk the viewer keeps: with windows and addresses.
    pub desks: Vec<String>,
    /// CEPTOARs that the item reaches through the viewer's ministry: numbers only.
    pub ministry: Vec<String>,
    /// Organisations that the viewer answers for: their own rows.
    pub own: Vec<OrganisationId>,
    /// Windows and addresses everywhere: with the code's wall opened, to see that row security holds alone.
    opened: bool,
}

impl Watch {
    /// What follows from the viewer's roles and hats.
    #[must_use]
    pub fn of(viewer: &Viewer, level: SharingLevel, case_team: bool, hats: &[Hat]) -> Self {
        let opened = match viewer.first_wall {
            FirstWall::Standing => false,
            FirstWall::OpenForTests => true,
        };
        let centre = viewer.is_at_centre() && (level != SharingLevel::Red || case_team);
        let mut watch = Self { everything: opened || centre, opened, ..Self::default() };
        for hat in hats {
            match hat.stage {
                Stage::Secretariat => push_new(&mut watch.desks, hat.ceptoar_id.clone()),
                Stage::Ministry => push_new(&mut watch.ministry, hat.ceptoar_id.clone()),
                // It sees how those stand that it looks after, on the page of the item (`reading/regional.rs`).
                Stage::Regional | Stage::Member | Stage::Partner => {}
            }
            if hat.answers() {
                push_new(&mut watch.own, hat.organisation_id);
            }
        }
        watch
    }

    /// Whose numbers these are; none where the walls are open for tests, and nothing is shared.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        let sorted = |ceptoars: &[String]| {
            let mut ceptoars = ceptoars.to_vec();
            ceptoars.sort_unstable();
            ceptoars
        };
        let scope =
            || Scope { everything: self.everything, desks: sorted(&self.desks), ministry: sorted(&self.ministry) };
        (!self.opened).then(scope)
    }

    /// Whether there is nothing to watch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.has_board() && self.own.is_empty()
    }

    /// Whether the viewer sees numbers of CEPTOARs.
    #[must_use]
    pub fn has_board(&self) -> bool {
        self.everything || !self.desks.is_empty() || !self.ministry.is_empty()
    }

    /// Whether the numbers of a CEPTOAR are for the viewer.
    #[must_use]
    pub fn counts(&self, ceptoar: &str) -> bool {
        self.lists(ceptoar) || self.ministry.iter().any(|c| c == ceptoar)
    }

    /// Whether the organisations of a CEPTOAR are for the viewer.
    #[must_use]
    pub fn lists(&self, ceptoar: &str) -> bool {
        self.everything || self.names_windows(ceptoar)
    }

    /// Whether the organisations of any CEPTOAR are for the viewer.
    #[must_use]
    pub fn lists_any(&self) -> bool {
        self.everything || !self.desks.is_empty()
    }

    /// Whether the viewer is at a desk on the road of a CEPTOAR.
    #[must_use]
    pub fn decides(&self, ceptoar: &str, desk: Desk) -> bool {
        let own = match desk {
            Desk::Ministry => &self.ministry,
            Desk::Secretariat => &self.desks,
        };
        own.iter().any(|c| c == ceptoar)
    }

    /// Whether windows and addresses of a CEPTOAR are for the viewer.
    #[must_use]
    pub fn names_windows(&self, ceptoar: &str) -> bool {
        self.opened || self.desks.iter().any(|c| c == ceptoar)
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::{Affiliation, Role};
    use crate::kernel::ids::{AccountId, SessionId};

    fn viewer(role: Role) -> Viewer {
        Viewer {
            account_id: AccountId::random(),
            session_id: SessionId::random(),
            display_name: String::new(),
            affiliations: vec![Affiliation {
                role,
                organisation_id: OrganisationId::random(),
                organisation_ja: String::new(),
                organisation_en: String::new(),
                ceptoar_id: None,
                contact_id: None,
            }],
            first_wall: FirstWall::Standing,
        }
    }

    fn hat(role: Role, stage: Stage, ceptoar: &str, sealed: bool) -> Hat {
        Hat {
            superseded: false,
            withdrawn: false,
            ceptoar_id: ceptoar.into(),
            stage,
            organisation_id: OrganisationId::random(),
            role,
            contact_id: None,
            sealed,
            handlers_only: false,
        }
    }

    #[test]
    fn the_centre_watches_red_items_of_its_own_only() {
        for role in Role::ALL {
            let centre = matches!(role, Role::NiscAnalyst | Role::NiscApprover);
            assert_eq!(Watch::of(&viewer(role), SharingLevel::Amber, false, &[]).everything, centre);
            assert_eq!(Watch::of(&viewer(role), SharingLevel::Red, true, &[]).everything, centre);
            assert!(Watch::of(&viewer(role), SharingLevel::Red, false, &[]).is_empty());
        }
    }

    #[test]
    fn readers_watch_nothing_and_ministries_see_numbers_only() {
        let reader = [hat(Role::MemberReader, Stage::Member, "banks", false)];
        assert!(Watch::of(&viewer(Role::MemberReader), SharingLevel::Green, false, &reader).is_empty());
        let ministry = [hat(Role::MinistryLiaison, Stage::Ministry, "banks", false)];
        let watch = Watch::of(&viewer(Role::MinistryLiaison), SharingLevel::Green, false, &ministry);
        assert!(watch.counts("banks") && !watch.lists("banks") && !watch.counts("gas"));
    }

    #[test]
    fn a_desk_of_a_red_item_watches_its_members_but_owes_nothing() {
        let hats = [hat(Role::Secretariat, Stage::Secretariat, "banks", true)];
        let watch = Watch::of(&viewer(Role::Secretariat), SharingLevel::Red, false, &hats);
        assert!(watch.names_windows("banks") && !watch.lists("gas") && watch.own.is_empty());
    }
}
