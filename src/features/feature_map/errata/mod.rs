//! 正誤表: what was wrong in a published edition, beside it. The edition itself stays as it was published.

pub mod erratum;
pub mod store;
pub mod web;

pub use erratum::{Erratum, lines};
