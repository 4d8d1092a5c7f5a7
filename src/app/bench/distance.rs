//! The same mails to a relay some milliseconds away, next to lettre's own pool, in clear and over STARTTLS.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use lettre::address::Envelope;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use sqlx::PgConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::fan_out::{self, Round, Row, Target};
use super::field::Field;
use super::sink::{Nothing, Sink};
use super::{FanOut, process};
use crate::kernel::ids::DeliveryId;
use crate::platform::config::Transport;
use crate::platform::mail::reception::{Moment, Received, Reception, Verdict};
use crate::platform::mail::sheet::Sheet;
use crate::platform::mail::smtp_server;

/// One way.
const DELAY: Duration = Duration::from_millis(5);
const CONVERSATIONS: u16 = 10;

/// Measures and prints.
pub async fn run(settings: FanOut, field: &Field, owner: &mut PgConnection, sheet: &Arc<Sheet>) -> anyhow::Result<()> {
    let settings = FanOut { recipients: settings.distant, conversations: CONVERSATIONS, ..settings };
    println!(
        "\n{} recipients, {CONVERSATIONS} conversations, {} ms of round trip",
        settings.distant,
        2 * DELAY.as_millis()
    );
    let sink = Sink::start().await?;
    measure("in clear", settings, field, owner, sheet, sink.port, None).await?;
    let directory = PathBuf::from(format!("/var/tmp/ceptoar-portal-bench-tls-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let measured = match certificate(&directory) {
        Some((certificate, acceptor)) => {
            let port = secret_sink(acceptor).await?;
            measure("over STARTTLS", settings, field, owner, sheet, port, Some(&certificate)).await
        }
        None => {
            println!("openssl is not installed: nothing over STARTTLS");
            Ok(())
        }
    };
    std::fs::remove_dir_all(&directory)?;
    measured
}

async fn measure(
    how: &str,
    settings: FanOut,
    field: &Field,
    owner: &mut PgConnection,
    sheet: &Arc<Sheet>,
    port: u16,
    authority: Option<&Path>,
) -> anyhow::Result<()> {
    let far = distant(port).await?;
    let row = |name: &str| Row::new(format!("{name}, {how}"), settings.recipients);
    let (mut pool, mut pipelined, mut stepwise) =
        (row("lettre's pool"), row("portal, pipelined"), row("portal, stepwise"));
    for round in 1..=settings.rounds {
        pool.push(lettres_pool(settings, far, sheet, authority).await?);
        for (row, transport) in [(&mut pipelined, Transport::Pipelined), (&mut stepwise, Transport::Stepwise)] {
            let target = Target { port: far, authority, transport };
            row.push(fan_out::worker(settings, field, owner, &target).await?);
        }
        eprintln!("{how}: round {round} of {}", settings.rounds);
    }
    fan_out::print_head("lettre's pool");
    for row in [&pool, &pipelined, &stepwise] {
        row.print(&pool);
    }
    Ok(())
}

/// lettre's transport as anybody would use it, with as many senders as it may have connections.
async fn lettres_pool(
    settings: FanOut,
    port: u16,
    sheet: &Arc<Sheet>,
    authority: Option<&Path>,
) -> anyhow::Result<Round> {
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("localhost")
        .port(port)
        .pool_config(PoolConfig::new().max_size(u32::from(CONVERSATIONS)));
    if let Some(path) = authority {
        let root = Certificate::from_pem(&std::fs::read(path)?)?;
        builder =
            builder.tls(Tls::Required(TlsParameters::builder("localhost".into()).add_root_certificate(root).build()?));
    }
    let pool = builder.build();
    let next = Arc::new(AtomicI32::new(0));
    let own = std::process::id();
    let (begin, before) = (Instant::now(), process::time_of(own));
    let mut senders = JoinSet::new();
    for _ in 0..CONVERSATIONS {
        let (pool, sheet, next) = (pool.clone(), sheet.clone(), next.clone());
        senders.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= settings.recipients {
                    return anyhow::Ok(());
                }
                let copy = sheet.address(DeliveryId::random(), None, &format!("w{n}@bench.example"), "架空の構成員")?;
                let envelope = Envelope::new(Some(copy.from.clone()), vec![copy.to.clone()])?;
                pool.send_raw(&envelope, copy.text().as_bytes()).await?;
            }
        });
    }
    while let Some(ended) = senders.join_next().await {
        ended??;
    }
    let sender = process::time_of(own) - before;
    Ok(Round { seconds: begin.elapsed().as_secs_f64(), sender, ..Round::default() })
}

