//! Conversations with the relay: how they begin, how mails follow each other, how they end.

use std::net::IpAddr;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::Auth;
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret;

use super::answers::{Answer, Kind};
use super::line::{Line, Trust};
use super::transaction::{Course, ENVELOPE, Envelope, is_sayable, say, write_text};
use crate::platform::mail::relay::{ConnectError, Connection, Relay, SendResult, StillOurs};
use crate::platform::mail::reply::{Reply, Stage};
use crate::platform::mail::sheet::AddressedCopy;
use crate::platform::mail::smtp_url::{SmtpUrl, Tls};

const GOODBYE: Duration = Duration::from_secs(2);
/// Questions that a relay may ask while we sign in.
const CHALLENGES: usize = 4;

/// The relay that `SMTP_URL` names.
pub struct PipelinedRelay {
    url: SmtpUrl,
    hello: String,
    trust: Option<Trust>,
}

/// An open conversation.
pub struct PipelinedConnection {
    line: Line,
    pipelining: bool,
    /// The envelope that went out with the last text, and whose answers are still to be heard.
    ahead: Option<(Address, Address)>,
    /// The last mail ended inside its envelope: the next one begins with RSET.
    unfinished: bool,
}

/// What the relay offers.
#[derive(Debug, Default)]
struct Offers {
    pipelining: bool,
    starttls: bool,
    plain: bool,
    login: bool,
}

impl PipelinedRelay {
    /// A relay; `hello` is the name that we give ourselves.
    ///
    /// # Errors
    /// When TLS cannot be set up, for example without any root certificate.
    pub fn new(url: SmtpUrl, hello: &str) -> anyhow::Result<Self> {
        let trust = match url.tls {
            Tls::None => None,
            Tls::StartTls | Tls::Implicit => Some(Trust::new(&url.host)?),
        };
        let hello = match hello.parse() {
            Ok(IpAddr::V4(address)) => format!("[{address}]"),
            Ok(IpAddr::V6(address)) => format!("[IPv6:{address}]"),
            Err(_) => hello.to_owned(),
        };
        Ok(Self { url, hello, trust })
    }

    async fn hello(&self, line: &mut Line) -> Result<Offers, ConnectError> {
        ask(line, Stage::Greeting, &format!("EHLO {}\r\n", self.hello), Offers::of).await
    }

    async fn start_tls(&self, mut line: Line, trust: &Trust) -> Result<Line, ConnectError> {
        ask(&mut line, Stage::Tls, "STARTTLS\r\n", |_| ()).await?;
        line.secure(trust).await.map_err(|_| ConnectError { reply: Reply::at(Stage::Tls), ours: true })
    }

    async fn sign_in(&self, line: &mut Line, offers: &Offers) -> Result<(), ConnectError> {
        let Some((name, password)) = &self.url.credentials else { return Ok(()) };
        let failed = ConnectError { reply: Reply::at(Stage::SignIn), ours: true };
        let mechanism = match (offers.plain, offers.login) {
            (true, _) => Mechanism::Plain,
            (false, true) => Mechanism::Login,
            (false, false) => return Err(failed),
        };
        let credentials = Credentials::new(name.clone(), password.expose_secret().to_owned());
        let mut command = Auth::new(mechanism, credentials.clone(), None).map_err(|_| failed)?.to_string();
        for _ in 0..CHALLENGES {
            line.out.extend_from_slice(command.as_bytes());
            line.flush().await;
            let read = |answer: &Answer<'_>| match answer.kind() {
                Kind::GoOn => Ok(format!("{} {}\r\n", answer.code, answer.text())),
                kind => Err((kind, Reply::answered(Stage::SignIn, answer.code, &answer.text()))),
            };
            let challenge = match line.answer(read).await {
                Some(Ok(challenge)) => challenge,
                Some(Err((Kind::Done | Kind::GoOn, _))) => return Ok(()),
                Some(Err((kind, reply))) => return Err(ConnectError { reply, ours: kind == Kind::Never }),
                None => return Err(ConnectError { ours: false, ..failed }),
            };
            let challenge: Response = challenge.parse().map_err(|_| failed)?;
            command =
                Auth::new_from_response(mechanism, credentials.clone(), &challenge).map_err(|_| failed)?.to_string();
        }
        Err(failed)
    }
}

impl Relay for PipelinedRelay {
    type Connection = PipelinedConnection;

    async fn connect(&self) -> Result<PipelinedConnection, ConnectError> {
        let unreached = |stage, ours| ConnectError { reply: Reply::at(stage), ours };
        let reached = Line::reach(&self.url.host, self.url.port).await;
        let mut line = reached.map_err(|_| unreached(Stage::Connection, false))?;
        if let (Tls::Implicit, Some(trust)) = (self.url.tls, &self.trust) {
            let distrusts = |error: std::io::Error| error.kind() == std::io::ErrorKind::InvalidData;
            line = line.secure(trust).await.map_err(|e| unreached(Stage::Tls, distrusts(e)))?;
        }
        ask(&mut line, Stage::Greeting, "", |_| ()).await?;
        let mut offers = self.hello(&mut line).await?;
        if let (Tls::StartTls, Some(trust)) = (self.url.tls, &self.trust) {
            if !offers.starttls {
                return Err(unreached(Stage::Tls, true));
            }
            line = self.start_tls(line, trust).await?;
            // What was offered in clear may have been offered by anybody.
            offers = self.hello(&mut line).await?;
        }
        self.sign_in(&mut line, &offers).await?;
        Ok(PipelinedConnection { line, pipelining: offers.pipelining, ahead: None, unfinished: false })
    }
}

