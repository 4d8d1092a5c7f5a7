//! 変更申請: a firm proposes that its master data be changed; its secretariat accepts, or returns it with a reason.
//!
//! What is accepted takes the way of the desk's own changes ([`super::roster::changes`]), and only the fields that the
//! firm wanted otherwise are touched: whatever else was changed meanwhile stays.

pub mod deciding;
pub mod letters;
pub mod paths;
pub mod proposal;
pub mod store;
pub mod tasks;
pub mod web;

pub use web::routes;
