//! 整備状況: the types of information that a CEPTOAR shares, the functions it fulfils, the steps of its setting up and the
//! sections of its profile, dated and kept by its desk.

pub mod demonstration;
pub mod fact;
pub mod paths;
pub mod store;
pub mod web;

pub use web::routes;
