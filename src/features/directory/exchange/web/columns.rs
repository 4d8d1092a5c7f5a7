//! Which column of the file is which: asked where the heads do not say it, and remembered.

use std::collections::HashMap;

use crate::features::directory::exchange::column::Column;
use crate::features::directory::exchange::mapping::{Mapping, MappingProblem};
use crate::kernel::language::{Language, fill};
use crate::platform::tables::{MOST_COLUMNS, Table};
use crate::platform::web::form::Choice;

/// Rows that are shown as a sample.
const SAMPLES: usize = 3;
/// Characters of a sample.
const SAMPLE: usize = 20;

crate::words! {
    /// What is said about the columns.
    pub struct ColumnsWords {
        missing: "「{column}」の列を選んでください。この列がないと取り込めません。" / "Please say which column is “{column}”. Nothing can be brought in without it.",
        twice: "「{column}」が二つの列に選ばれています。片方を変えてください。" / "“{column}” is chosen for two columns. Please change one.",
        ignored: "(取り込まない)" / "(leave out)",
    }
}

/// A column of the file.
pub struct FileColumn {
    /// The field's name.
    pub field: String,
    /// A, B, …
    pub letter: String,
    /// Its head.
    pub head: String,
    /// What stands in it.
    pub samples: String,
    /// What it can be.
    pub choices: Vec<Choice>,
}

/// The columns of a file with what they are taken for.
#[must_use]
pub fn file_columns(table: &Table, head_row: u32, mapping: &Mapping, language: Language) -> Vec<FileColumn> {
    let heads: Vec<&str> =
        table.rows().find(|row| row.number == head_row).map(|row| row.cells().collect()).unwrap_or_default();
    let samples: Vec<Vec<&str>> =
        table.rows().filter(|row| row.number > head_row).take(SAMPLES).map(|row| row.cells().collect()).collect();
    let widest = samples.iter().map(Vec::len).chain([heads.len()]).max().unwrap_or_default().min(MOST_COLUMNS);
    (0..widest)
        .map(|place| {
            let there: Vec<String> = samples
                .iter()
                .filter_map(|row| row.get(place))
                .filter(|cell| !cell.is_empty())
                .map(|cell| short(cell))
                .collect();
            let chosen = mapping.0.get(place).copied().flatten();
            FileColumn {
                field: format!("col_{place}"),
                letter: crate::platform::tables::problem::column_name(place),
                head: heads.get(place).copied().unwrap_or_default().to_owned(),
                samples: there.join(language.pick("、", ", ")),
                choices: choices(chosen, language),
            }
        })
        .filter(|column| !column.head.is_empty() || !column.samples.is_empty())
        .collect()
}

fn short(cell: &str) -> String {
    let short: String = cell.chars().take(SAMPLE).collect();
    if short.len() < cell.len() { format!("{short}…") } else { short }
}

fn choices(chosen: Option<Column>, language: Language) -> Vec<Choice> {
    let none = Choice {
        value: String::new(),
        label: ColumnsWords::of(language).ignored.to_owned(),
        explanation: String::new(),
        chosen: chosen.is_none(),
    };
    let column = |column: Column| Choice {
        value: column.code(),
        label: column.head(language),
        explanation: String::new(),
        chosen: chosen == Some(column),
    };
    std::iter::once(none).chain(Column::all().into_iter().map(column)).collect()
}

/// What the desk chose; `None` where the form did not ask.
#[must_use]
pub fn chosen(typed: &HashMap<String, String>) -> Option<Mapping> {
    let places = (0..MOST_COLUMNS).filter_map(|place| Some((place, typed.get(&format!("col_{place}"))?)));
    let places: Vec<(usize, Option<Column>)> = places.map(|(place, code)| (place, Column::from_code(code))).collect();
    let last = places.last()?.0;
    let mut mapping = Mapping(vec![None; last + 1]);
    for (place, column) in places {
        if let Some(slot) = mapping.0.get_mut(place) {
            *slot = column;
        }
    }
    Some(mapping)
}

/// What is wrong with it, in words.
#[must_use]
pub fn problems(mapping: &Mapping, language: Language) -> Vec<String> {
    let w = ColumnsWords::of(language);
    let said = |problem: MappingProblem| match problem {
        MappingProblem::Missing(column) => fill(w.missing, &[("column", &column.head(language))]),
        MappingProblem::Twice(column) => fill(w.twice, &[("column", &column.head(language))]),
    };
    mapping.problems().into_iter().map(said).collect()
}
