//! 横断検索: one search box over everything that the viewer may see, present and past names alike.

pub mod found;
pub mod paths;
pub mod records;
pub mod store;
pub mod web;

pub use web::routes;
