//! The portal's own PostgreSQL: found, created, started, shared and stopped without anybody's help.
//!
//! One *cluster* lives in `<data directory>/postgresql`, a directory that only the server's user can enter.
//! It listens on a Unix socket in there and nowhere else, so the directory's permissions are the access
//! control and no password exists that could leak.
//!
//! Every process that uses the cluster holds a **shared lock** on the file `lease`. A small guardian process
//! beside the server waits for the exclusive lock on it: it gets that only when the last user is gone, however
//! it went, and then stops the server. The kernel drops the locks of a killed process, so nothing is left
//! running even after `kill -9`.

mod cluster;
mod directories;
mod error;
mod guardian;
mod probe;
mod server_binaries;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use directories::{default_data_dir, throw_away_data_dir};
pub use error::PrivatePostgresError;

use cluster::Cluster;
use directories::ServerUser;
use guardian::{Guardian, GuardianEnd};
use probe::Answer;

/// The role that owns the cluster; it exists from the first moment and may do everything.
pub const SUPERUSER: &str = "portal_superuser";

/// How long another process may hold a lock or the server may take to come up before we give up.
/// Generous, because replaying the log after a power cut on a slow disk is slow but fine.
const PATIENCE: Duration = Duration::from_secs(120);

/// How the server is stopped once nobody uses it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Ends the sessions and writes everything to disk first (SIGINT). For data that matters.
    Fast,
    /// Drops everything at once (SIGQUIT); the next start replays the log. For throw-away clusters, where
    /// writing hundreds of left-over test databases to disk would take seconds for nothing.
    Immediate,
}

/// What may differ between the portal's real cluster and one for tests.
///
/// The settings matter to the process that starts the server; one that attaches takes the server as it is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Further server parameters (`fsync` = `off`, …); they win over the portal's own.
    pub server_options: Vec<(String, String)>,
    /// The server's `max_connections`.
    pub max_connections: u16,
    /// How to stop the server.
    pub stop: Stop,
    /// How long the server stays up after its last user has gone, so that a restart finds it warm.
    pub linger: Duration,
    /// The content is worth nothing: a cluster that cannot be used is deleted and made anew,
    /// where a real one would be left alone and explained.
    pub throw_away: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server_options: Vec::new(),
            max_connections: 200,
            stop: Stop::Fast,
            linger: Duration::from_secs(2),
            throw_away: false,
        }
    }
}

impl Settings {
    /// For tests and benchmarks: as fast as possible, and worth nothing after a crash.
    #[must_use]
    pub fn throw_away() -> Self {
        let off = |name: &str| (name.to_owned(), "off".to_owned());
        Self {
            server_options: vec![off("fsync"), off("synchronous_commit"), off("full_page_writes")],
            stop: Stop::Immediate,
            throw_away: true,
            ..Self::default()
        }
    }
}

/// A running private cluster, in use by this process for as long as the value lives.
///
/// Dropping it gives the lease back; when it was the last one the server stops a moment later.
#[derive(Debug)]
pub struct PrivatePostgres {
    /// Held for its shared lock only.
    _lease: File,
    directory: PathBuf,
    socket_directory: PathBuf,
    started: bool,
    notices: Vec<String>,
}

impl PrivatePostgres {
    /// The address of `database` for `role`, as libpq and sqlx understand it.
    #[must_use]
    pub fn url(&self, role: &str, database: &str) -> String {
        format!(
            "postgres://{}@localhost/{}?host={}",
            percent_encoded(role.as_bytes()),
            percent_encoded(database.as_bytes()),
            percent_encoded(self.socket_directory.as_os_str().as_encoded_bytes()),
        )
    }

    /// Whether this process started the server; `false` when it was running already.
    #[must_use]
    pub fn started(&self) -> bool {
        self.started
    }

    /// The directory of the cluster, its log and its locks.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What was mended on the way up, one sentence each: worth a line in the portal's log.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }
}

