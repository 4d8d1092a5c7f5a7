//! 対応状況: what members do about an item, apart from whether they have it
//! (docs/decisions/0056-measures-taken.md). Reported by the member, or by the desk that it told.

pub mod measure;
pub mod paths;
pub mod store;
pub mod typed;
pub mod web;

pub use web::routes;
