//! 整備状況: the types of information that a CEPTOAR shares and the steps of its setting up, dated and kept by its desk.

pub mod fact;
pub mod paths;
pub mod store;
pub mod web;

pub use web::routes;
