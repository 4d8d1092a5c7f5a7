//! Rights over an advisory (情報提供): who may know of it, read it, write it, approve it.
//!
//! docs/security-walls.md has the same as a table. Row security decides it once more, in SQL of its own
//! (`viewer_items`, `viewer_hats`, `viewer_drafts`); neither asks the other.

use super::action::AdvisoryAction;
use super::decision::Act;
use super::role::Role;
use super::viewer::{Affiliation, FirstWall, Viewer};
use crate::kernel::ids::{AccountId, ContactId, OrganisationId};
use crate::kernel::language::{Label, Language};
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};
use crate::kernel::stage::Stage;

/// Where an advisory stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum State {
    /// Being written.
    Draft,
    /// Waiting for another person's approval.
    Review,
    /// Approved for a time that has not come.
    Approved,
    /// On its way; nothing about it changes any more.
    Published,
}

impl State {
    /// The value in the database, and of the badge's class.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Review => "review",
            Self::Approved => "approved",
            Self::Published => "published",
        }
    }
}

impl Label for State {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Draft => language.pick("下書き", "Draft"),
            Self::Review => language.pick("承認待ち", "Awaiting approval"),
            Self::Approved => language.pick("発出待ち", "Awaiting its time"),
            Self::Published => language.pick("発出済", "Published"),
        }
    }
}

/// That an item reaches an organisation: a row of its frozen audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The CEPTOAR whose route it is.
    pub ceptoar_id: String,
    /// The hop.
    pub stage: Stage,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// The desk on the way has not passed it on.
    pub held: bool,
    /// … or to the designated handlers alone, though the item might go further.
    pub handlers_only: bool,
    /// A newer version is there, for this organisation on this hop.
    pub superseded: bool,
    /// … and it takes everything back.
    pub withdrawn: bool,
}

/// What has to be known of an item to decide about it, as far as it concerns the viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvisoryFacts {
    /// Where it stands.
    pub state: State,
    /// Shared-scope axis.
    pub level: SharingLevel,
    /// Handler axis.
    pub handler_scope: HandlerScope,
    /// An unpublished one: whether it is the next version of another.
    pub follows: bool,
    /// Who began it.
    pub created_by: AccountId,
    /// Who saved it last.
    pub last_edited_by: AccountId,
    /// Who submitted it.
    pub submitted_by: Option<AccountId>,
    /// Who approved it.
    pub approved_by: Option<AccountId>,
    /// Which of the viewer's organisations it reaches, and how.
    pub reaches: Vec<Reach>,
    /// The viewer's windows that it names.
    pub named: Vec<ContactId>,
    /// The viewer's windows that are designated handlers today.
    pub handler_windows: Vec<ContactId>,
}

/// Through which hop, for which organisation and in which role an item reaches the viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hat {
    /// The CEPTOAR whose route it is.
    pub ceptoar_id: String,
    /// The hop.
    pub stage: Stage,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// What the viewer is there.
    pub role: Role,
    /// The window that the viewer answers for.
    pub contact_id: Option<ContactId>,
    /// This hat sees the envelope only.
    pub sealed: bool,
    /// The desk passed it on to designated handlers alone.
    pub handlers_only: bool,
    /// A newer version has come to it, or has taken the place of what it has.
    pub superseded: bool,
    /// … and it takes everything back.
    pub withdrawn: bool,
}

impl Hat {
    /// Whether it answers for an organisation and may read the item.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.role.acknowledges() && !self.sealed
    }

    /// Whether an acknowledgement is asked of this hat. What is old is answered no more.
    #[must_use]
    pub fn acknowledges(&self) -> bool {
        self.answers() && !self.superseded
    }
}

impl AdvisoryFacts {
    /// Whether the viewer wrote, submitted or approved it.
    #[must_use]
    pub fn on_case_team(&self, viewer: &Viewer) -> bool {
        let team = [Some(self.created_by), Some(self.last_edited_by), self.submitted_by, self.approved_by];
        team.contains(&Some(viewer.account_id))
    }

    /// The viewer's hats: one for each way in which the published item reaches them. Two hats owe two
    /// acknowledgements and see two delivery lists.
    #[must_use]
    pub fn hats(&self, viewer: &Viewer) -> Vec<Hat> {
        if self.state != State::Published {
            return Vec::new();
        }
        let pairs = viewer.affiliations.iter().flat_map(|a| self.reaches.iter().map(move |reach| (a, reach)));
        pairs
            .filter(|(a, reach)| a.organisation_id == reach.organisation_id && !reach.held)
            .filter(|(a, reach)| viewer.first_wall == FirstWall::OpenForTests || self.fits(a, reach))
            .map(|(a, reach)| Hat {
                ceptoar_id: reach.ceptoar_id.clone(),
                stage: reach.stage,
                organisation_id: reach.organisation_id,
                role: a.role,
                contact_id: a.contact_id,
                // Who passes a RED item on knows that it exists; what it says is for the named persons.
                sealed: self.level == SharingLevel::Red && reach.stage != Stage::Member,
                handlers_only: reach.handlers_only,
                superseded: reach.superseded,
                withdrawn: reach.withdrawn,
            })
            .collect()
    }

