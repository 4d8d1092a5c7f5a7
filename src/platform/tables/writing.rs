//! Tables on their way out.

use super::encoding::{Encoding, TableFile, encode, harmless};

/// Columns that fit on a page that lies on its side.
const PAPER_A4: u8 = 9;

/// A sheet of a workbook.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Its name, shorter than 31 characters.
    pub name: String,
    /// A line on top of each printed page; empty where the sheet is for programs.
    pub title: String,
    /// The heads.
    pub heads: Vec<String>,
    /// Widths of the columns, in characters.
    pub widths: Vec<u16>,
}

/// Writes text, row by row, as a CSV file.
#[derive(Debug)]
pub struct Delimited(csv::Writer<Vec<u8>>);

impl Default for Delimited {
    fn default() -> Self {
        Self(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new()))
    }
}

impl Delimited {
    /// Adds a row.
    ///
    /// # Errors
    /// When rows differ in length.
    pub fn push<S: AsRef<str>>(&mut self, cells: &[S]) -> anyhow::Result<()> {
        Ok(self.0.write_record(cells.iter().map(|cell| harmless(cell.as_ref())))?)
    }

    /// The file.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn finish(self, encoding: Encoding) -> anyhow::Result<TableFile> {
        Ok(encode(&String::from_utf8(self.0.into_inner()?)?, encoding))
    }
}

/// Writes a workbook. Every cell is text: nothing is calculated, and no zero in front is lost.
#[derive(Default)]
pub struct Workbook(rust_xlsxwriter::Workbook);

impl std::fmt::Debug for Workbook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Workbook(…)")
    }
}

impl Workbook {
    /// Adds a sheet.
    ///
    /// # Errors
    /// When the library refuses the sheet's name, or there is more than a sheet takes.
    pub fn sheet(&mut self, sheet: &Sheet, rows: impl Iterator<Item = Vec<String>>) -> anyhow::Result<()> {
        // Text as its format: what people type into such a cell stays as they typed it.
        let text = rust_xlsxwriter::Format::new().set_num_format("@");
        let head = text.clone().set_bold().set_text_wrap();
        let worksheet = self.0.add_worksheet();
        worksheet.set_name(&sheet.name)?;
        worksheet.set_freeze_panes(1, 0)?;
        for (column, width) in (0_u16..).zip(&sheet.widths) {
            worksheet.set_column_width(column, *width)?;
            worksheet.set_column_format(column, &text)?;
        }
        for (column, name) in (0_u16..).zip(&sheet.heads) {
            worksheet.write_string_with_format(0, column, name, &head)?;
        }
        let mut last = 0;
        for (row, cells) in (1_u32..).zip(rows) {
            for (column, cell) in (0_u16..).zip(&cells) {
                if !cell.is_empty() {
                    worksheet.write_string_with_format(row, column, cell, &text)?;
                }
            }
            last = row;
        }
        if !sheet.title.is_empty() {
            worksheet.set_landscape().set_paper_size(PAPER_A4).set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
            worksheet.set_header(format!("&L{}", sheet.title.replace('&', "&&"))).set_footer("&C&P / &N");
        }
        let columns = u16::try_from(sheet.heads.len()).unwrap_or(u16::MAX).saturating_sub(1);
        worksheet.autofilter(0, 0, last, columns)?;
        Ok(())
    }

    /// The file.
    ///
    /// # Errors
    /// When the library cannot write it.
    pub fn finish(mut self) -> anyhow::Result<Vec<u8>> {
        Ok(self.0.save_to_buffer()?)
    }
}
