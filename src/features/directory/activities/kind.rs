//! What kinds of activities there are: those that the published reports on the CEPTOARs tell of, and the rest.

use crate::kernel::language::{Label, Language};

/// A kind of activity; an entry may be of several.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type, serde::Serialize, serde::Deserialize,
)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What came in was shared with the members.
    Sharing,
    /// Failures were analysed, the situation judged.
    Analysis,
    /// The exercise of all sectors.
    CrossSectorExercise,
    /// The yearly CEPTOAR drill: does what is sent arrive.
    Drill,
    /// That the route works was confirmed in another way than by the drill.
    RouteCheck,
    /// A drill or exercise of the CEPTOAR, its members or others.
    OwnExercise,
    /// The Council and its working groups.
    Council,
    /// Seminars and training.
    Seminar,
    /// Meetings.
    Meeting,
    /// Something for members: tests for weaknesses, detection, advice.
    Support,
    /// Rules and guidelines.
    Rules,
    /// Anything else.
    Other,
}

impl Kind {
    /// All of them, in the order of forms and totals.
    pub const ALL: [Self; 12] = [
        Self::Sharing,
        Self::Analysis,
        Self::CrossSectorExercise,
        Self::Drill,
        Self::RouteCheck,
        Self::OwnExercise,
        Self::Council,
        Self::Seminar,
        Self::Meeting,
        Self::Support,
        Self::Rules,
        Self::Other,
    ];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Sharing => "sharing",
            Self::Analysis => "analysis",
            Self::CrossSectorExercise => "cross_sector_exercise",
            Self::Drill => "drill",
            Self::RouteCheck => "route_check",
            Self::OwnExercise => "own_exercise",
            Self::Council => "council",
            Self::Seminar => "seminar",
            Self::Meeting => "meeting",
            Self::Support => "support",
            Self::Rules => "rules",
            Self::Other => "other",
        }
    }

    /// The kind of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What belongs to it, for whoever ticks it.
    #[must_use]
    pub fn explanation(self, language: Language) -> &'static str {
        match self {
            Self::Sharing => language.pick(
                "NISCや関係機関から提供された情報などを、構成員と共有した",
                "What the centre and others provided was shared with the members",
            ),
            Self::Analysis => language.pick(
                "障害の事例を集めて分析した、影響や対応を検討した",
                "Failures were collected and analysed, their effects and answers considered",
            ),
            Self::CrossSectorExercise => {
                language.pick("全分野が参加する官民の演習", "The exercise of all sectors with the government")
            }
            Self::Drill => language.pick(
                "情報が構成員まで届くかを確かめる、年1回の訓練",
                "The yearly drill of whether what is sent reaches the members",
            ),
            Self::RouteCheck => language.pick(
                "訓練とは別の方法で、伝達体制が保たれていることを確かめた",
                "That the route works was confirmed in another way than by the drill",
            ),
            Self::OwnExercise => language.pick(
                "セプター・構成員・業界団体などが自ら行った訓練や演習",
                "Drills and exercises of the CEPTOAR, its members, payment systems, markets and others",
            ),
            Self::Council => language.pick("総会やワーキンググループへの参加", "The assembly and working groups"),
            Self::Seminar => language.pick("開催、参加、案内", "Held, attended or announced"),
            Self::Meeting => language.pick("月例会合、委員会など", "Monthly meetings, committees and so on"),
            Self::Support => language.pick(
                "脆弱性の診断、検知、助言など、構成員のために行ったこと",
                "Tests for weaknesses, detection, advice and the like",
            ),
            Self::Rules => language.pick("規程やガイドラインの制定・改定", "Rules and guidelines made or revised"),
            Self::Other => language.pick("上のどれにも当たらないこと", "None of the above"),
        }
    }
}

impl Label for Kind {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Sharing => language.pick("情報の共有", "Sharing"),
            Self::Analysis => language.pick("障害事例の分析・情勢判断", "Analysis of failures"),
            Self::CrossSectorExercise => language.pick("分野横断的演習", "Cross-sector exercise"),
            Self::Drill => language.pick("セプター訓練(疎通訓練)", "CEPTOAR drill"),
            Self::RouteCheck => language.pick("訓練以外での伝達体制の確認", "Route confirmed otherwise"),
            Self::OwnExercise => language.pick("自主的な訓練・演習", "Own or external exercise"),
            Self::Council => language.pick("セプターカウンシルの活動", "Council work"),
            Self::Seminar => language.pick("セミナー・研修", "Seminar"),
            Self::Meeting => language.pick("会合", "Meeting"),
            Self::Support => language.pick("構成員への支援", "Support of members"),
            Self::Rules => language.pick("規程・ガイドラインの整備", "Rules and guidelines"),
            Self::Other => language.pick("その他", "Other"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_known_by_its_code() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind.code()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
        }
        assert_eq!(Kind::from_code(""), None);
    }
}
