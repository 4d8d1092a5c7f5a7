//! Looking for harmful content: asked of a scanner beside the portal, which speaks the protocol of `clamd`.

use std::time::Duration;

use clamav_client::tokio::{Socket, Tcp, ping, scan_buffer};

use crate::platform::clamd::Clamd;
use crate::platform::config::Config;

/// More than a scanner gives itself for a file (`MaxScanTime`).
const PATIENCE: Duration = Duration::from_secs(150);
/// Whoever is there answers a call at once.
const CALL: Duration = Duration::from_secs(5);
/// Bytes that are sent at a time.
const CHUNK: usize = 64 * 1024;

/// What a scanner says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It found nothing.
    Clean,
    /// It found something.
    Harmful,
    /// It cannot look through it: there is a lock, or too much within.
    Unreadable,
    /// It could not look at this one, this time.
    NotScanned,
    /// Nobody is there to look.
    OutOfReach,
}

/// Who looks at files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scanner {
    /// A scanner of the operator's.
    Clamd(Clamd),
    /// The demonstration's, in which nothing is real: it knows the harmless sample by which scanners are tried.
    SampleOnly,
}

impl Scanner {
    /// Who looks at files by the settings; with nobody, none are taken.
    #[must_use]
    pub fn of(config: &Config) -> Option<Self> {
        config.takes_files().then(|| config.scanner.clone().map_or(Self::SampleOnly, Self::Clamd))
    }

    /// Looks at a whole file. Whatever is not plainly clean or harmful counts as not looked at.
    pub async fn scan(&self, content: &[u8]) -> Finding {
        match self {
            Self::SampleOnly if is_sample(content) => Finding::Harmful,
            Self::SampleOnly => Finding::Clean,
            Self::Clamd(clamd) => look(clamd, content).await,
        }
    }
}

/// Whether somebody is there is asked first: a scanner hangs up in the middle of what is too much for it, and that is about
/// the file.
async fn look(clamd: &Clamd, content: &[u8]) -> Finding {
    match tokio::time::timeout(CALL, call(clamd)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => {
            tracing::error!(%clamd, %error, "the scanner is out of reach; files stay held");
            return Finding::OutOfReach;
        }
        Err(_) => {
            tracing::error!(%clamd, "the scanner does not answer; files stay held");
            return Finding::OutOfReach;
        }
    }
    match tokio::time::timeout(PATIENCE, ask(clamd, content)).await {
        Ok(Ok(said)) => read(&said, clamd),
        Ok(Err(error)) => {
            tracing::error!(%clamd, %error, "the scanner hung up; the file stays held");
            Finding::NotScanned
        }
        Err(_) => {
            tracing::error!(%clamd, "the scanner does not answer in time; the file stays held");
            Finding::NotScanned
        }
    }
}

async fn call(clamd: &Clamd) -> std::io::Result<Vec<u8>> {
    match clamd {
        Clamd::Socket(socket_path) => ping(Socket { socket_path }).await,
        Clamd::Tcp(host_address) => ping(Tcp { host_address }).await,
    }
}

async fn ask(clamd: &Clamd, content: &[u8]) -> std::io::Result<Vec<u8>> {
    match clamd {
        Clamd::Socket(socket_path) => scan_buffer(content, Socket { socket_path }, Some(CHUNK)).await,
        Clamd::Tcp(host_address) => scan_buffer(content, Tcp { host_address }, Some(CHUNK)).await,
    }
}

/// Names that a scanner gives to what it cannot look through, where it is told to say so (`AlertEncrypted`,
/// `AlertExceedsMax`).
const LOCKED: [&[u8]; 2] = [b"stream: Heuristics.Encrypted.", b"stream: Heuristics.Limits.Exceeded"];

/// What its answer means. The words are the scanner's own and may hold anything, so they are for the log alone.
fn read(said: &[u8], clamd: &Clamd) -> Finding {
    let said = said.strip_suffix(b"\0").unwrap_or(said);
    let found = said.starts_with(b"stream: ") && said.ends_with(b" FOUND");
    let words = String::from_utf8_lossy(said);
    if said == b"stream: OK" {
        Finding::Clean
    } else if found && LOCKED.iter().any(|name| said.starts_with(name)) {
        tracing::warn!(%clamd, said = %words.escape_debug(), "a file cannot be looked through");
        Finding::Unreadable
    } else if found {
        tracing::warn!(%clamd, said = %words.escape_debug(), "a file is refused");
        Finding::Harmful
    } else {
        tracing::error!(%clamd, said = %words.escape_debug(), "the scanner could not look; the file stays held");
        Finding::NotScanned
    }
}

/// The sample that all scanners know (EICAR), turned by one so that a scanner lets this program be.
const SAMPLE: &[u8] = b"FJDBS.TUBOEBSE.BOUJWJSVT.UFTU.GJMF";

/// Whether the sample is anywhere in it.
#[must_use]
pub fn is_sample(content: &[u8]) -> bool {
    content.windows(SAMPLE.len()).any(|w| w.iter().zip(SAMPLE).all(|(byte, turned)| byte.wrapping_add(1) == *turned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_known_wherever_it_stands() {
        let sample: Vec<u8> = SAMPLE.iter().map(|byte| byte - 1).collect();
        assert!(sample.starts_with(b"EICAR") && is_sample(&sample));
        assert!(is_sample(&[b"before ", &sample[..], b" after"].concat()));
        assert!(!is_sample(&sample[1..]) && !is_sample(b""));
    }

    #[test]
    fn only_a_plain_answer_settles_a_file() {
        let clamd: Clamd = "tcp:scanner:3310".parse().expect("an address");
        for (said, finding) in [
            (&b"stream: OK\0"[..], Finding::Clean),
            (b"stream: OK", Finding::Clean),
            (b"stream: Eicar-Test-Signature FOUND\0", Finding::Harmful),
            (b"stream: NOT OK FOUND\0", Finding::Harmful),
            (b"stream: Heuristics.Encrypted.PDF FOUND\0", Finding::Unreadable),
            (b"stream: Heuristics.Limits.Exceeded.MaxScanTime FOUND\0", Finding::Unreadable),
            (b"stream: Heuristics.Phishing.Email FOUND\0", Finding::Harmful),
            (b"INSTREAM size limit exceeded. ERROR\0", Finding::NotScanned),
            (b"stream: OKAY\0", Finding::NotScanned),
            (b"", Finding::NotScanned),
            (b"\xff\xfe", Finding::NotScanned),
        ] {
            assert_eq!(read(said, &clamd), finding, "{said:?}");
        }
    }
}
