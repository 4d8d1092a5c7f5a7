//! 連携機関: bodies beside the members of a CEPTOAR, such as prefectures and bodies that analyse: what each of them is to
//! it, from when to when. Their windows are kept on the pages of the roster.

pub mod changing;
pub mod partner;
pub mod paths;
pub mod store;
pub mod web;

pub use web::routes;
