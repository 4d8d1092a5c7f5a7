//! The map on one sheet: rows over all CEPTOARs, as the government's sheet has them.

use serde::Serialize;

use super::cells::{self, Cell, Line, Row, Style};
use crate::features::feature_map::edition::{Edition, Status};
use crate::features::feature_map::sheet::{self, Column, CouncilBox, Sheet};
use crate::features::feature_map::words::MapWords;
use crate::kernel::language::{Language, fill};
use crate::kernel::period::thousands;
use crate::platform::pdf::Template;

/// The sheet's template.
pub const TEMPLATE: Template = Template {
    name: "map.typ",
    text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/feature_map/map.typ")),
};

crate::words! {
    /// Words that stand on paper only.
    pub struct PaperWords {
        about: "{name}: {text}" / "{name}: {text}",
        figures: "この版の全体" / "This edition in figures",
        figure: "{what} {number}" / "{what}: {number}",
        sums: "構成員の合計(単位ごと): {sums}" / "Members, summed per unit: {sums}",
        sum: "{number}{unit}" / "{number} {unit}",
        joint: "、" / "; ",
        note_marks: "資料の文字の並びが崩れていたため、この版はセルを1つずつ戻しました。「推定」は最もよく合う読み方、「未確定」はほかの読み方も同じくらい合うものです。" / "The text of the source had come apart, so the cells were put back one by one. “Likely” is the reading that fits best; “Unsure” is one that another fits nearly as well.",
        portal: "セプター情報共有ポータル" / "CEPTOAR Portal",
    }
}

/// All that stands on the sheet.
#[derive(Debug, Serialize)]
pub struct MapPaper {
    /// `ja` or `en`.
    pub language: &'static str,
    /// 特性把握マップ
    pub title: &'static str,
    /// The day of the edition.
    pub as_of: String,
    /// What it is.
    pub lead: &'static str,
    /// Where it is from.
    pub source: Vec<String>,
    /// How many columns there are beside the heads of the rows.
    pub columns: usize,
    /// The rows; the first one is the head of the table.
    pub rows: Vec<Row>,
    /// Totals, unit by unit.
    pub figures: Vec<String>,
    /// What explains the sheet.
    pub notes: Vec<String>,
    /// Who made the paper.
    pub portal: &'static str,
}

/// Lays an edition out for paper.
#[must_use]
pub fn map(edition: &Edition, language: Language) -> MapPaper {
    let w = MapWords::of(language);
    let sheet = sheet::sheet(edition, language);
    let mut source = vec![
        fill(w.source, &[("publisher", edition.publisher.pick(language))]),
        fill(w.plan, &[("plan", edition.plan.pick(language))]),
    ];
    if edition.draft {
        source.push(w.draft.to_owned());
    }
    MapPaper {
        language: language.code(),
        title: w.title,
        as_of: edition.as_of_display.pick(language).to_owned(),
        lead: w.lead,
        source,
        columns: sheet.sectors.iter().map(|sector| sector.columns.len()).sum(),
        rows: rows(&sheet, w, language),
        figures: figures(edition, w, language),
        notes: notes(edition, &sheet, w, language),
        portal: PaperWords::of(language).portal,
    }
}

