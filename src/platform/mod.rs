//! Machinery without CEPTOAR meaning. Order: each module may import those above it.

pub mod security;
pub mod clamd;
pub mod lmtp;
pub mod config;
pub mod telemetry;
pub mod rhythm;
pub mod sandbox;
pub mod private_postgres;
pub mod db;
pub mod audit;
pub mod files;
pub mod tables;
pub mod mail;
pub mod pdf;
pub mod web;
