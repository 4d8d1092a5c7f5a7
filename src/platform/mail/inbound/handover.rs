//! The other end of the listener, as a mail server speaks: for the demonstration's mailbox, and for tests.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UnixStream};

use crate::platform::lmtp::LmtpAddress;

const PATIENCE: Duration = Duration::from_secs(30);
const LONGEST: u64 = 64 * 1024;

/// Hands one mail over; answers the code that it was accepted or refused with.
///
/// # Errors
/// When the line breaks, or nothing is said in time.
pub async fn hand_over(address: &LmtpAddress, from: &str, to: &str, content: &[u8]) -> io::Result<u16> {
    let talk = async {
        match address {
            LmtpAddress::Tcp(place) => talk(TcpStream::connect(place).await?, from, to, content).await,
            LmtpAddress::Socket(path) => talk(UnixStream::connect(path).await?, from, to, content).await,
        }
    };
    tokio::time::timeout(PATIENCE, talk).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(stream: S, from: &str, to: &str, content: &[u8]) -> io::Result<u16> {
    let (read, mut write) = tokio::io::split(stream);
    let mut read = BufReader::new(read.take(LONGEST));
    let greeting = answer(&mut read).await?;
    if greeting != 220 {
        return Ok(greeting);
    }
    for (command, expected) in [
        ("LHLO portal".to_owned(), 250),
        (format!("MAIL FROM:<{from}>"), 250),
        (format!("RCPT TO:<{to}>"), 250),
        ("DATA".to_owned(), 354),
    ] {
        write.write_all(format!("{command}\r\n").as_bytes()).await?;
        let code = answer(&mut read).await?;
        if code != expected {
            return Ok(code);
        }
    }
    write.write_all(&stuffed(content)).await?;
    let code = answer(&mut read).await?;
    let _ = write.write_all(b"QUIT\r\n").await;
    Ok(code)
}

/// The last line of an answer has a space behind its code.
async fn answer<R: AsyncBufReadExt + Unpin>(read: &mut R) -> io::Result<u16> {
    loop {
        let mut line = String::new();
        if read.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let code = line.get(..3).and_then(|code| code.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(code);
        }
    }
}

/// Lines with CRLF, dots doubled, and the dot that ends it all.
fn stuffed(content: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(content.len() + 64);
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            text.push(b'.');
        }
        let bare = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        text.extend_from_slice(bare);
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b".\r\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_over_the_wire_whole() {
        assert_eq!(stuffed(b"a\r\n.b\nc"), b"a\r\n..b\r\nc\r\n.\r\n");
    }
}
