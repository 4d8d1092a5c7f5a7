//! 連絡先の確認: rounds in which every window is asked whether it is still reached. A proof is of one address or
//! number; when that changes, nothing is proven of the new one.

pub mod answering;
pub mod asking;
pub mod letters;
pub mod occasion;
pub mod paths;
pub mod proven;
pub mod reminding;
pub mod round;
pub mod store;
pub mod web;

pub use web::routes;
