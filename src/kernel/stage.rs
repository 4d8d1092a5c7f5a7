//! The hops of a route down.

use super::language::{Label, Language};

/// A hop of the route down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Stage {
    /// 所管省庁.
    Ministry,
    /// 地方機関: authorities that look after some of the members, such as regional bureaux and prefectures.
    Regional,
    /// 事務局.
    Secretariat,
    /// 構成員.
    Member,
    /// 連携機関: outside the membership.
    Partner,
}

impl Stage {
    /// The hops in their order.
    pub const ALL: [Self; 5] = [Self::Ministry, Self::Regional, Self::Secretariat, Self::Member, Self::Partner];

    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Ministry => "ministry",
            Self::Regional => "regional",
            Self::Secretariat => "secretariat",
            Self::Member => "member",
            Self::Partner => "partner",
        }
    }

    /// Whether items reach it only when that desk has passed them on.
    #[must_use]
    pub fn is_behind(self, desk: Desk) -> bool {
        self > desk.stage()
    }

    /// Whether it is part of what a CEPTOAR is; the others are on the road where somebody is registered there.
    #[must_use]
    pub fn has_to_be(self) -> bool {
        match self {
            Self::Ministry | Self::Secretariat | Self::Member => true,
            Self::Regional | Self::Partner => false,
        }
    }

    /// Whether somebody there can say that an item has arrived. Partner bodies have no accounts.
    #[must_use]
    pub fn answers(self) -> bool {
        match self {
            Self::Ministry | Self::Regional | Self::Secretariat | Self::Member => true,
            Self::Partner => false,
        }
    }
}

impl Label for Stage {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Ministry => language.pick("所管省庁", "Ministry"),
            Self::Regional => language.pick("地方機関", "Regional office"),
            Self::Secretariat => language.pick("事務局", "Secretariat"),
            Self::Member => language.pick("構成員", "Member"),
            Self::Partner => language.pick("連携機関", "Partner body"),
        }
    }
}

/// An office on the route that may decide whether items go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Desk {
    /// 所管省庁.
    Ministry,
    /// 事務局.
    Secretariat,
}

impl Desk {
    /// Both, in the order of the road.
    pub const ALL: [Self; 2] = [Self::Ministry, Self::Secretariat];

    /// The value in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.stage().code()
    }

    /// The hop at which it stands.
    #[must_use]
    pub fn stage(self) -> Stage {
        match self {
            Self::Ministry => Stage::Ministry,
            Self::Secretariat => Stage::Secretariat,
        }
    }
}

impl Label for Desk {
    fn label(self, language: Language) -> &'static str {
        self.stage().label(language)
    }
}
