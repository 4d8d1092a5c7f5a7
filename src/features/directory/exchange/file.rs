//! The table on its way out, and the empty one with an example.

use super::column::Column;
use super::entry::Entry;
use crate::kernel::language::Language;
use crate::kernel::text::width;
use crate::platform::tables::writing::{Delimited, Sheet, Workbook};
use crate::platform::tables::{Encoding, Format};

crate::words! {
    /// Words in the table.
    pub struct FileWords {
        sheet: "名簿" / "Directory",
        example: "例(この行は削除)" / "Example (delete this row)",
    }
}

/// What is exported: a table that can be brought back in, or the list to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// For programs.
    Table(Format),
    /// For people.
    Print,
}

impl Export {
    /// Its value in forms.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Table(format) => format.code(),
            Self::Print => "print",
        }
    }

    /// The export of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        if code == Self::Print.code() { Some(Self::Print) } else { Format::from_code(code).map(Self::Table) }
    }

    /// The kind of its file.
    #[must_use]
    pub fn format(self) -> Format {
        match self {
            Self::Table(format) => format,
            Self::Print => Format::Xlsx,
        }
    }
}

fn heads(language: Language) -> Vec<String> {
    Column::all().into_iter().map(|column| column.head(language)).collect()
}

/// The rows as a file.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn write(entries: &[Entry], format: Format, language: Language) -> anyhow::Result<Vec<u8>> {
    let columns = Column::all();
    let rows = entries.iter().map(|entry| columns.iter().map(|column| entry.cell(*column, language)).collect());
    table(rows, format, language)
}

/// The empty table, with an example that is refused if it is left in.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn template(format: Format, language: Language) -> anyhow::Result<Vec<u8>> {
    table(std::iter::once(example(language)), format, language)
}

/// The example, column by column.
#[must_use]
pub fn example(language: Language) -> Vec<String> {
    let cell = |column: Column| match column {
        Column::Organisation => FileWords::of(language).example.to_owned(),
        column => column.example(language).to_owned(),
    };
    Column::all().into_iter().map(cell).collect()
}

fn table(rows: impl Iterator<Item = Vec<String>>, format: Format, language: Language) -> anyhow::Result<Vec<u8>> {
    match format {
        Format::Csv => {
            let mut table = Delimited::default();
            table.push(&heads(language))?;
            for row in rows {
                table.push(&row)?;
            }
            Ok(table.finish(Encoding::Utf8)?.bytes)
        }
        Format::Xlsx => {
            let heads = heads(language);
            let widths = heads.iter().map(|head| u16::try_from(width(head) + 3).unwrap_or(20).clamp(9, 24)).collect();
            let name = FileWords::of(language).sheet.to_owned();
            let sheet = Sheet { name, title: String::new(), heads, widths };
            let mut workbook = Workbook::default();
            workbook.sheet(&sheet, rows)?;
            workbook.finish()
        }
    }
}
