//! The listener over real sockets: TLS by the portal itself, slow and many connections, requests that two readers
//! would read differently.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum_server::tls_rustls::RustlsConfig;
use ceptoar_portal::app::listening::Listening;
use ceptoar_portal::platform::config::Config;
use ceptoar_portal::platform::web::tls::Files;
use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;

use crate::support::TestApp;

/// A served portal; it stops when dropped.
struct Served {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<anyhow::Result<()>>,
    _app: TestApp,
}

async fn serve(change: impl FnOnce(&mut Config)) -> Served {
    let app = TestApp::start().await;
    let mut config = (*app.state.config).clone();
    config.listen = "127.0.0.1:0".parse().unwrap();
    config.base_url = Some("http://localhost".into());
    change(&mut config);
    let mut state = app.state.clone();
    state.config = Arc::new(config.clone());
    let listening = Listening::prepare(&config, state.clock.clone()).await.unwrap();
    let address = listening.address().unwrap();
    let (stop, stopped) = oneshot::channel();
    let router = ceptoar_portal::app::router::router(state);
    let stop_word = async move {
        let _ = stopped.await;
    };
    let ended = tokio::spawn(listening.serve(router, stop_word, Duration::from_secs(5)));
    Served { address, stop: Some(stop), ended, _app: app }
}

async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(stream).await
}

