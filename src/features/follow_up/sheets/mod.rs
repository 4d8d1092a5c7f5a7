//! The sheets of a follow-up as they are kept.

pub mod store;
