//! What can go wrong, in sentences for the person who has to put it right.

use std::path::PathBuf;

/// Why the private cluster could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrivatePostgresError {
    /// No server program anywhere.
    #[error(
        "No PostgreSQL server was found: install the package `postgresql` (as root: apt-get install postgresql), \
         name its program directory in PORTAL_PG_BIN, or point DATABASE_URL at a server that runs elsewhere."
    )]
    NoServerFound,
    /// `PORTAL_PG_BIN` leads nowhere.
    #[error(
        "PORTAL_PG_BIN is set to {directory}, but there is no `initdb` and `postgres` in it: correct it or unset it."
    )]
    WrongProgramDirectory {
        /// The value of the variable.
        directory: PathBuf,
    },
    /// The cluster was made by a major version that is not installed.
    #[error(
        "The database in {cluster} was made by PostgreSQL {needed}, but only version {found} is installed: \
         install the package `postgresql-{needed}`, or name its program directory in PORTAL_PG_BIN."
    )]
    OtherMajorVersion {
        /// The cluster's directory.
        cluster: PathBuf,
        /// The major version that made it.
        needed: u32,
        /// What is installed.
        found: String,
    },
    /// Parts of the cluster are missing although it has held data.
    #[error(
        "The database in {cluster} holds data but lacks its file {missing}: restore it from a backup, \
         or move the directory away to begin with an empty database."
    )]
    Incomplete {
        /// The cluster's directory.
        cluster: PathBuf,
        /// The file that every complete cluster has.
        missing: &'static str,
    },
    /// A directory belongs to somebody who cannot be the server's user.
    #[error(
        "The directory {directory} belongs to user {owner} instead of {expected}: run the portal as the user it was \
         first run as, give the directory to the right one (as root: chown -R {expected} {directory}), \
         or choose another place with PORTAL_DATA_DIR."
    )]
    WrongOwner {
        /// The directory in question.
        directory: PathBuf,
        /// Who owns it.
        owner: String,
        /// Who should.
        expected: String,
    },
    /// Something that is not a directory is in the way.
    #[error("{path} is in the way because it is not a directory: move it away or choose another PORTAL_DATA_DIR.")]
    NotADirectory {
        /// What is in the way.
        path: PathBuf,
    },
    /// The server's user cannot enter a directory above the cluster.
    #[error(
        "PostgreSQL refuses to run as root and its user \"{user}\" cannot enter {closed}: choose a place with \
         PORTAL_DATA_DIR that it can reach (below /var/lib, for example), or run the portal as an ordinary user."
    )]
    NotPassable {
        /// The user PostgreSQL runs as.
        user: String,
        /// The directory that is closed to it.
        closed: PathBuf,
    },
    /// Root, but nobody to run the server as.
    #[error(
        "PostgreSQL refuses to run as root, and this system has neither a user \"postgres\" nor \"nobody\": \
         create one (useradd --system postgres) or run the portal as an ordinary user."
    )]
    NoServerUser,
    /// No directory short enough for the socket.
    #[error(
        "The path {directory} is too long for the database's socket (107 bytes at most) and no short directory \
         could be made for it ({tried}): choose a shorter PORTAL_DATA_DIR."
    )]
    NoSocketDirectory {
        /// The cluster's directory.
        directory: PathBuf,
        /// The alternatives and why each was refused.
        tried: String,
    },
    /// A file operation failed.
    #[error("Could not {action} {path}: {source}.{}", remedy_for(.source))]
    File {
        /// What was attempted.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program could not be run at all.
    #[error(
        "Could not run {program}: {source}; check that it is installed and that the user \"{user}\" may execute it."
    )]
    Program {
        /// The program.
        program: PathBuf,
        /// The user it was to run as.
        user: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// `initdb` failed.
    #[error("PostgreSQL could not create the database in {directory}: {output}")]
    CreationFailed {
        /// Where.
        directory: PathBuf,
        /// What initdb said last.
        output: String,
    },
    /// The server ended while starting.
    #[error("The database server did not start. {hint}The end of its log {log}:\n{tail}")]
    StartFailed {
        /// The log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
        /// The remedy where the log names a known cause; empty otherwise.
        hint: &'static str,
    },
    /// A server process exists but stays silent.
    #[error(
        "The database server (process {process}) runs but does not answer: look into {log}, stop it with \
         `kill -QUIT {process}` and start the portal again."
    )]
    ServerDoesNotAnswer {
        /// Its process number.
        process: u32,
        /// Its log file.
        log: PathBuf,
    },
    /// Processes of a dead server hold on.
    #[error(
        "The process {process} of a killed database server still uses {directory}: end it with `kill -9 {process}`."
    )]
    RemainsInUse {
        /// Its process number.
        process: u32,
        /// The cluster's directory.
        directory: PathBuf,
    },
    /// A lock stayed taken.
    #[error("Waited too long for {holder} to let go of {directory}: look for a process that hangs and end it.")]
    Locked {
        /// Who is presumed to hold it.
        holder: &'static str,
        /// The directory with the lock.
        directory: PathBuf,
    },
}

impl PrivatePostgresError {
    /// For `map_err`: names what was attempted and on which path.
    pub(super) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> PrivatePostgresError {
        let path = path.into();
        move |source| PrivatePostgresError::File { action, path, source }
    }
}

fn remedy_for(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            " Give this user the right to write there, or choose another place with PORTAL_DATA_DIR."
        }
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => " Free some space on that disk.",
        _ => "",
    }
}