/// Everything until the other side closes, or is silent for a second.
async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    while let Ok(Ok(n)) = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut part)).await {
        if n == 0 {
            break;
        }
        answer.extend_from_slice(&part[..n]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

const LIVE: &str = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_header_is_cut_off_while_others_are_served() {
    let served = serve(|_| ()).await;
    let started = Instant::now();
    let mut slow = TcpStream::connect(served.address).await.unwrap();
    let mut idle = TcpStream::connect(served.address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").await.unwrap();
    let (mut reader, mut writer) = slow.into_split();
    let dribble = tokio::spawn(async move {
        // A header that never ends, a line each second.
        while writer.write_all(b"X-Slow: 1\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    for _ in 0..5 {
        let mut quick = TcpStream::connect(served.address).await.unwrap();
        assert!(ask(&mut quick, LIVE).await.starts_with("HTTP/1.1 200"));
    }
    let mut end = Vec::new();
    let cut = tokio::time::timeout(Duration::from_secs(16), reader.read_to_end(&mut end)).await;
    assert!(cut.is_ok() && started.elapsed() > Duration::from_secs(5), "after {:?}", started.elapsed());
    assert!(end.is_empty() || end.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&end));
    dribble.abort();
    let mut nothing = Vec::new();
    let cut = tokio::time::timeout(Duration::from_secs(6), idle.read_to_end(&mut nothing)).await;
    assert!(cut.is_ok(), "a connection that never says a word is closed as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_a_bounded_number_of_connections_and_gives_them_back() {
    let served = serve(|config| config.connections_per_address = 3).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        let answer = ask(&mut stream, "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200"));
        held.push(stream);
    }
    let mut fourth = TcpStream::connect(served.address).await.unwrap();
    let _ = fourth.write_all(LIVE.as_bytes()).await;
    assert_eq!(rest(&mut fourth).await, "", "the fourth is closed without an answer");
    held.clear();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut again = TcpStream::connect(served.address).await.unwrap();
    assert!(ask(&mut again, LIVE).await.starts_with("HTTP/1.1 200"));
    drop(again);
    // A proxy speaks for everybody.
    let served = serve(|config| {
        config.connections_per_address = 2;
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let mut streams = Vec::new();
    for _ in 0..6 {
        streams.push(TcpStream::connect(served.address).await.unwrap());
    }
    for stream in &mut streams {
        assert!(ask(stream, LIVE).await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_two_readers_would_read_differently_hides_no_second_one() {
    let served = serve(|_| ()).await;
    let inner = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Inner: 1\r\n\r\n";
    let chunked_end = format!("0\r\n\r\n{inner}");
    let length = chunked_end.len();
    let heads = [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"),
        format!("Content-Length: {length}\r\nTransfer-Encoding : chunked\r\n"),
        format!("Content-Length: {length}\r\nTransfer-Encoding: xchunked\r\n"),
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked, identity\r\n"),
        format!("Content-Length: {length}\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"),
        format!("Content-Length: {length}\r\n Transfer-Encoding: chunked\r\n"),
        format!("Content-Length: 5\r\nContent-Length: {length}\r\n"),
        format!("Content-Length: +{length}\r\n"),
        "Content-Length: 0x10\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n".to_owned(),
    ];
    for head in heads {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        let request = format!("POST /health/ready HTTP/1.1\r\nHost: localhost\r\n{head}\r\n{chunked_end}");
        let answer = ask(&mut stream, &request).await;
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{head:?} was read as two requests:\n{answer}");
        assert!(!answer.contains("HTTP/1.1 5"), "{head:?}: {answer}");
    }
    // Without Host, of another version, with bare line feeds or control bytes, absurdly long: no fault, no page.
    let long = "a".repeat(300_000);
    let cookies = format!("Cookie: a={}\r\n", "b".repeat(60_000));
    for request in [
        "GET /sign-in HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(),
        "GET /sign-in HTTP/1.0\r\n\r\n".to_owned(),
        "GET /sign-in HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_owned(),
        "GET /sign-in HTTP/2.0\r\nHost: localhost\r\n\r\n".to_owned(),
        "GET /\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n".to_owned(),
        format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {long}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: 1\r\n".repeat(200)),
        format!("GET /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{cookies}\r\n"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_owned(),
    ] {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        let answer = ask(&mut stream, &request).await;
        let head = &request[..request.len().min(60)];
        let status: u16 = answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(400);
        assert!((400..500).contains(&status), "{head:?}: {answer}");
    }
}

struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

fn authority() -> Authority {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    Authority { certificate, issuer: Issuer::new(params, key) }
}

/// A certificate for `name` and its key, as two PEM files.
fn issue(authority: &Authority, directory: &std::path::Path, name: &str) -> (PathBuf, PathBuf) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority.issuer).unwrap();
    let (certificate_file, key_file) = (directory.join("certificate.pem"), directory.join("key.pem"));
    std::fs::write(&certificate_file, certificate.pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    (certificate_file, key_file)
}

fn directory(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("tls-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

fn client(authority: &Authority, versions: &[&'static rustls::SupportedProtocolVersion]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config).into()
}

type Secured = tokio_rustls::client::TlsStream<TcpStream>;

async fn secured(connector: &TlsConnector, address: SocketAddr, name: &'static str) -> std::io::Result<Secured> {
    let stream = TcpStream::connect(address).await?;
    connector.connect(ServerName::try_from(name).unwrap(), stream).await
}

fn served_certificate(stream: &Secured) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_ends_tls_itself_and_takes_a_new_certificate_while_it_runs() {
    let (authority, directory) = (authority(), directory("serve"));
    let (certificate, key) = issue(&authority, &directory, "localhost");
    let served = serve(|config| {
        config.base_url = Some("https://localhost".into());
        (config.tls_certificate, config.tls_key) = (Some(certificate), Some(key));
    })
    .await;
    for (version, expected) in
        [(&rustls::version::TLS13, ProtocolVersion::TLSv1_3), (&rustls::version::TLS12, ProtocolVersion::TLSv1_2)]
    {
        let mut stream = secured(&client(&authority, &[version]), served.address, "localhost").await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(expected));
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        let answer = ask(&mut stream, &LIVE.replace("/health/live", "/sign-in")).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("strict-transport-security: max-age=63072000"));
        assert!(answer.contains("set-cookie: __Host-portal_visit="), "{answer}");
    }
    let connector = client(&authority, rustls::DEFAULT_VERSIONS);
    assert!(secured(&connector, served.address, "other.example").await.is_err(), "a client refuses the wrong name");

    // Plain text, and a ClientHello of TLS 1.1 (version 3.2, no list of newer ones): no page for either.
    let mut plain = TcpStream::connect(served.address).await.unwrap();
    assert!(!ask(&mut plain, LIVE).await.contains("200 OK"));
    let mut old = TcpStream::connect(served.address).await.unwrap();
    old.write_all(&client_hello_1_1()).await.unwrap();
    let mut alert = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(3), old.read_to_end(&mut alert)).await;
    // Record type 21 is an alert; 70 says that the version is not supported.
    assert!(alert.first() == Some(&21) && alert.last() == Some(&70), "{alert:?}");

    // A new certificate is served after SIGHUP; a connection that was open goes on.
    let mut open = secured(&connector, served.address, "localhost").await.unwrap();
    let before = served_certificate(&open);
    issue(&authority, &directory, "localhost");
    hang_up();
    let fresh = async {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let stream = secured(&connector, served.address, "localhost").await.unwrap();
            if served_certificate(&stream) != before {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), fresh).await.expect("the new certificate is served");
    assert!(ask(&mut open, LIVE).await.starts_with("HTTP/1.1 200"), "the open connection goes on");

    // What cannot be used changes nothing.
    std::fs::write(directory.join("key.pem"), "nonsense").unwrap();
    hang_up();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(secured(&connector, served.address, "localhost").await.is_ok());
    std::fs::remove_dir_all(directory).unwrap();
}

/// SIGHUP to this very process, whose listener takes it.
fn hang_up() {
    let pid = std::process::id().to_string();
    assert!(std::process::Command::new("sh").args(["-c", "kill -HUP \"$0\"", &pid]).status().unwrap().success());
}

/// A ClientHello as TLS 1.1 wrote it.
fn client_hello_1_1() -> Vec<u8> {
    let mut body = vec![3, 2];
    body.extend([7; 32]);
    body.push(0);
    // Suites, groups and signatures that 1.2 would take: the version alone is to be refused.
    body.extend([0, 4, 0xc0, 0x2b, 0xc0, 0x2f]);
    body.extend([1, 0]);
    let extensions = [0, 10, 0, 4, 0, 2, 0, 0x1d, 0, 13, 0, 4, 0, 2, 4, 3, 0, 11, 0, 2, 1, 0];
    body.extend([0, extensions.len() as u8]);
    body.extend(extensions);
    let mut handshake = vec![1, 0, 0, body.len() as u8];
    handshake.extend(body);
    let mut record = vec![22, 3, 1, 0, handshake.len() as u8];
    record.extend(handshake);
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_cannot_be_used_stops_the_start_with_a_plain_sentence() {
    let (authority, directory) = (authority(), directory("errors"));
    let (certificate, key) = issue(&authority, &directory, "localhost");
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    let load = |certificate: &PathBuf, key: &PathBuf| {
        Files::new((certificate.clone(), key.clone()), "localhost").load(now).map(drop).map_err(|e| format!("{e:#}"))
    };
    assert_eq!(load(&certificate, &key), Ok(()));
    let missing = directory.join("missing.pem");
    assert!(load(&missing, &key).unwrap_err().contains("PORTAL_TLS_CERTIFICATE"));
    assert!(load(&certificate, &missing).unwrap_err().contains("PORTAL_TLS_KEY"));
    assert!(load(&key, &key).unwrap_err().contains("holds no certificate"));
    assert!(load(&certificate, &certificate).unwrap_err().contains("holds no private key"));
    let other = directory.join("other.pem");
    std::fs::write(&other, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(load(&certificate, &other).unwrap_err().contains("is not the key of"));
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_what_is_in_flight() {
    let mut served = serve(|_| ()).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nna").await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    served.stop.take().unwrap().send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(TcpStream::connect(served.address).await.is_err(), "nobody new is let in");
    assert!(ask(&mut stream, "me=x").await.starts_with("HTTP/1.1 4"), "who was there is answered");
    tokio::time::timeout(Duration::from_secs(6), served.ended).await.unwrap().unwrap().unwrap();
}

#[test]
fn a_reloadable_configuration_is_shared() {
    // What `keep_fresh` relies on: a clone of the configuration sees what another clone was given.
    let (authority, directory) = (authority(), directory("shared"));
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    let files = Files::new(issue(&authority, &directory, "localhost"), "localhost");
    let first = RustlsConfig::from_config(files.load(now).unwrap());
    let second = first.clone();
    let fresh = files.load(now).unwrap();
    second.reload_from_config(fresh.clone());
    assert!(Arc::ptr_eq(&first.get_inner(), &fresh));
    std::fs::remove_dir_all(directory).unwrap();
}
