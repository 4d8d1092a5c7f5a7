//! The parent's side: starts a child, hands it the input, believes nothing of its answer but the type.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::child::{COMMAND, SELF_CHECK};
use super::confine::Hold;
use super::limits::{Limits, Needs};
use super::parser::Kind;
use crate::platform::config::Confinement;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The parser says that the input is not what it reads.
    #[error("not readable: {0}")]
    Unreadable(String),
    /// More than a child may be given.
    #[error("the input is larger than a box takes")]
    TooLarge,
    /// All places are taken, for too long.
    #[error("no box became free in time")]
    Busy,
    /// The child did not answer in time and was ended.
    #[error("the child was ended at its deadline")]
    Deadline,
    /// The child said more than it may and was ended.
    #[error("the child answered more than a box may")]
    TooTalkative,
    /// The child died: out of memory or time, a forbidden call, a panic.
    #[error("the child ended with {0}")]
    Died(std::process::ExitStatus),
    /// The answer is not of the type asked for.
    #[error("the child's answer has another form")]
    Garbled,
    /// The child could not be started or spoken to.
    #[error("the child cannot be started")]
    Start(#[source] std::io::Error),
}

/// Starts children. Cheap to clone; the clones share the places.
#[derive(Debug, Clone)]
pub struct Sandbox {
    program: PathBuf,
    policy: Confinement,
    limits: Limits,
    places: Arc<Semaphore>,
}

#[derive(Deserialize)]
enum Answer<T> {
    Ok(T),
    Err(String),
}

impl Sandbox {
    /// Children are `program`, which has to call [`super::child::child`] before anything else.
    #[must_use]
    pub fn new(program: PathBuf, policy: Confinement, limits: Limits) -> Self {
        let places = Arc::new(Semaphore::new(limits.children));
        Self { program, policy, limits, places }
    }

    /// The same with this running program as the child.
    ///
    /// # Errors
    /// When the system does not say where the program is.
    pub fn of_this_program(policy: Confinement) -> std::io::Result<Self> {
        // Through the link of the kernel: an upgrade may replace the file while this process runs.
        let own = PathBuf::from("/proc/self/exe");
        let program = if own.exists() { own } else { std::env::current_exe()? };
        Ok(Self::new(program, policy, Limits::default()))
    }

    /// Parses foreign bytes in a child.
    ///
    /// # Errors
    /// When the parser refuses the input, and whenever the child does not behave.
    pub async fn parse<T: DeserializeOwned>(&self, kind: Kind<T>, input: &[u8]) -> Result<T, SandboxError> {
        if input.len() > self.limits.input {
            return Err(SandboxError::TooLarge);
        }
        let place = timeout(self.limits.patience, self.places.acquire()).await;
        let _place = place.map_err(|_| SandboxError::Busy)?.map_err(|_| SandboxError::Busy)?;
        let mut child = self.start(kind.name).map_err(SandboxError::Start)?;
        let Limits { deadline, output, .. } = self.limits;
        let needs = kind.needs.unwrap_or(Needs { deadline, output });
        let answered = timeout(needs.deadline, converse(&mut child, input, needs.output)).await;
        let answered = answered.unwrap_or(Err(SandboxError::Deadline));
        // Ended and collected in every case before the place is given to the next one.
        if let Err(error) = child.kill().await {
            tracing::warn!(%error, "a child could not be ended");
        }
        if let Err(error) = &answered {
            tracing::warn!(kind = kind.name, %error, "foreign data was refused in its box");
        }
        match serde_json::from_slice(&answered?) {
            Ok(Answer::Ok(answer)) => Ok(answer),
            Ok(Answer::Err(reason)) => Err(SandboxError::Unreadable(reason)),
            Err(_) => Err(SandboxError::Garbled),
        }
    }

    /// What holds in a child on this machine.
    ///
    /// # Errors
    /// When a child cannot be started, or the policy requires more than the kernel has.
    pub async fn check(&self) -> Result<Hold, SandboxError> {
        self.parse(Kind::new(SELF_CHECK), b"").await
    }

    fn start(&self, kind: &str) -> std::io::Result<Child> {
        let policy = match self.policy {
            Confinement::Required => "required",
            Confinement::Possible => "possible",
        };
        Command::new(&self.program)
            .args([COMMAND, kind, policy])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What a child complains about is foreign text; it does not belong into our log.
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
    }
}

async fn converse(child: &mut Child, input: &[u8], most: usize) -> Result<Vec<u8>, SandboxError> {
    let mut stdin = child.stdin.take();
    let mut stdout = child.stdout.take();
    let write = async {
        if let Some(stdin) = stdin.as_mut() {
            // A child that dies stops reading; its end says more than the broken pipe.
            let _ = stdin.write_all(input).await;
        }
        drop(stdin.take());
        Ok::<(), SandboxError>(())
    };
    let read = async {
        let mut output = Vec::new();
        if let Some(stdout) = stdout.as_mut() {
            stdout.take(most as u64 + 1).read_to_end(&mut output).await.map_err(SandboxError::Start)?;
        }
        if output.len() > most { Err(SandboxError::TooTalkative) } else { Ok(output) }
    };
    // An answer that is too long ends the conversation although the child may not have read everything.
    let ((), output) = tokio::try_join!(write, read)?;
    let status = child.wait().await.map_err(SandboxError::Start)?;
    if status.success() { Ok(output) } else { Err(SandboxError::Died(status)) }
}
