//! A Postfix of the benchmark's own, which expands one list to individual copies (VERP).

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::fan_out::{FROM, Round};
use super::process;
use super::sink::postfix;

const DAEMONS: &str = "/usr/lib/postfix/sbin";
const SERVICES: &str = "cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
";

/// A running Postfix; it ends when dropped.
#[derive(Debug)]
pub struct Instance {
    master: Child,
    directory: PathBuf,
    port: u16,
}

impl Instance {
    /// Starts one that sends everything to `sink`; none where Postfix is not installed, or we are not the superuser.
    pub fn start(sink: u16) -> anyhow::Result<Option<Self>> {
        let (Some(program), true) = (postfix("postfix"), process::is_root()) else { return Ok(None) };
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let directory = PathBuf::from(format!("/var/tmp/ceptoar-portal-bench-postfix-{port}"));
        for part in ["etc", "queue", "data"] {
            fs::create_dir_all(directory.join(part))?;
        }
        let place = directory.display();
        let settings = format!(
            "compatibility_level = 3.6\nqueue_directory = {place}/queue\ndata_directory = {place}/data\n\
             command_directory = /usr/sbin\ndaemon_directory = {DAEMONS}\nmail_owner = postfix\nsetgid_group = postdrop\n\
             myhostname = list.portal.test\nmydestination =\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n\
             mynetworks = 127.0.0.0/8\nrelayhost = [127.0.0.1]:{sink}\nalias_maps =\n\
             smtpd_authorized_verp_clients = 127.0.0.1\nsmtpd_recipient_limit = 200000\n\
             default_destination_concurrency_limit = 8\ninitial_destination_concurrency = 8\n"
        );
        let etc = directory.join("etc");
        fs::write(etc.join("main.cf"), settings)?;
        fs::write(etc.join("master.cf"), format!("127.0.0.1:{port} inet n - n - - smtpd\n{SERVICES}"))?;
        let quiet =
            |command: &mut Command| command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        quiet(Command::new("chown").arg("postfix").arg(directory.join("data")))?;
        quiet(Command::new(program).arg("-c").arg(&etc).arg("check"))?;
        let mut master = Command::new(Path::new(DAEMONS).join("master"));
        let master =
            master.arg("-c").arg(&etc).arg("-d").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Some(Self { master: master.spawn().context("Postfix does not start")?, directory, port }))
    }

    /// From the first command to an empty queue.
    pub async fn expand(&self, recipients: i32, text: &str) -> anyhow::Result<Round> {
        let mut line = self.connect().await?;
        answer(&mut line).await?;
        say(&mut line, "EHLO bench.example\r\n").await?;
        let begin = Instant::now();
        say(&mut line, &format!("MAIL FROM:<{FROM}> XVERP=+=\r\n")).await?;
        for first in (0..recipients).step_by(500) {
            let last = recipients.min(first + 500);
            let mut commands = String::new();
            for n in first..last {
                write!(commands, "RCPT TO:<w{n}@bench.example>\r\n")?;
            }
            line.write_all(commands.as_bytes()).await?;
            for _ in first..last {
                answer(&mut line).await?;
            }
        }
        say(&mut line, "DATA\r\n").await?;
        say(&mut line, &format!("{text}.\r\n")).await?;
        while self.is_busy() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Round { seconds: begin.elapsed().as_secs_f64(), ..Round::default() })
    }

    async fn connect(&self) -> anyhow::Result<BufReader<TcpStream>> {
        for _ in 0..100 {
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", self.port)).await {
                return Ok(BufReader::new(stream));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("Postfix does not listen")
    }

    /// Whether a file waits in its queue.
    fn is_busy(&self) -> bool {
        fn holds_file(directory: &Path) -> bool {
            let entries = fs::read_dir(directory).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).any(|path| path.is_file() || holds_file(&path))
        }
        ["incoming", "active", "deferred"].iter().any(|queue| holds_file(&self.directory.join("queue").join(queue)))
    }
}

async fn say(line: &mut BufReader<TcpStream>, command: &str) -> anyhow::Result<()> {
    line.write_all(command.as_bytes()).await?;
    answer(line).await
}

async fn answer(line: &mut BufReader<TcpStream>) -> anyhow::Result<()> {
    loop {
        let mut text = String::new();
        anyhow::ensure!(line.read_line(&mut text).await? > 0, "Postfix hung up");
        anyhow::ensure!(text.starts_with(['2', '3']), "Postfix says {text}");
        if text.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Its daemons end with it; master takes them along when it is asked, not when it is killed.
        let _ = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &self.master.id().to_string()]).status();
        let _ = self.master.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}
