//! 特性把握マップ: what each CEPTOAR has set up, one dated edition per sheet, and a profile of each.
//!
//! An edition is a frozen document. What was put back from a damaged source says so, cell by cell.

pub mod compare;
pub mod edition;
pub mod errata;
pub mod facts;
pub mod json;
pub mod legend;
pub mod ministries;
pub mod of_day;
pub mod over_editions;
pub mod paper;
pub mod paths;
pub mod reference;
pub mod sheet;
pub mod store;
pub mod table_file;
pub mod vocabulary;
pub mod web;
pub mod words;

pub use reference::load_editions;
pub use web::routes;
pub use web::shelf::{FromMemory, PublicPages};
