//! With real servers: each test makes a small cluster of its own and lets it stop at the end.

use std::error::Error;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::directories::{command_as, own_uid, short_hash};
use super::{Answer, PrivatePostgres, PrivatePostgresError, Settings, ensure, probe, throw_away_data_dir};

type TestResult = Result<(), Box<dyn Error>>;

/// A data directory that goes away with its server at the end of the test.
struct Scratch {
    data_dir: PathBuf,
}

impl Scratch {
    fn new() -> Result<Self, Box<dyn Error>> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let parent = throw_away_data_dir(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/target/postgresql")));
        let name = format!("{}-launcher-{}-{number}", parent.display(), std::process::id());
        Ok(Self { data_dir: PathBuf::from(name) })
    }

    fn postgresql(&self) -> PathBuf {
        self.data_dir.join("postgresql")
    }

    fn ensure(&self) -> Result<PrivatePostgres, PrivatePostgresError> {
        ensure(&self.data_dir, &settings())
    }

    /// Until the guardian has stopped the server and gone.
    fn wait_for_stop(&self) -> TestResult {
        let path = self.postgresql().join("guardian.lock");
        let begin = Instant::now();
        while let Ok(lock) = fs::File::open(&path) {
            if lock.try_lock().is_ok() {
                break;
            }
            if begin.elapsed() > Duration::from_secs(20) {
                return Err("the server was not stopped".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The server's process, as it noted it itself.
    fn server_process(&self) -> Result<String, Box<dyn Error>> {
        let note = fs::read_to_string(self.postgresql().join("cluster/postmaster.pid"))?;
        Ok(note.lines().next().ok_or("empty note")?.to_owned())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = self.wait_for_stop();
        if let Ok(socket) = fs::read_link(self.postgresql().join("socket")) {
            let _ = fs::remove_dir_all(socket);
        }
        let _ = fs::remove_dir_all(&self.data_dir);
    }
}

fn settings() -> Settings {
    Settings { linger: Duration::ZERO, max_connections: 20, ..Settings::throw_away() }
}

fn real_settings() -> Settings {
    Settings { throw_away: false, ..settings() }
}

fn kill(signal: &str, process: &str) -> TestResult {
    if Command::new("/bin/sh").args(["-c", r#"kill "$1" "$2""#, "kill", signal, process]).status()?.success() {
        Ok(())
    } else {
        Err(format!("could not send {signal} to {process}").into())
    }
}

fn answers(postgres: &PrivatePostgres) -> bool {
    probe::ask(&postgres.socket_directory) == Answer::Ready
}

#[test]
fn starts_attaches_stops_and_starts_again() -> TestResult {
    let scratch = Scratch::new()?;
    let first = scratch.ensure()?;
    assert!(first.started() && answers(&first));
    assert_eq!(first.directory(), fs::canonicalize(scratch.postgresql())?);
    assert_eq!(fs::metadata(first.directory())?.permissions().mode() & 0o777, 0o700, "others must not get in");

    let begin = Instant::now();
    let second = scratch.ensure()?;
    assert!(!second.started() && answers(&second));
    assert!(begin.elapsed() < Duration::from_millis(500), "attaching took {:?}", begin.elapsed());
    assert_eq!(first.url("portal_app", "portal"), second.url("portal_app", "portal"));

    drop(first);
    std::thread::sleep(Duration::from_millis(300));
    assert!(answers(&second), "the server stays while anybody uses it");
    drop(second);
    scratch.wait_for_stop()?;

    let begin = Instant::now();
    let again = scratch.ensure()?;
    assert!(again.started() && answers(&again));
    assert!(begin.elapsed() < Duration::from_secs(2), "the second start took {:?}", begin.elapsed());
    Ok(())
}

#[test]
fn of_several_at_once_one_starts_and_the_others_attach() -> TestResult {
    let scratch = Scratch::new()?;
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| scratch.ensure())).collect();
        threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    let mut running = Vec::new();
    for result in results {
        running.push(result.map_err(|_| "a thread panicked")??);
    }
    assert_eq!(running.iter().filter(|postgres| postgres.started()).count(), 1);
    assert!(running.iter().all(answers));
    Ok(())
}

#[test]
fn recovers_from_a_killed_server_whose_number_belongs_to_another_process() -> TestResult {
    let scratch = Scratch::new()?;
    let before = scratch.ensure()?;
    let server = scratch.server_process()?;
    kill("-KILL", &server)?;
    drop(before);
    scratch.wait_for_stop()?;

    // The number in the note now belongs to a live process of the same user, which keeps PostgreSQL itself
    // from starting.
    let place = super::directories::prepare(&scratch.data_dir)?;
    let mut bystander = command_as(place.user.as_ref(), Path::new("/bin/sleep"), Path::new("/")).arg("60").spawn()?;
    let other = bystander.id().to_string();
    for note in ["cluster/postmaster.pid", "socket/.s.PGSQL.5432.lock"] {
        let note = scratch.postgresql().join(note);
        let text = fs::read_to_string(&note)?;
        fs::write(&note, text.replacen(&server, &other, 1))?;
    }
    let result = scratch.ensure();
    bystander.kill()?;
    bystander.wait()?;
    let postgres = result?;
    assert!(postgres.started() && answers(&postgres));
    assert_eq!(postgres.notices().len(), 1, "it says that it has cleaned up: {:?}", postgres.notices());
    Ok(())
}

#[test]
fn a_user_that_outlives_the_server_can_start_it_again() -> TestResult {
    let scratch = Scratch::new()?;
    let _before = scratch.ensure()?;
    kill("-KILL", &scratch.server_process()?)?;
    let after = scratch.ensure()?;
    assert!(after.started() && answers(&after));
    Ok(())
}

#[test]
fn a_deleted_data_directory_can_be_made_anew_at_once() -> TestResult {
    let scratch = Scratch::new()?;
    let old = scratch.ensure()?;
    fs::remove_dir_all(&scratch.data_dir)?;
    let new = scratch.ensure()?;
    assert!(new.started());
    let cluster = fs::read(new.directory().join("cluster/global/pg_control"))?;
    drop(old);
    std::thread::sleep(Duration::from_millis(700));
    assert!(answers(&new), "the end of the old server must not take the new one's socket away");
    assert_eq!(fs::read(new.directory().join("cluster/global/pg_control"))?, cluster);
    Ok(())
}

#[test]
fn a_server_without_guardian_gets_a_new_one() -> TestResult {
    let scratch = Scratch::new()?;
    let postgres = scratch.ensure()?;
    let directory = postgres.directory().to_owned();
    // Guardian and watcher are the processes in the cluster's parent directory.
    let place = super::directories::prepare(&scratch.data_dir)?;
    let script = r#"for p in /proc/[0-9]*; do
        [ "${p#/proc/}" != $$ ] && [ "$p/cwd" -ef . ] && kill -KILL "${p#/proc/}"; done; true"#;
    command_as(place.user.as_ref(), Path::new("/bin/sh"), &directory).args(["-c", script]).status()?;
    assert!(answers(&postgres), "the server itself is unhurt");
    let attached = scratch.ensure()?;
    assert!(!attached.started());
    drop((postgres, attached));
    std::thread::sleep(Duration::from_millis(200));
    scratch.wait_for_stop()?;
    assert!(scratch.server_process().is_err(), "the new guardian has stopped it");
    Ok(())
}

#[test]
fn puts_a_half_made_cluster_aside() -> TestResult {
    let scratch = Scratch::new()?;
    drop(scratch.ensure()?);
    scratch.wait_for_stop()?;
    let cluster = scratch.postgresql().join("cluster");
    fs::remove_file(cluster.join("PG_VERSION"))?;
    fs::create_dir(scratch.postgresql().join("cluster.new-1"))?;
    let postgres = ensure(&scratch.data_dir, &real_settings())?;
    assert!(answers(&postgres));
    assert!(postgres.notices().iter().any(|notice| notice.contains("put aside")), "{:?}", postgres.notices());
    assert!(scratch.postgresql().join("cluster.half-made-1").is_dir());
    assert!(!scratch.postgresql().join("cluster.new-1").exists());
    drop(postgres);
    scratch.wait_for_stop()?;

    // With a database of somebody's in it, nothing is touched.
    fs::create_dir(cluster.join("base/16384"))?;
    fs::remove_file(cluster.join("global/pg_control"))?;
    let refused = ensure(&scratch.data_dir, &real_settings());
    assert!(
        matches!(refused, Err(PrivatePostgresError::Incomplete { missing: "global/pg_control", .. })),
        "{refused:?}"
    );
    Ok(())
}

#[test]
fn explains_a_cluster_of_another_major_version() -> TestResult {
    let scratch = Scratch::new()?;
    drop(scratch.ensure()?);
    scratch.wait_for_stop()?;
    fs::write(scratch.postgresql().join("cluster/PG_VERSION"), "9\n")?;
    let refused = ensure(&scratch.data_dir, &real_settings()).err().ok_or("it must not start")?.to_string();
    assert!(refused.contains("made by PostgreSQL 9") && refused.contains("postgresql-9"), "{refused}");
    assert!(answers(&scratch.ensure()?), "a throw-away cluster is simply made anew");
    Ok(())
}

#[test]
fn a_server_that_does_not_start_shows_its_log() -> TestResult {
    let scratch = Scratch::new()?;
    let mut settings = settings();
    settings.server_options.push(("no_such_option".to_owned(), "1".to_owned()));
    let refused = ensure(&scratch.data_dir, &settings).err().ok_or("it must not start")?.to_string();
    assert!(refused.contains("no_such_option") && refused.contains("correct the settings"), "{refused}");
    Ok(())
}

#[test]
fn a_long_or_odd_path_gets_a_short_socket_directory() -> TestResult {
    let mut scratch = Scratch::new()?;
    scratch.data_dir = PathBuf::from(format!("{}-{}, セプター", scratch.data_dir.display(), "x".repeat(90)));
    let first = scratch.ensure()?;
    let second = scratch.ensure()?;
    assert!(answers(&first) && !second.started());
    let short = fs::read_link(scratch.postgresql().join("socket"))?;
    assert!(second.url("a", "b").ends_with(&format!("?host={}", short.display())));
    assert!(short.to_string_lossy().contains(&short_hash(first.directory())));
    assert_eq!(fs::metadata(&short)?.permissions().mode() & 0o777, 0o700);
    drop((first, second));
    scratch.wait_for_stop()?;

    // A link that leads elsewhere, as in a copied data directory, is not followed.
    let link = scratch.postgresql().join("socket");
    fs::remove_file(&link)?;
    symlink("/tmp", &link)?;
    assert!(answers(&scratch.ensure()?));
    assert_eq!(fs::read_link(&link)?, short);
    Ok(())
}

#[test]
fn a_directory_of_somebody_else_is_explained() -> TestResult {
    if own_uid() != 0 {
        return Ok(()); // Only root can give a directory away.
    }
    let scratch = Scratch::new()?;
    drop(scratch.ensure()?);
    scratch.wait_for_stop()?;
    let cluster = scratch.postgresql().join("cluster");
    let owner = fs::metadata(&cluster)?.uid();
    std::os::unix::fs::chown(&cluster, Some(0), None)?;
    let refused = scratch.ensure().err().ok_or("it must not start")?.to_string();
    assert!(refused.contains("belongs to user root") && refused.contains("chown -R"), "{refused}");
    std::os::unix::fs::chown(&cluster, Some(owner), None)?;

    fs::set_permissions(&scratch.data_dir, fs::Permissions::from_mode(0o700))?;
    let refused = scratch.ensure().err().ok_or("it must not start")?.to_string();
    fs::set_permissions(&scratch.data_dir, fs::Permissions::from_mode(0o711))?;
    assert!(refused.contains("cannot enter") && refused.contains("PORTAL_DATA_DIR"), "{refused}");
    Ok(())
}

#[test]
fn the_address_is_encoded() {
    let postgres = PrivatePostgres {
        _lease: fs::File::open("/dev/null").unwrap(),
        directory: PathBuf::from("/d"),
        socket_directory: PathBuf::from("/var/my data/セ"),
        started: false,
        notices: Vec::new(),
    };
    assert_eq!(
        postgres.url("portal_app", "portal"),
        "postgres://portal_app@localhost/portal?host=/var/my%20data/%E3%82%BB"
    );
}
