//! Every setting of the portal in one place, checked before anything starts.
//! `docs/operations.md` explains them to operators.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};

use crate::platform::clamd::Clamd;
use crate::platform::lmtp::LmtpAddress;
use crate::platform::security::secret_key::{NoKey, SecretKey};

/// What the portal is run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Invented organisations, one-click sign-ins, a mailbox of its own.
    Demonstration,
    /// Real people.
    Production,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For log collectors, one object a line.
    Json,
}

/// What is asked of the box in which foreign data is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Confinement {
    /// The kernel closes it, or nothing foreign is parsed.
    Required,
    /// Limits of memory, time and files have to do where the kernel has no more; start-up says so.
    Possible,
}

/// How the relay is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// Commands go out together where the relay offers it (RFC 2920).
    Pipelined,
    /// Each command waits for its answer.
    Stepwise,
}

/// The settings, from the environment or flags.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Address and port to serve pages on.
    #[arg(long, global = true, env = "PORTAL_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Address of the portal as people type it; links in mails start with it. Default: http://<listen>.
    #[arg(long, global = true, env = "PORTAL_BASE_URL")]
    pub base_url: Option<String>,

    /// Where the private database lives. Default: `var` in the working directory.
    #[arg(long, global = true, env = "PORTAL_DATA_DIR")]
    pub data_dir: Option<PathBuf>,

    /// The owner's connection to an existing server (PostgreSQL 15 or newer). Without it the portal runs its own.
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,

    /// Connection of the role `portal_app`. Default: made from DATABASE_URL.
    #[arg(long, global = true, env = "DATABASE_APP_URL", hide_env_values = true)]
    pub database_app_url: Option<SecretString>,

    /// Connection of the role `portal_worker`. Default: made from DATABASE_URL.
    #[arg(long, global = true, env = "DATABASE_WORKER_URL", hide_env_values = true)]
    pub database_worker_url: Option<SecretString>,

    /// The mail relay: smtp://, or smtps:// for TLS from the first byte. Without it: demonstration.
    #[arg(long, global = true, env = "SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<SecretString>,

    /// How the relay is spoken to. `stepwise` is for a relay that gets into disorder when it is told much at once.
    #[arg(long, global = true, env = "SMTP_TRANSPORT", default_value = "pipelined")]
    pub smtp_transport: Transport,

    /// Sender of every mail.
    #[arg(long, global = true, env = "PORTAL_MAIL_FROM", default_value = "portal@ceptoar.example")]
    pub mail_from: String,

    /// Telephone of the centre's duty desk, printed in mails.
    #[arg(long, global = true, env = "PORTAL_DUTY_TELEPHONE")]
    pub duty_telephone: Option<String>,

    /// SMTP connections that one worker keeps at most.
    #[arg(long, global = true, env = "PORTAL_MAIL_CONNECTIONS", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub mail_connections: u16,

    /// Where the office's own mail server hands replies and notices of delivery over, by LMTP from this machine:
    /// lmtp://127.0.0.1:2424 or unix:/run/ceptoar-portal/lmtp.sock. Without it no mail is taken in.
    #[arg(long, global = true, env = "PORTAL_MAIL_INBOUND")]
    pub mail_inbound: Option<LmtpAddress>,

    /// Address below which replies and notices come in, as portal+r.…@ceptoar.go.jp. Default: PORTAL_MAIL_FROM.
    #[arg(long, global = true, env = "PORTAL_MAIL_INBOUND_ADDRESS")]
    pub mail_inbound_address: Option<String>,

    /// What the portal is run for. Default: production with SMTP_URL, demonstration without.
    #[arg(long, global = true, env = "PORTAL_MODE")]
    pub mode: Option<Mode>,

    /// Address and port for Prometheus; not served unless set.
    #[arg(long, global = true, env = "PORTAL_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,

    /// Form of the log lines on standard error.
    #[arg(long, global = true, env = "PORTAL_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// Addresses of the reverse proxies in front of the portal, with commas. Only what they say about a
    /// visitor's address is believed.
    #[arg(long, global = true, env = "PORTAL_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpAddr>,

    /// Key that stored secrets are encrypted under: 32 bytes as 64 hexadecimal digits. Production needs it.
    #[arg(long, global = true, env = "PORTAL_SECRET_KEY", hide_env_values = true)]
    pub secret_key: Option<SecretString>,
    /// File that remembers the head of the audit trail, better on another disk or machine than the database.
    /// Default: in the data directory of a private database.
    #[arg(long, global = true, env = "PORTAL_AUDIT_ANCHOR")]
    pub audit_anchor: Option<PathBuf>,

    /// Address that gets the head of the audit trail once a day.
    #[arg(long, global = true, env = "PORTAL_AUDIT_ANCHOR_MAIL")]
    pub audit_anchor_mail: Option<String>,
    /// Whether foreign data may be parsed where the kernel lacks Landlock or seccomp.
    /// Default: required in production, possible in the demonstration.
    #[arg(long, global = true, env = "PORTAL_CONFINEMENT")]
    pub confinement: Option<Confinement>,
    /// The virus scanner that looks at attached files: unix:/run/clamav/clamd.ctl or tcp:host:3310. Without it production
    /// takes no files.
    #[arg(long, global = true, env = "PORTAL_SCANNER")]
    pub scanner: Option<Clamd>,
    /// The portal's own TLS certificate with its chain, a PEM file. Without it a proxy ends TLS.
    #[arg(long, global = true, env = "PORTAL_TLS_CERTIFICATE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,

    /// The private key of that certificate, a PEM file.
    #[arg(long, global = true, env = "PORTAL_TLS_KEY", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,

    /// Whether browsers shall come over TLS to every name below the portal's own as well, for two years. Only for
    /// whoever knows that all of them, now and then, are served over TLS: browsers cannot be told otherwise later.
    #[arg(long, global = true, env = "PORTAL_HSTS_SUBDOMAINS")]
    pub hsts_subdomains: bool,

    /// Connections open at a time, in all.
    #[arg(long, global = true, env = "PORTAL_CONNECTIONS", default_value_t = 900, value_parser = clap::value_parser!(u32).range(10..=60_000))]
    pub connections: u32,

    /// Connections open at a time from one address; trusted proxies are not bounded.
    #[arg(long, global = true, env = "PORTAL_CONNECTIONS_PER_ADDRESS", default_value_t = 200, value_parser = clap::value_parser!(u32).range(2..=60_000))]
    pub connections_per_address: u32,

    /// Requests that one account may make each second for long; five times as many at once, and five times that
    /// for all visitors of one network together.
    #[arg(long, global = true, env = "PORTAL_REQUESTS_PER_SECOND", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub requests_per_second: u32,

    /// Addresses of windows that one account may be shown within an hour.
    #[arg(long, global = true, env = "PORTAL_CONTACT_READS_PER_HOUR", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(50..=1_000_000))]
    pub contact_reads_per_hour: u32,

    /// Database connections for pages.
    #[arg(long, global = true, env = "PORTAL_DB_CONNECTIONS", default_value_t = 16, value_parser = clap::value_parser!(u32).range(2..=200))]
    pub db_connections: u32,
}

