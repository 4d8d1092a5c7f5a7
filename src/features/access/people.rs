//! Who keeps whose accounts (docs/decisions/0017). The database says the same in `people_reaches` and
//! `people_standing`; each holds without the other.
//!
//! Nobody keeps their own account, nobody gives what is outside their reach, and nobody at all sets another
//! person's password or authenticators: every action ends in a link that goes to the person alone.

use super::action::{Action, DutyAction, PeopleAction, PersonAction};
use super::decision::Act;
use super::role::Role;
use super::viewer::{Affiliation, Viewer};
use crate::kernel::ids::{AccountId, OrganisationId};

/// What somebody is, was or would be: the part of a duty that deciding needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hat {
    /// In which role.
    pub role: Role,
    /// In which organisation.
    pub organisation_id: OrganisationId,
    /// For which CEPTOAR.
    pub ceptoar_id: Option<String>,
}

/// How high somebody stands who keeps an account: only as high or higher lifts a suspension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeeperRank {
    /// Keeps one firm's people.
    Firm,
    /// Keeps a CEPTOAR's desk.
    Secretariat,
    /// Keeps staff.
    Staff,
}

impl KeeperRank {
    /// The rank of a value in the database; what is not known stands highest.
    #[must_use]
    pub fn from_stored(value: i16) -> Self {
        match value {
            1 => Self::Firm,
            2 => Self::Secretariat,
            i16::MIN..=0 | 3..=i16::MAX => Self::Staff,
        }
    }
}

/// A person, as far as the viewer keeps them.
#[derive(Debug, Clone)]
pub struct PersonFacts {
    /// The account.
    pub account_id: AccountId,
    /// The duties that the database found within the viewer's reach.
    pub hats: Vec<Hat>,
    /// Whether everything that counts of this person is among them.
    pub whole: bool,
    /// Whether no single secretariat and no single firm keeps all of it.
    pub split: bool,
    /// Whether they hold a role of staff.
    pub staff: bool,
    /// Whether the viewer keeps their oldest live duty, and so holds the emergency brake.
    pub brake: bool,
    /// The rank of whoever suspended them, while they are suspended.
    pub suspended_by: Option<KeeperRank>,
}

/// One duty of somebody.
#[derive(Debug, Clone)]
pub struct DutyFacts {
    /// Whose; `None` for somebody known by address only.
    pub account_id: Option<AccountId>,
    /// Which.
    pub hat: Hat,
    /// Whether the firm has somebody of its own to ask, besides the viewer and this person. Only giving asks.
    pub firm_answers: bool,
}

impl DutyFacts {
    /// A duty of somebody, where nothing is given, or a firm is to be asked for sure.
    #[must_use]
    pub fn of(account_id: Option<AccountId>, hat: Hat) -> Self {
        Self { account_id, hat, firm_answers: true }
    }
}

impl Role {
    /// Whether it is a duty at a member, which the firm consents to.
    #[must_use]
    pub fn is_members(self) -> bool {
        match self {
            Self::MemberPoc | Self::MemberReader | Self::HubMember | Self::MemberAdmin => true,
            Self::NiscAnalyst
            | Self::NiscApprover
            | Self::MinistryLiaison
            | Self::Secretariat
            | Self::CouncilDelegate
            | Self::WgChair
            | Self::CouncilObserver
            | Self::Auditor
            | Self::SystemAdmin
            | Self::Coordinator => false,
        }
    }

    /// Whether it takes two persons to give this role.
    #[must_use]
    pub fn is_staff(self) -> bool {
        match self {
            Self::NiscAnalyst
            | Self::NiscApprover
            | Self::MinistryLiaison
            | Self::Secretariat
            | Self::CouncilDelegate
            | Self::WgChair
            | Self::CouncilObserver
            | Self::Auditor
            | Self::SystemAdmin => true,
            Self::Coordinator | Self::MemberPoc | Self::MemberReader | Self::HubMember | Self::MemberAdmin => false,
        }
    }
}

impl Viewer {
    /// Whether the viewer keeps accounts of members' people anywhere.
    #[must_use]
    pub fn keeps_members(&self) -> bool {
        self.has(Role::Secretariat) || self.has(Role::MemberAdmin)
    }

    /// Whether the viewer handles items for a member: such a person answers for a firm that has no keeper.
    #[must_use]
    pub fn handles_for_a_member(&self) -> bool {
        self.has(Role::MemberPoc) || self.has(Role::HubMember)
    }

