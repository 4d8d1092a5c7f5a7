//! Boxes for foreign data: what strangers wrote is parsed in a child process that can do nothing else.
//!
//! The program starts itself with an empty environment; the child limits itself before it reads the first
//! byte, answers in JSON on standard output and ends. Whatever the parser is talked into, it can neither
//! reach files, network or database nor take the portal down with it (docs/decisions/0020).
//! The table of parsers is assembled above, in `app::parsing`.

pub mod limits;
pub mod parser;
pub mod confine;
pub mod child;
pub mod parent;

pub use limits::{Limits, Needs};
pub use parent::{Sandbox, SandboxError};
pub use parser::{Kind, Parser, Unreadable};
