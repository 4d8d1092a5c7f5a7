//! The relay's own record: a line on disk before each 250, and moods that depend on the address.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use ceptoar_portal::platform::mail::smtp_server::{Moment, Received, Verdict};
use serde::{Deserialize, Serialize};

use crate::sink::Sink;

/// A stored copy.
#[derive(Debug, Serialize, Deserialize)]
pub struct Line {
    pub to: String,
    pub recipients: usize,
    pub id: String,
    pub text: String,
}

/// The relay and its record.
pub struct Ledger {
    pub sink: Sink,
    path: PathBuf,
}

/// The address of the n-th recipient; its mood is in its name.
pub fn address(n: usize) -> String {
    let mood = match n % 40 {
        7 => "dead",
        13 => "grey",
        21 => "silent",
        33 => "deaf",
        _ => "good",
    };
    format!("{mood}{n}@bank.example")
}

/// Refused for good at RCPT.
pub fn is_dead(address: &str) -> bool {
    address.starts_with("dead")
}

/// Stored once without an answer.
pub fn is_silent(address: &str) -> bool {
    address.starts_with("silent")
}

impl Ledger {
    pub async fn open(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ledger_{name}_{}.jsonl", std::process::id()));
        let file = Mutex::new(File::create(&path).expect("a ledger"));
        let met = Mutex::new(HashSet::new());
        let keep = move |mail: &Received| {
            let line = serde_json::to_string(&line(mail)).expect("JSON");
            let mut file = file.lock().expect("the ledger");
            writeln!(file, "{line}").expect("a line");
            file.sync_data().expect("a line on disk");
            true
        };
        let script = move |moment, mail: &Received| {
            let first = |moment| met.lock().expect("a set").insert((moment, mail.to.clone()));
            let pace = Duration::from_millis(if moment == Moment::End { 25 } else { 0 });
            let to = mail.to.first().map_or("", String::as_str);
            let verdict = match moment {
                Moment::Recipient if is_dead(to) => Verdict::Say(550, "5.1.1 unknown"),
                Moment::Recipient if to.starts_with("grey") && first(1) => Verdict::Say(451, "4.7.1 come again"),
                Moment::End if is_silent(to) && first(2) => Verdict::KeepAndClose,
                Moment::End if to.starts_with("deaf") && first(3) => Verdict::Close,
                _ => Verdict::Accept,
            };
            (pace, verdict)
        };
        Self { sink: Sink::with(vec![], keep, script).await, path }
    }

    /// Everything on record.
    pub fn read(&self) -> Vec<Line> {
        let text = std::fs::read_to_string(&self.path).expect("the ledger");
        // The last line may be half written.
        text.split_inclusive('\n')
            .filter(|l| l.ends_with('\n'))
            .map(|l| serde_json::from_str(l).expect("JSON"))
            .collect()
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // Kept for whoever looks into a failure.
        if !std::thread::panicking() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn line(mail: &Received) -> Line {
    let whole = String::from_utf8(mail.content.clone()).expect("ASCII");
    let (head, text) = whole.split_once("\r\n\r\n").expect("a message");
    let id = head.lines().find_map(|l| l.strip_prefix("Message-ID: ")).expect("an id");
    Line { to: mail.to[0].clone(), recipients: mail.to.len(), id: id.to_owned(), text: text.to_owned() }
}
