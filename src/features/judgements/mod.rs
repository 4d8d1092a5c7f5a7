//! 情勢判断: what a CEPTOAR's coordinator makes of the situation in its field, beside what the portal knows of it, and
//! what it proposes to the centre.

pub mod judgement;
pub mod paths;
pub mod store;
pub mod web;

pub use web::routes;
