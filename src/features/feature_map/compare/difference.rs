//! What a difference between two editions is made of.

use crate::features::feature_map::edition::Status;
use crate::features::feature_map::vocabulary::{Bilingual, Cell, Channel, Month, list_joint};
use crate::kernel::language::{Label, Language};
use crate::kernel::period::thousands;

crate::words! {
    /// Words for what is not there.
    pub struct FactWords {
        not_there: "この版に載っていません" / "Not in this edition",
        not_stated: "資料に記載なし" / "Not stated in the source",
        not_in_unit: "この単位での記載なし" / "Not given in this unit",
        not_registered: "登録なし" / "Not registered",
        none: "なし" / "None",
        under_study: "検討中" / "Under study",
        established: "整備済" / "Established",
    }
}

/// What differs; each has its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Sectors themselves.
    Sectors,
    /// 所管省庁
    Ministries,
    /// 連絡協議会
    LiaisonCouncils,
    /// CEPTOARs that came, went or were established.
    Ceptoars,
    /// 名称
    Names,
    /// Which sector a CEPTOAR belongs to.
    SectorOfCeptoar,
    /// 事業の範囲
    Scopes,
    /// 事務局
    Secretariats,
    /// 社団法人, 一般社団法人, …: the same organisation under another legal form.
    LegalForms,
    /// The department of a secretariat that stayed.
    Departments,
    /// Members, each unit by itself.
    Counts,
    /// Who is reached through the members.
    Reach,
    /// What kind of information is dealt with.
    Handled,
    /// 連絡手段
    Channels,
    /// 緊急窓口
    ContactWindow,
    /// 情報の取扱いルール
    HandlingRule,
}

impl Kind {
    /// All kinds, in the order of the page.
    pub const ALL: [Self; 16] = [
        Self::Sectors,
        Self::Ceptoars,
        Self::Names,
        Self::SectorOfCeptoar,
        Self::Scopes,
        Self::Secretariats,
        Self::LegalForms,
        Self::Departments,
        Self::Ministries,
        Self::LiaisonCouncils,
        Self::Counts,
        Self::Reach,
        Self::Handled,
        Self::Channels,
        Self::ContactWindow,
        Self::HandlingRule,
    ];

    /// The code in files and anchors.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Sectors => "sectors",
            Self::Ministries => "ministries",
            Self::LiaisonCouncils => "liaison_councils",
            Self::Ceptoars => "ceptoars",
            Self::Names => "names",
            Self::SectorOfCeptoar => "sector_of_ceptoar",
            Self::Scopes => "scopes",
            Self::Secretariats => "secretariats",
            Self::LegalForms => "legal_forms",
            Self::Departments => "departments",
            Self::Counts => "counts",
            Self::Reach => "reach",
            Self::Handled => "handled",
            Self::Channels => "channels",
            Self::ContactWindow => "contact_window",
            Self::HandlingRule => "handling_rule",
        }
    }

    /// The cell of the sheet that it is about, if it is one.
    #[must_use]
    pub fn cell(self) -> Option<Cell> {
        match self {
            Self::Names => Some(Cell::Name),
            Self::Secretariats | Self::LegalForms | Self::Departments => Some(Cell::Secretariats),
            Self::Counts => Some(Cell::MemberCounts),
            Self::Reach => Some(Cell::Reach),
            Self::Handled | Self::Channels => Some(Cell::Channels),
            Self::ContactWindow => Some(Cell::ContactOperationStart),
            Self::HandlingRule => Some(Cell::RuleEstablished),
            Self::Sectors
            | Self::Ministries
            | Self::LiaisonCouncils
            | Self::Ceptoars
            | Self::SectorOfCeptoar
            | Self::Scopes => None,
        }
    }
}

