//! A receipt: by which way it became known that an item has arrived, and how much that weighs.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::ids::{AccountId, OrganisationId};
use crate::kernel::language::{Label, Language, fill};

/// The ways in which a member tells its desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Channel {
    /// 電話.
    Phone,
    /// FAX.
    Fax,
    /// 衛星電話.
    Satellite,
    /// 対面.
    InPerson,
    /// Another network, such as a trade's own.
    Other,
}

impl Channel {
    /// All of them, the most usual first.
    pub const ALL: [Self; 5] = [Self::Phone, Self::Fax, Self::Satellite, Self::InPerson, Self::Other];

    /// The value in forms and in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Fax => "fax",
            Self::Satellite => "satellite",
            Self::InPerson => "in_person",
            Self::Other => "other",
        }
    }

    /// The channel of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.code() == code)
    }
}

impl Label for Channel {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Phone => language.pick("電話", "Telephone"),
            Self::Fax => language.pick("FAX", "Fax"),
            Self::Satellite => language.pick("衛星電話", "Satellite telephone"),
            Self::InPerson => language.pick("対面", "In person"),
            Self::Other => language.pick("その他の連絡網", "Another network"),
        }
    }
}

/// The way of a receipt by mail, as the view `advisory_receipts` has it.
pub const BY_REPLY: &str = "reply";

/// How it became known: by the firm itself, or through its desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// A person of the firm pressed the button.
    Portal,
    /// Somebody replied to the mail, from the address that it went to.
    Reply,
    /// The desk was told.
    Desk {
        /// By which way.
        channel: Channel,
        /// They told the code of their own sheet.
        with_code: bool,
    },
}

impl Evidence {
    /// From the columns of the view `advisory_receipts`.
    #[must_use]
    pub fn of(channel: &str, strength: i16) -> Self {
        let own = if channel == BY_REPLY { Self::Reply } else { Self::Portal };
        Channel::from_code(channel).map_or(own, |channel| Self::Desk { channel, with_code: strength == 1 })
    }

    /// What stands behind a receipt, in words; `desk` is the CEPTOAR whose desk was told.
    #[must_use]
    pub fn words(self, desk: &str, language: Language) -> String {
        let (channel, with_code) = match self {
            Self::Portal => {
                return language
                    .pick("本人がポータルで確認", "Acknowledged in the portal by the firm itself")
                    .to_owned();
            }
            Self::Reply => return language.pick("返信メールで受領", "Received, by a reply to the mail").to_owned(),
            Self::Desk { channel, with_code } => (channel, with_code),
        };
        let told = match channel {
            Channel::Phone => language.pick("{desk}事務局が電話で確認", "Told to the desk of {desk} by telephone"),
            Channel::Fax => language.pick("{desk}事務局がFAXで確認", "Told to the desk of {desk} by fax"),
            Channel::Satellite => {
                language.pick("{desk}事務局が衛星電話で確認", "Told to the desk of {desk} by satellite telephone")
            }
            Channel::InPerson => language.pick("{desk}事務局が対面で確認", "Told to the desk of {desk} in person"),
            Channel::Other => {
                language.pick("{desk}事務局がほかの連絡網で確認", "Told to the desk of {desk} through another network")
            }
        };
        let told = fill(told, &[("desk", desk)]);
        if with_code { format!("{told}{}", language.pick("(受領コードあり)", ", with the code")) } else { told }
    }
}

/// The receipt of an organisation that weighs most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// When.
    pub at: DateTime<Utc>,
    /// What stands behind it.
    pub evidence: Evidence,
    /// The CEPTOAR whose desk was told, in Japanese and English; empty where the firm itself acknowledged.
    pub desk: [String; 2],
}

impl Received {
    /// What stands behind it, in words.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        self.evidence.words(language.pick(&self.desk[0], &self.desk[1]), language)
    }
}

/// What a desk is about to write down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReceipt {
    /// By which way it was told.
    pub channel: Channel,
    /// They told the code of their own sheet.
    pub with_code: bool,
    /// Who said so: a name or a duty. Empty where that is not the viewer's to know.
    pub answered_by: String,
    /// What else there is to know. Empty likewise.
    pub remark: String,
    /// When it was told.
    pub happened_at: DateTime<Utc>,
}

impl NewReceipt {
    /// What stands behind it.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        Evidence::Desk { channel: self.channel, with_code: self.with_code }
    }
}

/// What a desk wrote down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskReceipt {
    /// Which one.
    pub receipt_id: Uuid,
    /// For whom.
    pub organisation_id: OrganisationId,
    /// Whose desk.
    pub ceptoar_id: String,
    /// The CEPTOAR's name in Japanese and English.
    pub ceptoar: [String; 2],
    /// What was told.
    pub told: NewReceipt,
    /// When it was entered.
    pub entered_at: DateTime<Utc>,
    /// Who entered it. None where that is not the viewer's to know, who sees which desk and not which person.
    pub entered_by: Option<AccountId>,
    /// The person's name then. Empty where that is not the viewer's to know: another desk's words are its own.
    pub entered_by_name: String,
    /// When, by whom and why it was taken back; the latter two empty likewise.
    pub withdrawn: Option<(DateTime<Utc>, String, String)>,
}

impl DeskReceipt {
    /// What stands behind it, in words.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        self.told.evidence().words(language.pick(&self.ceptoar[0], &self.ceptoar[1]), language)
    }

    /// Whether it counts.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.withdrawn.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_view_s_columns_become_evidence() {
        assert_eq!(Evidence::of("portal", 0), Evidence::Portal);
        assert_eq!(Evidence::of(BY_REPLY, 2), Evidence::Reply);
        for channel in Channel::ALL {
            assert_eq!(Evidence::of(channel.code(), 2), Evidence::Desk { channel, with_code: false });
            assert_eq!(Evidence::of(channel.code(), 1), Evidence::Desk { channel, with_code: true });
        }
    }

    #[test]
    fn the_words_name_the_desk() {
        for channel in Channel::ALL {
            for language in [Language::Ja, Language::En] {
                let words = Evidence::Desk { channel, with_code: true }.words("銀行等", language);
                assert!(words.contains("銀行等") && !words.contains('{'), "{words}");
            }
        }
        assert!(!Evidence::Portal.words("銀行等", Language::Ja).contains("銀行等"));
    }
}
