//! 活動状況: what each CEPTOAR did in a fiscal year, written down by its desk, and the totals of the year with their
//! evidence (decision 0029).

pub mod activity;
pub mod demonstration;
pub mod kind;
pub mod paths;
pub mod store;
pub mod tally;
pub mod web;

pub use web::routes;
