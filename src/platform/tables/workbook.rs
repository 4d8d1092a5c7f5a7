//! Workbooks (XLSX), read cell by cell. The library never gets to fill a rectangle: one stray cell in the last
//! corner of a sheet would be seventeen thousand million cells.

use std::io::Cursor;

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::problem::{Problem, cell_name};
use super::table::{Builder, MOST_COLUMNS, MOST_ROWS, Table};
use crate::platform::files::package::{self, Bad, Bounds};

/// Beyond what a full table of ours takes when unpacked (about 90 MiB).
const BOUNDS: Bounds =
    Bounds { parts: 500, unpacked: 128 * 1024 * 1024, ratio: 100, always_fine: package::ALWAYS_FINE };

/// Cells of a sheet that the reader passes, empty ones among them.
const MOST_CELLS: usize = MOST_ROWS * MOST_COLUMNS;

/// Reads the first visible sheet of a workbook.
///
/// # Errors
/// Why it cannot be read.
pub fn read(content: &[u8]) -> Result<Table, Problem> {
    let package = package::look(content, BOUNDS).map_err(refusal)?;
    if package.main_part != "xl/workbook.xml" {
        return Err(Problem::OtherKind);
    }
    let mut workbook = Xlsx::new(Cursor::new(content)).map_err(|error| unreadable(&error))?;
    let visible =
        |sheet: &&calamine::Sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet;
    let names: Vec<String> =
        workbook.sheets_metadata().iter().filter(visible).map(|sheet| sheet.name.clone()).collect();
    let name = names.first().ok_or(Problem::NoSheet)?;
    let mut reader = workbook.worksheet_cells_reader(name).map_err(|error| unreadable(&error))?;
    let mut builder = Builder::default();
    let mut passed = 0;
    while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(|error| unreadable(&error))? {
        passed += 1;
        if passed > MOST_CELLS {
            return Err(Problem::TooMuch);
        }
        let (row, column) = (cell.pos.0 as usize, cell.pos.1 as usize);
        if cell.formula.is_some() && matches!(cell.value, DataRef::Empty) {
            return Err(Problem::Formula(cell_name(row, column)));
        }
        match &cell.value {
            DataRef::Empty => {}
            DataRef::SharedString(text) => builder.push(row, column, text)?,
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                builder.push(row, column, text)?;
            }
            DataRef::Error(_) => return Err(Problem::ErrorValue(cell_name(row, column))),
            DataRef::Int(number) => builder.push(row, column, &number.to_string())?,
            DataRef::Float(number) => builder.push(row, column, &displayed(*number))?,
            DataRef::Bool(truth) => builder.push(row, column, if *truth { "TRUE" } else { "FALSE" })?,
            DataRef::DateTime(at) if at.is_datetime() => builder.push(row, column, &date(*at))?,
            DataRef::DateTime(at) => builder.push(row, column, &displayed(at.as_f64()))?,
        }
    }
    // The name of the only sheet says nothing.
    builder.finish((names.len() > 1).then(|| name.chars().take(31).collect()))
}

/// A number as a cell without a format shows it.
fn displayed(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.0}") } else { number.to_string() }
}

fn date(at: calamine::ExcelDateTime) -> String {
    let (year, month, day, hour, minute, ..) = at.to_ymd_hms_milli();
    if (hour, minute) == (0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
    }
}

fn refusal(bad: Bad) -> Problem {
    match bad {
        Bad::Unreadable | Bad::Name => Problem::Damaged,
        Bad::Locked => Problem::OldOrLocked,
        Bad::TooMany | Bad::TooMuch => Problem::TooMuch,
        Bad::Nested | Bad::Program => Problem::Within,
        Bad::Kind => Problem::OtherKind,
    }
}

fn unreadable(error: &XlsxError) -> Problem {
    match error {
        XlsxError::Password => Problem::OldOrLocked,
        _ => Problem::Damaged,
    }
}