/// Makes sure that the cluster under `data_dir` exists and answers, and keeps it up while the result lives.
///
/// Blocks: about a second for the first start, a tenth for the next ones, a few milliseconds to attach.
///
/// # Errors
/// Each error is one sentence for the operator that names what is wrong and what to do about it.
pub fn ensure(data_dir: &Path, settings: &Settings) -> Result<PrivatePostgres, PrivatePostgresError> {
    let place = directories::prepare(data_dir)?;
    // The lease comes first: while we hold it the guardian cannot begin to stop the server under our feet,
    // and while it is stopping one we wait here until that is over.
    let lease = directories::open_lock_file(&place.directory.join("lease"))?;
    directories::lock_patiently("the server that is just stopping", &place.directory, || lease.try_lock_shared())?;
    let start_lock = directories::open_lock_file(&place.directory.join("start.lock"))?;
    directories::lock_patiently("another portal that is just starting it", &place.directory, || start_lock.try_lock())?;

    let socket_directory = directories::socket_directory(&place)?;
    let mut postgres = PrivatePostgres {
        _lease: lease,
        directory: place.directory,
        socket_directory,
        started: false,
        notices: Vec::new(),
    };
    bring_up(&mut postgres, place.user.as_ref(), settings)?;
    Ok(postgres)
}

/// Attaches to the running server or starts one. The caller holds the lease and the start lock.
fn bring_up(
    postgres: &mut PrivatePostgres,
    user: Option<&ServerUser>,
    settings: &Settings,
) -> Result<(), PrivatePostgresError> {
    let guardian = Guardian::new(&postgres.directory, &postgres.socket_directory, user, settings);
    let cluster = Cluster::new(&postgres.directory, user, settings);

    if guardian.is_alive()? || probe::ask(&postgres.socket_directory) == Answer::Ready {
        match wait_for_answer(&guardian, &postgres.socket_directory)? {
            Waited::Ready => {
                if !guardian.is_alive()? {
                    // Somebody killed the guardian alone. Without one the server would run for ever.
                    guardian.adopt(&cluster)?;
                    postgres.notices.push("The database server had lost its guardian; it has a new one.".to_owned());
                }
                return Ok(());
            }
            Waited::Gone => {}
        }
    }
    if cluster.server_process().is_some() {
        // A server without a guardian that does not answer: it is coming up or going down. Either ends soon.
        if let Waited::Ready = wait_for_unguarded_server(&cluster, &postgres.socket_directory)? {
            return guardian.adopt(&cluster);
        }
    }

    if let Some(notice) = cluster.clear_remains_of_killed_server(&postgres.socket_directory)? {
        postgres.notices.push(notice);
    }
    let (binaries, notice) = cluster.create_or_check()?;
    postgres.notices.extend(notice);
    let mut end = guardian.start(&binaries)?;
    loop {
        if probe::ask(&postgres.socket_directory) == Answer::Ready {
            postgres.started = true;
            return Ok(());
        }
        match end.poll(PATIENCE)? {
            GuardianEnd::Running => std::thread::sleep(Duration::from_millis(5)),
            GuardianEnd::AnotherIsInCharge => {
                // A guardian whose portal was killed in the blink before it took its lock.
                return match wait_for_answer(&guardian, &postgres.socket_directory)? {
                    Waited::Ready => Ok(()),
                    Waited::Gone => Err(guardian.explain_failed_start()),
                };
            }
            GuardianEnd::Ended => return Err(guardian.explain_failed_start()),
        }
    }
}

enum Waited {
    Ready,
    Gone,
}

/// Waits while a guardian is in charge, until its server answers or both have gone.
fn wait_for_answer(guardian: &Guardian<'_>, socket_directory: &Path) -> Result<Waited, PrivatePostgresError> {
    let begin = std::time::Instant::now();
    loop {
        if probe::ask(socket_directory) == Answer::Ready {
            return Ok(Waited::Ready);
        }
        if !guardian.is_alive()? {
            return Ok(Waited::Gone);
        }
        if begin.elapsed() > PATIENCE {
            return Err(guardian.explain_silence());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn wait_for_unguarded_server(cluster: &Cluster<'_>, socket_directory: &Path) -> Result<Waited, PrivatePostgresError> {
    let begin = std::time::Instant::now();
    while let Some(process) = cluster.server_process() {
        if probe::ask(socket_directory) == Answer::Ready {
            return Ok(Waited::Ready);
        }
        if begin.elapsed() > PATIENCE {
            return Err(PrivatePostgresError::ServerDoesNotAnswer {
                process,
                log: guardian::log_file(cluster.directory()),
            });
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(Waited::Gone)
}

/// Everything but letters, digits and `/ . _ - ~` becomes `%XX`, so the result fits any part of a URL.
fn percent_encoded(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