/// Longest local part of the address of incoming mail: a token follows it, and 64 characters are all there is.
const LONGEST_INBOUND: usize = 19;

/// A setting that cannot stand, with what to do about it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Demonstration and a real relay exclude each other.
    #[error("PORTAL_MODE=demonstration cannot be used with SMTP_URL: unset one of them")]
    DemonstrationWithRelay,
    /// Production needs a relay.
    #[error("production needs SMTP_URL (for example smtp://user:password@relay.example.go.jp:587)")]
    ProductionWithoutRelay,
    /// Session cookies and links need TLS.
    #[error("production needs PORTAL_BASE_URL with https:// (a reverse proxy may end TLS)")]
    ProductionWithoutTls,
    /// Not an address that links can start with.
    #[error("PORTAL_BASE_URL must be http:// or https:// with a host and no path, query or trailing slash")]
    BaseUrl,
    /// Whoever serves TLS is reached by https.
    #[error("with PORTAL_TLS_CERTIFICATE the PORTAL_BASE_URL must begin with https://")]
    TlsWithoutHttps,
    /// The sender is no mail address.
    #[error("PORTAL_MAIL_FROM {0}")]
    MailFrom(crate::kernel::email_address::EmailAddressError),
    /// The address of incoming mail cannot be one.
    #[error(
        "PORTAL_MAIL_INBOUND_ADDRESS (or PORTAL_MAIL_FROM without it) must be a mail address with no plus sign and at most 19 characters before the @"
    )]
    MailInboundAddress,
    /// Addresses of replies are made with the key.
    #[error("PORTAL_MAIL_INBOUND needs PORTAL_SECRET_KEY, the same for `serve` and `worker`")]
    MailInboundWithoutKey,
    /// Production needs a key of its own.
    #[error("production needs PORTAL_SECRET_KEY (make one: openssl rand -hex 32; keep a copy apart from the backups)")]
    ProductionWithoutKey,
    /// The key is none.
    #[error(transparent)]
    SecretKey(#[from] NoKey),
    /// A production sender on a domain that cannot receive.
    #[error("PORTAL_MAIL_FROM must be an address of your own domain in production")]
    MailFromReserved,
}

