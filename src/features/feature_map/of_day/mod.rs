//! The map of a day (基準日のマップ): what the directory says for any day, past, present or planned, over the edition that
//! stood on it. It is no published edition, and nobody but those signed in sees it.

pub mod differences;
pub mod facts;
pub mod overlay;
pub mod store;
pub mod table_file;

pub use overlay::{DayMap, Source};
