//! From foreign bytes to a table. What a file is says its content, not its name.

use std::time::Duration;

use super::problem::Problem;
use super::table::Table;
use super::{delimited, workbook};
use crate::platform::sandbox::parser::answer;
use crate::platform::sandbox::{Kind, Needs, Parser, Sandbox, SandboxError};

/// Reads a table in a box. Fifty thousand rows are a long answer.
pub const TABLE: Kind<Result<Table, Problem>> =
    Kind::needing("table", Needs { deadline: Duration::from_secs(10), output: 40 * 1024 * 1024 });

/// What [`TABLE`] runs.
pub const PARSER: Parser = Parser { kind: TABLE.name, parse: |input| answer(&read(input)) };

/// Bytes of a file.
pub const LARGEST: usize = 20 * 1024 * 1024;

/// Reads a table.
///
/// # Errors
/// Why it cannot be read.
pub fn read(content: &[u8]) -> Result<Table, Problem> {
    if content.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::Empty);
    }
    if content.starts_with(b"PK") {
        return workbook::read(content);
    }
    if content.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
        return Err(Problem::OldOrLocked);
    }
    // The library takes any text that begins with `#!` or `<` for a kind of its own.
    if infer::get(content).is_some() || begins_like_markup(content) {
        return Err(Problem::OtherKind);
    }
    delimited::read(content)
}

fn begins_like_markup(content: &[u8]) -> bool {
    let text = content.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(content).trim_ascii_start();
    let start: Vec<u8> = text.iter().take(16).map(u8::to_ascii_lowercase).collect();
    [&b"<!doctype"[..], b"<html", b"<?xml", b"<table", b"<script", b"%pdf", b"{\\rtf"]
        .iter()
        .any(|s| start.starts_with(s))
}

/// Reads a table in a box; what happens to the box is a reason as well.
///
/// # Errors
/// The inner one: why it cannot be read. The outer one: the portal could not try.
pub async fn read_boxed(sandbox: &Sandbox, content: &[u8]) -> Result<Result<Table, Problem>, SandboxError> {
    match sandbox.parse(TABLE, content).await {
        Ok(read) => Ok(read),
        // A child that died of the file says something about the file.
        Err(SandboxError::Died(_) | SandboxError::Deadline | SandboxError::TooTalkative | SandboxError::TooLarge) => {
            Ok(Err(Problem::TooMuch))
        }
        Err(error) => Err(error),
    }
}
