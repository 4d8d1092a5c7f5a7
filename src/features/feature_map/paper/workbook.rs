//! An edition as a workbook: a sheet to print, and a sheet for programs with one value per cell.
//!
//! Texts are written as texts. Nothing that somebody typed can become a formula or a link.

use anyhow::Context;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::cells::{Cell, Line, Style};
use super::map::{self, MapPaper};
use crate::features::feature_map::edition::Edition;
use crate::features::feature_map::errata::Erratum;
use crate::features::feature_map::errata::erratum::ErrataWords;
use crate::features::feature_map::table_file;
use crate::kernel::language::Language;
use crate::kernel::text::width;

crate::words! {
    /// Names of the sheets.
    pub struct WorkbookWords {
        print: "特性把握マップ" / "Feature map",
        table: "データ" / "Data",
    }
}

/// The number by which Excel knows A3.
const A3: u8 = 8;
const FONT: &str = "BIZ UDPゴシック";
/// Half-width characters that fit beside each other: in the column of heads, and in each of the others.
const HEAD_WIDTH: usize = 18;
const COLUMN_WIDTH: usize = 15;
const TINT: Color = Color::RGB(0x00DF_E8F4);

/// The workbook as a file. The same edition gives the same bytes.
///
/// # Errors
/// When a text is longer than a cell may be.
pub fn write(edition: &Edition, errata: &[Erratum], language: Language) -> anyhow::Result<Vec<u8>> {
    let w = WorkbookWords::of(language);
    let paper = map::map(edition, errata, language);
    let mut workbook = Workbook::new();
    let day = ExcelDateTime::parse_from_str(&edition.as_of.to_string()).context("day of the edition")?;
    let title = format!("{} {}", paper.title, paper.as_of);
    workbook
        .set_properties(&DocProperties::new().set_title(&title).set_author(paper.portal).set_creation_datetime(&day));
    print_sheet(workbook.add_worksheet().set_name(w.print)?, &paper)?;
    table_sheet(workbook.add_worksheet().set_name(w.table)?, edition, language)?;
    if !errata.is_empty() {
        errata_sheet(workbook.add_worksheet(), errata, language)?;
    }
    Ok(workbook.save_to_buffer()?)
}

/// The errata, one in a row: they stand beside the edition, not in it.
fn errata_sheet(sheet: &mut Worksheet, errata: &[Erratum], language: Language) -> anyhow::Result<()> {
    let w = ErrataWords::of(language);
    sheet.set_name(w.heading)?;
    for (column, head) in (0..).zip([w.date, w.place, w.wrong, w.right]) {
        sheet.write_string(0, column, head)?;
        sheet.set_column_width(column, if column == 0 { 12.0 } else { 40.0 })?;
    }
    for (row, erratum) in (1..).zip(errata) {
        let texts = [&erratum.place, &erratum.wrong, &erratum.right].map(|text| text.pick(language).to_owned());
        let cells = std::iter::once(erratum.dated_on.to_string()).chain(texts);
        for (column, text) in (0..).zip(cells) {
            sheet.write_string(row, column, text)?;
        }
    }
    Ok(())
}

/// The looks of the sheet to print.
struct Looks {
    plain: Format,
    title: Format,
    head: Format,
    centred: Format,
    cell: Format,
    name: Format,
}

impl Looks {
    fn new() -> Self {
        let plain = Format::new().set_font_name(FONT).set_font_size(9).set_text_wrap().set_align(FormatAlign::Top);
        let boxed = plain.clone().set_border(FormatBorder::Thin);
        let centred = boxed.clone().set_align(FormatAlign::Center).set_align(FormatAlign::VerticalCenter);
        Self {
            title: Format::new().set_font_name(FONT).set_font_size(16).set_bold(),
            head: centred.clone().set_bold().set_background_color(TINT),
            name: centred.clone().set_bold(),
            cell: boxed,
            centred,
            plain,
        }
    }

    fn of(&self, code: &str, cell: &Cell, columns: usize) -> &Format {
        match code {
            "sector" => &self.head,
            "name" | "council" => &self.name,
            "scope" | "operation" | "rule" => &self.centred,
            _ if cell.span == columns => &self.centred,
            _ => &self.cell,
        }
    }
}

