//! One RFC 5322 message per recipient. What is the same for all is made once per mail.
//!
//! Everything on the wire is ASCII: headers are RFC 2047 words, the text is base64. So no relay needs
//! 8BITMIME or SMTPUTF8, no line can begin with a dot, and no line end can stand alone.

use std::sync::Arc;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, HeaderName, HeaderValue, Headers, InReplyTo, MessageId, References, ReplyTo,
    To,
};
use lettre::message::{Body, Mailbox, header::MIME_VERSION_1_0};

use crate::kernel::email_address::EmailAddress;
use crate::kernel::ids::DeliveryId;
use crate::kernel::language::Language;
use crate::platform::mail::return_path::{Purpose, ReturnPaths};

/// Who sends, and under which name the portal's mails are known. The same for all mails of a portal.
#[derive(Debug, Clone)]
pub struct Postmark {
    from: Address,
    /// The right-hand side of message ids.
    host: String,
    /// Where copies come back to, each under an address of its own; without them everything comes back to the sender.
    returns: Option<ReturnPaths>,
}

/// What a reply to a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepliesTo {
    /// The item that the mail carries.
    Item,
    /// The item of the delivery that the copy follows.
    Followed,
    /// Nothing that the portal could make of it: a person reads it at the sender's address.
    Nothing,
}

/// A stored mail, as the worker reads it.
#[derive(Debug, Clone)]
pub struct MailText {
    /// Language of the text.
    pub language: Language,
    /// Subject.
    pub subject: String,
    /// Text with CRLF.
    pub body: String,
    /// Whether it belongs to a drill.
    pub drill: bool,
    /// When it was stored: the date of every copy, so that copies of one delivery are alike.
    pub created_at: DateTime<Utc>,
    /// What a reply to it is about.
    pub replies: RepliesTo,
}

/// A mail ready to be addressed: the common headers and the encoded text.
#[derive(Debug)]
pub struct Sheet {
    postmark: Postmark,
    replies: RepliesTo,
    head: String,
    body: Arc<str>,
}

/// One copy for one recipient.
#[derive(Debug, Clone)]
pub struct AddressedCopy {
    /// The envelope's sender.
    pub from: Address,
    /// The envelope's recipient: from the outbox row, never parsed back out of a header.
    pub to: Address,
    /// All headers and the empty line.
    pub head: String,
    /// The encoded text, shared by all copies.
    pub body: Arc<str>,
}

/// Why a message cannot be made. Says nothing about whom it was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// The sender's or recipient's address cannot be used.
    #[error("the address cannot be used in an envelope")]
    Address,
    /// The base URL has no host.
    #[error("the portal's base URL has no host")]
    Host,
    /// lettre refused to build it.
    #[error("the message cannot be built")]
    Build,
    /// A line end stands alone.
    #[error("the message has a line end that stands alone")]
    BareLineEnd,
}

impl Postmark {
    /// The postmark of a portal: its sender address, and the host of its base URL.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub fn new(from: &str, base_url: &str) -> Result<Self, CopyError> {
        let url = url::Url::parse(base_url).map_err(|_| CopyError::Host)?;
        let host = match url.host().ok_or(CopyError::Host)? {
            url::Host::Domain(domain) => domain.to_owned(),
            url::Host::Ipv4(address) => address.to_string(),
            url::Host::Ipv6(address) => format!("[IPv6:{address}]"),
        };
        Ok(Self { from: address(from)?, host, returns: None })
    }

    /// The same with an address of its own for what comes back of each copy.
    #[must_use]
    pub fn with_returns(self, returns: Option<ReturnPaths>) -> Self {
        Self { returns, ..self }
    }

    /// The name that the portal gives itself towards a relay.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The stable id of a delivery's copies: a repeat after a crash is recognisable by it.
    #[must_use]
    pub fn message_id(&self, delivery: DeliveryId) -> String {
        format!("<{delivery}@{}>", self.host)
    }
}