    /// Whether the hop is one that this role stands on.
    fn fits(&self, a: &Affiliation, reach: &Reach) -> bool {
        match a.role {
            Role::Secretariat | Role::Coordinator => {
                reach.stage == Stage::Secretariat && a.ceptoar_id.as_deref() == Some(reach.ceptoar_id.as_str())
            }
            Role::MinistryLiaison => matches!(reach.stage, Stage::Ministry | Stage::Regional),
            Role::MemberPoc | Role::HubMember => self.is_at_members(a, reach) && self.handler_scope_admits(a, reach),
            Role::MemberReader => {
                self.is_at_members(a, reach) && self.scope_where(reach.handlers_only) == HandlerScope::Organisation
            }
            Role::NiscAnalyst
            | Role::NiscApprover
            | Role::CouncilDelegate
            | Role::WgChair
            | Role::CouncilObserver
            | Role::Auditor
            | Role::MemberAdmin
            | Role::SystemAdmin => false,
        }
    }

    fn is_at_members(&self, a: &Affiliation, reach: &Reach) -> bool {
        reach.stage == Stage::Member && a.ceptoar_id.as_ref().is_none_or(|c| *c == reach.ceptoar_id)
    }

    /// Who of an organisation may have it, as whoever has these hats is told.
    #[must_use]
    pub fn scope_for(&self, hats: &[Hat]) -> HandlerScope {
        self.scope_where(!hats.is_empty() && hats.iter().all(|hat| hat.handlers_only))
    }

    /// Who of an organisation may have it, where the desk passed it on to the handlers alone or not: never more than the
    /// item says.
    fn scope_where(&self, handlers_only: bool) -> HandlerScope {
        if handlers_only { self.handler_scope.min(HandlerScope::Handlers) } else { self.handler_scope }
    }

    /// Whether a point of contact is among the handling persons. One who answers for a window is a handler
    /// where the window is one.
    fn handler_scope_admits(&self, a: &Affiliation, reach: &Reach) -> bool {
        match self.scope_where(reach.handlers_only) {
            HandlerScope::Organisation => true,
            HandlerScope::Handlers => a.contact_id.is_none_or(|window| self.handler_windows.contains(&window)),
            HandlerScope::Named => a.contact_id.is_some_and(|window| self.named.contains(&window)),
        }
    }

    /// The centre sees all but RED; of RED its own case team sees what it made.
    pub(super) fn is_centres(&self, viewer: &Viewer) -> bool {
        viewer.is_at_centre() && (self.level != SharingLevel::Red || self.on_case_team(viewer))
    }
}

impl Act for AdvisoryAction {
    type Object = AdvisoryFacts;

    fn permitted(self, viewer: &Viewer, item: &AdvisoryFacts) -> bool {
        let published = item.state == State::Published;
        let author = item.created_by == viewer.account_id;
        match self {
            Self::KnowOf => published && (item.is_centres(viewer) || !item.hats(viewer).is_empty()),
            Self::Read => published && (item.is_centres(viewer) || item.hats(viewer).iter().any(|hat| !hat.sealed)),
            Self::Acknowledge => published && item.hats(viewer).iter().any(Hat::answers),
            Self::ReadDraft => {
                !published && (viewer.has(Role::NiscApprover) || author || item.last_edited_by == viewer.account_id)
            }
            Self::Write => !published && author,
            // There is one next version at a time: nobody's absence keeps wrong text standing.
            Self::Discard => item.state == State::Draft && (author || item.follows && viewer.has(Role::NiscApprover)),
            Self::SendBack => !published && (viewer.has(Role::NiscApprover) || author),
            // One pair of eyes is enough to keep something from leaving.
            Self::StopRelease => item.state == State::Approved && (viewer.has(Role::NiscApprover) || author),
            // Never who wrote, last edited or submitted it: two persons stand behind every item.
            Self::Approve => !published && !item.on_case_team(viewer),
            // The centre's; of RED that of those who may read it.
            Self::Continue => published && item.is_centres(viewer),
            // Never leaves the centre: of a draft whoever reads it, of a published one whoever of the centre reads that.
            Self::ReadReview if published => item.is_centres(viewer),
            Self::ReadReview => Self::ReadDraft.permitted(viewer, item),
            Self::Comment => Self::SendBack.permitted(viewer, item),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::access::can;
    use crate::features::access::viewer::tests::wearing;

    #[test]
    fn nobody_approves_what_they_had_a_hand_in() {
        let approver = wearing(Role::NiscApprover);
        let another = AccountId::random();
        let facts = |created_by, last_edited_by, submitted_by| AdvisoryFacts {
            state: State::Review,
            level: SharingLevel::Amber,
            handler_scope: HandlerScope::Handlers,
            follows: false,
            created_by,
            last_edited_by,
            submitted_by: Some(submitted_by),
            approved_by: None,
            reaches: Vec::new(),
            named: Vec::new(),
            handler_windows: Vec::new(),
        };
        let own = approver.account_id;
        assert!(can(&approver, AdvisoryAction::Approve, &facts(another, another, another)));
        for mine in [facts(own, another, another), facts(another, own, another), facts(another, another, own)] {
            assert!(!can(&approver, AdvisoryAction::Approve, &mine));
        }
    }
}
