//! A member that has not acknowledged, with its windows and numbers.

use crate::features::advisories::reading::deliveries::recipient::CopyState;
use crate::features::directory::roster::sheet::{ChannelKind, Hours};
use crate::kernel::ids::{ContactId, OrganisationId};
use crate::kernel::language::{Label, Language};

/// What became of the mails to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailFate {
    /// No window gets one.
    NoWindow,
    /// None was taken.
    NotTaken,
    /// Some were not taken.
    PartlyTaken,
    /// Still on its way.
    UnderWay,
    /// Handed over.
    HandedOver,
}

impl MailFate {
    /// Whether the member may know of nothing.
    #[must_use]
    pub fn is_silent(self) -> bool {
        match self {
            Self::NoWindow | Self::NotTaken => true,
            Self::PartlyTaken | Self::UnderWay | Self::HandedOver => false,
        }
    }
}

impl Label for MailFate {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::NoWindow => language.pick("メール窓口なし", "No mail window"),
            Self::NotTaken => language.pick("メール不達", "Mail not taken"),
            Self::PartlyTaken => language.pick("一部のメールが不達", "Some mails not taken"),
            Self::UnderWay => language.pick("メール送信待ち", "Mail under way"),
            Self::HandedOver => language.pick("メール送信済", "Mail handed over"),
        }
    }
}

/// A number to call.
#[derive(Debug, Clone)]
pub struct CallNumber {
    /// Whose window.
    pub contact_id: ContactId,
    /// The window's name.
    pub window: String,
    /// What became of the window's mail.
    pub mail: Option<CopyState>,
    /// By what; none where the window has no number.
    pub way: Option<(ChannelKind, String, Hours)>,
}

/// A member to call.
#[derive(Debug, Clone)]
pub struct Callee {
    /// Whom.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese and English.
    pub name: [String; 2],
    /// What became of its mails.
    pub mail: MailFate,
    /// Its numbers: those that hold at this hour first.
    pub numbers: Vec<CallNumber>,
}
