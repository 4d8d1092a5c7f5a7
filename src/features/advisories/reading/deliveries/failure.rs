//! Why a copy was not taken, in words for people who are not postmasters.

use crate::kernel::language::{Label, Language};
use crate::platform::mail::reply::{Reply, Stage};

/// The kinds of failure that call for different remedies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The address does not exist.
    UnknownAddress,
    /// The mailbox is full.
    MailboxFull,
    /// The mail is too large.
    TooLarge,
    /// The other side refuses mail like this.
    Refused,
    /// The other side cannot just now.
    Later,
    /// The relay was not reached.
    NoRelay,
    /// The relay took it, and it came back: the address has no server.
    UnknownDomain,
    /// … refused by a rule of theirs, such as one against spam.
    Filtered,
    /// … their server was not reached.
    NotReached,
}

impl Failure {
    /// What a relay's answer means; `None` for an answer of success.
    #[must_use]
    pub fn of(reply: &str) -> Option<Self> {
        if let Some(came_back) = Reply::parse(reply).filter(|reply| reply.stage == Stage::Bounced) {
            return Some(Self::behind_the_relay(came_back));
        }
        let mut words = reply.split([' ', '-']).filter(|word| !word.is_empty());
        let code: Option<u16> = words.next().and_then(|word| word.parse().ok());
        let enhanced = words.next().filter(|word| word.split('.').count() == 3).unwrap_or_default();
        match (code, enhanced.split_once('.').map_or("", |(_, detail)| detail)) {
            (Some(200..=299), _) => None,
            (_, "2.2") | (Some(452 | 552), "" | "3.1") => Some(Self::MailboxFull),
            (_, "3.4" | "2.3") => Some(Self::TooLarge),
            (Some(400..=499), _) => Some(Self::Later),
            (_, "1.1" | "1.2" | "1.3" | "1.6" | "1.10" | "2.1") | (Some(550 | 551 | 553), _) => {
                Some(Self::UnknownAddress)
            }
            (Some(500..=599), _) => Some(Self::Refused),
            (Some(_) | None, _) => Some(Self::NoRelay),
        }
    }

    /// Why a mail came back, by the codes of the notice (RFC 3463). Nothing is tried again.
    fn behind_the_relay(reply: Reply) -> Self {
        match reply.enhanced.map(|[_, subject, detail]| (subject, detail)) {
            Some((1, 2 | 10) | (4, 4)) => Self::UnknownDomain,
            Some((1, _) | (2, 1)) => Self::UnknownAddress,
            Some((2, 2)) => Self::MailboxFull,
            Some((2 | 3, 3 | 4)) => Self::TooLarge,
            Some((4, _)) => Self::NotReached,
            Some((7, _)) => Self::Filtered,
            Some(_) | None => Self::Refused,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(self, language: Language) -> &'static str {
        match self {
            Self::UnknownAddress | Self::UnknownDomain => language
                .pick("電話で連絡し、窓口のアドレスを確かめてください。", "Telephone, and check the window's address."),
            Self::MailboxFull => {
                language.pick("電話で連絡し、空きを作ってもらってください。", "Telephone, and ask them to make room.")
            }
            Self::TooLarge | Self::Refused | Self::NotReached => {
                language.pick("電話で連絡してください。", "Please telephone.")
            }
            Self::Filtered => language.pick(
                "電話で連絡し、このポータルのメールを受け取れるように設定してもらってください。",
                "Telephone, and ask them to let the mails of this portal in.",
            ),
            Self::Later | Self::NoRelay => language.pick(
                "自動で送り直します。急ぐときは電話で連絡してください。",
                "It is tried again by itself. Telephone if it is urgent.",
            ),
        }
    }
}

impl Label for Failure {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::UnknownAddress => {
                language.pick("宛先のアドレスが受け付けられませんでした", "The address was not accepted")
            }
            Self::MailboxFull => language.pick("宛先のメールボックスがいっぱいです", "The mailbox is full"),
            Self::TooLarge => {
                language.pick("メールが大きすぎて受け付けられませんでした", "The mail was too large for them")
            }
            Self::Refused => language.pick("宛先のサーバに受け取りを断られました", "Their server refused the mail"),
            Self::Later => {
                language.pick("宛先のサーバが一時的に受け取れません", "Their server cannot take mail for the moment")
            }
            Self::NoRelay => language.pick("中継サーバに届きませんでした", "The relay was not reached"),
            Self::UnknownDomain => language
                .pick("宛先のドメインが見つからず、戻ってきました", "It came back: the address's domain was not found"),
            Self::Filtered => language.pick(
                "迷惑メールなどとして拒否され、戻ってきました",
                "It came back: refused as spam or by a rule of theirs",
            ),
            Self::NotReached => {
                language.pick("宛先のサーバに届かず、戻ってきました", "It came back: their server was not reached")
            }
        }
    }
}

/// 550 5.1.1: the relay's codes, and nothing of its words.
#[must_use]
pub fn codes(reply: &str) -> String {
    let digits = |word: &&str| word.chars().all(|c| c.is_ascii_digit() || c == '.');
    reply.split(' ').take(2).filter(digits).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_relays_become_plain_words() {
        let cases = [
            ("250 2.0.0 Ok: queued as 4711", None),
            ("550 5.1.1 bounced", Some(Failure::UnknownAddress)),
            ("5.1.2 bounced", Some(Failure::UnknownDomain)),
            ("5.4.4 bounced", Some(Failure::UnknownDomain)),
            ("4.2.2 bounced", Some(Failure::MailboxFull)),
            ("552 5.2.2 bounced", Some(Failure::MailboxFull)),
            ("554 5.7.1 bounced", Some(Failure::Filtered)),
            ("4.4.7 bounced", Some(Failure::NotReached)),
            ("550 bounced", Some(Failure::Refused)),
            ("bounced", Some(Failure::Refused)),
            ("550 5.1.1 User unknown", Some(Failure::UnknownAddress)),
            ("550", Some(Failure::UnknownAddress)),
            ("553 5.1.3 Bad recipient", Some(Failure::UnknownAddress)),
            ("552 5.2.2 Mailbox full", Some(Failure::MailboxFull)),
            ("452 4.2.2 Over quota", Some(Failure::MailboxFull)),
            ("552 5.3.4 Message too big", Some(Failure::TooLarge)),
            ("451 4.7.1 Greylisted", Some(Failure::Later)),
            ("421", Some(Failure::Later)),
            ("554 5.7.1 Rejected", Some(Failure::Refused)),
            ("connection timed out", Some(Failure::NoRelay)),
            ("", Some(Failure::NoRelay)),
        ];
        for (reply, expected) in cases {
            assert_eq!(Failure::of(reply), expected, "{reply:?}");
        }
    }

    #[test]
    fn of_a_reply_only_the_codes_leave() {
        assert_eq!(codes("550 5.1.1 <soc@bank.example> unknown"), "550 5.1.1");
        assert_eq!(codes("421 closing"), "421");
        assert_eq!(codes("who knows"), "");
    }
}