/// A port behind which everything takes [`DELAY`] longer in each direction; as wide as you like.
async fn distant(port: u16) -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let own = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            tokio::spawn(async move {
                let far = TcpStream::connect(("127.0.0.1", port)).await?;
                near.set_nodelay(true)?;
                far.set_nodelay(true)?;
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                tokio::spawn(carry(near_in, far_out));
                carry(far_in, near_out).await;
                std::io::Result::Ok(())
            });
        }
    });
    Ok(own)
}

async fn carry(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin + Send + 'static) {
    let (put, mut get) = mpsc::unbounded_channel::<(tokio::time::Instant, Vec<u8>)>();
    let arriving = tokio::spawn(async move {
        while let Some((at, bytes)) = get.recv().await {
            tokio::time::sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    let mut packet = [0; 16384];
    while let Ok(length) = from.read(&mut packet).await {
        if length == 0 || put.send((tokio::time::Instant::now() + DELAY, packet[..length].to_vec())).is_err() {
            break;
        }
    }
    drop(put);
    // Whoever has gone gets nothing more.
    let _ = arriving.await;
}

/// A certificate for the name localhost that vouches for itself.
fn certificate(directory: &Path) -> Option<(PathBuf, TlsAcceptor)> {
    let [settings, key, certificate] = ["openssl.cnf", "key.pem", "certificate.pem"].map(|name| directory.join(name));
    let text = "[req]\ndistinguished_name = name\nx509_extensions = more\nprompt = no\n[name]\nCN = localhost\n\
                [more]\nsubjectAltName = DNS:localhost\nbasicConstraints = critical, CA:FALSE\n";
    std::fs::write(&settings, text).ok()?;
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
        .args(["-config".as_ref(), settings.as_os_str(), "-keyout".as_ref(), key.as_os_str()])
        .args(["-out".as_ref(), certificate.as_os_str()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
    made.ok().filter(std::process::ExitStatus::success)?;
    let chain = vec![CertificateDer::from_pem_file(&certificate).ok()?];
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(&key).ok()?)
        .ok()?;
    Some((certificate, TlsAcceptor::from(Arc::new(config))))
}

/// Takes and forgets mail after STARTTLS.
async fn secret_sink(acceptor: TlsAcceptor) -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                stream.set_nodelay(true)?;
                let mut heard = [0; 512];
                for answer in ["220 sink\r\n", "250-sink\r\n250 STARTTLS\r\n"] {
                    stream.write_all(answer.as_bytes()).await?;
                    if stream.read(&mut heard).await? == 0 {
                        return Ok(());
                    }
                }
                stream.write_all(b"220 go\r\n").await?;
                let mut tls = acceptor.accept(stream).await?;
                smtp_server::converse(&mut tls, &Secured).await.map(|_| ())
            });
        }
    });
    Ok(port)
}

/// After STARTTLS the client speaks first.
struct Secured;

impl Reception for Secured {
    async fn judge(&self, moment: Moment, _: &Received) -> Verdict {
        if moment == Moment::Greeting { Verdict::Bytes(Vec::new()) } else { Verdict::Accept }
    }

    async fn keep(&self, mail: Received) -> bool {
        Nothing.keep(mail).await
    }
}
