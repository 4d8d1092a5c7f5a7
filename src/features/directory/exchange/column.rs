//! The columns of the template, and the heads by which they are known.

use crate::features::directory::roster::sheet::{ChannelKind, Hours, MemberKind};
use crate::kernel::language::{Label, Language};
use crate::kernel::text::{folded, half_width};

crate::words! {
    /// What to write into the columns.
    pub struct ColumnWords {
        organisation: "書き出した表の番号をそのままにします。新しい構成員では空欄。番号があると、名称の変更を同じ構成員の変更として扱います。" / "Leave it as exported; empty for a new member. By it a new name is a new name, and not a new member.",
        window: "書き出した表の番号をそのままにします。新しい窓口では空欄。" / "Leave it as exported; empty for a new window.",
        name: "法人格を含む正式な名称。" / "With its legal form.",
        reading: "ひらがな。法人格は除きます。新しい構成員では必要です。" / "In hiragana, without the legal form. Needed for a new member.",
        english: "なければ空欄。" / "Empty where there is none.",
        unit: "構成員を数える単位(社・団体など)。" / "The unit that the member is counted in.",
        kind: "「正会員」か「オブザーバー」。空欄なら正会員。" / "Full member or Observer; empty means full member.",
        subgroup: "サブグループのあるセプターだけ。" / "Only where the CEPTOAR has subgroups.",
        hub: "ほかの事業者へ伝える役割があれば「はい」。" / "Yes where it passes items on to others.",
        joined: "新しい構成員の加入日。空欄なら適用日になります。" / "Of a new member; empty means the day chosen for the import.",
        left: "退会する構成員の最後の日。" / "The last day of a member that leaves.",
        position: "1が最初に連絡する窓口です。空欄なら最後になります。" / "1 is asked first; empty means last.",
        label: "部署名・役職名。個人の氏名は要りません。" / "Department or position. No person's name is needed.",
        handler: "取扱者を限る情報も受け取るなら「はい」。" / "Yes where the window may have items for designated handlers.",
        language: "メールの言語。空欄なら日本語。" / "Of mails; empty means Japanese.",
        channel: "連絡先。複数あるときは「;」で区切ります。窓口ごとに合わせて6つまで。" / "Several are divided by a semicolon. Six in all for a window.",
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
    /// 種別.
    Kind,
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
    Channel(ChannelKind, Hours),
}

impl Column {
    /// Columns before the ways to reach a window.
    pub const PLAIN: [Self; 15] = [
        Self::Organisation,
        Self::Window,
        Self::Name,
        Self::Reading,
        Self::English,
        Self::Kind,
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
        let channels = ChannelKind::ALL.into_iter().flat_map(|kind| Hours::ALL.map(|hours| Self::Channel(kind, hours)));
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
            Self::Kind => pick("種別", "Member as"),
            Self::Unit => pick("単位", "Unit"),
            Self::Subgroup => pick("サブグループ", "Subgroup"),
            Self::Hub => pick("連絡拠点", "Hub"),
            Self::Joined => pick("加入日", "Joined on"),
            Self::Left => pick("退会日", "Last day"),
            Self::Position => pick("窓口の順", "Window order"),
            Self::Label => pick("窓口の名称", "Window"),
            Self::Handler => pick("取扱担当者", "Designated handler"),
            Self::Language => pick("言語", "Language"),
            Self::Channel(kind, hours) => {
                let (kind, hours) = (kind.label(language), hours.label(language));
                language.pick(format!("{kind}({hours})"), format!("{kind} ({hours})"))
            }
        }
    }

    /// What stands there, for example.
    #[must_use]
    pub fn example(self, language: Language) -> &'static str {
        match self {
            Self::Organisation | Self::Window | Self::Subgroup | Self::Left => "",
            Self::Name => "株式会社架空銀行",
            Self::Reading => "かくうぎんこう",
            Self::English => "Invented Bank, Ltd.",
            Self::Kind => MemberKind::Full.label(language),
            Self::Unit => "社",
            Self::Hub => language.pick("いいえ", "No"),
            Self::Joined => "2027-04-01",
            Self::Position => "1",
            Self::Label => "情報システム部 当直",
            Self::Handler => language.pick("はい", "Yes"),
            Self::Language => language.pick("日本語", "Japanese"),
            Self::Channel(ChannelKind::Mail, Hours::Always) => "duty@bank.example; deputy@bank.example",
            Self::Channel(ChannelKind::Phone, Hours::Business) => "03-0000-0000",
            Self::Channel(ChannelKind::Mobile, Hours::OffHours) => "090-0000-0000",
            Self::Channel(..) => "",
        }
    }

    /// What to write there.
    #[must_use]
    pub fn explanation(self, language: Language) -> &'static str {
        let w = ColumnWords::of(language);
        match self {
            Self::Organisation => w.organisation,
            Self::Window => w.window,
            Self::Name => w.name,
            Self::Reading => w.reading,
            Self::English => w.english,
            Self::Unit => w.unit,
            Self::Subgroup => w.subgroup,
            Self::Kind => w.kind,
            Self::Hub => w.hub,
            Self::Joined => w.joined,
            Self::Left => w.left,
            Self::Position => w.position,
            Self::Label => w.label,
            Self::Handler => w.handler,
            Self::Language => w.language,
            Self::Channel(..) => w.channel,
        }
    }

    /// Further heads that offices write over the same thing.
    fn also(self) -> &'static [&'static str] {
        match self {
            Self::Organisation => &["構成員管理番号", "組織ID", "管理番号"],
            Self::Window => &["窓口管理番号", "窓口ID"],
            Self::Name => {
                &["構成員名", "社名", "法人名", "正式名称", "構成員", "会社名", "事業者名", "団体名", "名称", "組織名"]
            }
            Self::Reading => &["ふりがな", "フリガナ", "読み", "名称よみ"],
            Self::English => &["英語名称", "英文名", "名称(英語)"],
            Self::Kind => &["会員種別", "構成員の種別"],
            Self::Unit => &["区分", "数える単位"],
            Self::Subgroup => &["グループ"],
            Self::Hub => &["ハブ", "連絡拠点(ハブ)"],
            Self::Joined => &["入会日", "加入年月日"],
            Self::Left => &["脱退日", "退会年月日"],
            Self::Position => &["順", "優先順", "窓口順"],
            Self::Label => &["窓口", "窓口名", "部署", "部署名"],
            Self::Handler => &["取扱担当"],
            Self::Language => &["メールの言語"],
            Self::Channel(ChannelKind::Mail, Hours::Always) => &["メール", "メールアドレス", "E-mail", "Mail address"],
            Self::Channel(ChannelKind::Phone, Hours::Always) => &["電話", "電話番号", "TEL", "Phone"],
            Self::Channel(ChannelKind::Mobile, Hours::Always) => &["携帯", "携帯電話", "携帯電話番号"],
            Self::Channel(ChannelKind::Satellite, Hours::Always) => &["衛星電話", "衛星電話番号"],
            Self::Channel(ChannelKind::Fax, Hours::Always) => &["FAX", "FAX番号", "ファックス"],
            Self::Channel(ChannelKind::Web, Hours::Always) => &["WEB", "URL"],
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
        assert_eq!(Column::recognise(" ＦＡＸ番号 "), Some(Column::Channel(ChannelKind::Fax, Hours::Always)));
        assert_eq!(Column::recognise("電話（平日・日中）"), Some(Column::Channel(ChannelKind::Phone, Hours::Business)));
        assert_eq!(Column::recognise("ﾌﾘｶﾞﾅ"), Some(Column::Reading));
        assert_eq!(Column::recognise("備考"), None);
    }
}
