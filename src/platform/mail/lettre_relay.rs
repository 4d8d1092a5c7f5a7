//! A relay over lettre's SMTP connections, kept open by us.
//!
//! Not lettre's pool: it checks each connection before use and pays round trips for it. The commands
//! go out one by one so that we know at which of them the relay said no.

use std::fmt::Display;
use std::io;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Response, Severity};
use secrecy::ExposeSecret;
use tokio::net::TcpStream;

use super::pipelined::transaction::write_text;
use super::relay::{ConnectError, Connection, Relay, SendResult, StillOurs};
use super::reply::{Reply, Stage};
use super::sheet::AddressedCopy;
use super::smtp_url::{SmtpUrl, Tls};

/// How long reaching the relay's machine may take.
const REACH: Duration = Duration::from_secs(20);
const GOODBYE: Duration = Duration::from_secs(2);
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// The relay that `SMTP_URL` names.
pub struct LettreRelay {
    url: SmtpUrl,
    hello: ClientId,
    tls: Option<TlsParameters>,
}

/// An open conversation.
pub struct LettreConnection {
    smtp: AsyncSmtpConnection,
    usable: bool,
}

impl LettreRelay {
    /// A relay; `hello` is the name that we give ourselves.
    ///
    /// # Errors
    /// When TLS cannot be set up, for example without any root certificate.
    pub fn new(url: SmtpUrl, hello: &str) -> anyhow::Result<Self> {
        let tls = match url.tls {
            Tls::None => None,
            // Checked against the system's roots, or those in SSL_CERT_FILE where an operator sets it.
            Tls::StartTls | Tls::Implicit => Some(TlsParameters::new(url.host.clone())?),
        };
        let hello = match hello.parse() {
            Ok(std::net::IpAddr::V4(address)) => ClientId::Ipv4(address),
            Ok(std::net::IpAddr::V6(address)) => ClientId::Ipv6(address),
            Err(_) => ClientId::Domain(hello.to_owned()),
        };
        Ok(Self { url, hello, tls })
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, ConnectError> {
        let place = (self.url.host.as_str(), self.url.port);
        if let (Tls::Implicit, Some(tls)) = (self.url.tls, &self.tls) {
            return AsyncSmtpConnection::connect_tokio1(place, Some(REACH), &self.hello, Some(tls.clone()), None)
                .await
                .map_err(|e| connect_error(Stage::Greeting, &e));
        }
        let stream = tokio::time::timeout(REACH, TcpStream::connect(place))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(|_| ConnectError { reply: Reply::at(Stage::Connection), ours: false })?;
        // Commands are small and each waits for its answer: Nagle's delay would be paid at every one.
        stream.set_nodelay(true).map_err(|_| ConnectError { reply: Reply::at(Stage::Connection), ours: false })?;
        AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello)
            .await
            .map_err(|e| connect_error(Stage::Greeting, &e))
    }
}

impl Relay for LettreRelay {
    type Connection = LettreConnection;

    async fn connect(&self) -> Result<LettreConnection, ConnectError> {
        let mut smtp = self.open().await?;
        if let (Tls::StartTls, Some(tls)) = (self.url.tls, &self.tls) {
            if !smtp.can_starttls() {
                return Err(ConnectError { reply: Reply::at(Stage::Tls), ours: true });
            }
            smtp.starttls(tls.clone(), &self.hello).await.map_err(|e| connect_error(Stage::Tls, &e))?;
        }
        if let Some((name, password)) = &self.url.credentials {
            let credentials = Credentials::new(name.clone(), password.expose_secret().to_owned());
            smtp.auth(&MECHANISMS, &credentials).await.map_err(|e| connect_error(Stage::SignIn, &e))?;
        }
        Ok(LettreConnection { smtp, usable: true })
    }
}

