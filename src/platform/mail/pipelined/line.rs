//! The line to a relay: bytes out, answers in, in clear or over TLS.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::answers::{Answer, Answers};
use super::transaction::Heard;
use crate::platform::mail::reply::Stage;

/// How long reaching the relay's machine may take.
const REACH: Duration = Duration::from_secs(20);

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// An open line. Once it is broken it stays so.
pub struct Line {
    stream: Box<dyn Duplex>,
    answers: Answers,
    /// What is said with the next [`Line::flush`].
    pub out: Vec<u8>,
    broken: bool,
}

/// Whom we believe to be the relay: the holder of a certificate for its name.
#[derive(Clone)]
pub struct Trust {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Trust {
    /// Certificates are checked against the system's roots, or those in SSL_CERT_FILE where an operator sets it.
    ///
    /// # Errors
    /// When there is no root, or the host's name can stand in no certificate.
    pub fn new(host: &str) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        anyhow::ensure!(!roots.is_empty(), "no root certificates: install ca-certificates, or set SSL_CERT_FILE");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name: ServerName::try_from(host.to_owned())? })
    }
}

impl Line {
    /// Reaches the relay's machine.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn reach(host: &str, port: u16) -> io::Result<Self> {
        let stream = tokio::time::timeout(REACH, TcpStream::connect((host, port))).await??;
        // What goes out is whole and waits for an answer: Nagle's delay would be paid at every mail.
        stream.set_nodelay(true)?;
        Ok(Self::over(stream))
    }

    fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self { stream: Box::new(stream), answers: Answers::default(), out: Vec::new(), broken: false }
    }

    /// Turns to TLS. What had come in clear and was not taken is an error and never an answer.
    ///
    /// # Errors
    /// When there is such a thing, or the other side is not whom we trust.
    pub async fn secure(self, trust: &Trust) -> io::Result<Self> {
        if self.broken || !self.answers.is_empty() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Self::over(trust.connector.connect(trust.name.clone(), self.stream).await?))
    }

    /// Whether the relay has said something that nobody asked for.
    #[must_use]
    pub fn is_ahead(&self) -> bool {
        !self.answers.is_empty()
    }

    /// Whether nothing can be said or heard any more.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Nothing is said or heard from here on.
    pub fn end(&mut self) {
        self.broken = true;
    }

    /// Lets out what was said. A failure is no answer: the relay may have said why before it hung up, so that is read.
    pub async fn flush(&mut self) {
        let written = async {
            self.stream.write_all(&self.out).await?;
            self.stream.flush().await
        };
        if written.await.is_err() {
            self.broken = true;
        }
        self.out.clear();
    }

    /// The next answer; none when the line breaks before it, or it is no SMTP.
    pub async fn answer<T>(&mut self, read: impl FnOnce(&Answer<'_>) -> T) -> Option<T> {
        let mut packet = [0; 4096];
        loop {
            match self.answers.take() {
                Ok(Some(answer)) => return Some(read(&answer)),
                Ok(None) => {}
                Err(_garbled) => break,
            }
            match self.stream.read(&mut packet).await {
                Ok(length) if length > 0 => self.answers.hear(&packet[..length]),
                Ok(_) | Err(_) => break,
            }
        }
        self.broken = true;
        None
    }

    /// The next answer, at a stage. With 421 the relay hangs up.
    pub async fn hear(&mut self, stage: Stage) -> Option<Heard> {
        let heard = self.answer(|answer| Heard::of(stage, answer)).await?;
        self.broken |= heard.says_goodbye();
        Some(heard)
    }
}
