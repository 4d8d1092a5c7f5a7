//! フォローアップ: once a year every CEPTOAR goes through its cells of the map, ministry and centre check them, and the
//! result is published as the next edition.

pub mod assembling;
pub mod changes;
pub mod demonstration;
pub mod filling;
pub mod hindrance;
pub mod letters;
pub mod occasion;
pub mod opening;
pub mod paths;
pub mod prefill;
pub mod reminding;
pub mod sheets;
pub mod state;
pub mod store;
pub mod tasks;
pub mod web;

pub use web::routes;
