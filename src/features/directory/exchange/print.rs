//! The list to print: A4 across, a line for each window, heads on every page. It is for reading; the table is for programs.

use anyhow::Context;
use chrono::NaiveDate;
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet};

use super::entry::{Entry, Window};
use crate::features::directory::roster::sheet::{ChannelKind, Hours, MemberKind};
use crate::kernel::language::{Label, Language, fill};
use crate::kernel::period::long_date;
use crate::kernel::text::width;

crate::words! {
    /// Words on the paper.
    pub struct PrintWords {
        sheet: "名簿(印刷用)" / "Directory (to print)",
        title: "{ceptoar} 構成員と窓口の名簿" / "{ceptoar}: members and windows",
        as_of: "{day}時点" / "As of {day}",
        care: "取扱注意: 連絡先を含みます。必要な人だけが扱い、古くなったものは廃棄してください。" / "Handle with care: holds contact data. For those who need it alone; destroy it when it is out of date.",
        number: "No." / "No.",
        member: "構成員" / "Member",
        kind: "単位・区分" / "Unit, group",
        window: "窓口" / "Window",
        contact: "連絡先" / "How to reach it",
        none: "窓口の登録がありません" / "No window is registered",
        handler: "取扱担当者" / "Designated handler",
        hub: "連絡拠点" / "Hub",
        page: "&P / &N ページ" / "Page &P of &N",
    }
}

const A4: u8 = 9;
const FONT: &str = "Noto Sans JP";
const TINT: Color = Color::RGB(0x00E8_EDF5);
/// Widths of the columns in characters of half width.
const WIDTHS: [usize; 5] = [5, 34, 18, 34, 56];
/// The height of a line in points.
const LINE: usize = 13;

/// What the paper is about.
#[derive(Debug, Clone)]
pub struct Paper {
    /// The CEPTOAR's name.
    pub ceptoar: String,
    /// The day it shows.
    pub day: NaiveDate,
    /// Its language.
    pub language: Language,
}

/// The list as a workbook that fits the paper.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn write(entries: &[Entry], paper: &Paper) -> anyhow::Result<Vec<u8>> {
    let w = PrintWords::of(paper.language);
    let title = fill(w.title, &[("ceptoar", &paper.ceptoar)]);
    let mut workbook = Workbook::new();
    let day = ExcelDateTime::parse_from_str(&paper.day.to_string()).context("a day")?;
    workbook.set_properties(&DocProperties::new().set_title(&title).set_creation_datetime(&day));
    let sheet = workbook.add_worksheet().set_name(w.sheet)?;
    set_up(sheet, w)?;
    let plain = Format::new().set_font_name(FONT).set_font_size(9);
    let large = plain.clone().set_font_size(14).set_bold();
    sheet.write_string_with_format(0, 0, format!("{title}　{}", as_of(paper, w)), &large)?;
    sheet.write_string_with_format(1, 0, w.care, &plain)?;
    let boxed = plain.set_border(FormatBorder::Thin).set_text_wrap().set_align(FormatAlign::Top);
    let head = boxed.clone().set_bold().set_background_color(TINT);
    for (column, text) in [w.number, w.member, w.kind, w.window, w.contact].into_iter().enumerate() {
        sheet.write_string_with_format(2, u16::try_from(column)?, text, &head)?;
    }
    for (at, line) in lines(entries, paper.language).into_iter().enumerate() {
        let row = u32::try_from(at + 3)?;
        let tall = line.iter().zip(WIDTHS).map(|(cell, width)| height(cell, width)).max().unwrap_or(1);
        sheet.set_row_height(row, u32::try_from(tall * LINE + 3)?)?;
        for (column, text) in line.iter().enumerate() {
            sheet.write_string_with_format(row, u16::try_from(column)?, text, &boxed)?;
        }
    }
    Ok(workbook.save_to_buffer()?)
}

fn set_up(sheet: &mut Worksheet, w: &PrintWords) -> anyhow::Result<()> {
    sheet.set_paper_size(A4).set_landscape().set_print_fit_to_pages(1, 0);
    sheet.set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3).set_footer(format!("&L{}&R{}", w.sheet, w.page));
    sheet.set_repeat_rows(2, 2)?.set_freeze_panes(3, 2)?;
    for (column, width) in WIDTHS.into_iter().enumerate() {
        sheet.set_column_width(u16::try_from(column)?, u32::try_from(width)?)?;
    }
    Ok(())
}

fn as_of(paper: &Paper, w: &PrintWords) -> String {
    fill(w.as_of, &[("day", &long_date(paper.day, paper.language))])
}

/// A line for each window; a member is numbered and named at its first.
fn lines(entries: &[Entry], language: Language) -> Vec<[String; 5]> {
    let w = PrintWords::of(language);
    let mut number = 0;
    let mut before = None;
    let line = |entry: &Entry| {
        let again = before.is_some() && before == entry.firm.organisation_id;
        before = entry.firm.organisation_id;
        number += usize::from(!again);
        let [window, contact] = entry
            .window
            .as_ref()
            .map_or_else(|| [w.none.to_owned(), String::new()], |window| [label(window, w), ways(window, language)]);
        match again {
            true => [String::new(), String::new(), String::new(), window, contact],
            false => [number.to_string(), name(entry, language), kind(entry, language), window, contact],
        }
    };
    entries.iter().map(line).collect()
}

fn name(entry: &Entry, language: Language) -> String {
    let firm = &entry.firm;
    let name = if firm.english.is_empty() { &firm.name } else { language.pick(&firm.name, &firm.english) };
    if language == Language::Ja && !firm.reading.is_empty() {
        return format!("{name}\n({})", firm.reading);
    }
    name.clone()
}

fn kind(entry: &Entry, language: Language) -> String {
    let w = PrintWords::of(language);
    let firm = &entry.firm;
    let hub = if firm.hub { w.hub } else { "" };
    let kind = match firm.kind {
        MemberKind::Full => "",
        MemberKind::Observer => firm.kind.label(language),
    };
    let parts = [kind, firm.unit.as_str(), firm.subgroup.as_str(), hub];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn label(window: &Window, w: &PrintWords) -> String {
    let handler = if window.handler { format!("\n{}", w.handler) } else { String::new() };
    format!("{}. {}{handler}", window.position, window.label)
}

fn ways(window: &Window, language: Language) -> String {
    let way = |((kind, hours), values): (&(ChannelKind, Hours), &Vec<String>)| {
        format!("{} ({}) {}", kind.label(language), hours.label(language), values.join(" / "))
    };
    window.channels.iter().map(way).collect::<Vec<_>>().join("\n")
}

/// Lines that a cell takes in a column.
fn height(cell: &str, room: usize) -> usize {
    cell.lines().map(|line| width(line).div_ceil(room).max(1)).sum::<usize>().max(1)
}
