//! Secrets: passwords, random tokens, one-time codes, and the key that keeps them.

pub mod form_token;
pub mod password;
pub mod secret_key;
pub mod token;
pub mod totp;
