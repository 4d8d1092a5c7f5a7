//! 連絡一覧: whom to call, by which number, and who was tried in vain.

pub mod attempt;
pub mod callee;
pub mod store;
