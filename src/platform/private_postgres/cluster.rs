//! The cluster's files: made, checked, and cleared of what a killed server left behind.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::directories::{ServerUser, command_as, metadata, own_uid, wrong_owner};
use super::error::PrivatePostgresError;
use super::probe::SOCKET_NAME;
use super::server_binaries::{self, ServerBinaries};
use super::{SUPERUSER, Settings};

/// Lists the processes that work in the cluster: the server and each of its children make it their working
/// directory. Run as the server's user, because in a container root may not look at other users' processes.
const LIST_PROCESSES: &str =
    r#"for process in /proc/[0-9]*; do [ "$process/cwd" -ef cluster ] && echo "${process#/proc/}"; done; true"#;

/// First-made databases get numbers below this one; only a cluster that was in use has others.
const FIRST_USER_OBJECT: u32 = 16_384;

pub(super) struct Cluster<'a> {
    directory: &'a Path,
    files: PathBuf,
    user: Option<&'a ServerUser>,
    settings: &'a Settings,
}

impl<'a> Cluster<'a> {
    pub(super) fn new(directory: &'a Path, user: Option<&'a ServerUser>, settings: &'a Settings) -> Self {
        Self { directory, files: directory.join("cluster"), user, settings }
    }

    pub(super) fn directory(&self) -> &Path {
        self.directory
    }

    /// The running server, if the note it left is true: after a crash the number in it may belong to
    /// any other process by now.
    pub(super) fn server_process(&self) -> Option<u32> {
        let note = fs::read_to_string(self.files.join("postmaster.pid")).ok()?;
        let noted = note.lines().next()?.trim().parse().ok()?;
        self.processes().contains(&noted).then_some(noted)
    }

