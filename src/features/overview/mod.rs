//! How the CEPTOARs stand that somebody looks over: the ministry's its sectors, the centre's all of them.

pub mod standing;
pub mod web;

pub use web::routes;
