//! A real `clamd` with two signatures of our own: what it says settles a file, and what it does not say holds it.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ceptoar_portal::platform::clamd::Clamd;
use ceptoar_portal::platform::files::scan::{Finding, Scanner};

/// A scanner of this test's own.
struct Running {
    child: Child,
    place: PathBuf,
}

impl Running {
    /// Starts one; nothing where scripts/test could not install it and said so.
    fn start() -> Option<Self> {
        if std::env::var("PORTAL_SCANNER_TESTS").is_ok_and(|v| v == "skip") {
            eprintln!("test of the scanner skipped: PORTAL_SCANNER_TESTS=skip (scripts/test says why)");
            return None;
        }
        let place = std::env::temp_dir().join(format!("ceptoar-portal-clamd-{}", std::process::id()));
        let signatures = place.join("signatures");
        std::fs::create_dir_all(&signatures).expect("a directory");
        std::fs::write(signatures.join("own.ndb"), format!("Own.Test:0:*:{}\n", hex::encode("harmful-by-agreement")))
            .expect("signatures");
        let settings = format!(
            "Foreground yes\nLocalSocket {0}/clamd.ctl\nDatabaseDirectory {0}/signatures\nStreamMaxLength 1M\n",
            place.display()
        );
        std::fs::write(place.join("clamd.conf"), settings).expect("settings");
        let child = Command::new("clamd")
            .arg("-c")
            .arg(place.join("clamd.conf"))
            .env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("no clamd: install the package clamav-daemon, or set PORTAL_SCANNER_TESTS=skip");
        let running = Self { child, place };
        let begun = Instant::now();
        while !running.place.join("clamd.ctl").exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "clamd does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(running)
    }

    fn scanner(&self) -> Scanner {
        Scanner::Clamd(Clamd::Socket(self.place.join("clamd.ctl")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.place);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_scanner_settles_what_it_can_look_at() {
    let Some(mut running) = Running::start() else { return };
    let scanner = running.scanner();
    assert_eq!(scanner.scan(b"the text of a rule").await, Finding::Clean);
    assert_eq!(scanner.scan(b"before harmful-by-agreement after").await, Finding::Harmful);
    let long = vec![b'x'; 900 * 1024];
    assert_eq!(scanner.scan(&long).await, Finding::Clean, "many chunks");
    let too_long = vec![b'x'; 3 * 1024 * 1024];
    assert_eq!(scanner.scan(&too_long).await, Finding::NotScanned, "more than the scanner takes is not clean");
    running.child.kill().expect("stopped");
    running.child.wait().expect("gone");
    assert_eq!(scanner.scan(b"the text of a rule").await, Finding::OutOfReach);
}
