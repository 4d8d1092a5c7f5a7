//! What somebody may be in an organisation.

use super::strength::Requirement;
use crate::kernel::language::{Label, Language};

/// What somebody is in an organisation (docs/glossary.md). An account may be several things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Role {
    /// Drafts advisories at the centre.
    NiscAnalyst,
    /// Approves and releases what another drafted.
    NiscApprover,
    /// Ministry officer on the route (リエゾン).
    MinistryLiaison,
    /// Keeps a CEPTOAR's desk (事務局).
    Secretariat,
    /// Judges the situation for a sector.
    Coordinator,
    /// A member's point of contact; a designated handler.
    MemberPoc,
    /// A member's reader without handling duty.
    MemberReader,
    /// A member that passes items on (水道's hubs).
    HubMember,
    /// A CEPTOAR's delegate in the Council.
    CouncilDelegate,
    /// Chairs a working group.
    WgChair,
    /// Observes the Council.
    CouncilObserver,
    /// Reads the audit trail.
    Auditor,
    /// Keeps the accounts of one member's people; reads nothing by it.
    MemberAdmin,
    /// Runs the portal: accounts of staff, the queue's state, security events; no contents.
    SystemAdmin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 14] = [
        Self::NiscAnalyst,
        Self::NiscApprover,
        Self::MinistryLiaison,
        Self::Secretariat,
        Self::Coordinator,
        Self::MemberPoc,
        Self::MemberReader,
        Self::HubMember,
        Self::CouncilDelegate,
        Self::WgChair,
        Self::CouncilObserver,
        Self::Auditor,
        Self::MemberAdmin,
        Self::SystemAdmin,
    ];

    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NiscAnalyst => "nisc_analyst",
            Self::NiscApprover => "nisc_approver",
            Self::MinistryLiaison => "ministry_liaison",
            Self::Secretariat => "secretariat",
            Self::Coordinator => "coordinator",
            Self::MemberPoc => "member_poc",
            Self::MemberReader => "member_reader",
            Self::HubMember => "hub_member",
            Self::CouncilDelegate => "council_delegate",
            Self::WgChair => "wg_chair",
            Self::CouncilObserver => "council_observer",
            Self::Auditor => "auditor",
            Self::MemberAdmin => "member_admin",
            Self::SystemAdmin => "system_admin",
        }
    }

    /// The role of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// The weakest way to sign in that this role allows. Who acts for others, or sees across organisations,
    /// must not be had by a copied code; a member's own people may use an app. The same list stands in
    /// `account_needs_passkey` of the database.
    #[must_use]
    pub fn requires(self) -> Requirement {
        match self {
            Self::NiscAnalyst
            | Self::NiscApprover
            | Self::MinistryLiaison
            | Self::Secretariat
            | Self::Coordinator
            | Self::Auditor
            | Self::SystemAdmin => Requirement::Passkey,
            Self::MemberPoc
            | Self::MemberReader
            | Self::HubMember
            | Self::CouncilDelegate
            | Self::WgChair
            | Self::CouncilObserver
            | Self::MemberAdmin => Requirement::SecondFactor,
        }
    }

    /// Whether this role answers for its organisation: an acknowledgement by it counts.
    #[must_use]
    pub fn acknowledges(self) -> bool {
        match self {
            Self::MinistryLiaison | Self::Secretariat | Self::Coordinator | Self::MemberPoc | Self::HubMember => true,
            Self::NiscAnalyst
            | Self::NiscApprover
            | Self::MemberReader
            | Self::CouncilDelegate
            | Self::WgChair
            | Self::CouncilObserver
            | Self::Auditor
            | Self::MemberAdmin
            | Self::SystemAdmin => false,
        }
    }
}

impl Label for Role {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::NiscAnalyst => language.pick("NISC 分析担当", "NISC analyst"),
            Self::NiscApprover => language.pick("NISC 承認者", "NISC approver"),
            Self::MinistryLiaison => language.pick("所管省庁 リエゾン", "Ministry liaison"),
            Self::Secretariat => language.pick("セプター事務局", "CEPTOAR secretariat"),
            Self::Coordinator => language.pick("コーディネータ", "Coordinator"),
            Self::MemberPoc => language.pick("構成員 窓口担当(POC)", "Member point of contact"),
            Self::MemberReader => language.pick("構成員 閲覧者", "Member reader"),
            Self::HubMember => language.pick("構成員 連絡拠点", "Hub member"),
            Self::CouncilDelegate => language.pick("カウンシル 代表", "Council delegate"),
            Self::WgChair => language.pick("ワーキンググループ 主査", "Working group chair"),
            Self::CouncilObserver => language.pick("カウンシル オブザーバ", "Council observer"),
            Self::Auditor => language.pick("監査担当", "Auditor"),
            Self::MemberAdmin => language.pick("構成員 利用者管理担当", "Member account keeper"),
            Self::SystemAdmin => language.pick("システム管理者", "System administrator"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), Some(role));
        }
    }
}
