//! Where the mails of a benchmark go: Postfix's smtp-sink, or a sink of our own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;

use super::process;
use crate::platform::mail::smtp_server::{self, Received, Reception};

/// A sink in a process of its own; it ends when dropped.
#[derive(Debug)]
pub struct Sink {
    child: Child,
    /// Its port on the loopback interface.
    pub port: u16,
    /// What it is.
    pub name: &'static str,
}

impl Sink {
    /// Starts smtp-sink, or our own where Postfix is not installed.
    pub async fn start() -> anyhow::Result<Self> {
        match Self::postfix().await? {
            Some(sink) => Ok(sink),
            None => Self::own(),
        }
    }

    async fn postfix() -> anyhow::Result<Option<Self>> {
        let port = TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?.port();
        let Some(program) = postfix("smtp-sink") else { return Ok(None) };
        let mut command = Command::new(program);
        if process::is_root() {
            command.args(["-u", "nobody"]);
        }
        let child = command.args([format!("127.0.0.1:{port}"), "256".into()]).stdin(Stdio::null()).spawn()?;
        let sink = Self { child, port, name: "smtp-sink (Postfix)" };
        for _ in 0..100 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return Ok(Some(sink));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::bail!("smtp-sink does not listen")
    }

    fn own() -> anyhow::Result<Self> {
        let mut child =
            Command::new(std::env::current_exe()?).args(["bench", "sink"]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("the sink says nothing")?).read_line(&mut line)?;
        Ok(Self { child, port: line.trim().parse()?, name: "the portal's own sink" })
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A test program of Postfix.
pub fn postfix(name: &str) -> Option<std::path::PathBuf> {
    ["/usr/sbin", "/usr/bin", "/usr/local/sbin"].iter().map(|d| std::path::Path::new(d).join(name)).find(|p| p.exists())
}

/// Forgets what it is given.
pub struct Nothing;

impl Reception for Nothing {
    async fn keep(&self, _: Received) -> bool {
        true
    }
}

/// Our own sink, as a process of its own.
pub async fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?.port());
    Ok(smtp_server::serve(listener, Arc::new(Nothing)).await?)
}
