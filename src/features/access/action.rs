//! Everything that somebody may or may not do, and which roles may ever do it.
//!
//! No wildcard arms: whoever adds an action has to say for whom it is before the program compiles.

use super::role::Role;
use super::viewer::Viewer;

/// What is done with advisories (情報提供).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdvisoryAction {
    /// Know that a published one exists: number, level, time.
    KnowOf,
    /// Read what a published one says.
    Read,
    /// Say that it has arrived.
    Acknowledge,
    /// Read one that is not published.
    ReadDraft,
    /// Begin one; change and submit one's own.
    Write,
    /// Throw one away: one's own, or, for whoever approves, a next version that nobody goes on with.
    Discard,
    /// Make a submitted one a draft again.
    SendBack,
    /// Keep an approved one that waits for its time from leaving.
    StopRelease,
    /// Approve and publish what another wrote.
    Approve,
    /// Begin the next version of a published one.
    Continue,
    /// Read what was said about it before it was published.
    ReadReview,
    /// Say something about it before it is published.
    Comment,
}

/// What is done with accounts of other people (利用者管理).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeopleAction {
    /// With the person as a whole.
    Person(PersonAction),
    /// With one duty that somebody has or gets.
    Duty(DutyAction),
    /// With a request that needs a second person.
    Request(RequestAction),
}

/// What is done with somebody's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonAction {
    /// See who they are and what they do.
    Look,
    /// Suspend at once.
    Suspend,
    /// Lift a suspension.
    Lift,
    /// End every open session.
    EndSessions,
    /// Send them a link to set a new password themselves.
    StartReset,
    /// Send them a link to enrol a new authenticator themselves; for people who are not staff.
    StartRecovery,
    /// Ask for the same for a member of staff.
    AskRecovery,
    /// Send an invitation again.
    Resend,
}

/// What is done with one duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DutyAction {
    /// See it.
    See,
    /// Give it, alone.
    Give,
    /// Propose it to the firm, which confirms.
    Propose,
    /// Ask that it be given: a second person confirms.
    Ask,
    /// End it.
    End,
}

/// What is done with a request of two persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestAction {
    /// See it.
    Look,
    /// Confirm it, as the second person.
    Confirm,
    /// Refuse it.
    Refuse,
    /// Take one's own request back.
    Withdraw,
}

/// What is done with the audit trail (操作履歴).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrailAction {
    /// Open the trail at all; each sees the part that is theirs.
    Look,
    /// See every event.
    ReadAll,
    /// See refusals and what is done with accounts, without items.
    ReadSecurity,
    /// See what is done with the accounts of one's own CEPTOAR.
    ReadDesk,
    /// See who read an item.
    Readers,
}

/// What is done in an emergency (緊急閲覧).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakGlassAction {
    /// Open a member's windows for a quarter of an hour.
    Open,
    /// See past uses.
    Review,
}

/// What is done with the directory (名簿).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryAction {
    /// See who is a member of a CEPTOAR.
    LookAtRoster,
    /// See one member.
    LookAtMember,
    /// See a member's windows, with their addresses and numbers.
    SeeWindows,
    /// See what the portal said of it at the end of an earlier day.
    LookBack,
    /// Take in, change and release members.
    KeepMember,
    /// Add, change and close windows.
    KeepWindow,
    /// Ask that one's own firm's master data be changed.
    Propose,
    /// See what firms propose.
    SeeProposals,
    /// Say over which offices advisories reach it.
    KeepRoute,
}

/// What is done in the yearly follow-up of the map (フォローアップ).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowUpAction {
    /// See a CEPTOAR's sheet.
    See,
    /// Fill it in and send it.
    Fill,
    /// Check it for the ministry.
    CheckForMinistry,
    /// Check it for the centre.
    CheckForCentre,
    /// Open a follow-up, remind desks and see the edition that comes of it.
    Lead,
    /// Publish the edition; record an erratum of a published one.
    Publish,
}

/// What is done with the activities of a CEPTOAR (活動状況).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityAction {
    /// Read what it did.
    See,
    /// See what was corrected and taken back, the totals of the year, and how its requirements stand.
    LookOver,
    /// Write down, correct and take back.
    Record,
}

