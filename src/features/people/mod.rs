//! 利用者管理: inviting people, giving and ending duties, suspending, and the two persons behind every role of staff.
//!
//! Who keeps whose accounts is decided in `features/access/people.rs` and again by the database's own functions.

pub mod form;
pub mod letters;
pub mod paths;
pub mod person;
pub mod steps;
pub mod store;
pub mod web;

pub use web::routes;
