//! Parsers that nobody should have.

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::Command;

use ceptoar_portal::platform::sandbox::{Parser, Unreadable};
use serde_json::{Value, json};

type Answer = Result<Value, Unreadable>;

/// All of them.
pub const TABLE: [Parser; 20] = [
    Parser { kind: "echo", parse: |input| Ok(json!(String::from_utf8_lossy(input))) },
    Parser { kind: "count", parse: |input| Ok(json!(input.len())) },
    Parser { kind: "environment", parse: |_| Ok(json!(format!("{} variables", std::env::vars_os().count()))) },
    Parser { kind: "refuse", parse: |_| Err(Unreadable("not like this")) },
    Parser { kind: "panic", parse: |_| panic!("foreign text") },
    Parser { kind: "hoard", parse: hoard },
    Parser { kind: "hoard-at-once", parse: |_| Ok(json!(vec![1_u8; 600 * 1024 * 1024].len())) },
    Parser { kind: "recurse", parse: |_| Ok(json!(recurse(1))) },
    Parser { kind: "talk", parse: |_| Ok(json!("x".repeat(32 * 1024 * 1024))) },
    Parser { kind: "spin", parse: |_| spin() },
    Parser { kind: "wait", parse: |_| wait() },
    Parser { kind: "read-file", parse: |_| tried(std::fs::read("/etc/passwd")) },
    Parser { kind: "list-files", parse: |_| tried(std::fs::read_dir("/").map(Iterator::count)) },
    Parser { kind: "write-file", parse: |path| tried(std::fs::write(&*String::from_utf8_lossy(path), b"x")) },
    Parser { kind: "connect", parse: |_| tried(TcpStream::connect("127.0.0.1:9")) },
    Parser { kind: "listen", parse: |_| tried(TcpListener::bind("127.0.0.1:0")) },
    Parser { kind: "datagram", parse: |_| tried(UdpSocket::bind("127.0.0.1:0")) },
    Parser { kind: "local-socket", parse: |_| tried(UnixStream::pair()) },
    Parser { kind: "start-program", parse: |_| tried(Command::new("/bin/true").spawn()) },
    Parser { kind: "start-thread", parse: |_| tried(std::thread::Builder::new().spawn(|| 1)) },
];

fn tried<T>(result: std::io::Result<T>) -> Answer {
    Ok(json!(if result.is_ok() { "done" } else { "refused" }))
}

fn hoard(_: &[u8]) -> Answer {
    let mut hoard = Vec::new();
    loop {
        hoard.push(vec![hoard.len() as u8; 1024 * 1024]);
        if hoard.len() > 100_000 {
            return Ok(json!(hoard.len()));
        }
    }
}

fn recurse(depth: u64) -> u64 {
    let here = std::hint::black_box([depth; 64]);
    if depth == u64::MAX { 0 } else { recurse(depth + 1) + here[0] }
}

fn spin() -> Answer {
    let mut turns = 0_u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
        if turns == u64::MAX {
            return Ok(json!(turns));
        }
    }
}

fn wait() -> Answer {
    let (keep, nothing) = std::sync::mpsc::channel::<()>();
    let end = nothing.recv();
    drop(keep);
    Ok(json!(end.is_ok()))
}
