//! A mail relay with a script: what it answers, when, and what it kept.
#![allow(dead_code, reason = "two test programs share it, and neither uses all of it")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ceptoar_portal::platform::mail::smtp_server::{self, Moment, Received, Reception, Verdict};
use ceptoar_portal::platform::mail::smtp_url::{SmtpUrl, Tls};
use tokio::net::TcpListener;

type Script = dyn Fn(Moment, &Received) -> (Duration, Verdict) + Send + Sync;

/// A running sink; it ends when dropped.
pub struct Sink {
    desk: Arc<Desk>,
    port: u16,
    server: tokio::task::JoinHandle<()>,
}

struct Desk {
    script: Box<Script>,
    extensions: Vec<&'static str>,
    kept: Mutex<Vec<Received>>,
    keep: Box<dyn Fn(&Received) -> bool + Send + Sync>,
}

impl Reception for Desk {
    async fn judge(&self, moment: Moment, mail: &Received) -> Verdict {
        let (wait, verdict) = (self.script)(moment, mail);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        verdict
    }

    fn extensions(&self) -> &[&'static str] {
        &self.extensions
    }

    async fn keep(&self, mail: Received) -> bool {
        let kept = (self.keep)(&mail);
        if kept {
            self.kept.lock().expect("the sink").push(mail);
        }
        kept
    }
}

impl Sink {
    /// Takes everything.
    pub async fn open() -> Self {
        Self::scripted(|_, _| Verdict::Accept).await
    }

    /// Follows a script.
    pub async fn scripted(script: impl Fn(Moment, &Received) -> Verdict + Send + Sync + 'static) -> Self {
        Self::with(vec![], |_| true, move |moment, mail| (Duration::ZERO, script(moment, mail))).await
    }

    /// Follows a script that may also be slow.
    pub async fn slow(script: impl Fn(Moment, &Received) -> (Duration, Verdict) + Send + Sync + 'static) -> Self {
        Self::with(vec![], |_| true, script).await
    }

    /// Everything at choice; `keep` runs before a mail counts as kept.
    pub async fn with(
        extensions: Vec<&'static str>,
        keep: impl Fn(&Received) -> bool + Send + Sync + 'static,
        script: impl Fn(Moment, &Received) -> (Duration, Verdict) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let desk =
            Arc::new(Desk { script: Box::new(script), extensions, kept: Mutex::default(), keep: Box::new(keep) });
        let reception = desk.clone();
        let server = tokio::spawn(async move {
            smtp_server::serve(listener, reception).await.expect("a sink");
        });
        Self { desk, port, server }
    }

    /// How it is reached.
    pub fn url(&self) -> SmtpUrl {
        SmtpUrl { host: "127.0.0.1".into(), port: self.port, tls: Tls::None, credentials: None }
    }

    /// What it kept so far.
    pub fn kept(&self) -> Vec<Received> {
        self.desk.kept.lock().expect("the sink").clone()
    }

    /// How many copies it kept for an address.
    pub fn copies(&self, address: &str) -> usize {
        self.kept().iter().filter(|m| m.to == [address]).count()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}
