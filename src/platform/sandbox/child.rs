//! The child's side: limits first, then one input, one answer, the end.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::process::ExitCode;

use super::confine::{self, Hold};
use super::limits::Limits;
use super::parser::{Parser, Unreadable, answer};

/// The argument that makes the program a child: `ceptoar-portal parse KIND required|possible`.
pub const COMMAND: &str = "parse";

/// The kind that answers what holds in the child; every table has it.
pub const SELF_CHECK: &str = "confinement";

/// The child's exit when the box would not be closed and that is required.
const OPEN_BOX: u8 = 3;

/// Runs as a child where the arguments say so; `None` is an ordinary start of the program.
///
/// To be called before anything else, as settings, threads and run time are none of a child's business.
pub fn child(table: &[Parser], mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let _program = arguments.next();
    if arguments.next()? != COMMAND {
        return None;
    }
    let kind = arguments.next().and_then(|kind| kind.into_string().ok()).unwrap_or_default();
    let required = arguments.next().is_none_or(|policy| policy != "possible");
    Some(run(table, &kind, required))
}

fn run(table: &[Parser], kind: &str, required: bool) -> ExitCode {
    let Ok(hold) = confine::confine() else { return ExitCode::from(OPEN_BOX) };
    if required && !hold.closed() {
        return ExitCode::from(OPEN_BOX);
    }
    let result = read().and_then(|input| parse(table, kind, hold, &input));
    let answered = serde_json::to_vec(&result.map_err(|unreadable| unreadable.0)).unwrap_or_default();
    match std::io::stdout().write_all(&answered).and_then(|()| std::io::stdout().flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn read() -> Result<Vec<u8>, Unreadable> {
    let most = Limits::default().input;
    let mut input = Vec::new();
    let read = std::io::stdin().take(most as u64 + 1).read_to_end(&mut input);
    match read {
        Ok(length) if length <= most => Ok(input),
        Ok(_) => Err(Unreadable("too much input")),
        Err(_) => Err(Unreadable("input that breaks off")),
    }
}

fn parse(table: &[Parser], kind: &str, hold: Hold, input: &[u8]) -> Result<serde_json::Value, Unreadable> {
    if kind == SELF_CHECK {
        return answer(&hold);
    }
    let parser = table.iter().find(|parser| parser.kind == kind).ok_or(Unreadable("an unknown kind"))?;
    (parser.parse)(input)
}
