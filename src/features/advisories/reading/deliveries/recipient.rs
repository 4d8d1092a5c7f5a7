//! One window of the list of recipients.

use chrono::{DateTime, Utc};

use crate::features::advisories::receipts::receipt::Received;
use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, Language};
use crate::kernel::stage::Stage;

/// What became of one copy. Codes as in the table `deliveries`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum CopyState {
    /// A desk on the way has not passed the item on.
    Held,
    /// Waiting for the first try, or the next.
    Queued,
    /// Being sent.
    Sending,
    /// Handed over.
    Sent,
    /// Refused for good.
    Refused,
    /// Given up after the last try.
    Expired,
    /// Taken out before it was sent.
    Cancelled,
}

impl CopyState {
    /// The badge's code.
    #[must_use]
    pub fn badge(self) -> &'static str {
        match self {
            Self::Held | Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Refused | Self::Expired => "refused",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether a failure stands behind it that somebody should know of.
    #[must_use]
    pub fn has_failed(self) -> bool {
        match self {
            Self::Refused | Self::Expired => true,
            Self::Held | Self::Queued | Self::Sending | Self::Sent | Self::Cancelled => false,
        }
    }
}

impl Label for CopyState {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Held => language.pick("中継待ち", "Not passed on yet"),
            Self::Queued => language.pick("送信待ち", "Queued"),
            Self::Sending => language.pick("送信中", "Sending"),
            Self::Sent => language.pick("送信済", "Sent"),
            Self::Refused => language.pick("不達", "Refused"),
            Self::Expired => language.pick("不達(期限切れ)", "Given up"),
            Self::Cancelled => language.pick("送信取りやめ", "Cancelled"),
        }
    }
}

/// What the list of recipients can be narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narrow {
    /// Still to be sent.
    Queued,
    /// Not taken.
    Refused,
    /// Not acknowledged by the organisation.
    Unacknowledged,
    /// … though an answer was due.
    Overdue,
    /// Organisations without a window that gets the item.
    NoWindow,
}

impl Narrow {
    /// All of them, in the order of the choice.
    pub const ALL: [Self; 5] = [Self::Refused, Self::NoWindow, Self::Overdue, Self::Unacknowledged, Self::Queued];

    /// The value in addresses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Refused => "refused",
            Self::Unacknowledged => "unacknowledged",
            Self::Overdue => "overdue",
            Self::NoWindow => "no_window",
        }
    }

    /// The value of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|narrow| narrow.code() == code)
    }
}

impl Label for Narrow {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Queued => language.pick("送信待ち・送信中", "Queued or sending"),
            Self::Refused => language.pick("不達", "Refused"),
            Self::Unacknowledged => language.pick("未確認", "Not acknowledged"),
            Self::Overdue => language.pick("期限超過", "Overdue"),
            Self::NoWindow => language.pick("メール窓口なし", "No mail window"),
        }
    }
}

/// A window of an organisation and its copy, or an organisation that no copy goes to.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The hop.
    pub stage: Stage,
    /// The CEPTOAR whose route it is.
    pub ceptoar_id: String,
    /// The organisation.
    pub organisation_id: OrganisationId,
    /// Its name in Japanese.
    pub ja: String,
    /// Its name in English.
    pub en: String,
    /// The copy; `None` where no window gets one.
    pub copy: Option<Copy>,
    /// No copy here, because another window of the organisation gets it.
    pub elsewhere: bool,
    /// A desk on the way has not passed the item on: nothing is asked of them yet.
    pub held: bool,
    /// A newer version is there: nobody waits for an answer to this one.
    pub old: bool,
    /// The organisation's receipt that weighs most.
    pub received: Option<Received>,
}

/// One copy to one window.
#[derive(Debug, Clone)]
pub struct Copy {
    /// The window's place in its organisation.
    pub position: i16,
    /// What became of it.
    pub state: CopyState,
    /// How often it was tried.
    pub attempts: i16,
    /// When it was settled.
    pub settled_at: Option<DateTime<Utc>>,
    /// The relay's last answer.
    pub reply: Option<String>,
    /// The window's name, for those who keep the list.
    pub label: Option<String>,
    /// Its address, for those who keep the list.
    pub address: Option<String>,
}
