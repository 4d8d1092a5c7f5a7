//! The address on which mail is handed to the portal, as operators write it.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// Where the portal takes mail in, by LMTP (RFC 2033). Only from this machine: LMTP knows neither TLS nor passwords, and whoever
/// reaches it may hand anything over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LmtpAddress {
    /// A port of the loopback interface.
    Tcp(SocketAddr),
    /// A socket of this machine.
    Socket(PathBuf),
}

/// An address that mail from elsewhere could reach, or none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write lmtp://127.0.0.1:2424 or unix:/run/ceptoar-portal/lmtp.sock: mail is taken in from this machine alone")]
pub struct NoLmtpAddress;

impl FromStr for LmtpAddress {
    type Err = NoLmtpAddress;

    fn from_str(text: &str) -> Result<Self, NoLmtpAddress> {
        if let Some(path) = text.strip_prefix("unix:").filter(|path| path.starts_with('/')) {
            return Ok(Self::Socket(path.into()));
        }
        let place: SocketAddr =
            text.strip_prefix("lmtp://").and_then(|place| place.parse().ok()).ok_or(NoLmtpAddress)?;
        if place.ip().is_loopback() { Ok(Self::Tcp(place)) } else { Err(NoLmtpAddress) }
    }
}

impl fmt::Display for LmtpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(place) => write!(f, "lmtp://{place}"),
            Self::Socket(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_hands_mail_over() {
        for good in ["lmtp://127.0.0.1:2424", "lmtp://[::1]:24", "unix:/run/ceptoar-portal/lmtp.sock"] {
            assert_eq!(good.parse::<LmtpAddress>().expect("an address").to_string(), good);
        }
        for bad in [
            "",
            "lmtp://0.0.0.0:2424",
            "lmtp://192.0.2.1:2424",
            "lmtp://localhost:2424",
            "smtp://127.0.0.1:25",
            "127.0.0.1:2424",
            "unix:lmtp",
        ] {
            assert_eq!(bad.parse::<LmtpAddress>(), Err(NoLmtpAddress), "{bad}");
        }
    }
}