fn print_sheet(sheet: &mut Worksheet, paper: &MapPaper) -> anyhow::Result<()> {
    let looks = Looks::new();
    let last = u16::try_from(paper.columns)?;
    sheet.set_paper_size(A3).set_landscape().set_print_fit_to_pages(1, 0).set_print_center_horizontally(true);
    sheet.set_margins(0.4, 0.4, 0.5, 0.5, 0.3, 0.3).set_footer("&R&P / &N");
    sheet.set_column_width(0, HEAD_WIDTH as f64)?;
    for column in 1..=last {
        sheet.set_column_width(column, COLUMN_WIDTH as f64)?;
    }
    sheet.write_string_with_format(0, 0, format!("{}　{}", paper.title, paper.as_of), &looks.title)?;
    sheet.set_row_height(0, 26)?;
    let mut at = 1;
    for row in &paper.rows {
        sheet.write_string_with_format(at, 0, joined(&row.head), &looks.head)?;
        let mut column = 1;
        for cell in &row.cells {
            let end = column + u16::try_from(cell.span)? - 1;
            let look = looks.of(row.code, cell, paper.columns);
            if cell.span > 1 {
                sheet.merge_range(at, column, at, end, &joined(&cell.lines), look)?;
            } else {
                write_lines(sheet, (at, column), &cell.lines, look)?;
            }
            column = end + 1;
        }
        let heads = Cell::of(row.head.clone());
        let room = |cell: &Cell| cell.span * COLUMN_WIDTH;
        let tall = row.cells.iter().map(|cell| tall(&cell.lines, room(cell))).max().unwrap_or(1);
        let tall = tall.max(self::tall(&heads.lines, HEAD_WIDTH));
        sheet.set_row_height(at, points(tall, 8.0))?;
        at += 1;
    }
    sheet.set_freeze_panes(2, 1)?;
    let below = paper.notes.iter().chain(&paper.figures).chain(&paper.source);
    let room = HEAD_WIDTH + paper.columns * COLUMN_WIDTH;
    for text in below.map(String::as_str).chain([paper.portal]) {
        sheet.merge_range(at, 0, at, last, text, &looks.plain)?;
        sheet.set_row_height(at, points(width(text).div_ceil(room).max(1), 2.0))?;
        at += 1;
    }
    sheet.set_print_area(0, 0, at - 1, last)?;
    Ok(())
}

/// One text of several lines; its first one stands out where it is what the cell is about.
fn write_lines(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    lines: &[Line],
    look: &Format,
) -> Result<(), XlsxError> {
    match lines {
        [] => sheet.write_blank(row, column, look)?,
        [first, rest @ ..] if first.style == Style::Strong && !rest.is_empty() => {
            let (bold, plain) = (Format::new().set_font_name(FONT).set_font_size(9).set_bold(), Format::new());
            let plain = plain.set_font_name(FONT).set_font_size(9);
            let rest = format!("\n{}", joined(rest));
            sheet.write_rich_string_with_format(row, column, &[(&bold, &first.text), (&plain, &rest)], look)?
        }
        [first] if first.style == Style::Strong => {
            sheet.write_string_with_format(row, column, &first.text, &look.clone().set_bold())?
        }
        lines => sheet.write_string_with_format(row, column, joined(lines), look)?,
    };
    Ok(())
}

fn joined(lines: &[Line]) -> String {
    let words = lines.iter().map(|line| match line.style {
        Style::Likely | Style::Unsure => format!("[{}]", line.text),
        Style::Strong | Style::Plain | Style::Detail | Style::Open => line.text.clone(),
    });
    words.collect::<Vec<_>>().join("\n")
}

/// How many lines texts take in a column.
fn tall(lines: &[Line], room: usize) -> usize {
    lines.iter().map(|line| width(&line.text).div_ceil(room.saturating_sub(1).max(1)).max(1)).sum::<usize>().max(1)
}

/// The height of so many lines, with some air; Excel knows no row that is higher than 409 points.
fn points(lines: usize, air: f64) -> f64 {
    (lines as f64 * 12.5 + air).min(409.0)
}

