//! 緊急閲覧: the centre opens a member's windows for a quarter of an hour, with a reason, and everybody concerned
//! is told. The only way from the centre to people's numbers.

pub mod alert;
pub mod paths;
pub mod store;
pub mod web;
pub mod words;

pub use web::routes;
