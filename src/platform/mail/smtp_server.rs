//! A small, strict SMTP and LMTP server: the receiving end of the demonstration, of incoming mail, and of the tests.
//!
//! It knows EHLO, HELO (by LMTP: LHLO), MAIL, RCPT, DATA, RSET, NOOP, VRFY and QUIT, pipelining and SIZE. Lines end in CRLF
//! and nothing else. What is done with a mail, and what is answered, a [`Reception`] decides.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

pub use super::reception::{Kept, Moment, Protocol, Received, Reception, SIZE_LIMIT, Verdict};

/// Longest command, CRLF included; generous (RFC 5321: 512).
const COMMAND_LIMIT: usize = 1024;
/// Longest text line, CRLF included (RFC 5321).
const LINE_LIMIT: usize = 1000;
const RECIPIENTS: usize = 100;
/// Wrong commands before the conversation ends.
const PATIENCE: u32 = 20;

/// Serves every connection until the future is dropped.
///
/// # Errors
/// When the listener fails.
pub async fn serve<R: Reception>(listener: TcpListener, reception: Arc<R>) -> io::Result<()> {
    let mut sessions = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        while sessions.try_join_next().is_some() {}
        let reception = reception.clone();
        sessions.spawn(async move {
            let mut stream = stream;
            stream.set_nodelay(true)?;
            if converse(&mut stream, &*reception).await? == Ending::Reset {
                stream.set_zero_linger()?;
            }
            io::Result::Ok(())
        });
    }
}

/// How a conversation is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// In order.
    Close,
    /// By a reset.
    Reset,
}

/// Holds one conversation.
///
/// # Errors
/// When the line breaks.
pub async fn converse<S, R>(stream: &mut S, reception: &R) -> io::Result<Ending>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    R: Reception,
{
    let mut session = Session { line: BufReader::new(stream), out: Vec::new(), reception, mail: None, greeted: false };
    match session.run().await {
        Ok(ending) => Ok(ending),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Ending::Close),
        Err(error) => Err(error),
    }
}

struct Session<'a, S, R> {
    line: BufReader<&'a mut S>,
    out: Vec<u8>,
    reception: &'a R,
    mail: Option<Received>,
    greeted: bool,
}

/// What a line turned out to be.
enum Line {
    Whole,
    TooLong,
    BareLf,
}

type Step = io::Result<Option<Ending>>;

impl<S, R> Session<'_, S, R>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    R: Reception,
{
    async fn run(&mut self) -> io::Result<Ending> {
        if let Some(ending) = self.answer(Moment::Greeting, 220, "portal ready").await? {
            return Ok(ending);
        }
        let mut wrong = 0;
        let mut command = Vec::with_capacity(128);
        loop {
            // Answers to pipelined commands go out together.
            if self.line.buffer().is_empty() {
                self.flush().await?;
            }
            let known = match self.read_line(&mut command, COMMAND_LIMIT).await? {
                Line::TooLong => self.say(500, "line too long"),
                Line::BareLf => self.say(500, "lines end in CRLF"),
                Line::Whole => match self.command(&command).await? {
                    Obeyed::Yes => true,
                    Obeyed::No => false,
                    Obeyed::End(ending) => {
                        self.flush().await?;
                        return Ok(ending);
                    }
                },
            };
            wrong += u32::from(!known);
            if wrong > PATIENCE {
                self.say(421, "too many errors");
                self.flush().await?;
                return Ok(Ending::Close);
            }
        }
    }

