//! 連絡協議会: federations of several CEPTOARs, who belongs to them and who keeps them, each fact with its period.

pub mod changing;
pub mod federation;
pub mod paths;
pub mod rewriting;
pub mod store;
pub mod web;

pub use web::routes;