impl Offers {
    /// Reads the answer to EHLO, whose first line is a greeting.
    fn of(answer: &Answer<'_>) -> Self {
        let mut offers = Self::default();
        for line in answer.words().skip(1) {
            let line = String::from_utf8_lossy(line).to_ascii_uppercase();
            let mut words = line.split([' ', '=']);
            match words.next().unwrap_or_default() {
                "PIPELINING" => offers.pipelining = true,
                "STARTTLS" => offers.starttls = true,
                "AUTH" => {
                    let mechanisms: Vec<&str> = words.collect();
                    offers.plain |= mechanisms.contains(&"PLAIN");
                    offers.login |= mechanisms.contains(&"LOGIN");
                }
                _ => {}
            }
        }
        offers
    }
}

/// A command of the beginning; its answer must be 2xx.
async fn ask<T>(
    line: &mut Line,
    stage: Stage,
    command: &str,
    read: impl FnOnce(&Answer<'_>) -> T,
) -> Result<T, ConnectError> {
    line.out.extend_from_slice(command.as_bytes());
    line.flush().await;
    let read = |answer: &Answer<'_>| match answer.kind() {
        Kind::Done => Ok(read(answer)),
        kind => {
            Err(ConnectError { reply: Reply::answered(stage, answer.code, &answer.text()), ours: kind == Kind::Never })
        }
    };
    line.answer(read).await.unwrap_or(Err(ConnectError { reply: Reply::at(stage), ours: false }))
}

impl Connection for PipelinedConnection {
    async fn send(
        &mut self,
        copy: &AddressedCopy,
        next: Option<&AddressedCopy>,
        still_ours: StillOurs<'_>,
    ) -> SendResult {
        if !may_be_said(copy) {
            return SendResult::Refused(Reply::at(Stage::Address));
        }
        let begun = match self.ahead.take() {
            Some((from, to)) => (&from, &to) == (&copy.from, &copy.to),
            None => self.begin(copy).await,
        };
        if !begun {
            self.line.end();
            return SendResult::TryLater(Reply::at(Stage::Sender));
        }
        let mut envelope = Envelope::default();
        while let Some(stage) = envelope.next() {
            if !self.pipelining {
                if !envelope.goes_well() {
                    break;
                }
                say(&mut self.line.out, stage, copy);
                self.line.flush().await;
            }
            let Some(heard) = self.line.hear(stage).await else { break };
            envelope.hear(heard);
            if heard.says_goodbye() {
                break;
            }
        }
        match envelope.course() {
            Course::Text if still_ours() => self.send_text(copy, next).await,
            Course::Text => {
                // The relay waits for a text: only cutting the line keeps this one from it.
                self.line.end();
                SendResult::Lapsed
            }
            Course::Over(result) => {
                self.unfinished = true;
                result
            }
            Course::Dot(result) => {
                self.unfinished = true;
                self.line.out.extend_from_slice(b".\r\n");
                self.line.flush().await;
                self.line.hear(Stage::Content).await;
                result
            }
            Course::Close(result) => {
                self.line.end();
                result
            }
        }
    }

    fn looks_ahead(&self) -> bool {
        self.pipelining
    }

    fn usable(&self) -> bool {
        !self.line.is_broken()
    }

    async fn close(mut self) {
        // Where the relay waits for a text, or is about to, QUIT would be one: then the line is only cut.
        if self.usable() && self.ahead.is_none() {
            self.line.out.extend_from_slice(b"QUIT\r\n");
            let goodbye = async {
                self.line.flush().await;
                self.line.answer(|_| ()).await
            };
            let _ = tokio::time::timeout(GOODBYE, goodbye).await;
        }
    }
}

impl PipelinedConnection {
    /// Gets the conversation ready for the answers to an envelope; whether it is.
    async fn begin(&mut self, copy: &AddressedCopy) -> bool {
        // An answer to nothing, as a relay gives that tires of waiting: from here on all would be off by one.
        if self.line.is_ahead() {
            return false;
        }
        let resets = std::mem::take(&mut self.unfinished);
        if resets {
            self.line.out.extend_from_slice(b"RSET\r\n");
        }
        if self.pipelining {
            self.say_envelope(copy);
        }
        self.line.flush().await;
        !resets || self.line.answer(|answer| answer.kind() == Kind::Done).await.unwrap_or(false)
    }

    fn say_envelope(&mut self, copy: &AddressedCopy) {
        for stage in ENVELOPE {
            say(&mut self.line.out, stage, copy);
        }
    }

    /// The text, and with its end the next envelope.
    async fn send_text(&mut self, copy: &AddressedCopy, next: Option<&AddressedCopy>) -> SendResult {
        write_text(&mut self.line.out, copy);
        if let Some(next) = next.filter(|next| self.pipelining && may_be_said(next)) {
            self.say_envelope(next);
            self.ahead = Some((next.from.clone(), next.to.clone()));
        }
        self.line.flush().await;
        let Some(heard) = self.line.hear(Stage::Content).await else {
            return SendResult::TryLater(Reply::at(Stage::Content));
        };
        let (result, goes_on) = heard.after_text();
        if !goes_on {
            self.line.end();
        }
        result
    }
}

fn may_be_said(copy: &AddressedCopy) -> bool {
    is_sayable(&copy.from) && is_sayable(&copy.to)
}

#[cfg(test)]
mod tests {
    use super::super::answers::Answers;
    use super::*;

    #[test]
    fn offers_are_read_whatever_their_case() {
        let mut heard = Answers::default();
        heard.hear(
            b"250-PIPELINING greets you\r\n250-StartTLS\r\n250-AUTH=LOGIN\r\n250-auth Cram-MD5 plain\r\n250 SIZE 1\r\n",
        );
        let offers = Offers::of(&heard.take().expect("SMTP").expect("whole"));
        assert!(!offers.pipelining && offers.starttls && offers.plain && offers.login, "{offers:?}");
    }
}
