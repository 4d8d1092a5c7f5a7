//! 中継の判断: the desk of a CEPTOAR decides whether an item goes on to its members, and when (decision 0035). Until then
//! their doors are shut and their copies wait. What nobody decides about in time goes on by itself.

pub mod letter;
pub mod paths;
pub mod relay;
pub mod store;
pub mod time_up;
pub mod typed;
pub mod web;

pub use web::routes;
