//! 配信の運用: how the queue of mails stands, and its steering: pause, resume, try now. No addresses, no contents.

pub mod advice;
pub mod paths;
pub mod store;
pub mod web;
pub mod words;

pub use web::routes;
