//! The real program on a port of its own, with a throw-away data directory.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ceptoar_portal::platform::private_postgres::throw_away_data_dir;
use tokio::sync::{Mutex, MutexGuard};

/// A running portal; stopped when dropped.
pub struct Portal {
    pub url: String,
    pub directory: PathBuf,
    process: Child,
    _alone: MutexGuard<'static, ()>,
}

/// The tests share a data directory: one portal at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

impl Portal {
    pub async fn start() -> Self {
        let alone = ALONE.lock().await;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        let fallback = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("browser-{}", std::process::id()));
        let directory = throw_away_data_dir(&fallback);
        let log = std::fs::File::create(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("browser-portal.log")).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_ceptoar-portal"))
            .arg("serve")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("PORTAL_LISTEN", format!("127.0.0.1:{port}"))
            .env("PORTAL_DATA_DIR", &directory)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut portal = Self { url, directory, process, _alone: alone };
        portal.until_ready(port).await;
        portal
    }

    async fn until_ready(&mut self, port: u16) {
        for _ in 0..600 {
            if let Some(status) = self.process.try_wait().unwrap() {
                panic!("the portal ended with {status}: see browser-portal.log in the target directory");
            }
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the portal did not start within a minute");
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        // Asked to stop as an operator would, so that the private database stops as well.
        drop(Command::new("sh").args(["-c", "kill \"$0\"", &self.process.id().to_string()]).status());
        drop(self.process.wait());
        std::thread::sleep(Duration::from_secs(4));
        drop(std::fs::remove_dir_all(&self.directory));
    }
}
