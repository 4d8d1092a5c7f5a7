//! What the worker needs of a relay, so that the way of talking to it can be replaced.

use std::future::Future;

use super::reply::Reply;
use super::sheet::AddressedCopy;

/// How handing over one copy ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendResult {
    /// The relay took responsibility.
    Sent(Reply),
    /// A 4xx answer, trouble on the line, or an unknown outcome: another try, with the same message id.
    TryLater(Reply),
    /// The relay will never take it for this recipient.
    Refused(Reply),
    /// The relay refuses us, not the recipient: the queue waits, and no copy is given up for it.
    OursBroken(Reply),
    /// The copy was not ours to send any more when its text was due: nothing of it went out.
    Lapsed,
}

/// Asked at the last moment before a text goes out: whether the copy is still ours to send. The lease may have run out
/// while the relay thought about the envelope, or while the machine was suspended.
pub type StillOurs<'a> = &'a (dyn Fn() -> bool + Sync);

/// Why there is no conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectError {
    /// What happened.
    pub reply: Reply,
    /// Whether somebody has to mend our settings (5xx answers, TLS refused); otherwise time may help.
    pub ours: bool,
}

/// A relay that mails are handed to.
pub trait Relay: Send + Sync + 'static {
    /// An open conversation.
    type Connection: Connection;

    /// Opens a conversation, ready for the first mail.
    fn connect(&self) -> impl Future<Output = Result<Self::Connection, ConnectError>> + Send;
}

/// A conversation that carries one mail after the other.
pub trait Connection: Send + 'static {
    /// Hands over one copy. With the end of its text the envelope of the `next` one may go out: then that one is sent
    /// next, or the conversation is of no further use.
    fn send(
        &mut self,
        copy: &AddressedCopy,
        next: Option<&AddressedCopy>,
        still_ours: StillOurs<'_>,
    ) -> impl Future<Output = SendResult> + Send;

    /// Whether it is of use to name the next copy.
    fn looks_ahead(&self) -> bool;

    /// Whether another mail can follow on it.
    fn usable(&self) -> bool;

    /// Says goodbye.
    fn close(self) -> impl Future<Output = ()> + Send;
}