    /// Whether the viewer asks for, and confirms, roles of staff.
    #[must_use]
    pub fn keeps_staff(&self) -> bool {
        self.has(Role::NiscApprover) || self.has(Role::SystemAdmin)
    }

    /// The CEPTOARs whose members' accounts the viewer keeps.
    #[must_use]
    pub fn kept_ceptoars(&self) -> Vec<&str> {
        let desks = self.affiliations.iter().filter(|a| a.role == Role::Secretariat);
        desks.filter_map(|a| a.ceptoar_id.as_deref()).collect()
    }

    /// With which rank the viewer keeps a person with these duties.
    #[must_use]
    pub fn rank_over(&self, hats: &[Hat]) -> KeeperRank {
        let desk = |hat: &Hat| match hat.role {
            Role::MemberPoc | Role::MemberReader | Role::HubMember | Role::MemberAdmin => self.keeps_desk_of(hat),
            Role::Coordinator => self.reaches(hat),
            Role::NiscAnalyst
            | Role::NiscApprover
            | Role::MinistryLiaison
            | Role::Secretariat
            | Role::CouncilDelegate
            | Role::WgChair
            | Role::CouncilObserver
            | Role::Auditor
            | Role::SystemAdmin => false,
        };
        if self.keeps_staff() {
            KeeperRank::Staff
        } else if hats.iter().any(desk) {
            KeeperRank::Secretariat
        } else {
            KeeperRank::Firm
        }
    }

    /// Whether the viewer keeps a duty like this one.
    #[must_use]
    pub fn reaches(&self, hat: &Hat) -> bool {
        match hat.role {
            Role::MemberPoc | Role::MemberReader | Role::HubMember | Role::MemberAdmin => {
                self.keeps_desk_of(hat) || self.keeps_firm_of(hat)
            }
            Role::Coordinator => {
                let same = |a: &Affiliation| a.organisation_id == hat.organisation_id && a.ceptoar_id == hat.ceptoar_id;
                hat.ceptoar_id.is_some() && self.affiliations.iter().any(|a| a.role == Role::Secretariat && same(a))
            }
            Role::NiscAnalyst
            | Role::NiscApprover
            | Role::MinistryLiaison
            | Role::Secretariat
            | Role::CouncilDelegate
            | Role::WgChair
            | Role::CouncilObserver
            | Role::Auditor
            | Role::SystemAdmin => self.keeps_staff(),
        }
    }

    pub(super) fn keeps_desk_of(&self, hat: &Hat) -> bool {
        hat.ceptoar_id.as_deref().is_some_and(|ceptoar| self.kept_ceptoars().contains(&ceptoar))
    }

    /// Whether the viewer keeps the people of the firm of this duty.
    #[must_use]
    pub fn keeps_firm_of(&self, hat: &Hat) -> bool {
        self.affiliations.iter().any(|a| a.role == Role::MemberAdmin && a.organisation_id == hat.organisation_id)
    }
}

impl PersonFacts {
    fn seen_by(&self, viewer: &Viewer) -> bool {
        self.hats.iter().any(|hat| viewer.reaches(hat))
            || (viewer.has(Role::SystemAdmin) && (self.split || self.shut_by_staff()))
    }

    /// Whoever was shut out by a keeper of staff is let in by their like, whatever changed meanwhile.
    fn shut_by_staff(&self) -> bool {
        self.suspended_by == Some(KeeperRank::Staff)
    }

    /// Shutting somebody out is an emergency brake: a duty that others added later does not take it away.
    fn shut_by(&self, viewer: &Viewer) -> bool {
        let brake = self.brake && !self.staff && self.hats.iter().any(|hat| viewer.reaches(hat));
        self.kept_by(viewer) || (self.account_id != viewer.account_id && brake)
    }

    fn lifted_by(&self, viewer: &Viewer) -> bool {
        let keeps = self.shut_by(viewer)
            || (self.account_id != viewer.account_id && self.shut_by_staff() && viewer.has(Role::SystemAdmin));
        keeps && self.suspended_by.is_none_or(|rank| viewer.rank_over(&self.hats) >= rank)
    }

