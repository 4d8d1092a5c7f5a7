//! The address of a virus scanner, as operators write it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where `clamd` listens (<https://docs.clamav.net/manual/Usage/ClamdProtocol.html>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clamd {
    /// A socket of this machine.
    Socket(PathBuf),
    /// Host and port. What is sent is not encrypted: for a network of one's own.
    Tcp(String),
}

/// An address that leads to no scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write unix:/run/clamav/clamd.ctl or tcp:host:3310")]
pub struct NoAddress;

impl FromStr for Clamd {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        if let Some(path) = text.strip_prefix("unix:").filter(|path| path.starts_with('/')) {
            return Ok(Self::Socket(path.into()));
        }
        let place = text.strip_prefix("tcp:").ok_or(NoAddress)?;
        let (host, port) = place.rsplit_once(':').ok_or(NoAddress)?;
        port.parse::<u16>().ok().filter(|port| *port > 0 && !host.is_empty()).ok_or(NoAddress)?;
        Ok(Self::Tcp(place.to_owned()))
    }
}

impl fmt::Display for Clamd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(place) => write!(f, "tcp:{place}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_say_which_way_they_lead() {
        for good in ["unix:/run/clamav/clamd.ctl", "tcp:127.0.0.1:3310", "tcp:[::1]:3310", "tcp:scanner.office:3310"] {
            assert_eq!(good.parse::<Clamd>().expect("an address").to_string(), good);
        }
        for bad in [
            "",
            "clamd",
            "unix:",
            "unix:clamd.ctl",
            "tcp:",
            "tcp:host",
            "tcp::3310",
            "tcp:host:0",
            "tcp:host:70000",
            "/run/x",
        ] {
            assert_eq!(bad.parse::<Clamd>(), Err(NoAddress), "{bad}");
        }
    }
}
