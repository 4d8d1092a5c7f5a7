//! The hops of a route down.

use super::language::{Label, Language};

/// A hop of the route down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Stage {
    /// 所管省庁.
    Ministry,
    /// 事務局.
    Secretariat,
    /// 構成員.
    Member,
}

impl Stage {
    /// The hops in their order.
    pub const ALL: [Self; 3] = [Self::Ministry, Self::Secretariat, Self::Member];

    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Ministry => "ministry",
            Self::Secretariat => "secretariat",
            Self::Member => "member",
        }
    }
}

impl Label for Stage {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Ministry => language.pick("所管省庁", "Ministry"),
            Self::Secretariat => language.pick("事務局", "Secretariat"),
            Self::Member => language.pick("構成員", "Member"),
        }
    }
}
