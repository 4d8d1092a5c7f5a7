//! A table as text: rows of cells, with the numbers that people see beside the rows.

use serde::{Deserialize, Serialize};

use super::problem::Problem;

/// Rows, the head among them.
pub const MOST_ROWS: usize = 60_000;
/// Columns.
pub const MOST_COLUMNS: usize = 100;
/// Characters of a cell.
pub const LONGEST_CELL: usize = 2_000;
/// Bytes of all cells, and of what stands between them.
pub const MOST_TEXT: usize = 24 * 1024 * 1024;

/// Between cells. No text has this character: it is set aside for uses like this one.
const CELL_END: char = '\u{FDD0}';
/// Between rows.
const ROW_END: char = '\u{FDD1}';

/// A table. One text holds all cells: a million strings of their own would take many times the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    sheet: Option<String>,
    text: String,
}

/// A row that has something in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// As spreadsheets number it, from 1.
    pub number: u32,
    cells: &'a str,
}

impl<'a> Row<'a> {
    /// The cells, from the first column on; there may be fewer than the head has.
    pub fn cells(self) -> impl Iterator<Item = &'a str> {
        self.cells.split(CELL_END)
    }
}

impl Table {
    /// A table from what [`Table::sheet`] and [`Table::text`] gave.
    #[must_use]
    pub fn from_parts(sheet: Option<String>, text: String) -> Self {
        Self { sheet, text }
    }

    /// The sheet that was read, where there are several.
    #[must_use]
    pub fn sheet(&self) -> Option<&str> {
        self.sheet.as_deref()
    }

    /// All of it, to be kept.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The rows that have something in them.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.text.split_terminator(ROW_END).filter_map(|row| {
            let (number, cells) = row.split_once(CELL_END)?;
            Some(Row { number: number.parse().ok()?, cells })
        })
    }
}

/// Puts a table together, cell by cell, and stops where it becomes too large.
#[derive(Debug, Default)]
pub struct Builder {
    text: String,
    /// Place of the last cell, from 0.
    last: Option<(usize, usize)>,
}

impl Builder {
    /// Adds a cell. Cells come row by row, each from left to right; empty ones may be left out.
    ///
    /// # Errors
    /// When the table becomes too large, or the cell is before the last one.
    pub fn push(&mut self, row: usize, column: usize, cell: &str) -> Result<(), Problem> {
        let cell = cell.trim_matches(|c: char| c.is_whitespace());
        if cell.is_empty() {
            return Ok(());
        }
        let at = (row, column);
        if row >= MOST_ROWS {
            return Err(Problem::too_many_rows(at));
        }
        if column >= MOST_COLUMNS {
            return Err(Problem::too_many_columns(at));
        }
        if self.last.is_some_and(|last| last >= at) {
            return Err(Problem::Damaged);
        }
        if cell.contains('\0') {
            return Err(Problem::control(at));
        }
        if cell.chars().take(LONGEST_CELL + 1).count() > LONGEST_CELL {
            return Err(Problem::too_long(at));
        }
        let gap = match self.last {
            Some((last_row, last_column)) if last_row == row => column - last_column,
            last => {
                if last.is_some() {
                    self.text.push(ROW_END);
                }
                self.text.push_str(&(row + 1).to_string());
                column + 1
            }
        };
        if self.text.len() + gap * CELL_END.len_utf8() + cell.len() > MOST_TEXT {
            return Err(Problem::TooMuch);
        }
        self.text.extend(std::iter::repeat_n(CELL_END, gap));
        self.text.extend(cell.chars().map(|c| if matches!(c, CELL_END | ROW_END) { '\u{FFFD}' } else { c }));
        self.last = Some(at);
        Ok(())
    }

    /// The table.
    ///
    /// # Errors
    /// When nothing is in it.
    pub fn finish(mut self, sheet: Option<String>) -> Result<Table, Problem> {
        if self.last.is_none() {
            return Err(Problem::Empty);
        }
        self.text.push(ROW_END);
        Ok(Table { sheet, text: self.text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_their_places() {
        let mut builder = Builder::default();
        for (row, column, cell) in [(0, 0, "a"), (0, 2, "c"), (3, 1, " b\u{3000}"), (3, 4, "\u{FDD0}")] {
            builder.push(row, column, cell).expect("a cell");
        }
        assert_eq!(builder.push(3, 4, "again"), Err(Problem::Damaged));
        let table = builder.finish(None).expect("a table");
        let rows: Vec<(u32, Vec<&str>)> = table.rows().map(|row| (row.number, row.cells().collect())).collect();
        assert_eq!(rows, [(1, vec!["a", "", "c"]), (4, vec!["", "b", "", "", "\u{FFFD}"])]);
        assert_eq!(Builder::default().finish(None), Err(Problem::Empty));
    }
}
