//! A row on its way: its cells by column, and what is wrong with them.

use super::{Planned, Subject};
use crate::features::directory::exchange::column::Column;
use crate::features::directory::exchange::entry::Entry;
use crate::features::directory::exchange::mapping::Mapping;
use crate::features::directory::exchange::refusal::{Reason, Refusal};
use crate::kernel::language::Language;
use crate::platform::tables::{Row, is_left_of, unguarded};

/// The cells of a row, and what is wrong so far.
pub(super) struct RowReader<'a> {
    pub(super) number: u32,
    cells: Vec<&'a str>,
    mapping: &'a Mapping,
    pub(super) refusals: Vec<Refusal>,
}

impl<'a> RowReader<'a> {
    pub(super) fn new(row: Row<'a>, mapping: &'a Mapping) -> Self {
        Self { number: row.number, cells: row.cells().collect(), mapping, refusals: Vec::new() }
    }

    /// Whether nothing stands in any column that means something.
    pub(super) fn is_empty(&self) -> bool {
        let cells = self.cells.iter().zip(&self.mapping.0);
        cells.filter(|(_, column)| column.is_some()).all(|(cell, _)| cell.is_empty())
    }

    /// What stands in a column; `None` where the file does not have it.
    pub(super) fn cell(&self, column: Column) -> Option<&'a str> {
        let place = self.mapping.place(column)?;
        Some(self.cells.get(place).copied().unwrap_or_default())
    }

    /// What stands in a column; empty where the file does not have it.
    pub(super) fn text(&self, column: Column) -> &'a str {
        self.cell(column).unwrap_or_default()
    }

    /// Writes down what is wrong. What the file has no column for is said at the member's name.
    pub(super) fn refuse(&mut self, column: Column, reason: Reason) {
        self.refusals.push(refusal(self.mapping, self.number, column, reason));
    }

    /// What a column says, if that is something else than what is there already. What stands in the directory is
    /// never refused: an exported table comes back as it went out.
    pub(super) fn read<T>(
        &mut self,
        column: Column,
        present: &Entry,
        parse: impl FnOnce(&str) -> Result<T, Reason>,
    ) -> Option<T> {
        let cell = self.cell(column)?;
        if Language::ALL.into_iter().any(|language| is_left_of(cell, &present.cell(column, language))) {
            return None;
        }
        match parse(unguarded(cell)) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.refuse(column, reason);
                None
            }
        }
    }

    /// The row, where it cannot even be told whom it is about.
    pub(super) fn refused(self, subject: Subject) -> Planned {
        Planned {
            place: self.number,
            organisation: None,
            subject,
            is_new: false,
            changes: false,
            addresses: 0,
            cells: Box::default(),
            refusals: self.refusals,
        }
    }
}

/// A refusal of a cell.
pub(super) fn refusal(mapping: &Mapping, row: u32, column: Column, reason: Reason) -> Refusal {
    let place = mapping.place(column).or_else(|| mapping.place(Column::Name)).unwrap_or_default();
    Refusal { row, place, column, reason }
}
