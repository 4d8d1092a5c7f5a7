//! 情報共有レベル: how far an item may go. FIRST TLP 2.0 stands in for the level table of the
//! 実施細目, which is not public (docs/decisions/0006).

use super::language::{Label, Language};

/// The shared-scope axis, from the narrowest to the widest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SharingLevel {
    /// Named recipients only.
    Red,
    /// The recipient's organisation only.
    AmberStrict,
    /// The recipient's organisation and those it must involve.
    Amber,
    /// The critical-infrastructure community.
    Green,
    /// No limit.
    Clear,
}

impl SharingLevel {
    /// All levels, the strictest first.
    pub const ALL: [Self; 5] = [Self::Red, Self::AmberStrict, Self::Amber, Self::Green, Self::Clear];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Red => "RED",
            Self::AmberStrict => "AMBER_STRICT",
            Self::Amber => "AMBER",
            Self::Green => "GREEN",
            Self::Clear => "CLEAR",
        }
    }

    /// The level of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.code() == code)
    }

    /// The label of TLP 2.0 in upper case, as FIRST asks for in subject and body.
    #[must_use]
    pub fn tlp(self) -> &'static str {
        match self {
            Self::Red => "TLP:RED",
            Self::AmberStrict => "TLP:AMBER+STRICT",
            Self::Amber => "TLP:AMBER",
            Self::Green => "TLP:GREEN",
            Self::Clear => "TLP:CLEAR",
        }
    }

    /// Whether a mail may carry the text. From AMBER upward it carries a link alone.
    #[must_use]
    pub fn mail_carries_text(self) -> bool {
        match self {
            Self::Red | Self::AmberStrict | Self::Amber => false,
            Self::Green | Self::Clear => true,
        }
    }

    /// The handler scopes that make sense at this level, the default first.
    #[must_use]
    pub fn handler_scopes(self) -> &'static [HandlerScope] {
        match self {
            Self::Red => &[HandlerScope::Named],
            Self::AmberStrict | Self::Amber => &[HandlerScope::Handlers, HandlerScope::Organisation],
            Self::Green | Self::Clear => &[HandlerScope::Organisation, HandlerScope::Handlers],
        }
    }

    /// What somebody who has the item may do with it, in words.
    #[must_use]
    pub fn handling(self, language: Language) -> &'static str {
        match self {
            Self::Red => language.pick(
                "指名された方だけが扱えます。ほかの方には、組織の中でも伝えないでください。",
                "For the named persons only. Do not pass it on, not even inside your organisation.",
            ),
            Self::AmberStrict => language.pick(
                "受け取った組織の中で、必要な方だけが扱えます。委託先にも渡さないでください。",
                "Stays inside the receiving organisation, with those who need it. Contractors are excluded.",
            ),
            Self::Amber => language.pick(
                "受け取った組織と、対応に欠かせない委託先等で、必要な方だけが扱えます。",
                "For the receiving organisation and those it must involve, such as contractors, as far as they need it.",
            ),
            Self::Green => language.pick(
                "重要インフラの関係者(宛先のセプター・所管省庁等)の中で共有できます。公開はできません。",
                "May be shared within the critical-infrastructure community addressed, but not published.",
            ),
            Self::Clear => {
                language.pick("公開してよく、共有に制限はありません。", "May be published; there is no limit on sharing.")
            }
        }
    }

    /// What its author should know before choosing it: how the mail is going to be.
    #[must_use]
    pub fn mail_rule(self, language: Language) -> &'static str {
        match self {
            Self::Red => language.pick(
                "受け取る方を指名します。メールには題名も本文も載せず、電話を求めます。",
                "You name the persons. Mail carries neither title nor text and asks for a telephone call.",
            ),
            Self::AmberStrict | Self::Amber => language.pick(
                "メールには題名も本文も載せず、リンクだけを送ります。",
                "Mail carries neither title nor text, only a link.",
            ),
            Self::Green | Self::Clear => language.pick("メールに本文を載せます。", "Mail carries the text."),
        }
    }
}

impl Label for SharingLevel {
    fn label(self, _: Language) -> &'static str {
        self.tlp()
    }
}

/// The second axis: which people in a receiving organisation may handle the item (取扱担当者の範囲).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum HandlerScope {
    /// The named persons.
    Named,
    /// Designated handlers.
    Handlers,
    /// Everybody of the organisation who has an account.
    Organisation,
}

impl HandlerScope {
    /// All scopes, the narrowest first.
    pub const ALL: [Self; 3] = [Self::Named, Self::Handlers, Self::Organisation];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Handlers => "handlers",
            Self::Organisation => "organisation",
        }
    }

    /// The scope of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }
}

impl Label for HandlerScope {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Named => language.pick("指名した方のみ", "Named persons only"),
            Self::Handlers => language.pick("取扱担当者のみ", "Designated handlers only"),
            Self::Organisation => language.pick("組織内の利用者", "Everybody in the organisation"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for level in SharingLevel::ALL {
            assert_eq!(SharingLevel::from_code(level.code()), Some(level));
        }
        for scope in HandlerScope::ALL {
            assert_eq!(HandlerScope::from_code(scope.code()), Some(scope));
        }
        assert_eq!(SharingLevel::from_code("WHITE"), None);
    }

    #[test]
    fn a_wider_level_never_has_a_narrower_widest_scope() {
        let widest = SharingLevel::ALL.map(|level| level.handler_scopes().iter().max().copied());
        assert!(widest.is_sorted());
    }

    #[test]
    fn text_travels_by_mail_from_green_downward_only() {
        assert!(SharingLevel::ALL.map(SharingLevel::mail_carries_text).is_sorted());
        assert!(!SharingLevel::Amber.mail_carries_text());
        assert!(SharingLevel::Green.mail_carries_text());
    }
}
