//! 操作履歴: who did what, for those who have to know. Everybody sees their own (`web/activity`), an auditor
//! everything, others the part that is theirs (`web/index`); who read an item is at the item (`web/readers`).

pub mod actions;
pub mod filter;
pub mod paths;
pub mod reads;
pub mod store;
pub mod web;

pub use web::routes;
