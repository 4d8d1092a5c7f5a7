//! The list of members and their windows (緊急窓口) of one CEPTOAR, as a table that goes out and comes back.
//!
//! What comes in is read in a box (`platform::tables`), held against the directory (`plan`), shown row by row
//! (`imports`), and applied through the rules and into the history of the roster's own forms.

pub mod cells;
pub mod column;
pub mod entry;
pub mod expiry;
pub mod file;
pub mod imports;
pub mod known;
pub mod mapping;
pub mod paths;
pub mod plan;
pub mod print;
pub mod refusal;
pub mod store;
pub mod web;

pub use web::routes;
