//! What a reply is worth.

use chrono::{DateTime, Utc};

use crate::kernel::ids::OrganisationId;
use crate::kernel::language::{Label, Language};
use crate::kernel::text::half_width;
use crate::platform::mail::inbound::reading::Reading;

/// What became of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Outcome {
    /// It is a receipt.
    Received,
    /// It quotes the number of another item.
    OtherNumber,
    /// It quotes no number.
    NoNumber,
    /// It comes from another address than the mail went to.
    OtherSender,
    /// The item is an old version.
    Superseded,
    /// The item is withdrawn.
    Withdrawn,
    /// The item is RED: the named person acknowledges it in the portal.
    Confidential,
    /// A program wrote it.
    Automatic,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Received,
        Self::OtherNumber,
        Self::NoNumber,
        Self::OtherSender,
        Self::Superseded,
        Self::Withdrawn,
        Self::Confidential,
        Self::Automatic,
    ];

    /// The value in the database and in figures.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::OtherNumber => "other_number",
            Self::NoNumber => "no_number",
            Self::OtherSender => "other_sender",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
            Self::Confidential => "confidential",
            Self::Automatic => "automatic",
        }
    }
}

impl Label for Outcome {
    /// What the desk is told, and what it does about it.
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Received => language.pick(
                "返信がありました。受領として数えています。",
                "There was a reply. It counts as received.",
            ),
            Self::OtherNumber => language.pick(
                "返信がありましたが、件名の番号がこの情報と違います。電話で確かめてください。",
                "There was a reply, but it quotes the number of another advisory. Please ask by telephone.",
            ),
            Self::NoNumber => language.pick(
                "返信がありましたが、この情報の番号が書かれていません。電話で確かめてください。",
                "There was a reply, but it does not quote the number of this advisory. Please ask by telephone.",
            ),
            Self::OtherSender => language.pick(
                "返信がありましたが、送った先と違うアドレスからのものです。電話で確かめてください。",
                "There was a reply, but not from the address that the mail went to. Please ask by telephone.",
            ),
            Self::Superseded => language.pick(
                "古い版への返信がありました。新しい版の受領を確かめてください。",
                "There was a reply to an old version. Please ask whether the new one has arrived.",
            ),
            Self::Withdrawn => language.pick(
                "取り消した情報への返信がありました。取消しが伝わっているか、電話で確かめてください。",
                "There was a reply to an advisory that is withdrawn. Please ask by telephone whether they know.",
            ),
            Self::Confidential => language.pick(
                "返信がありましたが、TLP:REDの受領は、指名された方本人がポータルで確認します。電話でお願いしてください。",
                "There was a reply, but TLP:RED is acknowledged in the portal by the named person. Please ask for that by telephone.",
            ),
            Self::Automatic => language.pick(
                "自動返信がありました(不在など)。受領にはなりません。電話で確かめてください。",
                "There was an automatic reply, such as one of absence. It is no receipt. Please ask by telephone.",
            ),
        }
    }
}

/// What has to be known of a copy to judge a reply to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Which item.
    pub advisory_id: uuid::Uuid,
    /// Who was written to.
    pub organisation_id: uuid::Uuid,
    /// As a member of which CEPTOAR.
    pub ceptoar_id: String,
    /// The item's number.
    pub number: String,
    /// It is RED.
    pub confidential: bool,
    /// They have a newer version.
    pub superseded: bool,
    /// It is withdrawn.
    pub withdrawn: bool,
    /// Our own subject.
    pub subject: String,
    /// Where the copy went.
    pub address: String,
}

/// Judges a reply; `nobody`: the envelope has no sender, as notices and automatic replies have none.
#[must_use]
pub fn judge(facts: &Facts, reading: &Reading, nobody: bool) -> Outcome {
    let added = without(&reading.subject, &facts.subject);
    if nobody || reading.automatic || !reading.reports.is_empty() || says_automatic(&added) {
        return Outcome::Automatic;
    }
    if !reading.from.eq_ignore_ascii_case(&facts.address) {
        return Outcome::OtherSender;
    }
    if facts.confidential {
        return Outcome::Confidential;
    }
    if facts.withdrawn {
        return Outcome::Withdrawn;
    }
    if facts.superseded {
        return Outcome::Superseded;
    }
    // In the subject, where every mail program leaves it; else in what somebody wrote at the top.
    let mut other = false;
    for text in std::iter::once(&reading.subject).chain(&reading.opening) {
        let quoted = numbers(text);
        if quoted.contains(&facts.number) {
            return Outcome::Received;
        }
        // What is in our own subject beside the number is none of theirs.
        other |= numbers(&without(text, &facts.subject)).iter().any(|number| *number != facts.number);
        if other {
            return Outcome::OtherNumber;
        }
    }
    Outcome::NoNumber
}

/// What somebody's program put round our subject. Spaces may have been broken anew on the way.
fn without(text: &str, own: &str) -> String {
    let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let (text, own) = (bare(text), bare(own));
    if own.is_empty() { text } else { text.replace(&own, " ") }
}

