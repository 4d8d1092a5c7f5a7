//! このサイトについて: whom to ask, how accessible the portal is, the terms, and what is stored of people.

pub mod texts;
pub mod web;

pub use web::routes;
