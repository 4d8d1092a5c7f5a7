//! Two editions side by side: what was added, renamed, moved, counted otherwise. Every difference is named once.

pub mod asked;
pub mod ceptoars;
pub mod difference;
pub mod editions;
pub mod table_file;
pub mod totals;
pub mod words;

pub use editions::{Comparison, compare};

#[cfg(test)]
mod tests;
