//! Why a window receives an item, or does not.

use crate::kernel::language::{Label, Language};
use crate::kernel::stage::Stage;

/// What the rules say about one window. Codes as in the SQL function `sharing_windows`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Verdict {
    /// It receives the item.
    Due,
    /// The organisation learns of the envelope only.
    NotOnRoute,
    /// A ministry or its office: what CEPTOARs tell each other goes past it.
    AmongCeptoars,
    /// RED goes to named persons, and this is not one.
    NotNamed,
    /// For designated handlers, and this is none.
    NotHandler,
    /// The organisation keeps no window for this CEPTOAR.
    NoWindow,
    /// The window has no mail channel.
    NoMail,
    /// The address gets it through another window already.
    SameAddress,
}

impl Verdict {
    /// All verdicts, the happy one first.
    pub const ALL: [Self; 8] = [
        Self::Due,
        Self::NoMail,
        Self::NoWindow,
        Self::NotHandler,
        Self::NotNamed,
        Self::SameAddress,
        Self::NotOnRoute,
        Self::AmongCeptoars,
    ];

    /// The reason alone, without yes or no: for tables that count.
    #[must_use]
    pub fn reason(self, language: Language) -> &'static str {
        match self {
            Self::Due => language.pick("届きます", "Receives it"),
            Self::NotOnRoute => language.pick("番号とレベルだけを示す(RED)", "sees number and level only (RED)"),
            Self::AmongCeptoars => {
                language.pick("セプターどうしの情報(省庁を通らない)", "shared among CEPTOARs, past the ministries")
            }
            Self::NotNamed => language.pick("指名した方ではない", "not a named person"),
            Self::NotHandler => language.pick("取扱担当者ではない", "not a designated handler"),
            Self::NoWindow => language.pick("窓口の登録がない(電話で連絡)", "no window registered (telephone)"),
            Self::NoMail => language.pick("メールのない窓口(電話で連絡)", "window without mail (telephone)"),
            Self::SameAddress => {
                language.pick("同じアドレスにほかの窓口として届く", "gets it at the same address as another window")
            }
        }
    }

    /// The reason at a hop: partner bodies, which stand outside the membership, learn of nothing that is kept inside it.
    #[must_use]
    pub fn reason_at(self, stage: Stage, language: Language) -> &'static str {
        match (self, stage) {
            (Self::NotOnRoute, Stage::Partner) => {
                language.pick("構成員の中だけで扱う(連携機関)", "kept inside the membership (partner body)")
            }
            (_, Stage::Ministry | Stage::Regional | Stage::Secretariat | Stage::Member | Stage::Partner) => {
                self.reason(language)
            }
        }
    }

    /// The label at a hop.
    #[must_use]
    pub fn label_at(self, stage: Stage, language: Language) -> &'static str {
        match (self, stage) {
            (Self::NotOnRoute, Stage::Partner) => {
                language.pick("届きません: 構成員の中だけで扱う情報です", "Does not: it is kept inside the membership")
            }
            (_, Stage::Ministry | Stage::Regional | Stage::Secretariat | Stage::Member | Stage::Partner) => {
                self.label(language)
            }
        }
    }

    /// Whether somebody has to be telephoned because mail does not reach them.
    #[must_use]
    pub fn needs_telephone(self) -> bool {
        match self {
            Self::NoMail | Self::NoWindow => true,
            Self::Due
            | Self::NotOnRoute
            | Self::AmongCeptoars
            | Self::NotNamed
            | Self::NotHandler
            | Self::SameAddress => false,
        }
    }
}

impl Label for Verdict {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Due => language.pick("届きます", "Receives it"),
            Self::NotOnRoute => language
                .pick("届きません: 番号とレベルだけを示します(RED)", "Does not: sees number and level only (RED)"),
            Self::AmongCeptoars => language.pick(
                "届きません: セプターどうしの情報は省庁を通りません",
                "Does not: it is shared among CEPTOARs, past the ministries",
            ),
            Self::NotNamed => language.pick("届きません: 指名した方ではありません", "Does not: not a named person"),
            Self::NotHandler => {
                language.pick("届きません: 取扱担当者ではありません", "Does not: not a designated handler")
            }
            Self::NoWindow => language
                .pick("届きません: 窓口の登録がありません(電話で連絡)", "Does not: no window registered (telephone)"),
            Self::NoMail => language
                .pick("届きません: メールのない窓口です(電話で連絡)", "Does not: a window without mail (telephone)"),
            Self::SameAddress => language.pick(
                "届きません: 同じアドレスにほかの窓口として届きます",
                "Does not: gets it at the same address as another window",
            ),
        }
    }
}

/// Why an organisation is in the audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Rule {
    /// Its CEPTOAR is addressed.
    AddressedCeptoar,
    /// Its sector is addressed.
    AddressedSector,
    /// Its subgroup, or a cross-cutting group that it is in, is addressed.
    AddressedSubgroup,
    /// A person of it is named.
    NamedPerson,
    /// It is the secretariat on the route.
    RouteSecretariat,
    /// It is the ministry on the route.
    RouteMinistry,
    /// It is a regional office for some of the members that get it.
    RouteRegional,
    /// It is a partner body that passes items on.
    RoutePartner,
    /// It had an earlier version.
    HadEarlier,
}

impl Label for Rule {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::AddressedCeptoar => language.pick("宛先のセプターの構成員", "Member of an addressed CEPTOAR"),
            Self::AddressedSector => language.pick("宛先の分野の構成員", "Member in an addressed sector"),
            Self::AddressedSubgroup => language.pick("宛先のグループの構成員", "Member of an addressed group"),
            Self::NamedPerson => language.pick("指名した方", "Named person"),
            Self::RouteSecretariat => language.pick("経路上の事務局", "Secretariat on the route"),
            Self::RouteMinistry => language.pick("経路上の所管省庁", "Ministry on the route"),
            Self::RouteRegional => language.pick("経路上の地方機関", "Regional office on the route"),
            Self::RoutePartner => language.pick("経路上の連携機関", "Partner body on the route"),
            Self::HadEarlier => language.pick("前の版を受け取った組織", "Had an earlier version"),
        }
    }
}
