//! The front page: for strangers what the portal is, for everybody else what waits for them.

pub mod store;
pub mod tasks;
pub mod waiting;
pub mod web;
pub mod words;

pub use web::routes;
