//! Machinery without CEPTOAR meaning. Order: each module may import those above it.

pub mod audit;
pub mod config;
pub mod db;
pub mod mail;
pub mod private_postgres;
pub mod security;
pub mod telemetry;
pub mod web;
