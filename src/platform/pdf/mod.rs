//! Paper: PDF files set from a template and the values that belong into it.
//!
//! Templates are ours and fixed; everything else reaches them as values, never as markup, so foreign text stays text.
//! A template can read nothing but its values and the two built-in fonts: no file, no package, no clock.

mod cache;
mod fonts;
mod values;
mod world;

mod press;

pub use press::{Paper, Sheets, Template, print, set};
