//! The sign-ins of the demonstration: one for each role. The seed makes them, the sign-in page shows them.

use crate::features::access::Role;

/// The password of every demonstration account. No secret: these accounts hold invented data only,
/// and a portal with a mail relay refuses them.
pub const PASSWORD: &str = "ceptoar-demonstration";

/// Where a demonstration account belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The centre.
    Centre,
    /// A ministry or regional office, by its code.
    Ministry(&'static str),
    /// The desk of a CEPTOAR: its first secretariat.
    Desk(&'static str),
    /// The n-th invented member of a CEPTOAR (1 = first), answering for its n-th window (0 = none).
    Member {
        /// Which CEPTOAR.
        ceptoar: &'static str,
        /// Which of its members.
        member: u16,
        /// Which of the member's windows.
        window: u8,
    },
}

/// One sign-in of the demonstration.
#[derive(Debug)]
pub struct DemonstrationAccount {
    /// Sign-in name.
    pub name: &'static str,
    /// What it shows, in Japanese.
    pub ja: &'static str,
    /// What it shows, in English.
    pub en: &'static str,
    /// Its role.
    pub role: Role,
    /// Where it belongs.
    pub place: Place,
}

macro_rules! accounts {
    ($($name:literal, $role:ident, $place:expr, $ja:literal / $en:literal;)*) => {
        [$(DemonstrationAccount { name: $name, role: Role::$role, place: $place, ja: $ja, en: $en }),*]
    };
}

const fn member(ceptoar: &'static str, member: u16, window: u8) -> Place {
    Place::Member { ceptoar, member, window }
}

/// All of them.
pub static ACCOUNTS: [DemonstrationAccount; 23] = accounts! {
    "analyst", NiscAnalyst, Place::Centre, "情報提供を起案する" / "drafts advisories";
    "analyst2", NiscAnalyst, Place::Centre, "もう一人の分析担当" / "another analyst";
    "approver", NiscApprover, Place::Centre, "起案を承認して発出する" / "approves and releases";
    "approver2", NiscApprover, Place::Centre, "もう一人の承認者" / "another approver";
    "liaison-fsa", MinistryLiaison, Place::Ministry("fsa"), "金融分野の状況を見る" / "watches the finance sector";
    "liaison-meti", MinistryLiaison, Place::Ministry("meti"), "電力・ガス等の状況を見る" / "watches power, gas and others";
    "regional-east", MinistryLiaison, Place::Ministry("demo-regional-east"), "放送事業者を受け持つ地方機関" / "regional office of broadcasters";
    "desk-banks", Secretariat, Place::Desk("banks"), "銀行等CEPTOARの事務局" / "secretariat of the banks' CEPTOAR";
    "desk-power", Secretariat, Place::Desk("power"), "電力CEPTOARの事務局" / "secretariat of the power CEPTOAR";
    "desk-water", Secretariat, Place::Desk("water"), "水道CEPTOARの事務局" / "secretariat of the water CEPTOAR";
    "coordinator", Coordinator, Place::Desk("t-ceptoar"), "T-CEPTOARのコーディネータ" / "coordinator of T-CEPTOAR";
    "poc-bank-1", MemberPoc, member("banks", 1, 1), "銀行1社目の窓口" / "window of the first bank";
    "poc-bank-2", MemberPoc, member("banks", 2, 1), "銀行2社目の窓口" / "window of the second bank";
    "reader-bank-1", MemberReader, member("banks", 1, 0), "銀行1社目の閲覧者" / "reader at the first bank";
    "poc-power-1", MemberPoc, member("power", 1, 1), "電力1社目の窓口" / "window of the first power company";
    "poc-gas-1", MemberPoc, member("gas", 1, 1), "ガス1社目の窓口" / "window of the first gas company";
    "hub-water-1", HubMember, member("water", 1, 1), "水道の連絡拠点" / "hub of the water utilities";
    "delegate", CouncilDelegate, Place::Desk("credit"), "カウンシルの代表" / "delegate in the Council";
    "wg-chair", WgChair, Place::Desk("life"), "ワーキンググループの主査" / "chairs a working group";
    "observer", CouncilObserver, Place::Desk("oil"), "カウンシルのオブザーバ" / "observer of the Council";
    "auditor", Auditor, Place::Centre, "操作履歴を確かめる" / "checks the audit trail";
    "admin-bank-1", MemberAdmin, member("banks", 1, 0), "銀行1社目の利用者を管理する" / "keeps the accounts of the first bank";
    "operator", SystemAdmin, Place::Centre, "職員の利用者を管理する" / "keeps the accounts of staff";
};
