//! The table of everything that reads foreign data, and the boxes in which it does (docs/decisions/0020).

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Context;

use crate::features::mailbox;
use crate::platform::config::Config;
use crate::platform::mail::inbound::reading;
use crate::platform::sandbox::{self, Parser, Sandbox};
use crate::platform::{files, tables};

/// What a child can be asked to parse.
const TABLE: [Parser; 5] = [
    mailbox::letter::LETTER_PARSER,
    mailbox::letter::SUBJECTS_PARSER,
    reading::READING_PARSER,
    files::package::PARSER,
    tables::reading::PARSER,
];

/// Runs as a child where the arguments say so; `None` is an ordinary start.
pub fn child(arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    sandbox::child::child(&TABLE, arguments)
}

/// The boxes, tried once; the log says where this machine cannot close them.
///
/// # Errors
/// When no child can be started, or when the settings require more than the kernel has.
pub async fn sandbox(config: &Config) -> anyhow::Result<Sandbox> {
    let sandbox = Sandbox::of_this_program(config.confinement()).context("this program cannot be found again")?;
    let hold = sandbox.check().await.context(
        "foreign data cannot be parsed in a closed box: the kernel or container lacks Landlock or seccomp \
         (docs/operations.md; PORTAL_CONFINEMENT=possible does without them)",
    )?;
    if !hold.closed() {
        tracing::warn!(
            landlock = ?hold.landlock,
            seccomp = hold.seccomp,
            "foreign data is parsed under limits of memory and time only: the kernel lacks the rest"
        );
    }
    tracing::debug!(landlock = ?hold.landlock, seccomp = hold.seccomp, "boxes for foreign data");
    Ok(sandbox)
}
