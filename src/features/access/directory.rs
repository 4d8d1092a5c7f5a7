//! Who keeps the directory: a desk its members and their windows, a firm its own windows.

use super::action::{Action, DirectoryAction};
use super::decision::Act;
use super::role::Role;
use super::viewer::{Affiliation, Viewer};
use crate::kernel::ids::OrganisationId;

/// What has to be known of a member, or of the whole roster of a CEPTOAR, to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterFacts {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// The member; `None` where the roster as a whole is meant.
    pub organisation_id: Option<OrganisationId>,
    /// Whether the viewer handles items for this member: answers for a window that is a designated handler, or for
    /// the member as a whole.
    pub handles: bool,
}

impl RosterFacts {
    /// The roster as a whole.
    #[must_use]
    pub fn whole(ceptoar_id: &str) -> Self {
        Self { ceptoar_id: ceptoar_id.to_owned(), organisation_id: None, handles: false }
    }

    fn is_desk_of(&self, a: &Affiliation) -> bool {
        a.ceptoar_id.as_deref() == Some(self.ceptoar_id.as_str())
    }

    fn is_own_firm_of(&self, a: &Affiliation) -> bool {
        self.organisation_id == Some(a.organisation_id) && a.ceptoar_id.as_ref().is_none_or(|c| *c == self.ceptoar_id)
    }
}

impl From<DirectoryAction> for Action {
    fn from(action: DirectoryAction) -> Self {
        Self::Directory(action)
    }
}

impl DirectoryAction {
    /// Whether a duty in this role may do it at all.
    #[must_use]
    pub fn is_for(self, role: Role) -> bool {
        match role {
            Role::Secretariat => match self {
                Self::LookAtRoster
                | Self::LookAtMember
                | Self::SeeWindows
                | Self::LookBack
                | Self::KeepMember
                | Self::KeepWindow
                | Self::SeeProposals => true,
                Self::Propose => false,
            },
            Role::Coordinator => match self {
                Self::LookAtRoster | Self::LookAtMember | Self::SeeWindows => true,
                Self::LookBack | Self::KeepMember | Self::KeepWindow | Self::Propose | Self::SeeProposals => false,
            },
            Role::MemberAdmin => match self {
                Self::LookAtMember
                | Self::SeeWindows
                | Self::LookBack
                | Self::KeepWindow
                | Self::Propose
                | Self::SeeProposals => true,
                Self::LookAtRoster | Self::KeepMember => false,
            },
            Role::MemberPoc | Role::HubMember => match self {
                Self::LookAtMember | Self::SeeWindows | Self::LookBack | Self::KeepWindow => true,
                Self::LookAtRoster | Self::KeepMember | Self::Propose | Self::SeeProposals => false,
            },
            Role::NiscAnalyst | Role::NiscApprover => match self {
                Self::LookAtRoster | Self::LookAtMember | Self::SeeProposals => true,
                Self::SeeWindows | Self::LookBack | Self::KeepMember | Self::KeepWindow | Self::Propose => false,
            },
            Role::MinistryLiaison
            | Role::MemberReader
            | Role::CouncilDelegate
            | Role::WgChair
            | Role::CouncilObserver
            | Role::Auditor
            | Role::SystemAdmin => false,
        }
    }

    fn fits(self, a: &Affiliation, object: &RosterFacts) -> bool {
        match a.role {
            Role::Secretariat | Role::Coordinator => object.is_desk_of(a),
            Role::MemberAdmin => object.is_own_firm_of(a),
            Role::MemberPoc | Role::HubMember => {
                object.is_own_firm_of(a) && (self != Self::KeepWindow || object.handles)
            }
            Role::NiscAnalyst | Role::NiscApprover => true,
            Role::MinistryLiaison
            | Role::MemberReader
            | Role::CouncilDelegate
            | Role::WgChair
            | Role::CouncilObserver
            | Role::Auditor
            | Role::SystemAdmin => false,
        }
    }
}

impl Act for DirectoryAction {
    type Object = RosterFacts;

