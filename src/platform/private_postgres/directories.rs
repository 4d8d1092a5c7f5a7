//! Where the cluster lives, who owns it, and the locks in it.
//!
//! As root the server runs as somebody else, so every directory above the cluster must let that user pass, and
//! what root creates has to be handed over. Root never follows a link below the cluster's directory: the
//! server's user could have put it there.

use std::fs::{self, DirBuilder, File, Metadata, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::PATIENCE;
use super::error::PrivatePostgresError;
use super::probe::SOCKET_NAME;

/// The longest path that fits the kernel's socket address, without the final zero.
const SOCKET_PATH_LIMIT: usize = 107;

/// An account from `/etc/passwd`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerUser {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) name: String,
}

/// The cluster's directory and the user its server runs as (`None`: as the one we are).
#[derive(Debug)]
pub(super) struct Place {
    pub(super) directory: PathBuf,
    pub(super) user: Option<ServerUser>,
}

/// The usual data directory of a checkout, `var` in it, and what to tell the user if it had to be elsewhere.
///
/// It is elsewhere when we are root and the database's user could not get there, as in a checkout below `/root`.
#[must_use]
pub fn default_data_dir(checkout: &Path) -> (PathBuf, Option<String>) {
    let usual = absolute(checkout).join("var");
    if own_uid() != 0 {
        return (usual, None);
    }
    let Ok(user) = default_server_user() else { return (usual, None) };
    let Some(closed) = first_closed_directory(&usual, &user) else { return (usual, None) };
    let chosen = Path::new("/var/lib/ceptoar-portal").join(short_hash(&absolute(checkout)));
    let sentence = format!(
        "The database's user \"{}\" cannot enter {}, so the portal keeps its data in {} \
         (PORTAL_DATA_DIR chooses another place).",
        user.name,
        closed.display(),
        chosen.display(),
    );
    (chosen, Some(sentence))
}

/// A data directory for throw-away clusters: in memory where there is room, else `fallback`.
///
/// The name is derived from `fallback`, so two checkouts do not share a cluster.
#[must_use]
pub fn throw_away_data_dir(fallback: &Path) -> PathBuf {
    let fallback = absolute(fallback);
    let uid = own_uid();
    let name = format!("ceptoar-portal-{uid}-{}", short_hash(&fallback));
    // Containers often have 64 MB of shared memory: too little for a handful of test databases.
    if free_mebibytes(Path::new("/dev/shm")).is_some_and(|free| free >= 2048) {
        return Path::new("/dev/shm").join(name);
    }
    let closed = uid == 0 && default_server_user().is_ok_and(|user| first_closed_directory(&fallback, &user).is_some());
    if closed { Path::new("/var/tmp").join(name) } else { fallback }
}

/// Creates the cluster's directory if need be and settles whose it is.
pub(super) fn prepare(data_dir: &Path) -> Result<Place, PrivatePostgresError> {
    let me = own_uid();
    create_data_dir(&absolute(data_dir), me)?;
    // One spelling for everybody, or two processes could disagree about the socket's place.
    let data_dir = fs::canonicalize(data_dir).map_err(PrivatePostgresError::file("open", data_dir))?;
    let data_owner = metadata(&data_dir)?.uid();
    if me != 0 && data_owner != me && data_owner != 0 {
        return Err(wrong_owner(&data_dir, data_owner, me));
    }

    let directory = data_dir.join("postgresql");
    match DirBuilder::new().mode(0o700).create(&directory) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(PrivatePostgresError::file("create the directory", directory)(error)),
    }
    let found = metadata(&directory)?;
    if !found.is_dir() {
        return Err(PrivatePostgresError::NotADirectory { path: directory });
    }
    let owner = found.uid();
    let user = if me != 0 {
        if owner != me {
            return Err(wrong_owner(&directory, owner, me));
        }
        None
    } else if owner == 0 {
        let user = default_server_user()?;
        if data_owner != 0 {
            return Err(wrong_owner(&directory, owner, data_owner));
        }
        lchown(&directory, Some(user.uid), Some(user.gid))
            .map_err(PrivatePostgresError::file("change the owner of", &directory))?;
        Some(user)
    } else {
        // Made by an earlier run, perhaps of an ordinary user: its files stay that user's.
        Some(account(|entry| entry.uid == owner).unwrap_or(ServerUser {
            uid: owner,
            gid: found.gid(),
            name: owner.to_string(),
        }))
    };
    if let Some(user) = &user
        && let Some(closed) = first_closed_directory(&directory, user)
    {
        return Err(PrivatePostgresError::NotPassable { user: user.name.clone(), closed });
    }
    Ok(Place { directory, user })
}