fn table_sheet(sheet: &mut Worksheet, edition: &Edition, language: Language) -> anyhow::Result<()> {
    let looks = Looks::new();
    let heads = table_file::heads(language);
    for (column, head) in (0..).zip(&heads) {
        sheet.write_string_with_format(0, column, &head.text, &looks.head)?;
        sheet.set_column_width(column, if head.number { 9.0 } else { 18.0 })?;
    }
    let lines = table_file::lines(edition, language);
    for (row, line) in (1..).zip(&lines) {
        for ((column, head), cell) in (0..).zip(&heads).zip(line) {
            match cell.parse::<f64>() {
                Ok(number) if head.number => sheet.write_number(row, column, number)?,
                _ if cell.is_empty() => sheet,
                _ => sheet.write_string(row, column, cell)?,
            };
        }
    }
    let last = (u32::try_from(lines.len())?, u16::try_from(heads.len())?.saturating_sub(1));
    sheet.set_freeze_panes(1, 0)?.autofilter(0, 0, last.0, last.1)?;
    sheet.set_paper_size(A3).set_landscape().set_print_fit_to_pages(1, 0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};

    use super::*;
    use crate::features::feature_map::reference::editions;
    use crate::features::feature_map::vocabulary::Bilingual;
    use crate::platform::tables::Encoding;

    fn read(file: Vec<u8>) -> Xlsx<Cursor<Vec<u8>>> {
        calamine::open_workbook_from_rs(Cursor::new(file)).unwrap()
    }

    #[test]
    fn the_table_for_programs_says_what_the_table_file_says() {
        for edition in editions().unwrap() {
            for language in [Language::Ja, Language::En] {
                let mut workbook = read(write(&edition, &[], language).unwrap());
                let sheet = workbook.worksheet_range(WorkbookWords::of(language).table).unwrap();
                let csv = table_file::edition(&edition, language, Encoding::Utf8).unwrap();
                let csv = String::from_utf8(csv.bytes).unwrap();
                let mut reader = csv::ReaderBuilder::new()
                    .has_headers(false)
                    .from_reader(csv.trim_start_matches('\u{FEFF}').as_bytes());
                let lines: Vec<Vec<String>> =
                    reader.records().map(|r| r.unwrap().iter().map(ToOwned::to_owned).collect()).collect();
                let rows: Vec<Vec<String>> =
                    sheet.rows().map(|r| r.iter().map(ToString::to_string).collect()).collect();
                assert_eq!(rows, lines, "{}", edition.id);
                let numbers = sheet.rows().flatten().filter(|cell| matches!(cell, Data::Float(_))).count();
                assert!(numbers > 0, "counts are numbers, not texts");
            }
        }
    }

    #[test]
    fn the_sheet_to_print_has_every_line_of_the_paper() {
        for edition in editions().unwrap() {
            let mut workbook = read(write(&edition, &[], Language::Ja).unwrap());
            let sheet = workbook.worksheet_range(WorkbookWords::of(Language::Ja).print).unwrap();
            let all: String = sheet.rows().flatten().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            let paper = map::map(&edition, &[], Language::Ja);
            let lines =
                paper.rows.iter().flat_map(|row| row.cells.iter().flat_map(|cell| &cell.lines).chain(&row.head));
            for line in lines {
                assert!(all.contains(&line.text), "{} of {}", line.text, edition.id);
            }
            assert!(paper.notes.iter().chain(&paper.figures).all(|text| all.contains(text)));
        }
    }

    #[test]
    fn nothing_becomes_a_formula_or_a_link_and_the_same_edition_gives_the_same_bytes() {
        let mut edition = editions().unwrap().remove(1);
        let hostile =
            ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "=HYPERLINK(\"https://bad.example\")", "https://bad.example"];
        for (c, name) in edition.ceptoars.iter_mut().zip(hostile) {
            c.name = Some(Bilingual { ja: name.into(), en: name.into() });
        }
        let file = write(&edition, &[], Language::Ja).unwrap();
        assert_eq!(file, write(&edition, &[], Language::Ja).unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(&file)).unwrap();
        for i in 0..archive.len() {
            let mut part = archive.by_index(i).unwrap();
            let mut text = String::new();
            std::io::Read::read_to_string(&mut part, &mut text).unwrap();
            assert!(!text.contains("<f>") && !text.contains("<hyperlink"), "part {i}");
        }
        let mut workbook = read(file);
        let sheet = workbook.worksheet_range("データ").unwrap();
        let names: Vec<String> = sheet.rows().map(|row| row[5].to_string()).collect();
        assert!(hostile.iter().all(|name| names.iter().any(|n| n == name)), "{names:?}");
    }

    #[test]
    fn it_prints_on_a3_one_page_wide() {
        let edition = editions().unwrap().remove(2);
        let mut archive = zip::ZipArchive::new(Cursor::new(write(&edition, &[], Language::Ja).unwrap())).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut text).unwrap();
        assert!(
            text.contains("paperSize=\"8\"")
                && text.contains("orientation=\"landscape\"")
                && text.contains("fitToHeight=\"0\"")
        );
    }
}
