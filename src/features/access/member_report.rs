//! Who says what a member does about an item, and how many others it told: the member, or the desk that it told.

use super::action::{Action, MemberReportAction};
use super::advisory::{AdvisoryFacts, Hat, State};
use super::decision::Act;
use super::role::Role;
use super::viewer::Viewer;
use crate::kernel::ids::OrganisationId;
use crate::kernel::sharing_level::SharingLevel;
use crate::kernel::stage::Stage;

/// An item at a member that is asked something about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembersItem {
    /// What has to be known of the item.
    pub facts: AdvisoryFacts,
    /// Through which CEPTOAR.
    pub ceptoar_id: String,
    /// Which member.
    pub organisation_id: OrganisationId,
    /// Whether it is asked at all.
    pub asked: bool,
}

impl From<MemberReportAction> for Action {
    fn from(action: MemberReportAction) -> Self {
        Self::MemberReport(action)
    }
}

impl MemberReportAction {
    /// Whether a duty in this role may do it at all.
    #[must_use]
    pub fn is_for(self, role: Role) -> bool {
        match role {
            Role::Secretariat | Role::Coordinator | Role::MemberPoc | Role::HubMember => match self {
                Self::Onward | Self::Measures => true,
            },
            Role::NiscAnalyst
            | Role::NiscApprover
            | Role::MinistryLiaison
            | Role::MemberReader
            | Role::CouncilDelegate
            | Role::WgChair
            | Role::CouncilObserver
            | Role::Auditor
            | Role::MemberAdmin
            | Role::SystemAdmin => false,
        }
    }
}

impl MembersItem {
    /// Whether the viewer answers for the member, and has the item there.
    #[must_use]
    pub fn is_own(&self, viewer: &Viewer) -> bool {
        let own = |hat: &Hat| {
            hat.stage == Stage::Member
                && hat.ceptoar_id == self.ceptoar_id
                && hat.organisation_id == self.organisation_id
                && hat.answers()
        };
        self.facts.hats(viewer).iter().any(own)
    }

    /// Whether the item reached the viewer's desk, and the member is another organisation than their own.
    fn is_told(&self, viewer: &Viewer) -> bool {
        let desk = |hat: &Hat| hat.stage == Stage::Secretariat && hat.ceptoar_id == self.ceptoar_id && hat.answers();
        let foreign = viewer.affiliations.iter().all(|a| a.organisation_id != self.organisation_id);
        foreign && self.facts.hats(viewer).iter().any(desk)
    }
}

impl Act for MemberReportAction {
    type Object = MembersItem;

    fn permitted(self, viewer: &Viewer, item: &MembersItem) -> bool {
        match self {
            // RED goes to persons by name, and no further.
            Self::Onward | Self::Measures => {
                item.asked
                    && item.facts.state == State::Published
                    && item.facts.level != SharingLevel::Red
                    && (item.is_own(viewer) || item.is_told(viewer))
            }
        }
    }
}
