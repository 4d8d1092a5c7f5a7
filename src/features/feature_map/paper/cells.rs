//! What paper is made of: rows, cells that may reach over several columns, lines.

use serde::Serialize;

use crate::features::feature_map::legend::{Mark, NoteLink};
use crate::features::feature_map::sheet::{Column, SecretariatLines};
use crate::features::feature_map::vocabulary::{Confidence, list_joint};
use crate::kernel::language::{Language, fill};

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// What the cell is about.
    Strong,
    /// Everything else.
    Plain,
    /// Smaller, below the rest.
    Detail,
    /// Said where there is nothing to say: open, not stated.
    Open,
    /// The mark of a reading that another could replace.
    Likely,
    /// The mark of a reading that another fits nearly as well.
    Unsure,
}

/// A line of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its text.
    pub text: String,
    /// Its look.
    pub style: Style,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// How many columns it reaches over.
    pub span: usize,
    /// What stands in it; nothing for a gap.
    pub lines: Vec<Line>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its code.
    pub code: &'static str,
    /// Its head.
    pub head: Vec<Line>,
    /// Its cells; together they reach over all columns.
    pub cells: Vec<Cell>,
}

impl Line {
    /// A line.
    #[must_use]
    pub fn new(style: Style, text: impl Into<String>) -> Self {
        Self { text: text.into(), style }
    }

    /// A doubtful reading never looks certain; a certain one needs no mark on paper.
    #[must_use]
    pub fn mark(mark: Option<&Mark>) -> Option<Self> {
        let mark = mark?;
        let style = match mark.sure {
            Confidence::Certain => return None,
            Confidence::Likely => Style::Likely,
            Confidence::Unsure => Style::Unsure,
        };
        Some(Self::new(style, mark.word))
    }
}

impl Cell {
    /// A cell in one column.
    #[must_use]
    pub fn of(lines: Vec<Line>) -> Self {
        Self { span: 1, lines }
    }
}

/// The text with the numbers of its notes.
#[must_use]
pub fn noted(text: &str, notes: &[NoteLink]) -> String {
    notes.iter().fold(text.to_owned(), |text, note| format!("{text} ※{}", note.number))
}

/// The secretariats of a column.
#[must_use]
pub fn secretariats(c: &Column) -> Vec<Line> {
    let mut lines: Vec<Line> = c.secretariats.iter().flat_map(|s| desk(s, c.planned)).collect();
    if let Some(last) = lines.last_mut() {
        last.text = noted(&last.text, &c.secretariats_notes);
    }
    lines.extend(Line::mark(c.secretariats_mark.as_ref()));
    lines
}

/// A secretariat.
#[must_use]
pub fn desk(s: &SecretariatLines, open: bool) -> Vec<Line> {
    let style = if open { Style::Open } else { Style::Plain };
    let mut lines = vec![Line::new(style, &s.organisation)];
    lines.extend(s.unit.iter().map(|unit| Line::new(Style::Detail, unit)));
    lines
}

/// The members of a column: the numbers, who they are, whom they reach.
#[must_use]
pub fn members(c: &Column) -> Vec<Line> {
    let style = if c.counted { Style::Strong } else { Style::Open };
    let mut lines = vec![Line::new(style, noted(&c.count, &c.count_notes))];
    lines.extend(c.details.iter().map(|detail| Line::new(Style::Detail, detail)));
    lines.extend(Line::mark(c.count_mark.as_ref()));
    if let Some(reach) = &c.reach {
        lines.push(Line::new(Style::Detail, reach));
        lines.extend(Line::mark(c.reach_mark.as_ref()));
    }
    lines
}

/// What is dealt with, and by which means.
#[must_use]
pub fn channels(c: &Column, language: Language) -> Vec<Line> {
    let words: Vec<&str> = c.channels.iter().map(|channel| channel.word).collect();
    let mut lines: Vec<Line> = c.handled.iter().map(|handled| Line::new(Style::Plain, handled)).collect();
    if !words.is_empty() {
        lines.push(Line::new(Style::Detail, words.join(list_joint(language))));
    }
    lines.extend(Line::mark(c.channels_mark.as_ref()));
    lines
}

/// A month in its sentence, with its mark.
#[must_use]
pub fn month(sentence: &str, month: Option<&String>, mark: Option<&Mark>) -> Vec<Line> {
    let lines = month.map(|month| Line::new(Style::Plain, fill(sentence, &[("month", month)])));
    lines.into_iter().chain(Line::mark(mark)).collect()
}
