//! Who keeps the directory: a desk its members and their windows, a firm its own windows.

use super::action::{Action, DirectoryAction};
use super::decision::Act;
use super::role::Role;
use super::viewer::{Affiliation, Viewer};
use crate::kernel::ids::OrganisationId;

/// As what a body is on the road of a CEPTOAR; of several the first that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// 構成員.
    Member,
    /// 連携機関.
    Partner,
    /// 事務局.
    Secretariat,
    /// 所管省庁.
    Ministry,
    /// 地方機関.
    Regional,
}

impl Standing {
    /// Whether the desk of the CEPTOAR may do that with such a body. What secretariats and ministries are called, and
    /// since when they are what they are, is not in the desk's hands; the windows of an authority are not either.
    fn is_in_hands_of_desk(self, action: DirectoryAction) -> bool {
        match self {
            Self::Member | Self::Partner => true,
            Self::Secretariat => match action {
                DirectoryAction::LookAtRoster
                | DirectoryAction::LookAtMember
                | DirectoryAction::SeeWindows
                | DirectoryAction::LookBack
                | DirectoryAction::KeepWindow => true,
                DirectoryAction::KeepMember
                | DirectoryAction::Propose
                | DirectoryAction::SeeProposals
                | DirectoryAction::KeepRoute => false,
            },
            Self::Ministry | Self::Regional => match action {
                DirectoryAction::LookAtRoster | DirectoryAction::LookAtMember | DirectoryAction::SeeWindows => true,
                DirectoryAction::LookBack
                | DirectoryAction::KeepMember
                | DirectoryAction::KeepWindow
                | DirectoryAction::Propose
                | DirectoryAction::SeeProposals
                | DirectoryAction::KeepRoute => false,
            },
        }
    }
}

/// What has to be known of a body on the road of a CEPTOAR, or of its whole roster, to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterFacts {
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// The body; `None` where the roster as a whole is meant.
    pub organisation_id: Option<OrganisationId>,
    /// As what it is there.
    pub standing: Standing,
    /// Whether the viewer handles items for this member: answers for a window that is a designated handler, or for
    /// the member as a whole.
    pub handles: bool,
}

impl RosterFacts {
    /// The roster as a whole.
    #[must_use]
    pub fn whole(ceptoar_id: &str) -> Self {
        Self { ceptoar_id: ceptoar_id.to_owned(), organisation_id: None, standing: Standing::Member, handles: false }
    }

    /// A body, where it does not matter what the viewer handles.
    #[must_use]
    pub fn of(ceptoar_id: &str, organisation: OrganisationId, standing: Standing) -> Self {
        Self { organisation_id: Some(organisation), standing, ..Self::whole(ceptoar_id) }
    }

    fn is_desk_of(&self, a: &Affiliation) -> bool {
        a.ceptoar_id.as_deref() == Some(self.ceptoar_id.as_str())
    }

    fn is_own_firm_of(&self, a: &Affiliation) -> bool {
        self.organisation_id == Some(a.organisation_id) && a.ceptoar_id.as_ref().is_none_or(|c| *c == self.ceptoar_id)
    }