/// The words that programs begin the subject of an absence reply with.
fn says_automatic(subject: &str) -> bool {
    const SIGNS: [&str; 18] = [
        "自動返信",
        "自動応答",
        "自動配信",
        "自動送信",
        "不在",
        "休暇中",
        "退職",
        "受付完了",
        "outofoffice",
        "outoftheoffice",
        "automaticreply",
        "autoreply",
        "auto-reply",
        "autoresponse",
        "auto:",
        "vacation",
        "awayfrom",
        "undeliver",
    ];
    let subject = half_width(subject).to_lowercase();
    SIGNS.iter().any(|sign| subject.contains(sign))
}

/// What looks like an item's number: 2026-0042, by itself. CVE-2026-0042 and 1-2026-0042 are none.
fn numbers(text: &str) -> Vec<String> {
    let text = half_width(text);
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.split(|c: char| !is_part(c))
        .map(|word| word.trim_matches('-'))
        .filter(|word| is_number(word))
        .map(str::to_owned)
        .collect()
}

fn is_number(word: &str) -> bool {
    let digits = |text: &str, least: usize| text.len() >= least && text.bytes().all(|b| b.is_ascii_digit());
    word.split_once('-')
        .is_some_and(|(year, serial)| year.len() == 4 && digits(year, 4) && digits(serial, 4) && serial.len() <= 6)
}

/// A reply as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailReply {
    /// Whose.
    pub organisation_id: OrganisationId,
    /// As a member of which CEPTOAR, or as an office on its road.
    pub ceptoar_id: String,
    /// When it came.
    pub arrived_at: DateTime<Utc>,
    /// What became of it.
    pub outcome: Outcome,
}

impl MailReply {
    /// Whether it is a receipt.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.outcome == Outcome::Received
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWN: &str = "【注意喚起】[TLP:GREEN] 不在時のVPN装置(CVE-2026-1234) 2026-0042";

    fn facts() -> Facts {
        Facts {
            advisory_id: uuid::Uuid::nil(),
            organisation_id: uuid::Uuid::nil(),
            ceptoar_id: "banks".into(),
            number: "2026-0042".into(),
            confidential: false,
            superseded: false,
            withdrawn: false,
            subject: OWN.into(),
            address: "soc@bank1.example".into(),
        }
    }

    fn reply(subject: &str) -> Reading {
        Reading { from: "SOC@bank1.example".into(), subject: subject.into(), ..Reading::default() }
    }

    #[test]
    fn a_person_s_reply_with_the_number_is_a_receipt() {
        for subject in
            [format!("Re: {OWN}"), "RE: 2026-0042".into(), "受領(2026-0042)".into(), "受領 ２０２６－００４２".into()]
        {
            assert_eq!(judge(&facts(), &reply(&subject), false), Outcome::Received, "{subject}");
        }
        let mut below = reply("受領しました");
        below.opening = vec!["2026-0042 受領しました。".into()];
        assert_eq!(judge(&facts(), &below, false), Outcome::Received);
    }

    #[test]
    fn everything_else_says_why_it_is_none() {
        let of = |subject: &str| judge(&facts(), &reply(subject), false);
        assert_eq!(of("Re: 2026-0041"), Outcome::OtherNumber);
        assert_eq!(of("受領しました"), Outcome::NoNumber);
        assert_eq!(of("Re: CVE-2026-0042"), Outcome::NoNumber, "no number of ours");
        assert_eq!(of(&format!("自動返信: {OWN}")), Outcome::Automatic);
        assert_eq!(of(&format!("Out of Office Re: {OWN}")), Outcome::Automatic);
        assert_eq!(judge(&facts(), &reply(OWN), true), Outcome::Automatic);
        assert_eq!(
            judge(&facts(), &Reading { from: "x@bank1.example".into(), ..reply(OWN) }, false),
            Outcome::OtherSender
        );
        assert_eq!(judge(&facts(), &Reading { from: String::new(), ..reply(OWN) }, false), Outcome::OtherSender);
        assert_eq!(judge(&Facts { confidential: true, ..facts() }, &reply(OWN), false), Outcome::Confidential);
        assert_eq!(judge(&Facts { superseded: true, ..facts() }, &reply(OWN), false), Outcome::Superseded);
        assert_eq!(
            judge(&Facts { superseded: true, withdrawn: true, ..facts() }, &reply(OWN), false),
            Outcome::Withdrawn
        );
    }

    proptest! {
        #[test]
        fn no_program_s_mail_is_a_receipt(
            subject in "\\PC{0,30}", opening in prop::collection::vec("\\PC{0,30}", 0..4),
            header in any::<bool>(), nobody in any::<bool>(), words in any::<bool>(),
        ) {
            let sign = if words { "不在通知: " } else { "" };
            let subject = format!("{sign}{subject} {OWN}");
            let reading = Reading { automatic: header || !(nobody || words), opening, ..reply(&subject) };
            prop_assert_eq!(judge(&facts(), &reading, nobody), Outcome::Automatic);
        }

        #[test]
        fn what_does_not_quote_the_number_is_none(subject in "[^0-9０-９]{0,60}", from in "[a-z]{1,9}@[a-z]{1,9}\\.example") {
            prop_assert_ne!(judge(&facts(), &reply(&subject), false), Outcome::Received);
            prop_assume!(!from.eq_ignore_ascii_case("soc@bank1.example"));
            prop_assert_ne!(judge(&facts(), &Reading { from, ..reply(OWN) }, false), Outcome::Received);
        }
    }
}
