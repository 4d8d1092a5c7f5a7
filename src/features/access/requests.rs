//! Requests of two persons: who is the second one. For roles of staff it is another keeper of staff, for a duty at a
//! member it is the firm (docs/decisions/0022). The database says the same in `people_consents` and `people_decide`.

use super::action::{Action, PeopleAction, RequestAction};
use super::decision::Act;
use super::people::Hat;
use super::role::Role;
use super::viewer::{Affiliation, Viewer};
use crate::kernel::ids::AccountId;

/// What a firm is asked for: a duty of its own.
#[derive(Debug, Clone)]
pub struct FirmFacts {
    /// Which duty.
    pub hat: Hat,
    /// Whether its handlers answer, because nobody else keeps its people.
    pub handlers_answer: bool,
}

/// A request of two persons.
#[derive(Debug, Clone)]
pub struct RequestFacts {
    /// Whom it concerns.
    pub account_id: AccountId,
    /// Who asked.
    pub asked_by: AccountId,
    /// Whether it still waits.
    pub waiting: bool,
    /// The firm that is the second person; `None` where keepers of staff are.
    pub firm: Option<FirmFacts>,
}

impl Viewer {
    /// Whether the viewer is the one whom a firm's consent is asked of.
    fn answers_for(&self, firm: &FirmFacts) -> bool {
        let handles = |a: &Affiliation| {
            (a.role == Role::MemberPoc || a.role == Role::HubMember) && a.organisation_id == firm.hat.organisation_id
        };
        self.keeps_firm_of(&firm.hat) || (firm.handlers_answer && self.affiliations.iter().any(handles))
    }
}

impl Act for RequestAction {
    type Object = RequestFacts;

    fn permitted(self, viewer: &Viewer, request: &RequestFacts) -> bool {
        let concerned = request.account_id == viewer.account_id;
        let asker = request.asked_by == viewer.account_id;
        let (asks, decides) = match &request.firm {
            Some(firm) => (viewer.keeps_desk_of(&firm.hat), viewer.answers_for(firm)),
            None => (viewer.keeps_staff(), viewer.keeps_staff()),
        };
        match self {
            Self::Look => asks || decides,
            Self::Confirm | Self::Refuse => request.waiting && decides && !concerned && !asker,
            Self::Withdraw => request.waiting && asks && asker,
        }
    }
}

impl From<RequestAction> for Action {
    fn from(action: RequestAction) -> Self {
        Self::People(PeopleAction::Request(action))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::{FirstWall, can};
    use crate::kernel::ids::{OrganisationId, SessionId};

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

    #[test]
    fn two_persons_are_two() {
        let approver = viewer(Role::NiscApprover, OrganisationId::random(), None);
        let request = |account_id, asked_by| RequestFacts { account_id, asked_by, waiting: true, firm: None };
        let (one, two, me) = (AccountId::random(), AccountId::random(), approver.account_id);
        assert!(can(&approver, RequestAction::Confirm, &request(one, two)));
        assert!(!can(&approver, RequestAction::Confirm, &request(me, two)), "concerned");
        assert!(!can(&approver, RequestAction::Confirm, &request(one, me)), "asked");
        assert!(can(&approver, RequestAction::Withdraw, &request(one, me)));
        assert!(!can(&approver, RequestAction::Withdraw, &request(one, two)));
        let done = RequestFacts { waiting: false, ..request(one, two) };
        assert!(!can(&approver, RequestAction::Confirm, &done));
        let analyst = viewer(Role::NiscAnalyst, OrganisationId::random(), None);
        assert!(!can(&analyst, RequestAction::Confirm, &request(one, two)));
        assert!(!can(&analyst, RequestAction::Look, &request(one, two)));
    }

    #[test]
    fn the_firm_is_the_second_person() {
        let (firm, other) = (OrganisationId::random(), OrganisationId::random());
        let facts = |asked_by, account_id, handlers_answer| RequestFacts {
            account_id,
            asked_by,
            waiting: true,
            firm: Some(FirmFacts { hat: hat(Role::MemberPoc, firm, Some("banks")), handlers_answer }),
        };
        let (desk, named) = (AccountId::random(), AccountId::random());
        for (role, place, ceptoar, handlers_answer, looks, decides) in [
            (Role::MemberAdmin, firm, "banks", false, true, true),
            (Role::MemberAdmin, firm, "life", false, true, true),
            (Role::MemberAdmin, other, "banks", false, false, false),
            (Role::MemberPoc, firm, "banks", false, false, false),
            (Role::MemberPoc, firm, "banks", true, true, true),
            (Role::HubMember, firm, "life", true, true, true),
            (Role::MemberPoc, other, "banks", true, false, false),
            (Role::MemberReader, firm, "banks", true, false, false),
            (Role::Secretariat, other, "banks", true, true, false),
            (Role::Secretariat, other, "life", true, false, false),
            (Role::NiscApprover, other, "banks", true, false, false),
            (Role::SystemAdmin, other, "banks", true, false, false),
        ] {
            let viewer = viewer(role, place, Some(ceptoar));
            let request = facts(desk, named, handlers_answer);
            assert_eq!(can(&viewer, RequestAction::Look, &request), looks, "{role:?} {ceptoar}");
            for action in [RequestAction::Confirm, RequestAction::Refuse] {
                assert_eq!(can(&viewer, action, &request), decides, "{role:?} {action:?}");
                let (asked, about) = (facts(viewer.account_id, named, true), facts(desk, viewer.account_id, true));
                assert!(!can(&viewer, action, &asked) && !can(&viewer, action, &about), "{role:?} {action:?}");
            }
            assert!(!can(&viewer, RequestAction::Withdraw, &request));
            let own = facts(viewer.account_id, named, handlers_answer);
            let desk = role == Role::Secretariat && ceptoar == "banks";
            assert_eq!(can(&viewer, RequestAction::Withdraw, &own), desk, "{role:?}");
        }
    }
}
