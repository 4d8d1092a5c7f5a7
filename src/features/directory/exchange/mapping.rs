//! Which column of a file is which column of the template.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::column::{Column, plain};
use crate::platform::tables::{Row, Table};

/// For each column of a file: what it is, if anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping(pub Vec<Option<Column>>);

/// What is wrong with a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MappingProblem {
    /// A column without which nothing can be read.
    Missing(Column),
    /// Two columns of the file for one of the template.
    Twice(Column),
}

impl Mapping {
    /// What the heads say. Of two heads with one meaning, the first counts.
    #[must_use]
    pub fn guess<'a>(heads: impl Iterator<Item = &'a str>) -> Self {
        let mut known = Vec::new();
        Self(
            heads
                .map(|head| {
                    let column = Column::recognise(head).filter(|column| !known.contains(column));
                    known.extend(column);
                    column
                })
                .collect(),
        )
    }

    /// The place of a column in the file.
    #[must_use]
    pub fn place(&self, column: Column) -> Option<usize> {
        self.0.iter().position(|found| *found == Some(column))
    }

    /// What has to be mended before anything can be read.
    #[must_use]
    pub fn problems(&self) -> Vec<MappingProblem> {
        let times = |column: Column| self.0.iter().filter(|found| **found == Some(column)).count();
        Column::all()
            .into_iter()
            .filter_map(|column| match times(column) {
                0 if column.required() => Some(MappingProblem::Missing(column)),
                0 | 1 => None,
                _ => Some(MappingProblem::Twice(column)),
            })
            .collect()
    }
}

/// Rows among which the heads are looked for: offices like to put a title on top.
const TOP: usize = 10;

/// Where the heads stand, and what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heads {
    /// Their row, as spreadsheets number it.
    pub row: u32,
    /// What each column is taken for.
    pub mapping: Mapping,
    /// Whether that can be used without asking: everything needed is there, and nothing is unknown.
    pub sure: bool,
}

/// The fingerprints under which the desk may have said something about a table.
#[must_use]
pub fn fingerprints(table: &Table) -> Vec<String> {
    table.rows().take(TOP).map(|row| fingerprint(row.cells())).collect()
}

/// Finds the heads of a table: those that the desk knows, or that say what is needed; else the fullest row.
#[must_use]
pub fn heads(table: &Table, remembered: &HashMap<String, Mapping>) -> Heads {
    for row in table.rows().take(TOP) {
        if let Some(mapping) = remembered.get(&fingerprint(row.cells())) {
            return Heads { row: row.number, mapping: mapping.clone(), sure: mapping.problems().is_empty() };
        }
    }
    for row in table.rows().take(TOP) {
        let mapping = Mapping::guess(row.cells());
        if mapping.problems().is_empty() {
            let known = row.cells().zip(&mapping.0).all(|(head, column)| head.is_empty() || column.is_some());
            return Heads { row: row.number, mapping, sure: known };
        }
    }
    let filled = |row: &Row<'_>| row.cells().filter(|cell| !cell.is_empty()).count();
    // Heads have something below them. Of two rows that are equally full, the upper one.
    let rows: Vec<Row<'_>> = table.rows().take(TOP + 1).collect();
    let fullest = rows
        .iter()
        .copied()
        .take(rows.len().saturating_sub(1).max(1))
        .reduce(|best, row| if filled(&row) > filled(&best) { row } else { best });
    let (row, mapping) = fullest.map_or((1, Mapping::default()), |row| (row.number, Mapping::guess(row.cells())));
    Heads { row, mapping, sure: false }
}

/// By which a file with the same heads is known again.
#[must_use]
pub fn fingerprint<'a>(heads: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for head in heads {
        hash.update(plain(head));
        hash.update([0]);
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_mapped_and_what_is_missing_is_said() {
        let heads = ["会社名", "備考", "TEL", "電話番号"];
        let mapping = Mapping::guess(heads.into_iter());
        assert_eq!(mapping.0.iter().flatten().count(), 2);
        assert_eq!(mapping.problems(), [MappingProblem::Missing(Column::Unit)]);
        let twice = Mapping(vec![Some(Column::Name), Some(Column::Name), Some(Column::Unit)]);
        assert_eq!(twice.problems(), [MappingProblem::Twice(Column::Name)]);
        assert_eq!(fingerprint(["ＴＥＬ", "名称"].into_iter()), fingerprint(["tel", " 名称"].into_iter()));
        assert_ne!(fingerprint(["a", "b"].into_iter()), fingerprint(["b", "a"].into_iter()));
    }
}