/// Like `mkdir -p`; what root makes on the way lets the server's user pass, whatever the umask says.
fn create_data_dir(data_dir: &Path, me: u32) -> Result<(), PrivatePostgresError> {
    let missing: Vec<&Path> = data_dir.ancestors().take_while(|path| !path.exists()).collect();
    let mode = if me == 0 { 0o711 } else { 0o700 };
    for directory in missing.into_iter().rev() {
        match DirBuilder::new().mode(mode).create(directory) {
            Ok(()) => fs::set_permissions(directory, Permissions::from_mode(mode))
                .map_err(PrivatePostgresError::file("change the permissions of", directory))?,
            // Another process was a moment faster.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && directory.is_dir() => {}
            Err(error) => return Err(PrivatePostgresError::file("create the directory", directory)(error)),
        }
    }
    if data_dir.is_dir() { Ok(()) } else { Err(PrivatePostgresError::NotADirectory { path: data_dir.to_owned() }) }
}

/// The directory for the socket: inside the cluster's, unless that path is too long or too odd for one.
///
/// The short one is remembered as a link, so that a process with another environment finds the same.
/// The caller holds the start lock.
pub(super) fn socket_directory(place: &Place) -> Result<PathBuf, PrivatePostgresError> {
    let usual = place.directory.join("socket");
    let owner = place.user.as_ref().map_or_else(own_uid, |user| user.uid);
    if fits_a_socket(&usual) {
        match fs::symlink_metadata(&usual) {
            Ok(found) if found.is_dir() => return Ok(usual),
            Ok(_) => fs::remove_file(&usual).map_err(PrivatePostgresError::file("remove", &usual))?,
            Err(_) => {}
        }
        return match make_private_directory(&usual, place.user.as_ref()) {
            Ok(()) => Ok(usual),
            Err(source) => Err(PrivatePostgresError::file("create the directory", usual)(source)),
        };
    }

    // The path's hash is in the name: a copied data directory must not lead to the original's server.
    let name = format!("ceptoar-portal-{owner}-{}", short_hash(&place.directory));
    if let Ok(remembered) = fs::read_link(&usual)
        && remembered.file_name().is_some_and(|found| found.as_encoded_bytes() == name.as_bytes())
        && is_private_directory_of(&remembered, owner)
    {
        return Ok(remembered);
    }
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|_| place.user.is_none()).map(PathBuf::from);
    let parents = runtime.into_iter().chain(["/tmp", "/var/tmp"].map(PathBuf::from));
    let mut tried = Vec::new();
    for short in parents.map(|parent| parent.join(&name)) {
        let closed = place.user.as_ref().and_then(|user| first_closed_directory(&short, user));
        if !fits_a_socket(&short) || closed.is_some() {
            continue;
        }
        // In a directory that everybody may write to, only an entry that is provably ours will do.
        let made = make_private_directory(&short, place.user.as_ref());
        if is_private_directory_of(&short, owner) {
            if fs::symlink_metadata(&usual).is_ok() {
                fs::remove_file(&usual).map_err(PrivatePostgresError::file("remove", &usual))?;
            }
            symlink(&short, &usual).map_err(PrivatePostgresError::file("create the link", &usual))?;
            return Ok(short);
        }
        let reason = made.err().map_or_else(|| "not private".to_owned(), |error| error.to_string());
        tried.push(format!("{}: {reason}", short.display()));
    }
    Err(PrivatePostgresError::NoSocketDirectory { directory: place.directory.clone(), tried: tried.join("; ") })
}

fn fits_a_socket(directory: &Path) -> bool {
    let path = directory.join(SOCKET_NAME);
    let bytes = path.as_os_str().as_encoded_bytes();
    // The server takes a comma-separated list of directories with quotes round odd ones.
    bytes.len() <= SOCKET_PATH_LIMIT && path.to_str().is_some() && !bytes.iter().any(|byte| b",\"\\'\n".contains(byte))
}

