//! What every page is made with. Order: each module may import those above it.

pub mod state;
pub mod routes;
pub mod cookies;
pub mod assets;
pub mod headers;
pub mod request;
pub mod frame;
pub mod page;
pub mod form_token;
pub mod error;
pub mod extract;
pub mod form;
pub mod language;
