//! A file from hell, and what is to become of it.

use ceptoar_portal::platform::tables::Problem;

/// What is to become of a file.
pub enum Fate {
    /// Read, with so many rows, and a cell with this text.
    Read(usize, &'static str),
    /// Refused like this, whatever the cell.
    Refused(Problem),
    /// Refused for one of several reasons: which of them depends on the machine.
    RefusedSomehow,
}

/// A file and its fate.
pub struct Case {
    pub name: &'static str,
    pub content: Vec<u8>,
    pub fate: Fate,
}

pub fn case(name: &'static str, content: impl Into<Vec<u8>>, fate: Fate) -> Case {
    Case { name, content: content.into(), fate }
}
