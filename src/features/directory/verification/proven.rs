//! How well the windows of a CEPTOAR are proven, and which of them need somebody.

pub mod store;
