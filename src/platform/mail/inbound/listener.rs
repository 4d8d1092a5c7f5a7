//! Where mail is handed over: a port of this machine, or a socket.

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::platform::lmtp::LmtpAddress;
use crate::platform::mail::reception::Reception;
use crate::platform::mail::smtp_server::converse;

/// Conversations at a time; the next one is asked to come later.
const CONVERSATIONS: usize = 20;
/// How long one may take in all. What was not answered by then is handed over again.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often is looked whether the address has become free.
const STAND_BY: Duration = Duration::from_secs(5);
/// After an error of the listener, which is one of the machine.
const REST: Duration = Duration::from_millis(200);

/// A listener that is bound.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    address: LmtpAddress,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Binds the address. A socket that a former process left behind is replaced.
    ///
    /// # Errors
    /// When it cannot be had; [`io::ErrorKind::AddrInUse`] where somebody listens there.
    pub async fn open(address: &LmtpAddress) -> io::Result<Self> {
        match address {
            LmtpAddress::Tcp(place) => {
                let listener = TcpListener::bind(place).await?;
                let address = LmtpAddress::Tcp(listener.local_addr()?);
                Ok(Self { socket: Socket::Tcp(listener), address })
            }
            LmtpAddress::Socket(path) => Ok(Self { socket: Socket::Unix(bind(path)?), address: address.clone() }),
        }
    }

    /// The same as soon as it can be had: while another process of the portal listens, this one stands by.
    pub async fn when_free(address: &LmtpAddress) -> Self {
        loop {
            if let Ok(listener) = Self::open(address).await {
                tracing::info!("mail is taken in at {address} from now on");
                return listener;
            }
            tokio::time::sleep(STAND_BY).await;
        }
    }

    /// Where it listens, with the port that it got.
    #[must_use]
    pub fn address(&self) -> &LmtpAddress {
        &self.address
    }

    /// Takes mail in until the future is dropped.
    pub async fn serve<R: Reception>(self, reception: Arc<R>) {
        let places = Arc::new(Semaphore::new(CONVERSATIONS));
        let mut open = JoinSet::new();
        loop {
            while open.try_join_next().is_some() {}
            let place = places.clone().try_acquire_owned().ok();
            let reception = reception.clone();
            let accepted = match &self.socket {
                Socket::Tcp(listener) => listener.accept().await.map(|(stream, _)| {
                    open.spawn(hold(stream, place, reception));
                }),
                Socket::Unix(listener) => listener.accept().await.map(|(stream, _)| {
                    open.spawn(hold(stream, place, reception));
                }),
            };
            if let Err(error) = accepted {
                tracing::warn!("mail cannot be taken in: {error}");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let LmtpAddress::Socket(path) = &self.address {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// For the owner and the group, to which the mail server is added.
fn bind(path: &Path) -> io::Result<UnixListener> {
    if path.symlink_metadata().is_ok_and(|found| found.file_type().is_socket()) {
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

async fn hold<S, R>(mut stream: S, place: Option<OwnedSemaphorePermit>, reception: Arc<R>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    R: Reception,
{
    let Some(_place) = place else {
        let _ = stream.write_all(b"421 4.3.2 too many conversations\r\n").await;
        return;
    };
    match tokio::time::timeout(PATIENCE, converse(&mut stream, &*reception)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::debug!("a conversation broke: {error}"),
        Err(_) => tracing::warn!("a conversation about incoming mail took too long and was ended"),
    }
}
