//! The relay that `SMTP_URL` names, spoken to in the way that `SMTP_TRANSPORT` names.

use super::lettre_relay::{LettreConnection, LettreRelay};
use super::pipelined::relay::{PipelinedConnection, PipelinedRelay};
use super::relay::{ConnectError, Connection, Relay, SendResult, StillOurs};
use super::sheet::AddressedCopy;
use super::smtp_url::SmtpUrl;
use crate::platform::config::Transport;

/// A relay.
pub enum SmtpRelay {
    /// Much at once.
    Pipelined(PipelinedRelay),
    /// Command by command.
    Stepwise(LettreRelay),
}

/// An open conversation.
pub enum SmtpConnection {
    /// Much at once.
    Pipelined(PipelinedConnection),
    /// Command by command.
    Stepwise(Box<LettreConnection>),
}

impl SmtpRelay {
    /// A relay; `hello` is the name that we give ourselves.
    ///
    /// # Errors
    /// When TLS cannot be set up, for example without any root certificate.
    pub fn new(url: SmtpUrl, hello: &str, transport: Transport) -> anyhow::Result<Self> {
        Ok(match transport {
            Transport::Pipelined => Self::Pipelined(PipelinedRelay::new(url, hello)?),
            Transport::Stepwise => Self::Stepwise(LettreRelay::new(url, hello)?),
        })
    }
}

impl Relay for SmtpRelay {
    type Connection = SmtpConnection;

    async fn connect(&self) -> Result<SmtpConnection, ConnectError> {
        Ok(match self {
            Self::Pipelined(relay) => SmtpConnection::Pipelined(relay.connect().await?),
            Self::Stepwise(relay) => SmtpConnection::Stepwise(Box::new(relay.connect().await?)),
        })
    }
}

impl Connection for SmtpConnection {
    async fn send(
        &mut self,
        copy: &AddressedCopy,
        next: Option<&AddressedCopy>,
        still_ours: StillOurs<'_>,
    ) -> SendResult {
        match self {
            Self::Pipelined(connection) => connection.send(copy, next, still_ours).await,
            Self::Stepwise(connection) => connection.send(copy, next, still_ours).await,
        }
    }

    fn looks_ahead(&self) -> bool {
        match self {
            Self::Pipelined(connection) => connection.looks_ahead(),
            Self::Stepwise(connection) => connection.looks_ahead(),
        }
    }

    fn usable(&self) -> bool {
        match self {
            Self::Pipelined(connection) => connection.usable(),
            Self::Stepwise(connection) => connection.usable(),
        }
    }

    async fn close(self) {
        match self {
            Self::Pipelined(connection) => connection.close().await,
            Self::Stepwise(connection) => connection.close().await,
        }
    }
}