fn make_private_directory(path: &Path, user: Option<&ServerUser>) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    user.map_or(Ok(()), |user| lchown(path, Some(user.uid), Some(user.gid)))
}

fn is_private_directory_of(path: &Path, owner: u32) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir() && found.uid() == owner && found.mode() & 0o077 == 0)
}

/// Opens a lock file, creating it when missing. Reading is all that locking needs, whoever owns it.
pub(super) fn open_lock_file(path: &Path) -> Result<File, PrivatePostgresError> {
    // `create_new` does not follow a link that the server's user might have put there.
    match File::options().read(true).write(true).create_new(true).open(path) {
        Ok(file) => {
            // The server's user only reads it, and nobody else gets into the directory.
            file.set_permissions(Permissions::from_mode(0o644))
                .map_err(PrivatePostgresError::file("change the permissions of", path))?;
            Ok(file)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            File::open(path).map_err(PrivatePostgresError::file("open", path))
        }
        Err(error) => Err(PrivatePostgresError::file("create", path)(error)),
    }
}

/// Repeats a lock attempt until it succeeds; a plain wait could last for ever beside a process that hangs.
pub(super) fn lock_patiently(
    holder: &'static str,
    directory: &Path,
    attempt: impl Fn() -> Result<(), TryLockError>,
) -> Result<(), PrivatePostgresError> {
    let begin = Instant::now();
    loop {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if begin.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(PrivatePostgresError::Locked { holder, directory: directory.to_owned() });
            }
            Err(TryLockError::Error(source)) => {
                return Err(PrivatePostgresError::file("lock a file in", directory)(source));
            }
        }
    }
}

/// A command that runs as the server's user in the cluster's directory, with a clean environment.
pub(super) fn command_as(user: Option<&ServerUser>, program: &Path, directory: &Path) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(program);
    let search_path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    // The caller's PG* variables and locale must not leak into the server or its messages.
    command.current_dir(directory).env_clear().env("PATH", search_path).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

pub(super) fn wrong_owner(directory: &Path, owner: u32, expected: u32) -> PrivatePostgresError {
    let name = |uid: u32| account(|entry| entry.uid == uid).map_or_else(|| uid.to_string(), |entry| entry.name);
    PrivatePostgresError::WrongOwner { directory: directory.to_owned(), owner: name(owner), expected: name(expected) }
}

pub(super) fn metadata(path: &Path) -> Result<Metadata, PrivatePostgresError> {
    fs::symlink_metadata(path).map_err(PrivatePostgresError::file("look at", path))
}

/// Our effective user: the kernel gives our entry in `/proc` to it.
pub(super) fn own_uid() -> u32 {
    fs::metadata("/proc/self").map_or(u32::MAX, |found| found.uid())
}

fn default_server_user() -> Result<ServerUser, PrivatePostgresError> {
    ["postgres", "nobody"]
        .iter()
        .find_map(|wanted| account(|entry| entry.name == *wanted && entry.uid != 0))
        .ok_or(PrivatePostgresError::NoServerUser)
}

fn account(wanted: impl Fn(&ServerUser) -> bool) -> Option<ServerUser> {
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    accounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?.to_owned();
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            Some(ServerUser { uid, gid, name })
        })
        .find(wanted)
}

/// The outermost existing directory above `path` that `user` may not pass through.
fn first_closed_directory(path: &Path, user: &ServerUser) -> Option<PathBuf> {
    let existing = path.parent()?.ancestors().find(|ancestor| ancestor.exists())?;
    let real = fs::canonicalize(existing).ok()?;
    let mut closed = None;
    for ancestor in real.ancestors() {
        let found = fs::metadata(ancestor).ok()?;
        let bit = if found.uid() == user.uid {
            0o100
        } else if found.gid() == user.gid {
            0o010
        } else {
            0o001
        };
        if found.mode() & bit == 0 {
            closed = Some(ancestor.to_owned());
        }
    }
    closed
}

fn absolute(path: &Path) -> PathBuf {
    fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

/// FNV-1a; the standard library's hashers may change between releases, and other processes must get the same.
pub(super) fn short_hash(path: &Path) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in path.as_os_str().as_encoded_bytes() {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{:012x}", hash >> 16)
}

fn free_mebibytes(directory: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pm").arg(directory).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}