fn rows(sheet: &Sheet, w: &MapWords, language: Language) -> Vec<Row> {
    let row = |code, head: &str, cells| Row { code, head: vec![Line::new(Style::Strong, head)], cells };
    let each = |there: bool, cell: &dyn Fn(&Column) -> Vec<Line>| {
        let columns = sheet.sectors.iter().flat_map(|sector| &sector.columns);
        if there {
            return columns.map(|c| Cell::of(cell(c))).collect();
        }
        vec![Cell { span: columns.count(), lines: vec![Line::new(Style::Open, w.not_in_edition)] }]
    };
    let name = |c: &Column| {
        let style = if c.planned { Style::Open } else { Style::Strong };
        vec![Line::new(style, cells::noted(&c.name, &c.name_notes))]
    };
    let operation =
        |c: &Column| cells::month(w.operation_start, c.operation_start.as_ref(), c.operation_start_mark.as_ref());
    let mut rows = vec![row("sector", w.row_sector, sectors(sheet))];
    if sheet.council.is_some() {
        rows.push(row("council", w.row_council, councils(sheet)));
    }
    rows.extend([
        row(
            "scope",
            w.row_scope,
            each(sheet.has_scope, &|c| c.scope.iter().map(|s| Line::new(Style::Plain, s)).collect()),
        ),
        row("name", w.row_name, each(true, &name)),
        row("secretariats", w.row_secretariat, each(true, &cells::secretariats)),
        row("members", w.row_members, each(true, &cells::members)),
        row("channels", w.row_channels, each(sheet.has_channels, &|c| cells::channels(c, language))),
    ]);
    let mut contact = row("operation", w.row_operation, joined(each(sheet.has_operation_start, &operation)));
    contact.head.extend(Line::mark(sheet.operation_start_mark.as_ref()));
    rows.push(contact);
    rows.push(row(
        "rule",
        w.row_rule,
        each(sheet.has_rule, &|c| cells::month(w.established, c.rule.as_ref(), c.rule_mark.as_ref())),
    ));
    rows
}

fn sectors(sheet: &Sheet) -> Vec<Cell> {
    let sectors = sheet.sectors.iter().filter(|sector| !sector.columns.is_empty());
    let cell = |sector: &sheet::SectorHead| {
        let mut lines = vec![Line::new(Style::Strong, &sector.name)];
        lines.extend(sector.note.iter().map(|note| Line::new(Style::Detail, note)));
        Cell { span: sector.columns.len(), lines }
    };
    sectors.map(cell).collect()
}

/// Boxes over their CEPTOARs, with gaps between.
fn councils(sheet: &Sheet) -> Vec<Cell> {
    let mut boxes: Vec<&CouncilBox> = sheet.sectors.iter().filter_map(|sector| sector.council.as_ref()).collect();
    boxes.sort_by_key(|council| council.before);
    let gap = |span: usize| (span > 0).then(|| Cell { span, lines: Vec::new() });
    let (mut cells, mut reached) = (Vec::new(), 0);
    for council in &boxes {
        cells.extend(gap(council.before.saturating_sub(reached)));
        let lines = vec![
            Line::new(Style::Strong, &council.name),
            Line::new(Style::Detail, cells::noted(&council.secretariat, &council.notes)),
        ];
        cells.push(Cell { span: council.span, lines });
        reached = council.before + council.span;
    }
    cells.extend(boxes.last().and_then(|last| gap(last.after)));
    cells
}

/// Neighbours that say the same become one wide cell, as on the government's sheet.
fn joined(cells: Vec<Cell>) -> Vec<Cell> {
    let mut wide: Vec<Cell> = Vec::new();
    for cell in cells {
        match wide.last_mut() {
            Some(last) if last.lines == cell.lines => last.span += cell.span,
            Some(_) | None => wide.push(cell),
        }
    }
    wide
}

fn figures(edition: &Edition, w: &MapWords, language: Language) -> Vec<String> {
    let p = PaperWords::of(language);
    let whole = [
        (w.sectors, edition.sectors.len()),
        (w.ceptoars, edition.number(Status::Established)),
        (w.planned, edition.number(Status::Planned)),
        (w.councils, edition.liaison_councils.len()),
    ];
    let whole = whole.into_iter().filter(|(_, number)| *number > 0);
    let whole = whole.map(|(what, number)| fill(p.figure, &[("what", what), ("number", &number.to_string())]));
    let sums = edition
        .sums()
        .into_iter()
        .map(|(unit, sum)| fill(p.sum, &[("number", &thousands(i64::from(sum))), ("unit", unit.pick(language))]));
    let [whole, sums] = [whole.collect::<Vec<_>>(), sums.collect()].map(|figures| figures.join(p.joint));
    let mut figures = vec![fill("{head}: {whole}", &[("head", p.figures), ("whole", &whole)])];
    if !sums.is_empty() {
        figures.push(fill(p.sums, &[("sums", &sums)]));
        figures.push(partial(edition, w).unwrap_or_else(|| w.per_unit.to_owned()));
    }
    figures
}

