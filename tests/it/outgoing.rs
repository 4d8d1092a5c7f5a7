//! The portal speaks to its database and its relay, and to nobody else.

use std::process::Command;

use crate::support::sources::files;

/// Crates that could fetch something from somewhere.
const CLIENTS: [&str; 14] = [
    "reqwest",
    "ureq",
    "isahc",
    "curl",
    "curl-sys",
    "surf",
    "attohttpc",
    "minreq",
    "awc",
    "hyper-rustls",
    "hyper-tls",
    "hickory-resolver",
    "tungstenite",
    "tokio-tungstenite",
];

#[test]
fn no_part_of_the_program_can_fetch_from_the_web() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--edges", "normal", "--prefix", "none", "--offline", "--locked", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("text");
    let names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.len() > 200 && names.contains(&"lettre"), "the tree is the program's");
    let found: Vec<&&str> = names.iter().filter(|name| CLIENTS.contains(name)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn only_the_listener_the_relay_and_the_database_open_sockets() {
    // Who may name a connecting socket: the SMTP conversation's own library does it for the relay.
    let mut opening = Vec::new();
    for (path, code) in files("src", "rs") {
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        if ["TcpStream::connect", "UdpSocket", "TcpSocket"].iter().any(|word| code.contains(word)) {
            opening.push(path);
        }
    }
    opening.retain(|path| !["app/bench", "platform/mail", "private_postgres"].iter().any(|known| path.contains(known)));
    assert_eq!(opening, Vec::<String>::new());
}
