//! Secrets: passwords, random tokens.

pub mod form_token;
pub mod password;
pub mod token;
