//! 情報提供の統計: what the boards of many items say, added up by month and fiscal year, CEPTOAR, kind and level
//! (decision 0049). Whoever sees the board of an item sees it in these numbers, and nobody else does.
//!
//! `gathered` reads what the viewer may count, `tables` and `chart` lay it out for screen and file alike, and `settle` keeps
//! the numbers of items that have come to rest.

pub mod chart;
pub mod export;
pub mod figures;
pub mod gathered;
pub mod item;
pub mod paths;
pub mod selection;
pub mod settle;
pub mod store;
pub mod table;
pub mod tables;
pub mod web;
pub mod words;

pub use web::routes;
