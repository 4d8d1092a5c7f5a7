//! 利用者: who may sign in, what they are in which organisation, and their sessions.

pub mod demonstration;
pub mod enrolment;
pub mod letters;
pub mod paths;
pub mod sign_in;
pub mod store;
pub mod tickets;
pub mod web;

pub use web::routes;