impl Config {
    /// The mode that follows from the settings.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode.unwrap_or(if self.smtp_url.is_some() { Mode::Production } else { Mode::Demonstration })
    }

    /// Whether the portal shows invented data only.
    #[must_use]
    pub fn is_demonstration(&self) -> bool {
        self.mode() == Mode::Demonstration
    }

    /// What is asked of the box for foreign data.
    #[must_use]
    pub fn confinement(&self) -> Confinement {
        self.confinement.unwrap_or(match self.mode() {
            Mode::Production => Confinement::Required,
            Mode::Demonstration => Confinement::Possible,
        })
    }

    /// Whether there is somebody to look at attached files; with nobody, none are taken.
    #[must_use]
    pub fn takes_files(&self) -> bool {
        self.scanner.is_some() || self.is_demonstration()
    }

    /// What links start with, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        let scheme = if self.tls_certificate.is_some() { "https" } else { "http" };
        self.base_url.clone().unwrap_or_else(|| format!("{scheme}://{}", self.listen))
    }

    /// The files of the portal's own TLS: certificate and key.
    #[must_use]
    pub fn tls_files(&self) -> Option<(PathBuf, PathBuf)> {
        self.tls_certificate.clone().zip(self.tls_key.clone())
    }

    /// Whether visitors come over TLS.
    #[must_use]
    pub fn over_tls(&self) -> bool {
        self.base_url().starts_with("https://")
    }

    /// What browsers are told to remember about TLS; nothing where visitors come without it. Names below the
    /// portal's are bound on request alone: the portal may stand at the top of an office's domain, and cannot know
    /// which of the other hosts there would then be out of reach.
    #[must_use]
    pub fn strict_transport(&self) -> Option<&'static str> {
        match (self.over_tls(), self.hsts_subdomains) {
            (false, _) => None,
            (true, false) => Some("max-age=63072000"),
            (true, true) => Some("max-age=63072000; includeSubDomains"),
        }
    }

    /// The duty desk's telephone; the demonstration has an invented one.
    #[must_use]
    pub fn duty_telephone(&self) -> Option<&str> {
        self.duty_telephone.as_deref().or_else(|| self.is_demonstration().then_some("03-0000-0000"))
    }

    /// Whether mail is taken in. The demonstration hands its own over to itself.
    #[must_use]
    pub fn takes_mail(&self) -> bool {
        self.mail_inbound.is_some() || self.is_demonstration()
    }

    /// The address below which mail comes in.
    #[must_use]
    pub fn inbound_address(&self) -> &str {
        self.mail_inbound_address.as_deref().unwrap_or(&self.mail_from)
    }

    /// The relay's URL where one is set.
    #[must_use]
    pub fn smtp_url(&self) -> Option<&str> {
        self.smtp_url.as_ref().map(ExposeSecret::expose_secret)
    }

    /// Checks what serving pages needs beyond [`Config::check`]: a worker reads no secrets and needs no key.
    ///
    /// # Errors
    /// The first setting that cannot stand.
    pub fn check_to_serve(&self) -> Result<(), ConfigError> {
        self.check()?;
        match (self.mode(), self.secret_key()?) {
            (Mode::Production, None) => Err(ConfigError::ProductionWithoutKey),
            (Mode::Production, Some(_)) | (Mode::Demonstration, _) => Ok(()),
        }
    }

    /// The key where one is set.
    ///
    /// # Errors
    /// When the setting is no key.
    pub fn secret_key(&self) -> Result<Option<SecretKey>, NoKey> {
        self.secret_key.as_ref().map(|text| SecretKey::parse(text.expose_secret())).transpose()
    }

    /// Checks what can be checked without touching anything.
    ///
    /// # Errors
    /// The first setting that cannot stand.
    pub fn check(&self) -> Result<(), ConfigError> {
        use crate::kernel::email_address::EmailAddress;
        let base = self.base_url();
        let host =
            base.strip_prefix("https://").or_else(|| base.strip_prefix("http://")).ok_or(ConfigError::BaseUrl)?;
        if host.is_empty() || host.contains(['/', '?', '#', ' ', '@']) {
            return Err(ConfigError::BaseUrl);
        }
        if self.tls_certificate.is_some() && !self.over_tls() {
            return Err(ConfigError::TlsWithoutHttps);
        }
        let from = EmailAddress::parse(&self.mail_from).map_err(ConfigError::MailFrom)?;
        let key = self.secret_key()?;
        if self.takes_mail() {
            let inbound = EmailAddress::parse(self.inbound_address()).map_err(|_| ConfigError::MailInboundAddress)?;
            let local = inbound.as_str().rsplit_once('@').map_or("", |(local, _)| local);
            if local.len() > LONGEST_INBOUND || local.contains('+') {
                return Err(ConfigError::MailInboundAddress);
            }
            if key.is_none() && !self.is_demonstration() {
                return Err(ConfigError::MailInboundWithoutKey);
            }
        }
        match (self.mode(), self.smtp_url.is_some()) {
            (Mode::Demonstration, true) => Err(ConfigError::DemonstrationWithRelay),
            (Mode::Demonstration, false) => Ok(()),
            (Mode::Production, false) => Err(ConfigError::ProductionWithoutRelay),
            (Mode::Production, true) if !self.over_tls() => Err(ConfigError::ProductionWithoutTls),
            (Mode::Production, true) if from.as_str().ends_with(".example") => Err(ConfigError::MailFromReserved),
            (Mode::Production, true) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        config: Config,
    }

    fn config(args: &[&str]) -> Config {
        Cli::parse_from(std::iter::once(&"portal").chain(args)).config
    }

    #[test]
    fn without_a_relay_the_portal_demonstrates() {
        let config = config(&[]);
        assert_eq!(config.mode(), Mode::Demonstration);
        assert_eq!(config.base_url(), "http://127.0.0.1:8080");
        assert_eq!(config.check(), Ok(()));
    }

    #[test]
    fn production_refuses_what_would_expose_people() {
        let relay = "--smtp-url=smtp://relay.go.jp";
        let tls = "--base-url=https://portal.go.jp";
        let from = "--mail-from=portal@ceptoar.go.jp";
        let key = "--secret-key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        assert_eq!(config(&[relay, tls, from, key]).check_to_serve(), Ok(()));
        assert_eq!(config(&[relay, tls, from]).check(), Ok(()), "a worker needs none");
        assert_eq!(config(&[relay, tls, from]).check_to_serve(), Err(ConfigError::ProductionWithoutKey));
        assert_eq!(config(&[relay, tls, from, "--secret-key=changeme"]).check(), Err(ConfigError::SecretKey(NoKey)));
        assert_eq!(config(&[relay, from]).check(), Err(ConfigError::ProductionWithoutTls));
        assert_eq!(config(&[relay, tls]).check(), Err(ConfigError::MailFromReserved));
        assert_eq!(config(&["--mode=production", tls, from]).check(), Err(ConfigError::ProductionWithoutRelay));
        assert_eq!(config(&[relay, "--mode=demonstration"]).check(), Err(ConfigError::DemonstrationWithRelay));
        assert_eq!(config(&["--base-url=https://portal.go.jp/x"]).check(), Err(ConfigError::BaseUrl));
        let own = ["--tls-certificate=a.pem", "--tls-key=b.pem"];
        assert_eq!(config(&own).base_url(), "https://127.0.0.1:8080");
        assert_eq!(config(&[own[0], own[1], "--base-url=http://x"]).check(), Err(ConfigError::TlsWithoutHttps));
        assert!(Cli::try_parse_from(["portal", own[0]]).is_err(), "a certificate needs its key");
    }

    #[test]
    fn files_are_taken_where_somebody_looks_at_them() {
        let relay = "--smtp-url=smtp://relay.go.jp";
        assert!(config(&[]).takes_files(), "nothing in the demonstration is real");
        assert!(!config(&[relay]).takes_files() && config(&[relay, "--scanner=tcp:scanner:3310"]).takes_files());
        assert!(Cli::try_parse_from(["portal", "--scanner=somewhere"]).is_err());
    }

    #[test]
    fn other_hosts_are_bound_to_tls_on_request_alone() {
        let tls = "--base-url=https://portal.go.jp";
        assert_eq!(config(&[]).strict_transport(), None);
        assert_eq!(config(&["--hsts-subdomains"]).strict_transport(), None, "nothing to remember without TLS");
        assert_eq!(config(&[tls]).strict_transport(), Some("max-age=63072000"));
        let all = config(&[tls, "--hsts-subdomains"]).strict_transport();
        assert_eq!(all, Some("max-age=63072000; includeSubDomains"));
    }

    #[test]
    fn mail_is_taken_in_on_request_and_in_the_demonstration() {
        let [relay, tls] = ["--smtp-url=smtp://relay.go.jp", "--base-url=https://portal.go.jp"];
        let [from, inbound] = ["--mail-from=portal@ceptoar.go.jp", "--mail-inbound=lmtp://127.0.0.1:2424"];
        let key = "--secret-key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        assert!(config(&[]).takes_mail() && !config(&[relay, tls, from]).takes_mail());
        assert_eq!(config(&[relay, tls, from, inbound, key]).check(), Ok(()));
        assert_eq!(config(&[relay, tls, from, inbound]).check(), Err(ConfigError::MailInboundWithoutKey));
        for bad in ["portal", "portal+x@ceptoar.go.jp", "information-sharing-portal@ceptoar.go.jp"] {
            let own = format!("--mail-inbound-address={bad}");
            assert_eq!(config(&[relay, tls, from, inbound, key, &own]).check(), Err(ConfigError::MailInboundAddress));
        }
        assert!(Cli::try_parse_from(["portal", "--mail-inbound=lmtp://0.0.0.0:2424"]).is_err(), "this machine alone");
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let config = config(&["--smtp-url=smtp://u:hunter2@relay.go.jp", "--database-url=postgres://u:hunter3@db/x"]);
        let shown = format!("{config:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("hunter3"));
    }
}
