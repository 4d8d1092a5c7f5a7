//! The guardian: a shell that starts the server and sees to it that it does not outlive its users.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::cluster::Cluster;
use super::directories::{ServerUser, command_as, own_uid};
use super::error::PrivatePostgresError;
use super::server_binaries::ServerBinaries;
use super::{Settings, Stop};

/// A shell and not a thread of ours, because it has to survive us. It needs `flock` and `setsid` of util-linux.
const SCRIPT: &str = include_str!("guardian.sh");

/// The guardian's exit status when another one holds the lock.
const ANOTHER_IS_IN_CHARGE: i32 = 75;
/// The shell's own for "no such program".
const PROGRAM_MISSING: i32 = 127;

pub(super) struct Guardian<'a> {
    directory: &'a Path,
    socket_directory: &'a Path,
    user: Option<&'a ServerUser>,
    settings: &'a Settings,
}

/// What has become of a guardian that was started.
pub(super) enum GuardianEnd {
    Running,
    AnotherIsInCharge,
    Ended,
}

/// A guardian on its way.
pub(super) struct Starting {
    child: Option<Child>,
    begin: Instant,
    directory: PathBuf,
}

impl<'a> Guardian<'a> {
    pub(super) fn new(
        directory: &'a Path,
        socket_directory: &'a Path,
        user: Option<&'a ServerUser>,
        settings: &'a Settings,
    ) -> Self {
        Self { directory, socket_directory, user, settings }
    }