    async fn command(&mut self, line: &[u8]) -> io::Result<Obeyed> {
        let text = String::from_utf8_lossy(line);
        let (verb, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let step = match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" if !rest.is_empty() && !self.is_lmtp() => {
                self.hello(verb.eq_ignore_ascii_case("EHLO")).await
            }
            "LHLO" if !rest.is_empty() && self.is_lmtp() => self.hello(true).await,
            "STARTTLS" if self.reception.extensions().contains(&"STARTTLS") => {
                self.answer(Moment::StartTls, 454, "4.7.0 not now").await
            }
            "MAIL" => match (path(rest, "FROM:"), &self.mail) {
                (Some(from), None) if self.greeted => {
                    let mail = self.mail.insert(Received { from, ..Received::default() });
                    let verdict = self.reception.judge(Moment::Sender, mail).await;
                    self.obey(verdict, 250, "2.1.0 ok", |s| s.mail = None)
                }
                (None, _) => return Ok(Obeyed::by(self.say(501, "5.5.4 MAIL FROM:<address>"))),
                _ => return Ok(Obeyed::by(self.say(503, "5.5.1 not now"))),
            },
            "RCPT" => match (path(rest, "TO:"), &mut self.mail) {
                (Some(to), Some(mail)) if !to.is_empty() && mail.to.len() < RECIPIENTS => {
                    mail.to.push(to);
                    let verdict = self.reception.judge(Moment::Recipient, mail).await;
                    self.obey(verdict, 250, "2.1.5 ok", |s| {
                        s.mail.as_mut().map(|m| m.to.pop());
                    })
                }
                (None, _) => return Ok(Obeyed::by(self.say(501, "5.5.4 RCPT TO:<address>"))),
                _ => return Ok(Obeyed::by(self.say(503, "5.5.1 not now"))),
            },
            "DATA" if self.mail.as_ref().is_some_and(|m| !m.to.is_empty()) => self.take_in().await,
            "RSET" => {
                self.mail = None;
                self.say_ok("2.0.0 ok")
            }
            "NOOP" => self.say_ok("2.0.0 ok"),
            "VRFY" => {
                self.say(252, "2.1.5 send some mail");
                Ok(None)
            }
            "QUIT" => {
                self.say(221, "2.0.0 bye");
                Ok(Some(Ending::Close))
            }
            "DATA" => return Ok(Obeyed::by(self.say(503, "5.5.1 not now"))),
            "EHLO" | "HELO" if !self.is_lmtp() => return Ok(Obeyed::by(self.say(503, "5.5.1 not now"))),
            _ => return Ok(Obeyed::by(self.say(500, "5.5.2 unknown command"))),
        };
        Ok(step?.map_or(Obeyed::Yes, Obeyed::End))
    }

    fn is_lmtp(&self) -> bool {
        self.reception.protocol() == Protocol::Lmtp
    }

    async fn hello(&mut self, extended: bool) -> Step {
        self.greeted = true;
        self.mail = None;
        if !extended {
            return self.answer(Moment::Hello, 250, "portal").await;
        }
        let verdict = self.reception.judge(Moment::Hello, &Received::default()).await;
        if verdict != Verdict::Accept {
            return self.obey(verdict, 250, "portal", |_| ());
        }
        let size = format!("SIZE {}", self.reception.size_limit());
        let mut words = vec!["portal", "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", &size];
        words.extend(self.reception.extensions());
        let last = words.len() - 1;
        for (n, word) in words.iter().enumerate() {
            let mark = if n == last { ' ' } else { '-' };
            self.out.extend(format!("250{mark}{word}\r\n").bytes());
        }
        Ok(None)
    }

    async fn take_in(&mut self) -> Step {
        let Some(mut mail) = self.mail.take() else { return Ok(None) };
        match self.reception.judge(Moment::Data, &mail).await {
            Verdict::Accept => {}
            other => return self.obey(other, 354, "", |_| ()),
        }
        self.say(354, "end with a dot on a line of its own");
        self.flush().await?;
        let fault = self.read_text(&mut mail.content).await?;
        if let Some((code, words)) = fault {
            // By LMTP each recipient is answered for.
            for _ in 0..if self.is_lmtp() { mail.to.len() } else { 1 } {
                self.say(code, words);
            }
            return Ok(None);
        }
        if self.is_lmtp() {
            for kept in self.reception.keep_each(mail).await {
                match kept {
                    Kept::Yes => self.say(250, "2.0.0 kept"),
                    Kept::Later => self.say(451, "4.3.0 not kept, try again"),
                    Kept::No => self.say(550, "5.1.1 no such address"),
                };
            }
            return Ok(None);
        }
        let verdict = self.reception.judge(Moment::End, &mail).await;
        let keep = matches!(
            verdict,
            Verdict::Accept | Verdict::Bytes(_) | Verdict::KeepAndClose | Verdict::KeepAnswerAndReset
        );
        if keep && !self.reception.keep(mail).await {
            self.say(451, "4.3.0 not kept, try again");
            return Ok(None);
        }
        self.obey(verdict, 250, "2.0.0 kept", |_| ())
    }

    /// Reads up to the dot. A mail with a fault is read to its end all the same, and then refused.
    async fn read_text(&mut self, content: &mut Vec<u8>) -> io::Result<Option<(u16, &'static str)>> {
        let mut fault = None;
        let mut line = Vec::with_capacity(128);
        loop {
            match self.read_line(&mut line, LINE_LIMIT).await? {
                Line::Whole if line == b"." => return Ok(fault),
                Line::Whole => {}
                Line::TooLong => fault = fault.or(Some((500, "5.6.0 line too long"))),
                Line::BareLf => fault = fault.or(Some((550, "5.6.0 a line end stands alone"))),
            }
            if content.len() + line.len() > self.reception.size_limit() {
                fault = fault.or(Some((552, "5.3.4 too large")));
            }
            if fault.is_none() {
                content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
                content.extend_from_slice(b"\r\n");
            }
        }
    }

    /// Reads one line without its CRLF. A longer one is read to its end but not kept.
    async fn read_line(&mut self, line: &mut Vec<u8>, limit: usize) -> io::Result<Line> {
        line.clear();
        let mut too_long = false;
        loop {
            let buffer = self.line.fill_buf().await?;
            if buffer.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let end = buffer.iter().position(|b| *b == b'\n');
            let take = end.map_or(buffer.len(), |at| at + 1);
            too_long |= line.len() + take > limit;
            if !too_long {
                line.extend_from_slice(&buffer[..take]);
            }
            self.line.consume(take);
            if end.is_none() {
                continue;
            }
            if too_long {
                return Ok(Line::TooLong);
            }
            let whole = line.ends_with(b"\r\n");
            line.truncate(line.len().saturating_sub(if whole { 2 } else { 1 }));
            let bare = !whole || line.contains(&b'\r');
            return Ok(if bare { Line::BareLf } else { Line::Whole });
        }
    }

    async fn answer(&mut self, moment: Moment, code: u16, words: &'static str) -> Step {
        let nothing = Received::default();
        let verdict = self.reception.judge(moment, &nothing).await;
        self.obey(verdict, code, words, |_| ())
    }

    /// Carries a verdict out; `refused` undoes what the command had begun.
    fn obey(&mut self, verdict: Verdict, code: u16, words: &'static str, refused: impl FnOnce(&mut Self)) -> Step {
        match verdict {
            Verdict::Accept => {
                self.say(code, words);
                Ok(None)
            }
            Verdict::Say(code, words) => {
                refused(self);
                self.say(code, words);
                Ok((code == 421).then_some(Ending::Close))
            }
            Verdict::Bytes(bytes) => {
                self.out.extend(bytes);
                Ok(None)
            }
            Verdict::Close | Verdict::KeepAndClose => Ok(Some(Ending::Close)),
            Verdict::KeepAnswerAndReset => {
                self.say(code, words);
                Ok(Some(Ending::Reset))
            }
        }
    }

    /// Puts an answer up; `false`, as most callers report a wrong command with it.
    fn say(&mut self, code: u16, words: &str) -> bool {
        self.out.extend(format!("{code} {words}\r\n").bytes());
        false
    }

    fn say_ok(&mut self, words: &str) -> Step {
        self.say(250, words);
        Ok(None)
    }

    async fn flush(&mut self) -> io::Result<()> {
        if !self.out.is_empty() {
            self.line.get_mut().write_all(&self.out).await?;
            self.out.clear();
        }
        Ok(())
    }
}

/// How a command went.
enum Obeyed {
    Yes,
    No,
    End(Ending),
}

impl Obeyed {
    fn by(known: bool) -> Self {
        if known { Self::Yes } else { Self::No }
    }
}

/// The address in `FROM:<address> PARAMETERS`.
fn path(text: &str, prefix: &str) -> Option<String> {
    let (given, rest) = text.split_at_checked(prefix.len())?;
    if !given.eq_ignore_ascii_case(prefix) {
        return None;
    }
    let (address, _) = rest.trim_start().strip_prefix('<')?.rsplit_once('>')?;
    let fits = address.len() <= 320 && !address.chars().any(|c| c.is_control() || matches!(c, '<' | '>'));
    fits.then(|| address.to_owned())
}

#[cfg(test)]
mod tests;
