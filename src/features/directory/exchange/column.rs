//! The columns of the template, and the heads by which they are known.

use crate::kernel::language::{Label, Language};
use crate::kernel::text::{folded, half_width};

/// A way to reach a window.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Means {
    /// Mail.
    Mail,
    /// Telephone.
    Phone,
    /// Mobile telephone.
    Mobile,
    /// Satellite telephone.
    Satellite,
    /// Fax.
    Fax,
    /// A page.
    Web,
}

/// When a way is open.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Hours {
    /// Day and night.
    Always,
    /// Working days, by day.
    Business,
    /// Nights and holidays.
    OffHours,
}

impl Means {
    /// All, in the order of the columns.
    pub const ALL: [Self; 6] = [Self::Mail, Self::Phone, Self::Mobile, Self::Satellite, Self::Fax, Self::Web];
}

impl Hours {
    /// All, in the order of the columns.
    pub const ALL: [Self; 3] = [Self::Always, Self::Business, Self::OffHours];
}

impl Label for Means {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Mail => language.pick("メール", "Mail"),
            Self::Phone => language.pick("電話", "Telephone"),
            Self::Mobile => language.pick("携帯電話", "Mobile"),
            Self::Satellite => language.pick("衛星電話", "Satellite"),
            Self::Fax => "FAX",
            Self::Web => "WEB",
        }
    }
}

impl Label for Hours {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Always => language.pick("常時", "always"),
            Self::Business => language.pick("平日日中", "business hours"),
            Self::OffHours => language.pick("夜間休日", "nights and holidays"),
        }
    }
}

/// A column. One row is one window; a member with several windows stands in several rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Column {
    /// 構成員の管理番号: by it, a new name is a new name and not a new firm.
    Organisation,
    /// 窓口の管理番号.
    Window,
    /// 構成員の名称.
    Name,
    /// よみ.
    Reading,
    /// 英語名.
    English,
    /// 単位.
    Unit,
    /// サブグループ.
    Subgroup,
    /// 連絡拠点.
    Hub,
    /// 加入日.
    Joined,
    /// 退会日, the last day.
    Left,
    /// 窓口の順.
    Position,
    /// 窓口の名称.
    Label,
    /// 取扱担当者.
    Handler,
    /// 言語.
    Language,
    /// A way to reach the window.
    Channel(Means, Hours),
}

impl Column {
    /// Columns before the ways to reach a window.
    pub const PLAIN: [Self; 14] = [
        Self::Organisation,
        Self::Window,
        Self::Name,
        Self::Reading,
        Self::English,
        Self::Unit,
        Self::Subgroup,
        Self::Hub,
        Self::Joined,
        Self::Left,
        Self::Position,
        Self::Label,
        Self::Handler,
        Self::Language,
    ];

    /// All columns, in the order of the template.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let channels = Means::ALL.into_iter().flat_map(|m| Hours::ALL.map(|h| Self::Channel(m, h)));
        Self::PLAIN.into_iter().chain(channels).collect()
    }

    /// Whether a file cannot do without it.
    #[must_use]
    pub fn required(self) -> bool {
        matches!(self, Self::Name | Self::Unit)
    }

    /// The head in the template.
    #[must_use]
    pub fn head(self, language: Language) -> String {
        let pick = |ja: &str, en: &str| language.pick(ja, en).to_owned();
        match self {
            Self::Organisation => pick("構成員の管理番号", "Member ID"),
            Self::Window => pick("窓口の管理番号", "Window ID"),
            Self::Name => pick("構成員の名称", "Member"),
            Self::Reading => pick("よみ", "Reading"),
            Self::English => pick("英語名", "English name"),
            Self::Unit => pick("単位", "Unit"),
            Self::Subgroup => pick("サブグループ", "Subgroup"),
            Self::Hub => pick("連絡拠点", "Hub"),
            Self::Joined => pick("加入日", "Joined on"),
            Self::Left => pick("退会日", "Last day"),
            Self::Position => pick("窓口の順", "Window order"),
            Self::Label => pick("窓口の名称", "Window"),
            Self::Handler => pick("取扱担当者", "Designated handler"),
            Self::Language => pick("言語", "Language"),
            Self::Channel(means, hours) => {
                let (means, hours) = (means.label(language), hours.label(language));
                language.pick(format!("{means}({hours})"), format!("{means} ({hours})"))
            }
        }
    }

    /// Further heads that offices write over the same thing.
    fn also(self) -> &'static [&'static str] {
        match self {
            Self::Organisation => &["構成員管理番号", "組織ID", "管理番号"],
            Self::Window => &["窓口管理番号", "窓口ID"],
            Self::Name => &["構成員名", "構成員", "会社名", "事業者名", "団体名", "名称", "組織名"],
            Self::Reading => &["ふりがな", "フリガナ", "読み", "名称よみ"],
            Self::English => &["英語名称", "英文名", "名称(英語)"],
            Self::Unit => &["区分"],
            Self::Subgroup => &["グループ"],
            Self::Hub => &["ハブ", "連絡拠点(ハブ)"],
            Self::Joined => &["入会日", "加入年月日"],
            Self::Left => &["脱退日", "退会年月日"],
            Self::Position => &["順", "優先順", "窓口順"],
            Self::Label => &["窓口", "窓口名", "部署", "部署名"],
            Self::Handler => &["取扱担当"],
            Self::Language => &["メールの言語"],
            Self::Channel(Means::Mail, Hours::Always) => &["メール", "メールアドレス", "E-mail", "Mail address"],
            Self::Channel(Means::Phone, Hours::Always) => &["電話", "電話番号", "TEL", "Phone"],
            Self::Channel(Means::Mobile, Hours::Always) => &["携帯", "携帯電話", "携帯電話番号"],
            Self::Channel(Means::Satellite, Hours::Always) => &["衛星電話", "衛星電話番号"],
            Self::Channel(Means::Fax, Hours::Always) => &["FAX", "FAX番号", "ファックス"],
            Self::Channel(Means::Web, Hours::Always) => &["WEB", "URL"],
            Self::Channel(..) => &[],
        }
    }

    /// The column of a head, in either language and width.
    #[must_use]
    pub fn recognise(head: &str) -> Option<Self> {
        let wanted = plain(head);
        Self::all().into_iter().find(|column| {
            let heads = Language::ALL.map(|language| column.head(language));
            heads.iter().any(|known| plain(known) == wanted) || column.also().iter().any(|known| plain(known) == wanted)
        })
    }

    /// A value for forms.
    #[must_use]
    pub fn code(self) -> String {
        Self::all().iter().position(|column| *column == self).map_or_else(String::new, |place| place.to_string())
    }

    /// The column of such a value.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::all().get(code.parse::<usize>().ok()?).copied()
    }
}

/// A head without what differs by hand: width, case, spaces, kinds of brackets and points.
#[must_use]
pub fn plain(head: &str) -> String {
    folded(&half_width(head)).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_known_in_both_languages_and_by_what_offices_write() {
        for column in Column::all() {
            for language in Language::ALL {
                assert_eq!(Column::recognise(&column.head(language)), Some(column));
            }
            assert_eq!(Column::from_code(&column.code()), Some(column));
        }
        assert_eq!(Column::recognise(" ＦＡＸ番号 "), Some(Column::Channel(Means::Fax, Hours::Always)));
        assert_eq!(Column::recognise("電話（平日・日中）"), Some(Column::Channel(Means::Phone, Hours::Business)));
        assert_eq!(Column::recognise("ﾌﾘｶﾞﾅ"), Some(Column::Reading));
        assert_eq!(Column::recognise("備考"), None);
    }
}
