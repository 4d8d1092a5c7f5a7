//! Assembly: what runs, in which order, and what it is made of.

pub mod account;
pub mod audit;
pub mod bench;
pub mod bench_pages;
pub mod cli;
pub mod database;
pub mod limiting;
pub mod listening;
pub mod mailing;
pub mod metrics;
pub mod navigation;
pub mod parsing;
pub mod router;
pub mod secret_key;
pub mod seed;
pub mod serve;
