//! Finds the server's programs.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::PrivatePostgresError;

/// One installed server.
#[derive(Clone, Debug)]
pub(super) struct ServerBinaries {
    pub(super) directory: PathBuf,
    pub(super) major: u32,
    /// Only for an unpacked one: where its libraries are and what `initdb -L` needs.
    pub(super) unpacked: Option<Unpacked>,
}

/// Debian's packages unpacked in a user's own directory know nothing of their new place.
#[derive(Clone, Debug)]
pub(super) struct Unpacked {
    pub(super) library_path: OsString,
    pub(super) share_directory: PathBuf,
}

/// The best server of the `wanted` major version, or the best of all.
pub(super) fn find(cluster: &Path, wanted: Option<u32>) -> Result<ServerBinaries, PrivatePostgresError> {
    let mut candidates = Vec::new();
    if let Some(directory) = std::env::var_os("PORTAL_PG_BIN").filter(|value| !value.is_empty()).map(PathBuf::from) {
        // An explicit wish is not second-guessed: no fallback behind its back.
        let Some(found) = look_into(&directory, None) else {
            return Err(PrivatePostgresError::WrongProgramDirectory { directory });
        };
        candidates.push(found);
    } else {
        candidates.extend(named_by_pg_config().and_then(|directory| look_into(&directory, None)));
        candidates.extend(below(Path::new("/usr/lib/postgresql"), None));
        if let Some(root) = unpacked_root() {
            candidates.extend(below(&root.join("usr/lib/postgresql"), Some(&root)));
        }
    }
    let installed: Vec<String> = candidates.iter().map(|found| found.major.to_string()).collect();
    candidates.into_iter().find(|found| wanted.is_none_or(|major| major == found.major)).ok_or_else(|| match wanted {
        Some(needed) if !installed.is_empty() => {
            PrivatePostgresError::OtherMajorVersion { cluster: cluster.to_owned(), needed, found: installed.join(", ") }
        }
        _ => PrivatePostgresError::NoServerFound,
    })
}

/// The server's programs in `<major>/bin` below `parent`, newest first.
fn below(parent: &Path, unpacked_root: Option<&Path>) -> Vec<ServerBinaries> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let mut majors: Vec<u32> = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    majors.sort_unstable_by(|a, b| b.cmp(a));
    majors
        .into_iter()
        .filter_map(|major| look_into(&parent.join(major.to_string()).join("bin"), unpacked_root))
        .collect()
}

/// `pg_config` comes with the development files too, so its answer counts only where a server really is.
fn named_by_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(text.trim())).filter(|path| path.is_absolute())
}

fn look_into(directory: &Path, unpacked_root: Option<&Path>) -> Option<ServerBinaries> {
    if !directory.join("initdb").is_file() {
        return None;
    }
    let unpacked = unpacked_root.map(|root| Unpacked {
        library_path: library_path(root),
        share_directory: root
            .join("usr/share/postgresql")
            .join(directory.parent().and_then(Path::file_name).unwrap_or_default()),
    });
    let mut command = Command::new(directory.join("postgres"));
    if let Some(unpacked) = &unpacked {
        command.env("LD_LIBRARY_PATH", &unpacked.library_path);
    }
    // "postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)"
    let output = command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let number = text.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    Some(ServerBinaries { directory: directory.to_owned(), major: digits.parse().ok()?, unpacked })
}

/// Where `scripts/run` unpacks the server's packages for a user who may not install any.
fn unpacked_root() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("ceptoar-portal/postgresql-dist")).filter(|root| root.is_dir())
}

fn library_path(root: &Path) -> OsString {
    let directories: Vec<PathBuf> = ["usr/lib", "lib"]
        .iter()
        .filter_map(|parent| fs::read_dir(root.join(parent)).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains("-linux-gnu")))
        .collect();
    std::env::join_paths(directories).unwrap_or_default()
}
