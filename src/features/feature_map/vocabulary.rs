//! The words an edition is written in: texts in both languages, months, cells, channels, and how sure a cell is.

use serde::{Deserialize, Serialize};

use crate::kernel::count_unit;
use crate::kernel::language::{Label, Language};
use crate::kernel::period;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    /// In Japanese, as the source has it.
    pub ja: String,
    /// In English, our translation unless the name is in use.
    pub en: String,
}

impl Bilingual {
    /// The text in one language.
    #[must_use]
    pub fn pick(&self, language: Language) -> &str {
        language.pick(&self.ja, &self.en)
    }
}

/// A month; the sources know nothing finer, so nothing finer is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    /// The western year.
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
}

impl Month {
    /// 2007年4月 / April 2007.
    #[must_use]
    pub fn label(self, language: Language) -> String {
        period::month(self.year, self.month, language)
    }
}

impl TryFrom<String> for Month {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = text.split_once('-').and_then(|(year, month)| {
            Some(Self { year: year.parse().ok()?, month: month.parse().ok().filter(|m| (1..=12).contains(m))? })
        });
        parsed.ok_or_else(|| format!("{text:?} is no month of the form 2007-04"))
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{:02}", self.year, self.month)
    }
}

/// How sure a cell is that had to be put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// No other reading is left.
    Certain,
    /// The best reading by far.
    Likely,
    /// Another reading is nearly as good.
    Unsure,
}

impl Confidence {
    /// The code in files, addresses and class names.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Unsure => "unsure",
        }
    }
}

impl Label for Confidence {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Certain => language.pick("確実", "Certain"),
            Self::Likely => language.pick("推定", "Likely"),
            Self::Unsure => language.pick("未確定", "Unsure"),
        }
    }
}

/// A cell of the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// 名称
    Name,
    /// 事務局
    Secretariats,
    /// 構成員
    MemberCounts,
    /// Who the single counts are made up of.
    MemberCountsOf,
    /// Who is reached through the members.
    Reach,
    /// 情報と連絡手段
    Channels,
    /// 緊急窓口
    ContactOperationStart,
    /// 情報の取扱いルール
    RuleEstablished,
}

/// Whether a CEPTOAR exists yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// At work.
    Established,
    /// Under study: name and secretariat may still be open.
    Planned,
}

/// 連絡手段
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// メール
    Mail,
    /// 電話
    Phone,
    /// 携帯電話
    Mobile,
    /// 衛星電話
    Satellite,
    /// FAX
    Fax,
    /// WEB
    Web,
    /// 電子会議室
    EMeetingRoom,
    /// 会議体
    MeetingBody,
    /// 電子掲示板; named by profiles only
    BulletinBoard,
    /// 対面; named by profiles only
    FaceToFace,
}

impl Channel {
    /// The channels that maps name, in their order.
    pub const OF_MAPS: [Self; 8] = [
        Self::Mail,
        Self::Phone,
        Self::Mobile,
        Self::Satellite,
        Self::Fax,
        Self::Web,
        Self::EMeetingRoom,
        Self::MeetingBody,
    ];

    /// The icon that stands beside the word.
    #[must_use]
    pub fn icon(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Phone => "phone",
            Self::Mobile => "mobile",
            Self::Satellite => "satellite",
            Self::Fax => "fax",
            Self::Web => "web",
            Self::EMeetingRoom | Self::MeetingBody | Self::FaceToFace => "meeting",
            Self::BulletinBoard => "document",
        }
    }
}

impl Label for Channel {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Mail => language.pick("メール", "E-mail"),
            Self::Phone => language.pick("電話", "Phone"),
            Self::Mobile => language.pick("携帯電話", "Mobile phone"),
            Self::Satellite => language.pick("衛星電話", "Satellite phone"),
            Self::Fax => language.pick("FAX", "Fax"),
            Self::Web => language.pick("WEB", "Web"),
            Self::EMeetingRoom => language.pick("電子会議室", "Online meeting room"),
            Self::MeetingBody => language.pick("会議体", "Meeting body"),
            Self::BulletinBoard => language.pick("電子掲示板", "Electronic bulletin board"),
            Self::FaceToFace => language.pick("対面", "Face to face"),
        }
    }
}

/// What stands between the items of a list.
#[must_use]
pub fn list_joint(language: Language) -> &'static str {
    language.pick("、", ", ")
}

/// The units that can be chosen.
#[must_use]
pub fn units() -> Vec<Bilingual> {
    count_unit::UNITS.iter().map(|(ja, en)| Bilingual { ja: (*ja).to_owned(), en: (*en).to_owned() }).collect()
}

/// A unit by its Japanese name.
#[must_use]
pub fn unit(ja: &str) -> Bilingual {
    Bilingual { ja: ja.to_owned(), en: count_unit::told(ja, Language::En).to_owned() }
}