    /// All of the person is the viewer's to keep: what one keeper does must not reach into another's firm.
    fn kept_by(&self, viewer: &Viewer) -> bool {
        let whole = self.whole && !self.hats.is_empty() && self.hats.iter().all(|hat| viewer.reaches(hat));
        let beyond_others = viewer.has(Role::SystemAdmin) && (self.split || self.staff);
        self.account_id != viewer.account_id && self.seen_by(viewer) && (whole || beyond_others)
    }
}

impl Act for PersonAction {
    type Object = PersonFacts;

    fn permitted(self, viewer: &Viewer, person: &PersonFacts) -> bool {
        match self {
            Self::Look => person.seen_by(viewer),
            Self::Suspend | Self::EndSessions => person.shut_by(viewer),
            Self::Lift => person.lifted_by(viewer),
            Self::StartReset | Self::Resend => person.kept_by(viewer),
            Self::StartRecovery => person.kept_by(viewer) && !person.staff,
            Self::AskRecovery => person.kept_by(viewer) && person.staff,
        }
    }
}

impl Act for DutyAction {
    type Object = DutyFacts;

    fn permitted(self, viewer: &Viewer, duty: &DutyFacts) -> bool {
        let anothers = duty.account_id != Some(viewer.account_id);
        // The desk gives a firm nobody over its head.
        let asks_firm = duty.hat.role.is_members() && !viewer.keeps_firm_of(&duty.hat) && duty.firm_answers;
        match self {
            Self::See => viewer.reaches(&duty.hat),
            Self::Give => anothers && !duty.hat.role.is_staff() && viewer.reaches(&duty.hat) && !asks_firm,
            Self::Propose => anothers && viewer.keeps_desk_of(&duty.hat) && asks_firm,
            Self::Ask => anothers && duty.hat.role.is_staff() && viewer.reaches(&duty.hat),
            Self::End => anothers && viewer.reaches(&duty.hat),
        }
    }
}

impl From<PersonAction> for Action {
    fn from(action: PersonAction) -> Self {
        Self::People(PeopleAction::Person(action))
    }
}

