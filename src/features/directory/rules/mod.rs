//! 具備要件: the rule by which a CEPTOAR handles what it is given, its members' consent, and how the requirements of a
//! CEPTOAR stand by the evidence that the portal has (decision 0027).

pub mod light;
pub mod paths;
pub mod rule;
pub mod store;
pub mod web;

pub use web::routes;
