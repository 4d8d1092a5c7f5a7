//! ひな形・定型文: what a draft may begin with, and named texts that the form offers at a field (decision 0054). The centre keeps
//! them; every save stays, and what is not used any more is archived.

pub mod kept;
pub mod paths;
pub mod placeholder;
pub mod store;
pub mod typed;
pub mod web;

pub use web::routes;