impl Label for Kind {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Sectors => language.pick("重要インフラ分野", "Critical infrastructure sectors"),
            Self::Ministries => language.pick("所管省庁", "Ministries responsible"),
            Self::LiaisonCouncils => language.pick("連絡協議会", "Liaison councils"),
            Self::Ceptoars => language.pick("セプターの増減", "CEPTOARs added and removed"),
            Self::Names => language.pick("名称", "Names"),
            Self::SectorOfCeptoar => language.pick("分野の移動", "Moves to another sector"),
            Self::Scopes => language.pick("事業の範囲", "Scopes of business"),
            Self::Secretariats => language.pick("事務局", "Secretariats"),
            Self::LegalForms => language.pick("事務局の法人の種類", "Legal forms of secretariats"),
            Self::Departments => language.pick("事務局の部署", "Departments of secretariats"),
            Self::Counts => language.pick("構成員の数", "Numbers of members"),
            Self::Reach => language.pick("構成員を通じて届く先の数", "Numbers reached through members"),
            Self::Handled => language.pick("取り扱う情報", "Information handled"),
            Self::Channels => language.pick("連絡手段", "Means of contact"),
            Self::ContactWindow => language.pick("緊急窓口の運用開始", "Emergency contact in operation since"),
            Self::HandlingRule => {
                language.pick("情報の取扱いルールの制定", "Rules on handling information established")
            }
        }
    }
}

/// Whether something came, went or became something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// Only the later one has it.
    Added,
    /// Only the earlier one has it.
    Removed,
    /// Both have it, and not alike.
    Changed,
}

impl Change {
    /// The code in files and class names.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

impl Label for Change {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Added => language.pick("追加", "Added"),
            Self::Removed => language.pick("掲載なし", "No longer listed"),
            Self::Changed => language.pick("変更", "Changed"),
        }
    }
}

/// What a difference is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// Stable id.
    pub id: String,
    /// Whether the id has a profile: CEPTOARs and councils do, sectors do not.
    pub has_profile: bool,
    /// Its name, from the second edition where that has one.
    pub name: String,
    /// The same in English.
    pub name_en: String,
}

impl Subject {
    /// The name in one language.
    #[must_use]
    pub fn pick(&self, language: Language) -> &str {
        language.pick(&self.name, &self.name_en)
    }
}

/// What an edition says of something. What it does not say is never a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The thing itself is not in the edition.
    NotThere,
    /// The edition does not say.
    NotStated,
    /// The edition counts in other units.
    NotInUnit,
    /// The directory has nothing of it on that day.
    NotRegistered,
    /// Nothing, and the edition says so.
    Nothing,
    /// Still open when the edition was made.
    UnderStudy,
    /// Established or not.
    Status(Status),
    /// Names and texts.
    Texts(Vec<Bilingual>),
    /// A number of one unit.
    Number(u32),
    /// A month.
    Month(Month),
    /// Means of contact.
    Channels(Vec<Channel>),
}

impl Fact {
    /// In words.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        let w = FactWords::of(language);
        let join = |texts: Vec<&str>| texts.join(list_joint(language));
        match self {
            Self::NotThere => w.not_there.to_owned(),
            Self::NotStated => w.not_stated.to_owned(),
            Self::NotInUnit => w.not_in_unit.to_owned(),
            Self::NotRegistered => w.not_registered.to_owned(),
            Self::Nothing => w.none.to_owned(),
            Self::UnderStudy | Self::Status(Status::Planned) => w.under_study.to_owned(),
            Self::Status(Status::Established) => w.established.to_owned(),
            Self::Texts(texts) => join(texts.iter().map(|t| t.pick(language)).collect()),
            Self::Number(number) => thousands(i64::from(*number)),
            Self::Month(month) => month.label(language),
            Self::Channels(channels) => join(channels.iter().map(|c| c.label(language)).collect()),
        }
    }

    /// Whether the edition says anything.
    #[must_use]
    pub fn is_told(&self) -> bool {
        match self {
            Self::NotThere | Self::NotStated | Self::NotInUnit | Self::NotRegistered | Self::UnderStudy => false,
            Self::Nothing | Self::Status(_) | Self::Texts(_) | Self::Number(_) | Self::Month(_) | Self::Channels(_) => {
                true
            }
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What differs.
    pub kind: Kind,
    /// How.
    pub change: Change,
    /// Whom it is about.
    pub subject: Subject,
    /// The unit of a number, or the part of the subject.
    pub part: Option<Bilingual>,
    /// What the first edition says.
    pub before: Fact,
    /// What the second edition says.
    pub after: Fact,
}

impl Difference {
    /// More or fewer, where both editions give a number in the same unit.
    #[must_use]
    pub fn step(&self) -> Option<i64> {
        Some(i64::from(self.after.number()?) - i64::from(self.before.number()?))
    }
}
