//! The list of members and their windows (緊急窓口) of one CEPTOAR, as a table that goes out and comes back.
//!
//! Columns, cells, refusals and mapping are here; the plan of a dry run is not yet.

pub mod column;
pub mod cells;
pub mod entry;
pub mod refusal;
pub mod mapping;
