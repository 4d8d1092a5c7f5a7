//! The front page: for strangers what the portal is, for everybody else what waits for them.

pub mod web;

pub use web::routes;
