//! What firms answer.

pub mod store;
