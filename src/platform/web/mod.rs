//! What every page is made with. Order: each module may import those above it.

pub mod state;
pub mod routes;
pub mod cookies;
pub mod assets;
pub mod headers;
pub mod host;
pub mod request;
pub mod frame;
pub mod page;
pub mod form_token;
pub mod error;
pub mod contact_reads;
pub mod extract;
pub mod connections;
pub mod tls;
pub mod form;
pub mod language;
pub mod markdown;
