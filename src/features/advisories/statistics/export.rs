//! The tables as a file: a workbook with a sheet for each, or text with one number in each row.

use super::table::{Head, Row, Table, Unit};
use super::words::StatisticsWords;
use crate::kernel::language::{Language, fill};
use crate::platform::tables::writing::{Delimited, Sheet, Workbook};
use crate::platform::tables::{Encoding, Format};

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A workbook.
    Workbook,
    /// Text.
    Text(Encoding),
}

impl Kind {
    /// All of them, in the order of their buttons.
    pub const ALL: [Self; 3] = [Self::Workbook, Self::Text(Encoding::Utf8), Self::Text(Encoding::Cp932)];

    /// The value in forms and in the trail.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Workbook => "xlsx",
            Self::Text(Encoding::Utf8) => "csv",
            Self::Text(Encoding::Cp932) => "csv_cp932",
        }
    }

    /// The kind of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The ending of the file.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Workbook => Format::Xlsx.code(),
            Self::Text(_) => Format::Csv.code(),
        }
    }

    /// What a browser is told.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Workbook => Format::Xlsx.media_type(),
            Self::Text(Encoding::Utf8) => Format::Csv.media_type(),
            Self::Text(Encoding::Cp932) => "text/csv; charset=windows-31j",
        }
    }
}

/// The head of a column with its unit, where its numbers have one that the screen writes beside each.
fn head(head: &Head, w: &StatisticsWords) -> String {
    let words = [("head", head.text.as_str())];
    match head.unit {
        Unit::Plain => head.text.clone(),
        Unit::Percent => fill(w.percent, &words),
        Unit::Minutes => fill(w.minutes, &words),
    }
}

/// The columns that are written, by their place.
fn written(table: &Table) -> impl Iterator<Item = (usize, &Head)> {
    table.heads.iter().enumerate().filter(|(_, head)| !head.drawn)
}

/// A cell as programs read it.
fn value(row: &Row, place: usize) -> String {
    row.cells.get(place).map_or_else(String::new, |cell| cell.value.clone())
}

/// The file. `title` says what was counted.
///
/// # Errors
/// When there is more than a sheet takes.
pub fn write(kind: Kind, title: &str, tables: &[Table], language: Language) -> anyhow::Result<Vec<u8>> {
    let w = StatisticsWords::of(language);
    match kind {
        Kind::Text(encoding) => {
            let mut file = Delimited::default();
            file.push(&[w.conditions, w.table, w.row, w.column, w.value])?;
            for table in tables {
                for row in &table.rows {
                    for (place, column) in written(table) {
                        file.push(&[title, table.title, &row.head, &head(column, w), &value(row, place)])?;
                    }
                }
            }
            Ok(file.finish(encoding)?.bytes)
        }
        Kind::Workbook => {
            let mut book = Workbook::default();
            for table in tables {
                let heads: Vec<String> =
                    [table.what.to_owned()].into_iter().chain(written(table).map(|(_, h)| head(h, w))).collect();
                let widths = heads.iter().enumerate().map(|(n, _)| if n == 0 { 32 } else { 14 }).collect();
                let sheet =
                    Sheet { name: table.title.chars().take(31).collect(), title: title.to_owned(), heads, widths };
                let cells = |row: &Row| {
                    let values = written(table).map(|(place, _)| value(row, place));
                    [row.head.clone()].into_iter().chain(values).collect()
                };
                book.sheet(&sheet, table.rows.iter().map(cells))?;
            }
            book.finish()
        }
    }
}
