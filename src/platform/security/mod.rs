//! Secrets: passwords, random tokens.

pub mod password;
pub mod token;
