//! 中継の取決め: whether the desk of a CEPTOAR decides about each item before its members get it (decision 0035). Without
//! an agreement everything goes on at once.

pub mod agreement;
pub mod changing;
pub mod paths;
pub mod store;
pub mod web;

pub use web::routes;