    fn processes(&self) -> Vec<u32> {
        let output = command_as(self.user, Path::new("/bin/sh"), self.directory).args(["-c", LIST_PROCESSES]).output();
        let listed = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        listed.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// After `kill -9` of the server its notes name a process that is gone or, worse, is another one by now,
    /// which would keep PostgreSQL from starting. The caller has made sure that no server runs.
    pub(super) fn clear_remains_of_killed_server(
        &self,
        socket_directory: &Path,
    ) -> Result<Option<String>, PrivatePostgresError> {
        let notes = [
            self.files.join("postmaster.pid"),
            socket_directory.join(format!("{SOCKET_NAME}.lock")),
            socket_directory.join(SOCKET_NAME),
        ];
        if !notes.iter().any(|note| fs::symlink_metadata(note).is_ok()) {
            return Ok(None);
        }
        self.wait_for_orphans()?;
        for note in &notes {
            match fs::remove_file(note) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(PrivatePostgresError::file("remove", note)(error));
                }
                _ => {}
            }
        }
        Ok(Some("The database server had been killed; it was cleaned up and recovers by itself.".to_owned()))
    }

    /// Two generations of processes on the same files would destroy them. The orphans end by themselves as
    /// soon as they look up from their work; those that do not are told to, with growing firmness.
    fn wait_for_orphans(&self) -> Result<(), PrivatePostgresError> {
        let begin = Instant::now();
        let mut firmness = ["-QUIT", "-KILL"].into_iter();
        let mut next = Duration::from_secs(2);
        loop {
            let orphans = self.processes();
            let Some(&process) = orphans.first() else { return Ok(()) };
            if begin.elapsed() > next {
                let Some(signal) = firmness.next() else {
                    return Err(PrivatePostgresError::RemainsInUse { process, directory: self.files.clone() });
                };
                let numbers = orphans.iter().map(u32::to_string);
                let _ = command_as(self.user, Path::new("/bin/sh"), self.directory)
                    .args(["-c", r#"kill "$@""#, "kill", signal])
                    .args(numbers)
                    .output();
                next += Duration::from_secs(4);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A cluster that can be started and the programs for it, with a sentence when something was mended.
    pub(super) fn create_or_check(&self) -> Result<(ServerBinaries, Option<String>), PrivatePostgresError> {
        self.sweep_unfinished();
        if fs::symlink_metadata(&self.files).is_err() {
            return Ok((self.create()?, None));
        }
        if let Some(missing) = self.missing_file() {
            let notice = self.put_aside(missing)?;
            return Ok((self.create()?, Some(notice)));
        }
        let owner = metadata(&self.files)?.uid();
        let expected = self.user.map_or_else(own_uid, |user| user.uid);
        if owner != expected {
            return Err(wrong_owner(&self.files, owner, expected));
        }
        match server_binaries::find(&self.files, Some(self.major()?)) {
            Err(PrivatePostgresError::OtherMajorVersion { needed, .. }) if self.settings.throw_away => {
                self.delete()?;
                let notice = format!("The throw-away database of PostgreSQL {needed} was deleted and made anew.");
                Ok((self.create()?, Some(notice)))
            }
            found => Ok((found?, None)),
        }
    }

    fn major(&self) -> Result<u32, PrivatePostgresError> {
        let path = self.files.join("PG_VERSION");
        let text = fs::read_to_string(&path).map_err(PrivatePostgresError::file("read", &path))?;
        text.trim()
            .parse()
            .map_err(|_| PrivatePostgresError::Incomplete { cluster: self.files.clone(), missing: "PG_VERSION" })
    }

    fn missing_file(&self) -> Option<&'static str> {
        ["PG_VERSION", "global/pg_control"]
            .into_iter()
            .find(|name| !fs::metadata(self.files.join(name)).is_ok_and(|found| found.len() > 0))
    }

    /// Clears the way for a new cluster, without ever deleting what might be somebody's data.
    fn put_aside(&self, missing: &'static str) -> Result<String, PrivatePostgresError> {
        if self.settings.throw_away {
            self.delete()?;
            return Ok("A half-made throw-away database was deleted.".to_owned());
        }
        let databases = fs::read_dir(self.files.join("base"));
        let has_data = databases.is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                entry
                    .file_name()
                    .to_str()
                    .and_then(|name| name.parse::<u32>().ok())
                    .is_some_and(|n| n >= FIRST_USER_OBJECT)
            })
        });
        if has_data {
            return Err(PrivatePostgresError::Incomplete { cluster: self.files.clone(), missing });
        }
        let aside = (1_u32..)
            .map(|number| self.directory.join(format!("cluster.half-made-{number}")))
            .find(|path| fs::symlink_metadata(path).is_err())
            .unwrap_or_else(|| self.directory.join("cluster.half-made"));
        fs::rename(&self.files, &aside).map_err(PrivatePostgresError::file("rename", &self.files))?;
        Ok(format!("The database had never been completed; it was put aside as {} and made anew.", aside.display()))
    }

    fn delete(&self) -> Result<(), PrivatePostgresError> {
        fs::remove_dir_all(&self.files).map_err(PrivatePostgresError::file("delete", &self.files))
    }

    /// Under a scratch name first: a start that is killed half-way leaves nothing that looks like a cluster.
    /// The name is ours alone, because an orphaned `initdb` may still be writing to an older one.
    fn create(&self) -> Result<ServerBinaries, PrivatePostgresError> {
        let binaries = server_binaries::find(&self.files, None)?;
        let scratch = format!("cluster.new-{}", std::process::id());
        let program = binaries.directory.join("initdb");
        let mut command = command_as(self.user, &program, self.directory);
        command.args(["-D", &scratch, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
        command.arg("--no-instructions");
        if self.settings.throw_away {
            command.arg("--no-sync");
        }
        if let Some(unpacked) = &binaries.unpacked {
            command.env("LD_LIBRARY_PATH", &unpacked.library_path).arg("-L").arg(&unpacked.share_directory);
        }
        let output = command.output().map_err(|source| PrivatePostgresError::Program {
            program,
            user: self.user.map_or_else(|| own_uid().to_string(), |user| user.name.clone()),
            source,
        })?;
        let scratch = self.directory.join(scratch);
        if !output.status.success() {
            let _ = fs::remove_dir_all(&scratch);
            return Err(PrivatePostgresError::CreationFailed {
                directory: self.directory.to_owned(),
                output: String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; "),
            });
        }
        fs::rename(&scratch, &self.files).map_err(PrivatePostgresError::file("rename", &scratch))?;
        Ok(binaries)
    }

    /// Best effort: one that cannot be deleted is only in the way of the disk's free space.
    fn sweep_unfinished(&self) {
        let Ok(entries) = fs::read_dir(self.directory) else { return };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with("cluster.new-") {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}