impl Connection for LettreConnection {
    async fn send(&mut self, copy: &AddressedCopy, _: Option<&AddressedCopy>, still_ours: StillOurs<'_>) -> SendResult {
        if let Err(failure) = self.say(Stage::Sender, Mail::new(Some(copy.from.clone()), vec![])).await {
            return failure.blame_us();
        }
        if let Err(failure) = self.say(Stage::Recipient, Rcpt::new(copy.to.clone(), vec![])).await {
            self.forget_transaction().await;
            return failure.blame_recipient();
        }
        match self.ask(Stage::Data, Data).await {
            Ok(answer) if answer.code().severity == Severity::PositiveIntermediate => {}
            Ok(_) => return self.out_of_step(Stage::Data),
            Err(failure) => {
                self.forget_transaction().await;
                // Neither surely the recipient's fault nor surely ours: time decides.
                return SendResult::TryLater(failure.reply);
            }
        }
        if !still_ours() {
            // The relay waits for a text: only cutting the line keeps this one from it.
            self.usable = false;
            return SendResult::Lapsed;
        }
        match self.say(Stage::Content, Content(copy)).await {
            Ok(reply) => SendResult::Sent(reply),
            Err(failure) => failure.blame_recipient(),
        }
    }

    fn looks_ahead(&self) -> bool {
        false
    }

    fn usable(&self) -> bool {
        self.usable
    }

    async fn close(mut self) {
        if self.usable {
            let _ = tokio::time::timeout(GOODBYE, self.smtp.command(Quit)).await;
        }
    }
}

/// A command that did not succeed.
struct Failure {
    reply: Reply,
    permanent: bool,
}

impl Failure {
    fn blame_us(self) -> SendResult {
        if self.permanent { SendResult::OursBroken(self.reply) } else { SendResult::TryLater(self.reply) }
    }

    fn blame_recipient(self) -> SendResult {
        if self.permanent { SendResult::Refused(self.reply) } else { SendResult::TryLater(self.reply) }
    }
}

impl LettreConnection {
    /// A command whose answer must be 2xx.
    async fn say(&mut self, stage: Stage, command: impl Display) -> Result<Reply, Failure> {
        let answer = self.ask(stage, command).await?;
        if answer.code().severity != Severity::PositiveCompletion {
            self.usable = false;
            return Err(Failure { reply: Reply::at(stage), permanent: false });
        }
        Ok(Reply::answered(stage, number(answer.code()), answer.first_line().unwrap_or_default()))
    }

    /// A command whose answer must not be 4xx or 5xx.
    async fn ask(&mut self, stage: Stage, command: impl Display) -> Result<Response, Failure> {
        self.smtp.command(command).await.map_err(|error| {
            let code = error.status().map_or(0, number);
            // Without a status the line is broken or the answer was no SMTP; 421 announces the end of the line.
            if code == 0 || code == 421 {
                self.usable = false;
            }
            Failure { reply: reply(stage, &error), permanent: error.is_permanent() }
        })
    }

    /// After a refusal inside a transaction: start afresh, or give the connection up.
    async fn forget_transaction(&mut self) {
        if self.usable && self.smtp.command(Rset).await.is_err() {
            self.usable = false;
        }
    }

    fn out_of_step(&mut self, stage: Stage) -> SendResult {
        self.usable = false;
        SendResult::TryLater(Reply::at(stage))
    }
}

/// The text and the dot that ends it, in one write.
struct Content<'a>(&'a AddressedCopy);

impl Display for Content<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = Vec::new();
        write_text(&mut text, self.0);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

fn number(code: lettre::transport::smtp::response::Code) -> u16 {
    code.severity as u16 * 100 + code.category as u16 * 10 + code.detail as u16
}

fn reply(stage: Stage, error: &lettre::transport::smtp::Error) -> Reply {
    match error.status() {
        Some(code) => {
            let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            Reply::answered(stage, number(code), &text)
        }
        None => Reply::at(stage),
    }
}

/// A certificate that does not hold, a missing mechanism or a 5xx will not mend itself.
fn connect_error(stage: Stage, error: &lettre::transport::smtp::Error) -> ConnectError {
    let ours =
        error.is_permanent() || error.is_tls() || error.is_client() || stage == Stage::Tls && !error.is_transient();
    ConnectError { reply: reply(stage, error), ours }
}
