//! How many connections are open, in all and from one address. A connection over the bound is closed at once, before
//! a byte of it is read.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::extract::ClientAddress;
use crate::platform::config::Config;

/// Lets connections in up to the bounds; clones share the count.
#[derive(Debug, Clone)]
pub struct Bounded {
    open: Arc<Mutex<Open>>,
    all: usize,
    each: usize,
    proxies: Arc<[IpAddr]>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_network: HashMap<IpAddr, usize>,
}

impl Bounded {
    /// The bounds of the settings.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            open: Arc::default(),
            all: config.connections as usize,
            each: config.connections_per_address as usize,
            proxies: config.trusted_proxies.clone().into(),
        }
    }

    fn enter(&self, stream: TcpStream) -> io::Result<Counted> {
        let address = stream.peer_addr()?.ip().to_canonical();
        let network = ClientAddress(address).network();
        // A proxy speaks for everybody.
        let each = if self.proxies.contains(&address) { self.all } else { self.each };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let here = open.by_network.get(&network).copied().unwrap_or_default();
        if open.all >= self.all || here >= each {
            metrics::counter!("portal_connections_refused_total").increment(1);
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        open.all += 1;
        open.by_network.insert(network, here + 1);
        drop(open);
        stream.set_nodelay(true).ok();
        Ok(Counted { stream, place: Place { open: self.open.clone(), network } })
    }
}

impl<S> Accept<TcpStream, S> for Bounded {
    type Stream = Counted;
    type Service = S;
    type Future = Ready<io::Result<(Counted, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(self.enter(stream).map(|stream| (stream, service)))
    }
}

/// A connection's place among the open ones, given back when it closes.
#[derive(Debug)]
struct Place {
    open: Arc<Mutex<Open>>,
    network: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        let left = open.by_network.get(&self.network).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            open.by_network.remove(&self.network);
        } else {
            open.by_network.insert(self.network, left);
        }
    }
}

/// A connection that holds its place.
#[derive(Debug)]
pub struct Counted {
    stream: TcpStream,
    #[expect(dead_code, reason = "held to be dropped with the connection")]
    place: Place,
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
