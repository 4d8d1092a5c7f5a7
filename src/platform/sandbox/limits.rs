//! How much a child may use.

use std::time::Duration;

const MIB: u64 = 1024 * 1024;

/// Memory that a parser may fill, beyond the program itself.
pub const MEMORY: u64 = 192 * MIB;

/// Everything the child may map, the program's own code included.
pub const ADDRESSES: u64 = 1024 * MIB;

/// Processor time of a child, in seconds.
pub const PROCESSOR_SECONDS: u64 = 4;

/// What a kind of input needs beyond the usual. A child's memory and processor time are the same for all kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// From the start of the child to its answer.
    pub deadline: Duration,
    /// Bytes that come out.
    pub output: usize,
}

/// What the parent enforces, whatever the child does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the start of the child to its answer.
    pub deadline: Duration,
    /// For a free place among the children.
    pub patience: Duration,
    /// Bytes that go in.
    pub input: usize,
    /// Bytes that come out.
    pub output: usize,
    /// Children at a time.
    pub children: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(5),
            patience: Duration::from_secs(5),
            // The largest file that can be attached, and room for its frame.
            input: 21 * 1024 * 1024,
            output: 4 * 1024 * 1024,
            children: 4,
        }
    }
}
