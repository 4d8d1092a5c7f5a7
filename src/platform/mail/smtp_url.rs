//! The setting `SMTP_URL`.

use percent::decode;
use secrecy::SecretString;

/// How a relay is reached.
#[derive(Debug, Clone)]
pub struct SmtpUrl {
    /// Host name or address.
    pub host: String,
    /// Port; by default 465 for smtps and 587 for smtp.
    pub port: u16,
    /// When TLS begins.
    pub tls: Tls,
    /// Name and password, where the relay wants them.
    pub credentials: Option<(String, SecretString)>,
}

/// When TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// With the first byte (smtps).
    Implicit,
    /// By STARTTLS; nothing is sent without.
    StartTls,
    /// Never: a relay on this machine.
    None,
}

/// Why the setting cannot stand. The value is not repeated, as it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SmtpUrlError {
    /// Something else.
    #[error(
        "SMTP_URL is not of the form smtp://name:password@host:587 or smtps://…; signs in the password are written %XX"
    )]
    Form,
    /// Mail must not cross a network in clear.
    #[error("SMTP_URL: tls=none is for a relay on this machine only")]
    ClearText,
    /// An unknown word.
    #[error("SMTP_URL: the only option is tls=none or tls=required")]
    Option,
}

impl SmtpUrl {
    /// Reads the setting.
    ///
    /// # Errors
    /// [`SmtpUrlError`] says what to change.
    pub fn parse(text: &str) -> Result<Self, SmtpUrlError> {
        let url = url::Url::parse(text).map_err(|_| SmtpUrlError::Form)?;
        let host = url.host_str().filter(|h| !h.is_empty()).ok_or(SmtpUrlError::Form)?.to_owned();
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SmtpUrlError::Form);
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let loopback = is_loopback(&host);
        let (tls, port) = match (url.scheme(), url.query()) {
            ("smtps", None | Some("tls=required")) => (Tls::Implicit, 465),
            ("smtp", Some("tls=required")) => (Tls::StartTls, 587),
            ("smtp", Some("tls=none")) if !loopback => return Err(SmtpUrlError::ClearText),
            ("smtp", Some("tls=none")) => (Tls::None, 25),
            ("smtp", None) if loopback => (Tls::None, 25),
            ("smtp", None) => (Tls::StartTls, 587),
            ("smtp" | "smtps", Some(_)) => return Err(SmtpUrlError::Option),
            _ => return Err(SmtpUrlError::Form),
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (name, Some(password)) if !name.is_empty() => Some((decode(name)?, SecretString::from(decode(password)?))),
            _ => return Err(SmtpUrlError::Form),
        };
        Ok(Self { host, port: url.port().unwrap_or(port), tls, credentials })
    }
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|a| a.is_loopback())
}

mod percent {
    use super::SmtpUrlError;

    /// Puts `%XX` back.
    pub(super) fn decode(text: &str) -> Result<String, SmtpUrlError> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            if byte != b'%' {
                bytes.push(byte);
                continue;
            }
            let digits = [rest.next().ok_or(SmtpUrlError::Form)?, rest.next().ok_or(SmtpUrlError::Form)?];
            bytes.extend(hex::decode(digits).map_err(|_| SmtpUrlError::Form)?);
        }
        String::from_utf8(bytes).map_err(|_| SmtpUrlError::Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn parsed(text: &str) -> Result<(String, u16, Tls), SmtpUrlError> {
        SmtpUrl::parse(text).map(|u| (u.host, u.port, u.tls))
    }

    #[test]
    fn tls_is_required_unless_the_relay_is_this_machine() {
        assert_eq!(parsed("smtp://relay.go.jp"), Ok(("relay.go.jp".into(), 587, Tls::StartTls)));
        assert_eq!(parsed("smtps://relay.go.jp"), Ok(("relay.go.jp".into(), 465, Tls::Implicit)));
        assert_eq!(parsed("smtp://127.0.0.1:2525"), Ok(("127.0.0.1".into(), 2525, Tls::None)));
        assert_eq!(parsed("smtp://[::1]:25?tls=required"), Ok(("::1".into(), 25, Tls::StartTls)));
        assert_eq!(parsed("smtp://localhost?tls=none"), Ok(("localhost".into(), 25, Tls::None)));
        assert_eq!(parsed("smtp://relay.go.jp?tls=none"), Err(SmtpUrlError::ClearText));
        assert_eq!(parsed("smtp://localhost.go.jp?tls=none"), Err(SmtpUrlError::ClearText));
        assert_eq!(parsed("smtp://relay.go.jp?tls=maybe"), Err(SmtpUrlError::Option));
        for text in ["relay", "http://relay.go.jp", "smtp://", "smtp://relay.go.jp/x", "smtp://name@relay.go.jp"] {
            assert_eq!(parsed(text), Err(SmtpUrlError::Form), "{text}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_not_shown() {
        let url = SmtpUrl::parse("smtp://portal%40go.jp:p%40ss%2Fw@relay.go.jp").expect("a URL");
        let (name, password) = url.credentials.clone().expect("credentials");
        assert_eq!((name.as_str(), password.expose_secret()), ("portal@go.jp", "p@ss/w"));
        assert!(!format!("{url:?}").contains("p@ss"));
    }
}
