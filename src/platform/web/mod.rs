//! What every page is made with. Order: each module may import those above it.

pub mod assets;
pub mod cookies;
pub mod error;
pub mod extract;
pub mod form;
pub mod frame;
pub mod headers;
pub mod language;
pub mod page;
pub mod request;
pub mod state;
