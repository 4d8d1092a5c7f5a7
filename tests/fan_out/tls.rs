//! TLS to the relay: used where required, refused where it proves nothing.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ceptoar_portal::platform::mail::smtp_server::{self, Moment, Received, Reception, Verdict};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::field::Field;

/// An authority of the test's own, and a relay's certificate by it for the name localhost.
struct Certificates {
    authority: PathBuf,
    acceptor: TlsAcceptor,
}

fn certificates() -> Certificates {
    let mut params = CertificateParams::new(vec![]).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("authority_{}.pem", std::process::id()));
    std::fs::write(&authority, params.self_signed(&key).expect("an authority").pem()).expect("a file");
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let chain = vec![params.signed_by(&key, &issuer).expect("a certificate").der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a configuration");
    Certificates { authority, acceptor: TlsAcceptor::from(Arc::new(config)) }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.authority);
    }
}

/// Counts what came over TLS.
struct Counter {
    kept: AtomicUsize,
    greets: bool,
}

impl Reception for Counter {
    async fn judge(&self, moment: Moment, _: &Received) -> Verdict {
        // After STARTTLS the client speaks first.
        if moment == Moment::Greeting && !self.greets { Verdict::Bytes(vec![]) } else { Verdict::Accept }
    }

    async fn keep(&self, _: Received) -> bool {
        self.kept.fetch_add(1, Ordering::Relaxed);
        true
    }
}

/// A relay with TLS from the first byte, or after STARTTLS.
async fn relay(acceptor: TlsAcceptor, implicit: bool) -> (u16, Arc<Counter>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let counter = Arc::new(Counter { kept: AtomicUsize::new(0), greets: implicit });
    let counting = counter.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (counter, acceptor) = (counting.clone(), acceptor.clone());
            tokio::spawn(async move {
                if implicit || starttls(&mut stream).await {
                    // A client that does not trust us hangs up here.
                    if let Ok(mut tls) = acceptor.accept(stream).await {
                        let _ = smtp_server::converse(&mut tls, &*counter).await;
                    }
                }
            });
        }
    });
    (port, counter)
}

async fn starttls(stream: &mut TcpStream) -> bool {
    let mut heard = [0; 256];
    for answer in ["220 relay\r\n", "250-relay\r\n250 STARTTLS\r\n"] {
        stream.write_all(answer.as_bytes()).await.expect("writing");
        if stream.read(&mut heard).await.expect("reading") == 0 {
            return false;
        }
    }
    assert!(heard.starts_with(b"STARTTLS\r\n"));
    stream.write_all(b"220 go\r\n").await.expect("writing");
    true
}

fn worker(field: &Field, smtp: &str, transport: &str, authority: Option<&Path>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ceptoar-portal"));
    command.env_clear().envs([("DATABASE_URL", field.url("portal_owner").as_str()), ("SMTP_URL", smtp)]);
    command.envs([("PORTAL_BASE_URL", "https://portal.test"), ("PORTAL_MAIL_FROM", "portal@portal.test")]);
    command.env("SMTP_TRANSPORT", transport);
    command.env("RUST_LOG", "off").envs(authority.map(|path| ("SSL_CERT_FILE", path)));
    command.arg("worker").stdin(Stdio::null()).spawn().expect("a worker")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_is_trusted_by_its_certificate_and_its_name() {
    let field = Field::prepare("tls", "both", 3).await;
    let certificates = certificates();
    for (implicit, transport) in [true, false].into_iter().flat_map(|i| ["pipelined", "stepwise"].map(|t| (i, t))) {
        let (scheme, option) = if implicit { ("smtps", "") } else { ("smtp", "?tls=required") };
        for (host, trusted, arrives) in
            [("localhost", true, true), ("localhost", false, false), ("127.0.0.1", true, false)]
        {
            let (port, counter) = relay(certificates.acceptor.clone(), implicit).await;
            field.queue_again().await;
            let url = format!("{scheme}://{host}:{port}{option}");
            let mut worker = worker(&field, &url, transport, trusted.then_some(certificates.authority.as_path()));
            for _ in 0..200 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if field.is_quiet().await || field.was_answered().await {
                    break;
                }
            }
            field.signal(&worker, "TERM");
            assert!(worker.wait().expect("its end").success());
            let (kept, states) = (counter.kept.load(Ordering::Relaxed), field.rows().await);
            let sent = states.values().filter(|(state, _)| state == "sent").count();
            assert_eq!((kept, sent), if arrives { (3, 3) } else { (0, 0) }, "{url}, trusted: {trusted}: {states:?}");
            assert!(arrives || states.values().all(|(state, _)| state == "queued"), "{states:?}");
        }
    }
}