    fn permitted(self, viewer: &Viewer, object: &RosterFacts) -> bool {
        viewer.affiliations.iter().any(|a| self.is_for(a.role) && self.fits(a, object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::can;
    use crate::features::access::viewer::tests::wearing;

    fn at(ceptoar: &str, organisation: Option<OrganisationId>, handles: bool) -> RosterFacts {
        RosterFacts { ceptoar_id: ceptoar.to_owned(), organisation_id: organisation, handles }
    }

    #[test]
    fn a_desk_keeps_its_own_ceptoar_and_no_other() {
        let desk = wearing(Role::Secretariat);
        let firm = Some(OrganisationId::random());
        for action in [DirectoryAction::LookAtRoster, DirectoryAction::KeepMember, DirectoryAction::KeepWindow] {
            assert!(can(&desk, action, &at("banks", firm, false)));
            assert!(!can(&desk, action, &at("power", firm, true)));
        }
        let coordinator = wearing(Role::Coordinator);
        assert!(can(&coordinator, DirectoryAction::SeeWindows, &at("banks", firm, false)));
        assert!(!can(&coordinator, DirectoryAction::KeepWindow, &at("banks", firm, false)));
    }

    #[test]
    fn a_firm_keeps_its_own_windows_by_its_keeper_and_its_handlers() {
        let admin = wearing(Role::MemberAdmin);
        let poc = wearing(Role::MemberPoc);
        let own = Some(admin.affiliations[0].organisation_id);
        assert!(can(&admin, DirectoryAction::KeepWindow, &at("banks", own, false)));
        assert!(!can(&admin, DirectoryAction::KeepWindow, &at("power", own, false)));
        assert!(!can(&admin, DirectoryAction::KeepWindow, &at("banks", Some(OrganisationId::random()), true)));
        assert!(!can(&admin, DirectoryAction::KeepMember, &at("banks", own, true)));
        let own = Some(poc.affiliations[0].organisation_id);
        assert!(can(&poc, DirectoryAction::KeepWindow, &at("banks", own, true)));
        assert!(
            !can(&poc, DirectoryAction::KeepWindow, &at("banks", own, false)),
            "who handles nothing appoints nobody"
        );
        assert!(can(&poc, DirectoryAction::SeeWindows, &at("banks", own, false)));
    }

    #[test]
    fn a_firm_proposes_by_its_keeper_alone_and_the_desk_decides() {
        let admin = wearing(Role::MemberAdmin);
        let own = Some(admin.affiliations[0].organisation_id);
        let other = Some(OrganisationId::random());
        for action in [DirectoryAction::Propose, DirectoryAction::SeeProposals] {
            assert!(can(&admin, action, &at("banks", own, false)));
            assert!(!can(&admin, action, &at("power", own, false)));
            assert!(!can(&admin, action, &at("banks", other, false)));
            assert!(!can(&admin, action, &RosterFacts::whole("banks")), "not what the others propose");
        }
        for role in [Role::MemberPoc, Role::HubMember] {
            let poc = wearing(role);
            let own = Some(poc.affiliations[0].organisation_id);
            assert!(!can(&poc, DirectoryAction::Propose, &at("banks", own, true)));
            assert!(!can(&poc, DirectoryAction::SeeProposals, &at("banks", own, true)));
        }
        let desk = wearing(Role::Secretariat);
        assert!(can(&desk, DirectoryAction::SeeProposals, &at("banks", other, false)));
        assert!(!can(&desk, DirectoryAction::SeeProposals, &at("power", other, false)));
        assert!(!can(&desk, DirectoryAction::Propose, &at("banks", other, true)), "it changes things itself");
        let analyst = wearing(Role::NiscAnalyst);
        assert!(can(&analyst, DirectoryAction::SeeProposals, &RosterFacts::whole("banks")));
        let coordinator = wearing(Role::Coordinator);
        assert!(!can(&coordinator, DirectoryAction::SeeProposals, &at("banks", other, false)));
    }

    #[test]
    fn the_centre_sees_who_is_a_member_and_no_window() {
        let analyst = wearing(Role::NiscAnalyst);
        assert!(can(&analyst, DirectoryAction::LookAtRoster, &RosterFacts::whole("banks")));
        assert!(!can(&analyst, DirectoryAction::SeeWindows, &at("banks", Some(OrganisationId::random()), true)));
        let reader = wearing(Role::MemberReader);
        let own = Some(reader.affiliations[0].organisation_id);
        assert!(!can(&reader, DirectoryAction::LookAtMember, &at("banks", own, false)));
    }
}