    fn is_own_authority_of(&self, a: &Affiliation) -> bool {
        matches!(self.standing, Standing::Ministry | Standing::Regional)
            && self.organisation_id == Some(a.organisation_id)
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
                Self::Propose | Self::KeepRoute => false,
            },
            Role::Coordinator => match self {
                Self::LookAtRoster | Self::LookAtMember | Self::SeeWindows => true,
                Self::LookBack
                | Self::KeepMember
                | Self::KeepWindow
                | Self::Propose
                | Self::SeeProposals
                | Self::KeepRoute => false,
            },
            Role::MemberAdmin => match self {
                Self::LookAtMember
                | Self::SeeWindows
                | Self::LookBack
                | Self::KeepWindow
                | Self::Propose
                | Self::SeeProposals => true,
                Self::LookAtRoster | Self::KeepMember | Self::KeepRoute => false,
            },
            Role::MemberPoc | Role::HubMember => match self {
                Self::LookAtMember | Self::SeeWindows | Self::LookBack | Self::KeepWindow => true,
                Self::LookAtRoster | Self::KeepMember | Self::Propose | Self::SeeProposals | Self::KeepRoute => false,
            },
            Role::NiscAnalyst => match self {
                Self::LookAtRoster | Self::LookAtMember | Self::SeeProposals => true,
                Self::SeeWindows
                | Self::LookBack
                | Self::KeepMember
                | Self::KeepWindow
                | Self::Propose
                | Self::KeepRoute => false,
            },
            Role::NiscApprover => match self {
                Self::LookAtRoster | Self::LookAtMember | Self::SeeProposals | Self::KeepRoute => true,
                Self::SeeWindows | Self::LookBack | Self::KeepMember | Self::KeepWindow | Self::Propose => false,
            },
            Role::MinistryLiaison => match self {
                Self::LookAtMember | Self::SeeWindows | Self::LookBack | Self::KeepWindow => true,
                Self::LookAtRoster | Self::KeepMember | Self::Propose | Self::SeeProposals | Self::KeepRoute => false,
            },
            Role::MemberReader
            | Role::CouncilDelegate
            | Role::WgChair
            | Role::CouncilObserver
            | Role::Auditor
            | Role::SystemAdmin => false,
        }
    }

    fn fits(self, a: &Affiliation, object: &RosterFacts) -> bool {
        match a.role {
            Role::Secretariat | Role::Coordinator => object.is_desk_of(a) && object.standing.is_in_hands_of_desk(self),
            Role::MemberAdmin => object.is_own_firm_of(a),
            Role::MemberPoc | Role::HubMember => {
                object.is_own_firm_of(a) && (self != Self::KeepWindow || object.handles)
            }
            Role::NiscAnalyst | Role::NiscApprover => true,
            Role::MinistryLiaison => object.is_own_authority_of(a),
            Role::MemberReader
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
        RosterFacts { organisation_id: organisation, handles, ..RosterFacts::whole(ceptoar) }
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
    fn a_desk_keeps_the_windows_of_its_secretariats_and_a_ministry_its_own() {
        let desk = wearing(Role::Secretariat);
        let office = OrganisationId::random();
        let secretariat = RosterFacts::of("banks", office, Standing::Secretariat);
        let ministry = RosterFacts::of("banks", office, Standing::Ministry);
        assert!(can(&desk, DirectoryAction::KeepWindow, &secretariat));
        assert!(!can(&desk, DirectoryAction::KeepMember, &secretariat), "what it is called comes from elsewhere");
        assert!(!can(&desk, DirectoryAction::KeepWindow, &RosterFacts::of("power", office, Standing::Secretariat)));
        assert!(can(&desk, DirectoryAction::SeeWindows, &ministry));
        for action in [DirectoryAction::KeepWindow, DirectoryAction::KeepMember, DirectoryAction::LookBack] {
            assert!(!can(&desk, action, &ministry));
        }
        let liaison = wearing(Role::MinistryLiaison);
        let own = liaison.affiliations[0].organisation_id;
        for action in [DirectoryAction::LookAtMember, DirectoryAction::SeeWindows, DirectoryAction::KeepWindow] {
            assert!(can(&liaison, action, &RosterFacts::of("banks", own, Standing::Ministry)));
            assert!(!can(&liaison, action, &ministry), "another ministry");
            for standing in [Standing::Member, Standing::Partner, Standing::Secretariat] {
                assert!(!can(&liaison, action, &RosterFacts::of("banks", own, standing)));
            }
        }
        assert!(!can(&liaison, DirectoryAction::LookAtRoster, &RosterFacts::whole("banks")));
        assert!(!can(&liaison, DirectoryAction::KeepWindow, &RosterFacts::whole("banks")));
    }

    #[test]
    fn the_centre_sees_who_is_a_member_and_no_window() {
        let analyst = wearing(Role::NiscAnalyst);
        assert!(can(&analyst, DirectoryAction::LookAtRoster, &RosterFacts::whole("banks")));
        assert!(!can(&analyst, DirectoryAction::SeeWindows, &at("banks", Some(OrganisationId::random()), true)));
        for role in Role::ALL {
            let keeps = can(&wearing(role), DirectoryAction::KeepRoute, &RosterFacts::whole("banks"));
            assert_eq!(keeps, role == Role::NiscApprover, "{role:?}");
        }
        let reader = wearing(Role::MemberReader);
        let own = Some(reader.affiliations[0].organisation_id);
        assert!(!can(&reader, DirectoryAction::LookAtMember, &at("banks", own, false)));
    }
}
