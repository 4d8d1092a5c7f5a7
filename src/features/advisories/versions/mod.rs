//! 続報・訂正・取消・レベル引下げ: later versions of an item (docs/decisions/0036).
//!
//! Every version is an item of its own and takes the same road as the first. What it does to the one before is its
//! `step`; the versions of a thread share a number. Whoever knows no earlier version learns of none.

pub mod beginning;
pub mod history;
pub mod paths;
pub mod step;
pub mod store;
pub mod web;

pub use web::routes;
