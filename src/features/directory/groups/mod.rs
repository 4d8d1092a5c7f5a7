//! グループ: subgroups of the business-type tree, and cross-cutting groups beside it, such as all that take part in
//! payments: which there are, who is in them, from when to when. Advisories can be addressed to them.

pub mod changing;
pub mod group;
pub mod paths;
pub mod store;
pub mod web;

pub use web::routes;
