//! An advisory (情報提供): envelope, content, states. Pure.

use chrono::{DateTime, NaiveDate, Utc};

use super::origin::Origin;
use super::versions::step::Version;
pub use crate::features::access::advisory::State;
use crate::kernel::ids::{AccountId, AdvisoryId};
use crate::kernel::language::{Label, Language};
use crate::kernel::sharing_level::{HandlerScope, SharingLevel};

/// What sort of advisory it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    /// 早期警戒情報.
    EarlyWarning,
    /// 注意喚起.
    Alert,
    /// 参考情報.
    Reference,
    /// ニュースレター.
    Newsletter,
}

impl Kind {
    /// All kinds, the most urgent first.
    pub const ALL: [Self; 4] = [Self::EarlyWarning, Self::Alert, Self::Reference, Self::Newsletter];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::EarlyWarning => "early_warning",
            Self::Alert => "alert",
            Self::Reference => "reference",
            Self::Newsletter => "newsletter",
        }
    }

    /// The kind of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Place in the queue, 0 first. A drill comes after everything real.
    #[must_use]
    pub fn priority(self, drill: bool) -> i16 {
        let rank = match self {
            Self::EarlyWarning => 0,
            Self::Alert => 1,
            Self::Reference => 2,
            Self::Newsletter => 3,
        };
        if drill { rank + 10 } else { rank }
    }
}

impl Label for Kind {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::EarlyWarning => language.pick("早期警戒情報", "Early warning"),
            Self::Alert => language.pick("注意喚起", "Alert"),
            Self::Reference => language.pick("参考情報", "Reference"),
            Self::Newsletter => language.pick("ニュースレター", "Newsletter"),
        }
    }
}

/// Which of the three aspects of countermeasures it serves (3側面).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Purpose {
    /// 未然防止.
    Prevention,
    /// 拡大防止・迅速な復旧.
    Containment,
    /// 再発防止.
    Recurrence,
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Self; 3] = [Self::Prevention, Self::Containment, Self::Recurrence];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Prevention => "prevention",
            Self::Containment => "containment",
            Self::Recurrence => "recurrence",
        }
    }

    /// The purpose of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }
}

impl Label for Purpose {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Prevention => language.pick("未然防止", "Prevention"),
            Self::Containment => language.pick("拡大防止・迅速な復旧", "Containment and quick recovery"),
            Self::Recurrence => language.pick("再発防止", "Prevention of recurrence"),
        }
    }
}

/// The envelope: what a desk on the route may know even of a RED item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The advisory.
    pub advisory_id: AdvisoryId,
    /// e.g. 2026-0042; the versions of an item share it.
    pub number: String,
    /// Which version.
    pub version: Version,
    /// Where it stands.
    pub state: State,
    /// Shared-scope axis.
    pub level: SharingLevel,
    /// Handler axis.
    pub handler_scope: HandlerScope,
    /// Part of a drill.
    pub drill: bool,
    /// Who began it.
    pub created_by: AccountId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Who saved it last.
    pub last_edited_by: AccountId,
    /// How often it was saved.
    pub edits: i32,
    /// Who submitted it.
    pub submitted_by: Option<AccountId>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// Until when an answer is due.
    pub answer_due: Option<DateTime<Utc>>,
    /// Until when members say what they do about it; none: nobody is asked.
    pub measures_due: Option<DateTime<Utc>>,
    /// Until when it is valid.
    pub valid_until: Option<NaiveDate>,
}

/// The content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What sort it is.
    pub kind: Kind,
    /// 題名.
    pub title: String,
    /// 概要.
    pub summary: String,
    /// 影響.
    pub impact: String,
    /// 対策.
    pub countermeasure: String,
    /// Which aspect it serves.
    pub purpose: Purpose,
    /// 参考: web addresses.
    pub links: Vec<String>,
    /// CVE ids.
    pub cves: Vec<String>,
    /// Products concerned.
    pub products: Vec<String>,
    /// Whose information it is.
    pub origin: Origin,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        assert!(Kind::ALL.into_iter().all(|kind| Kind::from_code(kind.code()) == Some(kind)));
        assert!(Purpose::ALL.into_iter().all(|purpose| Purpose::from_code(purpose.code()) == Some(purpose)));
    }

    #[test]
    fn no_drill_goes_before_anything_real() {
        let last_real = Kind::ALL.map(|kind| kind.priority(false)).into_iter().max();
        let first_drill = Kind::ALL.map(|kind| kind.priority(true)).into_iter().min();
        assert!(last_real < first_drill);
    }
}
