//! The map and its profiles as documents: PDF for printing, a workbook for Excel. Both are laid out from the same rows
//! and cells, so they cannot say different things.

pub mod cells;
pub mod map;
pub mod profile;
pub mod workbook;