impl From<DutyAction> for Action {
    fn from(action: DutyAction) -> Self {
        Self::People(PeopleAction::Duty(action))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::{FirstWall, can};
    use crate::kernel::ids::SessionId;

    fn viewer(role: Role, organisation_id: OrganisationId, ceptoar: Option<&str>) -> Viewer {
        Viewer {
            account_id: AccountId::random(),
            session_id: SessionId::random(),
            display_name: String::new(),
            affiliations: vec![Affiliation {
                role,
                organisation_id,
                organisation_ja: String::new(),
                organisation_en: String::new(),
                ceptoar_id: ceptoar.map(ToOwned::to_owned),
                contact_id: None,
            }],
            first_wall: FirstWall::Standing,
        }
    }

    fn hat(role: Role, organisation_id: OrganisationId, ceptoar: Option<&str>) -> Hat {
        Hat { role, organisation_id, ceptoar_id: ceptoar.map(ToOwned::to_owned) }
    }

    const MEMBERS: [Role; 4] = [Role::MemberPoc, Role::MemberReader, Role::HubMember, Role::MemberAdmin];

    #[test]
    fn who_keeps_a_desk_and_staff_gives_no_role_of_staff_alone() {
        let office = OrganisationId::random();
        let mut keeper = viewer(Role::Secretariat, office, Some("banks"));
        keeper.affiliations.extend(viewer(Role::NiscApprover, office, None).affiliations);
        for role in Role::ALL.into_iter().filter(|role| role.is_staff()) {
            let duty = DutyFacts { account_id: None, hat: hat(role, office, None), firm_answers: false };
            assert!(!can(&keeper, DutyAction::Give, &duty), "{role:?}");
            assert!(can(&keeper, DutyAction::Ask, &duty), "{role:?}");
        }
    }

    #[test]
    fn who_gives_which_role() {
        let (firm, other, desk) = (OrganisationId::random(), OrganisationId::random(), OrganisationId::random());
        for giver in Role::ALL {
            let place = if giver == Role::MemberAdmin { firm } else { desk };
            let viewer = viewer(giver, place, Some("banks"));
            for role in Role::ALL {
                for (organisation, ceptoar) in [
                    (firm, "banks"),
                    (firm, "life"),
                    (other, "banks"),
                    (other, "life"),
                    (desk, "banks"),
                    (desk, "life"),
                ] {
                    let duty = DutyFacts {
                        account_id: None,
                        hat: hat(role, organisation, Some(ceptoar)),
                        firm_answers: false,
                    };
                    let give = match giver {
                        Role::Secretariat => {
                            (MEMBERS.contains(&role) && ceptoar == "banks")
                                || (role == Role::Coordinator && organisation == desk && ceptoar == "banks")
                        }
                        Role::MemberAdmin => MEMBERS.contains(&role) && organisation == firm,
                        _ => false,
                    };
                    assert_eq!(can(&viewer, DutyAction::Give, &duty), give, "{giver:?} gives {role:?} {ceptoar}");
                    let ask = matches!(giver, Role::NiscApprover | Role::SystemAdmin) && role.is_staff();
                    assert_eq!(can(&viewer, DutyAction::Ask, &duty), ask, "{giver:?} asks for {role:?}");
                    // A firm that answers is asked by the desk, and by nobody else.
                    let asked = DutyFacts { firm_answers: true, ..duty.clone() };
                    let own_firm = giver == Role::MemberAdmin;
                    let proposes = giver == Role::Secretariat && MEMBERS.contains(&role) && ceptoar == "banks";
                    assert_eq!(can(&viewer, DutyAction::Propose, &asked), proposes, "{giver:?} proposes {role:?}");
                    let alone = give && (own_firm || role == Role::Coordinator);
                    assert_eq!(can(&viewer, DutyAction::Give, &asked), alone, "{giver:?} gives {role:?} alone");
                    assert!(!can(&viewer, DutyAction::Propose, &duty));
                    let own = DutyFacts { account_id: Some(viewer.account_id), ..duty };
                    for action in [DutyAction::Give, DutyAction::Propose, DutyAction::Ask, DutyAction::End] {
                        assert!(!can(&viewer, action, &own), "{giver:?} does {action:?} to themselves");
                    }
                }
            }
        }
    }

    #[test]
    fn an_account_is_kept_as_a_whole_or_not_at_all() {
        let firm = OrganisationId::random();
        let keeper = viewer(Role::MemberAdmin, firm, Some("banks"));
        let admin = viewer(Role::SystemAdmin, OrganisationId::random(), None);
        let mut person = PersonFacts {
            account_id: AccountId::random(),
            hats: vec![hat(Role::MemberPoc, firm, Some("banks"))],
            whole: true,
            split: false,
            staff: false,
            brake: false,
            suspended_by: None,
        };
        assert!(can(&keeper, PersonAction::Suspend, &person) && can(&keeper, PersonAction::StartRecovery, &person));
        assert!(!can(&admin, PersonAction::Suspend, &person) && !can(&admin, PersonAction::Look, &person));
        // A second firm gave this person another hat.
        person.whole = false;
        person.split = true;
        assert!(can(&keeper, PersonAction::Look, &person));
        for action in [PersonAction::Suspend, PersonAction::StartReset, PersonAction::EndSessions, PersonAction::Lift] {
            assert!(!can(&keeper, action, &person), "{action:?}");
            assert!(can(&admin, action, &person), "{action:?}");
        }
        // The emergency brake stays with whoever keeps the oldest duty; setting anything anew does not.
        person.brake = true;
        for action in [PersonAction::Suspend, PersonAction::EndSessions, PersonAction::Lift] {
            assert!(can(&keeper, action, &person), "{action:?}");
        }
        assert!(!can(&keeper, PersonAction::StartReset, &person));
        assert!(!can(&keeper, PersonAction::StartRecovery, &person));
        // Only as high a rank lifts.
        person.suspended_by = Some(KeeperRank::Secretariat);
        assert!(!can(&keeper, PersonAction::Lift, &person) && can(&admin, PersonAction::Lift, &person));
        person.suspended_by = Some(KeeperRank::Firm);
        assert!(can(&keeper, PersonAction::Lift, &person));
        person.staff = true;
        assert!(!can(&keeper, PersonAction::Suspend, &person), "no brake for staff");
        (person.staff, person.brake, person.suspended_by) = (false, false, None);
        person.account_id = keeper.account_id;
        person.whole = true;
        assert!(!can(&keeper, PersonAction::Lift, &person), "never one's own");
        // The code decides by the duties themselves, whatever the database answers.
        person.account_id = AccountId::random();
        person.hats.push(hat(Role::MemberPoc, OrganisationId::random(), Some("life")));
        assert!(!can(&keeper, PersonAction::Suspend, &person));
    }
}
