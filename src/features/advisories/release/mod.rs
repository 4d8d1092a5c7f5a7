//! 発出の時刻: an approved item that leaves at a time of its own, and until then can be stopped
//! (docs/decisions/0055-timed-release.md).

pub mod due;
pub mod paths;
pub mod store;
pub mod tasks;
pub mod waiting;
pub mod web;
pub mod when;

pub use web::routes;
