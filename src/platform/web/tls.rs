//! The portal's own TLS: versions 1.2 and 1.3, a certificate and key from files, read again when they change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, anyhow};
use axum_server::tls_rustls::RustlsConfig;
use chrono::{DateTime, TimeDelta, Utc};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, RootCertStore, ServerConfig};
use tokio::signal::unix::{SignalKind, signal};

use crate::kernel::clock::Clock;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(30);
/// From when on an end that is near is spoken of.
const SOON: TimeDelta = TimeDelta::days(14);

/// Where certificate and key are.
#[derive(Debug, Clone)]
pub struct Files {
    certificate: PathBuf,
    key: PathBuf,
    host: String,
}

/// What changes with a file's content.
type Stamp = [Option<(SystemTime, u64)>; 2];

impl Files {
    /// The two files, and the host that the certificate is for.
    #[must_use]
    pub fn new((certificate, key): (PathBuf, PathBuf), host: &str) -> Self {
        Self { certificate, key, host: host.to_owned() }
    }

    /// Reads both, and warns of a certificate that browsers will refuse.
    ///
    /// # Errors
    /// When a file is missing, unreadable or no PEM, or the key is not the certificate's.
    pub fn load(&self, now: DateTime<Utc>) -> anyhow::Result<Arc<ServerConfig>> {
        let shown = self.certificate.display();
        let pem = read(&self.certificate, "PORTAL_TLS_CERTIFICATE")?;
        let chain = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<Vec<_>, _>>()
            .with_context(|| format!("PORTAL_TLS_CERTIFICATE: {shown} is no PEM file of certificates"))?;
        let leaf = chain.first().cloned().with_context(|| {
            format!("PORTAL_TLS_CERTIFICATE: {shown} holds no certificate (it must begin with the portal's own)")
        })?;
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key, "PORTAL_TLS_KEY")?).map_err(|_| {
            anyhow!("PORTAL_TLS_KEY: {} holds no private key in PEM (without a passphrase)", self.key.display())
        })?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => {
                    anyhow!("PORTAL_TLS_KEY: {} is not the key of {shown}", self.key.display())
                }
                other => anyhow!("PORTAL_TLS_CERTIFICATE and PORTAL_TLS_KEY cannot be used: {other}"),
            })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        for trouble in troubles(&leaf, &self.host, now) {
            tracing::warn!("PORTAL_TLS_CERTIFICATE: {shown} {trouble}");
        }
        Ok(Arc::new(config))
    }

    fn stamp(&self) -> Stamp {
        [&self.certificate, &self.key].map(|path| {
            let about = fs::metadata(path).ok()?;
            Some((about.modified().ok()?, about.len()))
        })
    }

    /// Takes the files anew when they change, or at SIGHUP; open connections go on. What cannot be used is logged,
    /// and the old certificate stays.
    pub async fn keep_fresh(self, config: RustlsConfig, clock: Clock) {
        let mut asked = signal(SignalKind::hangup()).ok();
        let mut known = self.stamp();
        loop {
            let hangup = async {
                match &mut asked {
                    Some(signal) => signal.recv().await,
                    None => std::future::pending().await,
                }
            };
            let by_signal = tokio::select! {
                _ = hangup => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            let stamp = self.stamp();
            if stamp == known && !by_signal {
                continue;
            }
            match self.load(clock.now()) {
                Ok(fresh) => {
                    config.reload_from_config(fresh);
                    tracing::info!("the TLS certificate was read anew");
                }
                Err(error) => tracing::error!("the TLS certificate stays as it was: {error:#}"),
            }
            known = stamp;
        }
    }
}

fn read(path: &Path, setting: &str) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{setting}: {} cannot be read", path.display()))
}

/// What browsers will say against a certificate, apart from who issued it.
fn troubles(leaf: &CertificateDer<'_>, host: &str, now: DateTime<Utc>) -> Vec<&'static str> {
    let mut troubles = Vec::new();
    let Ok(name) = ServerName::try_from(host) else { return vec!["cannot be compared with the host of the base URL"] };
    match validity(leaf, &name, now) {
        Some(Validity::Over) => troubles.push("has expired: renew it"),
        Some(Validity::NotYet) => troubles.push("is not valid yet: check the clock"),
        None if matches!(validity(leaf, &name, now + SOON), Some(Validity::Over)) => {
            troubles.push("expires within 14 days: renew it");
        }
        None => {}
    }
    let fits = rustls::server::ParsedCertificate::try_from(leaf)
        .and_then(|parsed| rustls::client::verify_server_name(&parsed, &name));
    if fits.is_err() {
        troubles.push("is not for the host of PORTAL_BASE_URL");
    }
    troubles
}

enum Validity {
    Over,
    NotYet,
}

/// A verifier looks at the dates before it asks who issued the certificate; its other complaints do not matter here.
fn validity(leaf: &CertificateDer<'_>, name: &ServerName<'_>, at: DateTime<Utc>) -> Option<Validity> {
    let mut roots = RootCertStore::empty();
    roots.add(leaf.clone()).ok()?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()?;
    let seconds = u64::try_from(at.timestamp()).ok()?;
    let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    match verifier.verify_server_cert(leaf, &[], name, &[], at) {
        Err(rustls::Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. })) => {
            Some(Validity::Over)
        }
        Err(rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        )) => Some(Validity::NotYet),
        _ => None,
    }
}
