//! 添付ファイルと限定部分: files and sections of an item with a level of their own, never wider than the item's (decision
//! 0052). They are written with the draft, belong to what is approved, and are frozen at the publication together with
//! their readers.

pub mod part;
pub mod paths;
pub mod store;
pub mod typed;
pub mod web;
pub mod words;

pub use web::routes;
