//! What happens to a mail that reaches the SMTP server, and what the server answers.

use std::future::Future;

/// The longest mail where nothing else is said.
pub const SIZE_LIMIT: usize = 4 * 1024 * 1024;

/// A mail as it came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// The message, dots undone.
    pub content: Vec<u8>,
}

/// The moments at which a reception may decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the first word.
    Greeting,
    /// EHLO or HELO.
    Hello,
    /// STARTTLS; there is none, but tests may pretend.
    StartTls,
    /// MAIL.
    Sender,
    /// RCPT; the recipient asked about is the last one.
    Recipient,
    /// DATA.
    Data,
    /// After the dot.
    End,
}

/// Which protocol is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// SMTP: one answer for a mail.
    Smtp,
    /// LMTP (RFC 2033): one answer for each of its recipients.
    Lmtp,
}

/// What became of a mail for one of its recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is dealt with.
    Yes,
    /// Not now; whoever brought it keeps it and comes again.
    Later,
    /// It will never be taken for this recipient.
    No,
}

/// What to do at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The usual.
    Accept,
    /// This answer instead; after the dot, the mail is not kept.
    Say(u16, &'static str),
    /// These bytes instead of an answer; after the dot, the mail is kept.
    Bytes(Vec<u8>),
    /// Close without an answer, keeping nothing.
    Close,
    /// After the dot: keep the mail, then close without an answer.
    KeepAndClose,
    /// After the dot: keep, answer 250, and reset the connection.
    KeepAnswerAndReset,
}

/// Decides about mails, and keeps them.
pub trait Reception: Send + Sync + 'static {
    /// What to do at this moment. Slow receptions simply take their time.
    fn judge(&self, moment: Moment, mail: &Received) -> impl Future<Output = Verdict> + Send {
        let _ = (moment, mail);
        async { Verdict::Accept }
    }

    /// Further words of the EHLO answer.
    fn extensions(&self) -> &[&'static str] {
        &[]
    }

    /// Which protocol is spoken.
    fn protocol(&self) -> Protocol {
        Protocol::Smtp
    }

    /// The longest mail.
    fn size_limit(&self) -> usize {
        SIZE_LIMIT
    }

    /// Keeps a mail for each of its recipients, in their order. Asked where LMTP is spoken.
    fn keep_each(&self, mail: Received) -> impl Future<Output = Vec<Kept>> + Send {
        let recipients = mail.to.len();
        async move {
            let kept = if self.keep(mail).await { Kept::Yes } else { Kept::Later };
            vec![kept; recipients]
        }
    }

    /// Keeps a mail; `false` lets the sender try again later. A 250 is only said after `true`.
    fn keep(&self, mail: Received) -> impl Future<Output = bool> + Send;
}