    /// A guardian holds its lock from before the server starts until after it has ended.
    pub(super) fn is_alive(&self) -> Result<bool, PrivatePostgresError> {
        let path = self.directory.join("guardian.lock");
        match fs::File::open(&path) {
            Ok(file) => match file.try_lock() {
                Ok(()) => Ok(false),
                Err(fs::TryLockError::WouldBlock) => Ok(true),
                Err(fs::TryLockError::Error(source)) => Err(PrivatePostgresError::file("lock", path)(source)),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(PrivatePostgresError::file("open", path)(error)),
        }
    }

    /// Starts a server and its guardian.
    pub(super) fn start(&self, binaries: &ServerBinaries) -> Result<Starting, PrivatePostgresError> {
        let mut options = vec![
            ("listen_addresses".to_owned(), String::new()),
            ("max_connections".to_owned(), self.settings.max_connections.to_string()),
            // Compiling machine code never pays for queries as small as the portal's.
            ("jit".to_owned(), "off".to_owned()),
            // Nobody rotates the log, so what is normal stays out of it.
            ("log_checkpoints".to_owned(), "off".to_owned()),
        ];
        options.extend(self.settings.server_options.iter().cloned());
        let mut arguments = vec![binaries.directory.join("postgres").into_os_string()];
        arguments.extend(["-D".into(), "cluster".into(), "-k".into(), self.socket_directory.into()]);
        for (name, value) in options {
            arguments.extend(["-c".into(), format!("{name}={value}").into()]);
        }
        let library_path = binaries.unpacked.as_ref().map(|unpacked| unpacked.library_path.clone());
        let child = self.spawn("start", library_path, &arguments)?;
        Ok(Starting { child: Some(child), begin: Instant::now(), directory: self.directory.to_owned() })
    }

    /// Puts a new guardian beside a server that has lost its own.
    pub(super) fn adopt(&self, cluster: &Cluster<'_>) -> Result<(), PrivatePostgresError> {
        if let Some(process) = cluster.server_process() {
            let child = self.spawn("adopt", None, &[process.to_string().into()])?;
            drop(Starting { child: Some(child), begin: Instant::now(), directory: self.directory.to_owned() });
        }
        Ok(())
    }

    fn spawn(
        &self,
        task: &str,
        library_path: Option<std::ffi::OsString>,
        arguments: &[std::ffi::OsString],
    ) -> Result<Child, PrivatePostgresError> {
        let signal = match self.settings.stop {
            Stop::Fast => "INT",
            Stop::Immediate => "QUIT",
        };
        let shell = Path::new("/bin/sh");
        let mut command = command_as(self.user, shell, self.directory);
        if let Some(path) = library_path {
            // Not in the guardian's own environment: its tools must use the system's libraries.
            command.env("SERVER_LIBRARY_PATH", path);
        }
        command
            // By way of the environment, because `ps` would show the whole script as an argument.
            .env("GUARDIAN", SCRIPT)
            .args([
                "-c",
                r#"script=$GUARDIAN; unset GUARDIAN; eval "$script""#,
                "portal-database-guardian",
                task,
                signal,
            ])
            .arg(format!("{:.1}", self.settings.linger.as_secs_f64()))
            .args(arguments)
            // Inherited pipes would make whoever reads our output wait for the server's end; the guardian
            // opens the log itself, as the server's user.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Out of our process group: Ctrl-C is for the portal, which still needs the database to finish.
            .process_group(0);
        command.spawn().map_err(|source| PrivatePostgresError::Program {
            program: shell.to_owned(),
            user: self.user.map_or_else(|| own_uid().to_string(), |user| user.name.clone()),
            source,
        })
    }

    pub(super) fn explain_failed_start(&self) -> PrivatePostgresError {
        failed_start(self.directory)
    }

    pub(super) fn explain_silence(&self) -> PrivatePostgresError {
        let note = fs::read_to_string(self.directory.join("cluster/postmaster.pid")).unwrap_or_default();
        match note.lines().next().and_then(|line| line.trim().parse().ok()) {
            Some(process) => PrivatePostgresError::ServerDoesNotAnswer { process, log: log_file(self.directory) },
            None => failed_start(self.directory),
        }
    }
}

impl Starting {
    /// Whether it is still at it. After `patience` without an answer from the server that is an error.
    pub(super) fn poll(&mut self, patience: Duration) -> Result<GuardianEnd, PrivatePostgresError> {
        if self.begin.elapsed() > patience {
            return Err(failed_start(&self.directory));
        }
        let Some(child) = &mut self.child else { return Ok(GuardianEnd::Ended) };
        let status = child.try_wait().map_err(PrivatePostgresError::file("watch the guardian in", &self.directory))?;
        match status.map(|status| status.code()) {
            None => Ok(GuardianEnd::Running),
            Some(Some(ANOTHER_IS_IN_CHARGE)) => Ok(GuardianEnd::AnotherIsInCharge),
            Some(Some(PROGRAM_MISSING)) => Err(PrivatePostgresError::Program {
                program: PathBuf::from("flock and setsid of util-linux"),
                user: own_uid().to_string(),
                source: ErrorKind::NotFound.into(),
            }),
            Some(_) => Ok(GuardianEnd::Ended),
        }
    }
}

impl Drop for Starting {
    /// Somebody has to collect the guardian's exit status one day, or it stays in the process table.
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let collect = move || {
                let _ = child.wait();
            };
            let _ = std::thread::Builder::new().name("database-guardian".to_owned()).spawn(collect);
        }
    }
}

pub(super) fn log_file(directory: &Path) -> PathBuf {
    directory.join("server.log")
}

fn failed_start(directory: &Path) -> PrivatePostgresError {
    let log = log_file(directory);
    let text = fs::read(&log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines.get(lines.len().saturating_sub(12)..).unwrap_or_default().join("\n");
    PrivatePostgresError::StartFailed { log, hint: hint_for(&tail), tail }
}

fn hint_for(tail: &str) -> &'static str {
    let known = [
        ("No space left on device", "The disk is full: free some space. "),
        ("Cannot allocate memory", "There is too little memory: end other programs. "),
        ("unrecognized configuration parameter", "One of the server options does not exist: correct the settings. "),
        ("invalid value for parameter", "One of the server options has a wrong value: correct the settings. "),
        ("could not locate a valid checkpoint record", "Its files are damaged: restore them from a backup. "),
        ("pre-existing shared memory block", "A killed server's process is still at it: end it with kill -9. "),
        ("error while loading shared libraries", "The PostgreSQL installation is incomplete: install it again. "),
    ];
    known.iter().find(|(sign, _)| tail.contains(sign)).map_or("", |(_, hint)| hint)
}