impl Sheet {
    /// Encodes a mail's text and common headers once.
    ///
    /// # Errors
    /// When it cannot become a message for anybody.
    pub fn prepare(postmark: &Postmark, mail: &MailText) -> Result<Self, CopyError> {
        if has_bare_line_end(&mail.body) {
            return Err(CopyError::BareLineEnd);
        }
        let name = mail.language.pick("セプター情報共有ポータル", "CEPTOAR Portal").to_owned();
        let envelope = lettre::address::Envelope::new(Some(postmark.from.clone()), vec![postmark.from.clone()])
            .map_err(|_| CopyError::Build)?;
        let mut builder = lettre::Message::builder()
            .envelope(envelope)
            .date(SystemTime::from(mail.created_at))
            .from(Mailbox::new(Some(name), postmark.from.clone()))
            .subject(mail.subject.clone())
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN)
            .raw_header(raw("Content-Language", mail.language.code())?)
            .raw_header(raw("Auto-Submitted", "auto-generated")?)
            .raw_header(raw("List-Id", &format!("<advisories.{}>", postmark.host))?);
        if mail.drill {
            builder = builder.raw_header(raw("X-Portal-Drill", "yes")?);
        }
        let encoded = Body::new_with_encoding(mail.body.clone(), ContentTransferEncoding::Base64)
            .map_err(|_| CopyError::Build)?
            .into_vec();
        let empty = Body::dangerous_pre_encoded(Vec::new(), ContentTransferEncoding::Base64);
        let head = builder.body(empty).map_err(|_| CopyError::Build)?.headers().to_string();
        let mut body = String::from_utf8(encoded).map_err(|_| CopyError::Build)?;
        if !body.ends_with("\r\n") {
            body.push_str("\r\n");
        }
        if has_bare_line_end(&head) || has_bare_line_end(&body) {
            return Err(CopyError::BareLineEnd);
        }
        Ok(Self { postmark: postmark.clone(), replies: mail.replies, head, body: body.into() })
    }

    /// The copy for one recipient; in a mail program it stands below the delivery that it follows.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn address(
        &self,
        delivery: DeliveryId,
        follows: Option<DeliveryId>,
        to: &str,
        addressee: &str,
    ) -> Result<AddressedCopy, CopyError> {
        let to = address(to)?;
        let mut own = Headers::with_capacity(5);
        let returns = self.postmark.returns.as_ref();
        let answered = match self.replies {
            RepliesTo::Item => true,
            RepliesTo::Followed => follows.is_some(),
            RepliesTo::Nothing => false,
        };
        if let Some(returns) = returns.filter(|_| answered) {
            let place = return_address(returns, Purpose::Reply, delivery);
            own.set(ReplyTo::from(lettre::message::Mailboxes::from(Mailbox::new(None, place))));
        }
        own.set(MessageId::from(self.postmark.message_id(delivery)));
        if let Some(first) = follows.map(|first| self.postmark.message_id(first)) {
            own.set(InReplyTo::from(first.clone()));
            own.set(References::from(first));
        }
        own.set(To::from(lettre::message::Mailboxes::from(Mailbox::new(display_name(addressee), to.clone()))));
        let mut head = self.head.clone();
        head.push_str(&own.to_string());
        head.push_str("\r\n");
        if has_bare_line_end(&head) {
            return Err(CopyError::BareLineEnd);
        }
        let from = match returns {
            Some(returns) => return_address(returns, Purpose::Bounce, delivery),
            None => self.postmark.from.clone(),
        };
        Ok(AddressedCopy { from, to, head, body: self.body.clone() })
    }
}

impl AddressedCopy {
    /// The whole message as it goes out.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}{}", self.head, self.body)
    }
}

/// An address that went through our own, stricter rule; lettre's parser would refuse some that carriers once sold.
fn address(text: &str) -> Result<Address, CopyError> {
    let parsed = EmailAddress::parse(text).map_err(|_| CopyError::Address)?;
    let (local, domain) = parsed.as_str().rsplit_once('@').ok_or(CopyError::Address)?;
    Ok(Address::new_dangerous(local, domain))
}

fn return_address(returns: &ReturnPaths, purpose: Purpose, delivery: DeliveryId) -> Address {
    Address::new_dangerous(returns.local(purpose, delivery), returns.domain())
}

/// A name as it may stand in a header. A line end in it makes lettre panic, so none gets that far.
fn display_name(name: &str) -> Option<String> {
    let spaced: String =
        name.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let short: String = words.join(" ").chars().take(100).collect();
    (!short.is_empty()).then_some(short)
}

fn raw(name: &str, value: &str) -> Result<HeaderValue, CopyError> {
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| CopyError::Build)?;
    Ok(HeaderValue::new(name, value.to_owned()))
}

/// Whether a CR or LF stands outside a CRLF.
fn has_bare_line_end(text: &str) -> bool {
    let mut last = 0;
    for byte in text.bytes() {
        if (byte == b'\n') != (last == b'\r') {
            return true;
        }
        last = byte;
    }
    last == b'\r'
}

#[cfg(test)]
mod tests;
