//! Tables that come in and go out: XLSX and CSV. Reading happens in a box; nothing of it knows what a table is about.

pub mod format;
pub mod table;
pub mod problem;
pub mod encoding;
pub mod delimited;
pub mod workbook;
pub mod reading;
pub mod writing;

pub use encoding::{Encoding, TableFile, encode, harmless, is_left_of, unguarded};
pub use format::Format;
pub use problem::{Problem, cell_name};
pub use reading::read;
pub use table::{LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Row, Table};
