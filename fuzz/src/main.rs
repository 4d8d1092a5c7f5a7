//! One program for all targets: `PORTAL_FUZZ_TARGET` names the one to run (scripts/fuzz sets it).
//! A target fails by panicking; overflows and failed assertions of the portal and its libraries panic as well.
#![no_main]

mod conversation;
mod targets;

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("PORTAL_FUZZ_TARGET").unwrap_or_default();
    match targets::ALL.iter().find(|(known, _)| *known == name) {
        Some((_, target)) => *target,
        None => {
            eprintln!("PORTAL_FUZZ_TARGET is one of: {}", targets::ALL.map(|(known, _)| known).join(" "));
            std::process::exit(2);
        }
    }
});

fuzz_target!(|input: &[u8]| -> Corpus {
    TARGET(input);
    Corpus::Keep
});
