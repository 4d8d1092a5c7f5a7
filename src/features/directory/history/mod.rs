//! 沿革: what a CEPTOAR was called, who kept its desk, which ministry was responsible, how many belonged to it, and its
//! place in the Council, each with its period.

pub mod event;
pub mod fact;
pub mod paths;
pub mod picture;
pub mod store;
pub mod web;

pub use web::routes;
