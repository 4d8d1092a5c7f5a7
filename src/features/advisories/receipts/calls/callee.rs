//! A member that has not acknowledged, with its windows and numbers.

use chrono::{DateTime, Utc};
use uuid::Uuid;

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

/// A registered number of a window.
#[derive(Debug, Clone)]
pub struct Way {
    /// Which fact of the directory: a corrected number is another one, or recorded since.
    pub fact: Uuid,
    /// Since when the directory has it like this.
    pub recorded_at: DateTime<Utc>,
    /// By what.
    pub kind: ChannelKind,
    /// The number.
    pub value: String,
    /// When somebody is there.
    pub hours: Hours,
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
    /// The number; none where the window has none.
    pub way: Option<Way>,
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
    /// It has received the item since the list was opened: it stays in its place, without numbers.
    pub received: bool,
    /// Its numbers: those that hold at this hour first.
    pub numbers: Vec<CallNumber>,
}
