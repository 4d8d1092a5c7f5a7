//! What a recipient's mail program would send back: for trying in the demonstration what follows from it.

use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue, InReplyTo};
use lettre::message::{Body, Mailbox};

use crate::kernel::email_address::EmailAddress;
use crate::kernel::language::{Label, Language};

/// Longest text of a reply.
pub const LONGEST: usize = 1000;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A person.
    Person,
    /// A program, as while somebody is away.
    Automatic,
    /// The server of the recipient: there is no such address.
    Undeliverable,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Person, Self::Automatic, Self::Undeliverable];

    /// The value in forms.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Automatic => "automatic",
            Self::Undeliverable => "undeliverable",
        }
    }

    /// The kind of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl Label for Kind {
    fn label(self, language: Language) -> &'static str {
        match self {
            Self::Person => language.pick("本人が返信する", "A person replies"),
            Self::Automatic => language.pick("自動返信(不在など)として返す", "An automatic reply, as of absence"),
            Self::Undeliverable => language.pick("不達として返す", "It could not be delivered"),
        }
    }
}

/// The mail that is answered.
#[derive(Debug, Clone, Default)]
pub struct Original {
    /// The envelope's sender.
    pub sender: String,
    /// The envelope's recipient.
    pub recipient: String,
    /// Subject.
    pub subject: String,
    /// Its number, in angle brackets.
    pub message_id: String,
    /// Where replies go; empty where none are asked for.
    pub reply_to: String,
}

/// A mail on its way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The envelope's sender; empty for programs.
    pub from: String,
    /// The envelope's recipient.
    pub to: String,
    /// The message.
    pub content: Vec<u8>,
}

/// The answer; `None` where the mail names no address for it.
#[must_use]
pub fn answer(kind: Kind, original: &Original, text: &str) -> Option<Answer> {
    EmailAddress::parse(&original.recipient).ok()?;
    match kind {
        Kind::Person => {
            let content = message(original, &format!("Re: {}", original.subject), text, false)?;
            Some(Answer { from: original.recipient.clone(), to: original.reply_to.clone(), content })
        }
        Kind::Automatic => {
            let content = message(original, &format!("自動返信: {}", original.subject), text, true)?;
            Some(Answer { from: String::new(), to: original.reply_to.clone(), content })
        }
        Kind::Undeliverable => {
            EmailAddress::parse(&original.sender).ok()?;
            let content = notice(original).into_bytes();
            Some(Answer { from: String::new(), to: original.sender.clone(), content })
        }
    }
}

fn message(original: &Original, subject: &str, text: &str, automatic: bool) -> Option<Vec<u8>> {
    let mailbox = |address: &str| {
        let parsed = EmailAddress::parse(address).ok()?;
        let (local, domain) = parsed.as_str().rsplit_once('@')?;
        Some(Mailbox::new(None, Address::new_dangerous(local, domain)))
    };
    let plain: String = subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut builder = lettre::Message::builder()
        .from(mailbox(&original.recipient)?)
        .to(mailbox(&original.reply_to)?)
        .subject(plain)
        .header(ContentType::TEXT_PLAIN)
        .header(InReplyTo::from(original.message_id.clone()));
    if automatic {
        let name = HeaderName::new_from_ascii("Auto-Submitted".to_owned()).ok()?;
        builder = builder.raw_header(HeaderValue::new(name, "auto-replied".to_owned()));
    }
    let text: String = text.chars().filter(|c| *c != '\r').take(LONGEST).collect();
    let body = Body::new_with_encoding(text.replace('\n', "\r\n"), ContentTransferEncoding::Base64).ok()?;
    Some(builder.body(body).ok()?.formatted())
}

/// As Postfix writes it (RFC 3464).
fn notice(original: &Original) -> String {
    let Original { recipient, message_id, .. } = original;
    format!(
        "From: MAILER-DAEMON@mail.example\r\nTo: {}\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"notice\"\r\n\r\n\
         --notice\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
         <{recipient}>: user unknown\r\n\r\n\
         --notice\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mail.example\r\n\r\n\
         Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: user unknown\r\n\r\n\
         --notice\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--notice--\r\n",
        original.sender
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::mail::inbound::reading::read;

    fn original() -> Original {
        Original {
            sender: "portal+b.x@ceptoar.example".into(),
            recipient: "soc@bank1.example".into(),
            subject: "【注意喚起】[TLP:GREEN] 題名 2026-0042".into(),
            message_id: "<1@ceptoar.example>".into(),
            reply_to: "portal+r.x@ceptoar.example".into(),
        }
    }

    #[test]
    fn each_kind_is_what_it_says() {
        let person = answer(Kind::Person, &original(), "受領しました。").unwrap();
        let read_back = read(&person.content);
        assert_eq!((person.from.as_str(), read_back.from.as_str()), ("soc@bank1.example", "soc@bank1.example"));
        assert_eq!(read_back.subject, "Re: 【注意喚起】[TLP:GREEN] 題名 2026-0042");
        assert_eq!(read_back.opening, ["受領しました。"]);
        assert!(!read_back.automatic);
        assert!(read(&answer(Kind::Automatic, &original(), "不在です。").unwrap().content).automatic);
        let notice = answer(Kind::Undeliverable, &original(), "").unwrap();
        assert_eq!((notice.from.as_str(), notice.to.as_str()), ("", "portal+b.x@ceptoar.example"));
        let reports = read(&notice.content).reports;
        assert!(reports[0].is_failure() && reports[0].is_about("soc@bank1.example"));
    }

    #[test]
    fn without_an_address_there_is_no_answer() {
        assert_eq!(answer(Kind::Person, &Original { reply_to: String::new(), ..original() }, "x"), None);
        assert_eq!(answer(Kind::Undeliverable, &Original { sender: String::new(), ..original() }, "x"), None);
        let bent = Original { recipient: "a@b.example>\r\nRCPT TO:<x@y.example".into(), ..original() };
        assert_eq!(answer(Kind::Person, &bent, "x"), None);
    }
}
