//! What tests are built with.

pub mod app;
pub mod client;
pub mod database;
pub mod factory;
pub mod sink;
pub mod sources;

pub use app::TestApp;
pub use client::{Client, Reply};