/// What is done with federations of CEPTOARs (連絡協議会).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FederationAction {
    /// Register one that is new.
    Found,
    /// Write down who belongs to it, who keeps it and what it is called.
    Keep,
    /// See what the portal said of it at the end of an earlier day.
    LookBack,
}

/// What a desk does for its members who answer by other ways than the portal (受領の記録).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptAction {
    /// See whom to call, note the calls, print script and sheets.
    Call,
    /// Enter that a member received an item, and take that back.
    Enter,
}

/// What members say of an item beside that they have it: themselves, or through the desk that they told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberReportAction {
    /// How many others a hub passed it on to (ほかの事業者への伝達).
    Onward,
    /// What they do about it (対応状況).
    Measures,
}

/// What is done with the ladders by which silence is followed up (エスカレーション).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EscalationAction {
    /// See what comes when.
    See,
    /// Put another ladder in the place of the one that holds.
    Change,
}

/// What is done with the agreement on passing items on (中継の取決め).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgreementAction {
    /// Write the ministry's part.
    OfMinistry,
    /// Write the secretariat's part.
    OfSecretariat,
}

/// What is done where a desk decides whether an item goes on (中継の判断).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayAction {
    /// See what was decided.
    See,
    /// Decide.
    Decide,
    /// Ask that the centre go past a desk that keeps an item from its members.
    AskBypass,
    /// Go, or refuse, as the second person.
    SettleBypass,
}

/// What is done with judgements of the situation in a field (情勢判断).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgementAction {
    /// Read one.
    See,
    /// Write one down, and take it back.
    Write,
    /// Answer what is proposed in one.
    Answer,
}

/// What is done with statistics of advisories (統計).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatisticsAction {
    /// See the numbers of a CEPTOAR.
    See,
}

/// What is done with surveys (調査).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SurveyAction {
    /// See what is asked, and what was released of the answers.
    See,
    /// Make, open, close it, and read what it brought.
    Keep,
    /// Answer it for a firm.
    Answer,
}

/// What is done with the queue of mails (配信の運用).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueAction {
    /// See how it stands.
    See,
    /// Pause it, resume it, hurry it; see for which domains it waits.
    Run,
    /// Know that it is paused, and why.
    KnowOfPause,
}

/// Every action, by the kind of thing it is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Something with advisories.
    Advisory(AdvisoryAction),
    /// Something with accounts of other people.
    People(PeopleAction),
    /// Something with the audit trail.
    Trail(TrailAction),
    /// Something in an emergency.
    BreakGlass(BreakGlassAction),
    /// Something with the directory.
    Directory(DirectoryAction),
    /// Something in the yearly follow-up.
    FollowUp(FollowUpAction),
    /// Something with the activities of a CEPTOAR.
    Activity(ActivityAction),
    /// Something with a federation.
    Federation(FederationAction),
    /// Something with receipts that a desk enters.
    Receipt(ReceiptAction),
    /// Something with an item that a hub passes on.
    MemberReport(MemberReportAction),
    /// Something with the ladders by which silence is followed up.
    Escalation(EscalationAction),
    /// Something with the agreement on passing items on.
    Agreement(AgreementAction),
    /// Something with an item that a desk decides about.
    Relay(RelayAction),
    /// Something with a judgement of the situation.
    Judgement(JudgementAction),
    /// Something with a survey.
    Survey(SurveyAction),
    /// Something with statistics.
    Statistics(StatisticsAction),
    /// Something with the queue of mails.
    Queue(QueueAction),
}

