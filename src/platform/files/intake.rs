//! From an upload to a file that can be kept: everything that is checked before a byte is stored.

use super::name::DisplayName;
use super::package::{self, LOOK};
use super::policy::{self, FileType, Refused};
use super::scan;
use crate::platform::sandbox::{Sandbox, SandboxError};

/// A file that passed every check but the scanner's.
#[derive(Debug, Clone)]
pub struct Checked {
    /// What it is called.
    pub name: DisplayName,
    /// What it is.
    pub kind: FileType,
    /// Its content.
    pub content: Vec<u8>,
}

/// Checks a file. Office documents are looked into in a box.
///
/// # Errors
/// Why it is not taken; a document that could not be looked into is not taken either.
pub async fn check(sandbox: &Sandbox, name: DisplayName, content: Vec<u8>) -> Result<Checked, Refused> {
    let kind = policy::recognise(name.as_str(), &content)?;
    if scan::is_sample(&content) {
        return Err(Refused::Harmful);
    }
    if kind.package_part().is_some() {
        let package = sandbox.parse(LOOK, &content).await.map_err(|error| refusal(&error))?;
        policy::package_is(kind, &package?)?;
    }
    Ok(Checked { name, kind, content })
}

/// A child that died of the document says something about the document; one that never ran says nothing.
fn refusal(error: &SandboxError) -> Refused {
    match error {
        SandboxError::Died(_) | SandboxError::Deadline | SandboxError::TooTalkative => {
            Refused::Package(package::Bad::TooMuch)
        }
        SandboxError::TooLarge => Refused::TooLarge,
        SandboxError::Unreadable(_) | SandboxError::Busy | SandboxError::Garbled | SandboxError::Start(_) => {
            Refused::Unchecked
        }
    }
}
