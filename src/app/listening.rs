//! The listener: plain for a proxy, or TLS by the portal itself; slow and too many connections are cut off
//! (docs/decisions/0019-the-portals-own-edge.md).

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use tokio::net::TcpListener;

use crate::kernel::clock::Clock;
use crate::platform::config::Config;
use crate::platform::web::connections::Bounded;
use crate::platform::web::tls::Files;

/// How long a header may take to arrive, and how long a connection may wait for its next request.
const HEADER: Duration = Duration::from_secs(10);
/// How long the two sides may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// More than any browser sends; a longer header is answered with 431.
const LONGEST_HEADER: usize = 64 * 1024;

/// A bound listener with its settings, ready to serve.
#[derive(Debug)]
pub struct Listening {
    listener: std::net::TcpListener,
    bounded: Bounded,
    tls: Option<(RustlsConfig, Files)>,
    clock: Clock,
}

impl Listening {
    /// Binds the address and reads the certificate, if the portal ends TLS itself.
    ///
    /// # Errors
    /// When either cannot be had; the message says what to do.
    pub async fn prepare(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        let tls = config.tls_files().map(|paths| {
            let base = config.base_url();
            let files = Files::new(paths, host_name(&base));
            files.load(clock.now()).map(|loaded| (RustlsConfig::from_config(loaded), files))
        });
        let tls = tls.transpose()?;
        let listener = TcpListener::bind(config.listen).await.with_context(|| {
            format!("cannot listen on {}: choose another PORTAL_LISTEN, or stop what is there", config.listen)
        })?;
        Ok(Self { listener: listener.into_std()?, bounded: Bounded::new(config), tls, clock })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop`, then finishes what is in flight, for as long as `patience`.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        app: Router,
        stop: impl Future<Output = ()> + Send + 'static,
        patience: Duration,
    ) -> anyhow::Result<()> {
        let handle = Handle::new();
        let stopping = handle.clone();
        tokio::spawn(async move {
            stop.await;
            stopping.graceful_shutdown(Some(patience));
        });
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let server = axum_server::from_tcp(self.listener)?.handle(handle).acceptor(self.bounded);
        match self.tls {
            Some((config, files)) => {
                let fresh = tokio::spawn(files.keep_fresh(config.clone(), self.clock));
                let tls = RustlsAcceptor::new(config).handshake_timeout(HANDSHAKE);
                let over_tls = server.map(|bounded| tls.acceptor(bounded));
                let served = strict(over_tls).serve(app).await;
                fresh.abort();
                served?;
            }
            None => strict(server).serve(app).await?,
        }
        Ok(())
    }
}

/// HTTP/1.1 alone, with bounds on what a header may take.
fn strict<A>(server: Server<SocketAddr, A>) -> Server<SocketAddr, A> {
    let mut server = server.http1_only();
    server
        .http_builder()
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_buf_size(LONGEST_HEADER)
        .half_close(false);
    server
}

/// The host of a base URL without its port.
fn host_name(base: &str) -> &str {
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}