impl Action {
    /// Whether the viewer could do this to anything at all: what a route asks before it looks at a thing.
    #[must_use]
    pub fn possible_for(self, viewer: &Viewer) -> bool {
        match self {
            Self::Advisory(action) => action.possible_for(viewer),
            Self::People(action) => action.possible_for(viewer),
            Self::Trail(action) => action.possible_for(viewer),
            Self::BreakGlass(action) => action.possible_for(viewer),
            Self::Directory(action) => viewer.affiliations.iter().any(|a| action.is_for(a.role)),
            Self::FollowUp(action) => viewer.affiliations.iter().any(|a| action.is_for(a.role)),
            Self::Activity(action) => viewer.affiliations.iter().any(|a| action.is_for(a.role)),
            Self::Federation(action) => viewer.affiliations.iter().any(|a| action.is_for(a.role)),
            Self::Receipt(action) => viewer.affiliations.iter().any(|a| action.is_for(a.role)),
            Self::MemberReport(action) => viewer.affiliations.iter().any(|a| action.is_for(a.role)),
            Self::Escalation(action) => viewer.affiliations.iter().any(|a| action.is_for(a.role)),
            Self::Agreement(action) => viewer.affiliations.iter().any(|a| action.is_for(a.role)),
            Self::Relay(action) => viewer.affiliations.iter().any(|a| action.is_for(a.role)),
            Self::Judgement(action) => viewer.affiliations.iter().any(|a| action.is_for(a.role)),
            Self::Survey(action) => viewer.affiliations.iter().any(|a| action.is_for(a.role)),
            Self::Statistics(action) => viewer.affiliations.iter().any(|a| action.is_for(a.role)),
            Self::Queue(action) => viewer.affiliations.iter().any(|a| action.is_for(a.role)),
        }
    }
}

impl AdvisoryAction {
    fn possible_for(self, viewer: &Viewer) -> bool {
        match self {
            Self::KnowOf | Self::Read => viewer.is_at_centre() || viewer.affiliations.iter().any(|a| receives(a.role)),
            Self::Acknowledge => viewer.affiliations.iter().any(|a| a.role.acknowledges()),
            Self::ReadDraft
            | Self::Write
            | Self::Discard
            | Self::SendBack
            | Self::StopRelease
            | Self::Continue
            | Self::ReadReview
            | Self::Comment => viewer.is_at_centre(),
            Self::Approve => viewer.has(Role::NiscApprover),
        }
    }
}

impl From<AdvisoryAction> for Action {
    fn from(action: AdvisoryAction) -> Self {
        Self::Advisory(action)
    }
}

/// Whether items reach somebody in this role along a route.
fn receives(role: Role) -> bool {
    match role {
        Role::MinistryLiaison
        | Role::Secretariat
        | Role::Coordinator
        | Role::MemberPoc
        | Role::MemberReader
        | Role::HubMember => true,
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

impl PeopleAction {
    fn possible_for(self, viewer: &Viewer) -> bool {
        match self {
            Self::Person(action) => match action {
                PersonAction::Look
                | PersonAction::Suspend
                | PersonAction::Lift
                | PersonAction::EndSessions
                | PersonAction::StartReset
                | PersonAction::Resend => viewer.keeps_members() || viewer.keeps_staff(),
                PersonAction::StartRecovery => viewer.keeps_members() || viewer.has(Role::SystemAdmin),
                PersonAction::AskRecovery => viewer.keeps_staff(),
            },
            Self::Duty(action) => match action {
                DutyAction::Give => viewer.keeps_members(),
                DutyAction::Propose => viewer.has(Role::Secretariat),
                DutyAction::Ask => viewer.keeps_staff(),
                DutyAction::See | DutyAction::End => viewer.keeps_members() || viewer.keeps_staff(),
            },
            Self::Request(action) => match action {
                RequestAction::Look => viewer.keeps_staff() || viewer.keeps_members() || viewer.handles_for_a_member(),
                RequestAction::Confirm | RequestAction::Refuse => {
                    viewer.keeps_staff() || viewer.has(Role::MemberAdmin) || viewer.handles_for_a_member()
                }
                RequestAction::Withdraw => viewer.keeps_staff() || viewer.has(Role::Secretariat),
            },
        }
    }
}

impl TrailAction {
    fn possible_for(self, viewer: &Viewer) -> bool {
        match self {
            Self::Look => viewer.has(Role::Auditor) || viewer.has(Role::SystemAdmin) || viewer.has(Role::Secretariat),
            Self::ReadAll => viewer.has(Role::Auditor),
            Self::ReadSecurity => viewer.has(Role::SystemAdmin),
            Self::ReadDesk => viewer.has(Role::Secretariat),
            Self::Readers => viewer.is_at_centre(),
        }
    }
}

impl BreakGlassAction {
    fn possible_for(self, viewer: &Viewer) -> bool {
        match self {
            Self::Open => viewer.is_at_centre(),
            Self::Review => viewer.is_at_centre() || viewer.has(Role::Auditor) || viewer.has(Role::Secretariat),
        }
    }
}
