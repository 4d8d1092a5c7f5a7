//! Asks the server whether it takes queries.
//!
//! A connection alone says little: the kernel accepts it while the server is still replaying its log. So this
//! goes through the first step of the protocol, as PostgreSQL's own `pg_isready` does.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::SUPERUSER;

/// The socket's name is fixed by PostgreSQL; the number is the port that nobody listens on.
pub(super) const SOCKET_NAME: &str = ".s.PGSQL.5432";

/// What the server said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It takes queries.
    Ready,
    /// It is coming up, going down, or not there.
    NotReady,
}

/// One attempt; takes a few milliseconds, two seconds at the very most.
pub(super) fn ask(socket_directory: &Path) -> Answer {
    if takes_queries(&socket_directory.join(SOCKET_NAME)).unwrap_or(false) { Answer::Ready } else { Answer::NotReady }
}

fn takes_queries(socket: &Path) -> std::io::Result<bool> {
    let mut stream = UnixStream::connect(socket)?;
    let limit = Some(Duration::from_secs(2));
    stream.set_read_timeout(limit)?;
    stream.set_write_timeout(limit)?;

    // Start-up message: length, protocol version 3.0, then name/value pairs that end with an empty name.
    let mut body = 196_608_u32.to_be_bytes().to_vec();
    for text in ["user", SUPERUSER, "database", "postgres", ""] {
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    let length = u32::try_from(body.len() + 4).unwrap_or_default();
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(&body)?;

    loop {
        let mut head = [0_u8; 5];
        stream.read_exact(&mut head)?;
        let [kind, a, b, c, d] = head;
        let mut content =
            vec![0_u8; usize::try_from(u32::from_be_bytes([a, b, c, d]).saturating_sub(4).min(65_536)).unwrap_or(0)];
        stream.read_exact(&mut content)?;
        match kind {
            b'Z' => {
                // A polite goodbye, or the server's log gets a line for every look.
                stream.write_all(&[b'X', 0, 0, 0, 4])?;
                return Ok(true);
            }
            // Class 57 is "starting up" or "shutting down"; any other refusal (too many connections, for
            // example) comes from a server that is up.
            b'E' => return Ok(!content.split(|&byte| byte == 0).any(|field| field.starts_with(b"C57P"))),
            _ => {}
        }
    }
}