/// Said where not every CEPTOAR tells its numbers.
fn partial(edition: &Edition, w: &MapWords) -> Option<String> {
    let counted = edition.ceptoars.iter().filter(|c| !c.counts.is_empty()).count();
    (counted < edition.ceptoars.len()).then(|| fill(w.per_unit_partial, &[("count", &counted.to_string())]))
}

fn notes(edition: &Edition, sheet: &Sheet, w: &MapWords, language: Language) -> Vec<String> {
    let p = PaperWords::of(language);
    let mut notes = vec![format!("※ {}", w.note_initiative)];
    let mut add = |note: &str| notes.push(format!("※ {note}"));
    if !sheet.has_operation_start && sheet.has_scope {
        add(w.note_no_map);
    }
    if let Some(counts) = &edition.counts_as_of_display {
        add(&fill(w.note_counts, &[("as_of", counts.pick(language))]));
    }
    if partial(edition, w).is_some() {
        add(w.note_unknown);
    }
    if !sheet.evidence.is_empty() {
        add(p.note_marks);
    }
    notes.extend(sheet.notes.iter().map(|note| {
        let text = fill(p.about, &[("name", &note.about), ("text", &note.text)]);
        format!("※{} {text}", note.number)
    }));
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::feature_map::edition::{Bilingual, Cell as Of, Ceptoar, Confidence};
    use crate::features::feature_map::reference::editions;
    use crate::platform::pdf::set;

    #[test]
    fn every_row_reaches_over_all_columns_in_both_languages() {
        for edition in editions().unwrap() {
            for language in [Language::Ja, Language::En] {
                let paper = map(&edition, language);
                assert_eq!(paper.columns, edition.ceptoars.len());
                for row in &paper.rows {
                    let reach: usize = row.cells.iter().map(|cell| cell.span).sum();
                    assert_eq!(reach, paper.columns, "{} of {}", row.code, edition.id);
                }
            }
        }
    }

    #[test]
    fn the_contact_row_of_2011_is_two_wide_cells_as_printed_and_every_doubt_has_its_mark() {
        let editions = editions().unwrap();
        let paper = map(&editions[1], Language::Ja);
        let row = |code: &str| paper.rows.iter().find(|row| row.code == code).unwrap();
        let months: Vec<_> = row("operation").cells.iter().map(|c| (c.span, c.lines[0].text.as_str())).collect();
        assert_eq!(months, [(11, "2007年4月 運用開始"), (3, "2008年4月 運用開始")]);
        let marks =
            |code: &str| row(code).cells.iter().flat_map(|c| &c.lines).filter(|l| l.style == Style::Unsure).count();
        let unsure = |cell| {
            let of =
                |c: &&Ceptoar| editions[1].evidence_of(&c.id, cell).is_some_and(|e| e.confidence == Confidence::Unsure);
            editions[1].ceptoars.iter().filter(of).count()
        };
        assert_eq!([marks("channels"), marks("rule")], [unsure(Of::Channels), unsure(Of::RuleEstablished)]);
        assert!(marks("channels") > 0);
    }

    #[test]
    fn names_are_printed_letter_by_letter_whatever_is_in_them() {
        let mut edition = editions().unwrap().remove(1);
        let names = ["", "\n", "#panic()", "*a*$x$@b<c>[d]", "\\u{61}", "#read(\"/etc/passwd\")", "123", "=1+1//"];
        for (c, name) in edition.ceptoars.iter_mut().zip(names) {
            c.name = Some(Bilingual { ja: name.into(), en: name.into() });
        }
        edition.ceptoars[9].name = Some(Bilingual { ja: "長".repeat(400), en: "w".repeat(400) });
        for language in [Language::Ja, Language::En] {
            let paper = set(TEMPLATE, &map(&edition, language)).unwrap();
            let pages: Vec<u32> = (1..).take(paper.sheets.len()).collect();
            let words = lopdf::Document::load_mem(&paper.bytes).unwrap().extract_text(&pages).unwrap();
            let words: String = words.split_whitespace().collect();
            assert!(names.iter().all(|name| words.contains(name.trim())), "{words}");
        }
    }
}
