//! 承認前のコメント: what approvers and the author say at a field and a line of an item that waits for approval, and what has
//! changed since somebody looked at it last (decision 0053). It stays at the centre.

pub mod place;
pub mod difference;
pub mod comment;
pub mod paths;
pub mod store;
pub mod typed;
pub mod web;

pub use web::routes;
