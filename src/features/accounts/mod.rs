//! 利用者: who may sign in and how they prove it, what they are in which organisation, and their sessions.

pub mod authenticators;
pub mod demonstration;
pub mod enrolment;
pub mod equipping;
pub mod guesses;
pub mod letters;
pub mod passkeys;
pub mod password_rule;
pub mod paths;
pub mod sessions;
pub mod sign_in;
pub mod steps;
pub mod store;
pub mod throttle;
pub mod tickets;
pub mod web;

pub use web::routes;
