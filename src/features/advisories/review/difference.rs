//! What is different between two states of an item: lines that came and went and, in a line that was changed, the words.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::place::{Field, Part};

/// In pairs of lines that are longer together (in words), words are not compared: a line that long was written anew.
const LONGEST: usize = 2000;

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is as it was.
    Same,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

impl Change {
    /// For class names.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

/// Words of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What became of them.
    pub change: Change,
    /// The words.
    pub text: String,
}

/// A line, or lines that are left out because nothing near them changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What became of the line.
    pub change: Change,
    /// Its words; none where lines are left out.
    pub pieces: Vec<Piece>,
}

/// A field that is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDifference {
    /// Which field.
    pub field: Field,
    /// Its lines.
    pub rows: Vec<Row>,
}

/// The fields that are different.
#[must_use]
pub fn between(before: &[Part], after: &[Part]) -> Vec<FieldDifference> {
    let changed = |now: &Part| {
        let was = before.iter().find(|was| was.field == now.field)?;
        (was.lines != now.lines)
            .then(|| FieldDifference { field: now.field, rows: folded(rows(&was.lines, &now.lines)) })
    };
    after.iter().filter_map(changed).collect()
}

/// The lines of a text with what became of them.
#[must_use]
pub fn rows(before: &[String], after: &[String]) -> Vec<Row> {
    let mut rows = Vec::new();
    for op in capture_diff_slices(Algorithm::Patience, before, after) {
        let (was, is) = (&before[op.old_range()], &after[op.new_range()]);
        match op {
            DiffOp::Equal { .. } => rows.extend(is.iter().map(|line| whole(Change::Same, line))),
            DiffOp::Delete { .. } => rows.extend(was.iter().map(|line| whole(Change::Removed, line))),
            DiffOp::Insert { .. } => rows.extend(is.iter().map(|line| whole(Change::Added, line))),
            DiffOp::Replace { .. } => {
                let pairs = was.len().min(is.len());
                for (was, is) in was.iter().zip(is) {
                    rows.extend(pair(was, is));
                }
                rows.extend(was[pairs..].iter().map(|line| whole(Change::Removed, line)));
                rows.extend(is[pairs..].iter().map(|line| whole(Change::Added, line)));
            }
        }
    }
    rows
}

fn whole(change: Change, line: &str) -> Row {
    Row { change, pieces: vec![Piece { change, text: line.to_owned() }] }
}

/// A line that was changed: as it was and as it is, with the words in which they differ.
fn pair(was: &str, is: &str) -> [Row; 2] {
    let (before, after) = (words(was), words(is));
    if before.len() + after.len() > LONGEST {
        return [whole(Change::Removed, was), whole(Change::Added, is)];
    }
    let ops = capture_diff_slices(Algorithm::Myers, &before, &after);
    let same: usize = ops.iter().filter(|op| matches!(op, DiffOp::Equal { .. })).map(|op| op.new_range().len()).sum();
    // Where little is left, single letters that happen to be the same only confuse.
    if same * 3 < before.len().min(after.len()) {
        return [whole(Change::Removed, was), whole(Change::Added, is)];
    }
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for op in ops {
        let (was, is) = (before[op.old_range()].concat(), after[op.new_range()].concat());
        match op {
            DiffOp::Equal { .. } => {
                gone.push(Piece { change: Change::Same, text: was });
                new.push(Piece { change: Change::Same, text: is });
            }
            DiffOp::Delete { .. } => gone.push(Piece { change: Change::Removed, text: was }),
            DiffOp::Insert { .. } => new.push(Piece { change: Change::Added, text: is }),
            DiffOp::Replace { .. } => {
                gone.push(Piece { change: Change::Removed, text: was });
                new.push(Piece { change: Change::Added, text: is });
            }
        }
    }
    [Row { change: Change::Removed, pieces: gone }, Row { change: Change::Added, pieces: new }]
}

/// Japanese has no blanks between words: a letter of its own each, and runs of Latin letters and digits as one.
fn words(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let run = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(if run > 0 { run } else { first.len_utf8() });
        found.push(word);
        rest = after;
    }
    found
}

/// Without the lines that stand away from every change.
fn folded(rows: Vec<Row>) -> Vec<Row> {
    let changed: Vec<usize> =
        rows.iter().enumerate().filter(|(_, row)| row.change != Change::Same).map(|(at, _)| at).collect();
    let near = |at: usize| changed.iter().any(|c| c.abs_diff(at) <= 1);
    let mut kept: Vec<Row> = Vec::new();
    for (at, row) in rows.into_iter().enumerate() {
        if near(at) {
            kept.push(row);
        } else if kept.last().is_none_or(|last| !last.pieces.is_empty()) {
            kept.push(Row { change: Change::Same, pieces: Vec::new() });
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(text: &str) -> Vec<String> {
        text.split('\n').map(str::to_owned).collect()
    }

    fn drawn(rows: &[Row]) -> Vec<String> {
        let sign = |change| match change {
            Change::Same => ' ',
            Change::Added => '+',
            Change::Removed => '-',
        };
        let piece = |piece: &Piece| match piece.change {
            Change::Same => piece.text.clone(),
            Change::Added | Change::Removed => format!("[{}]", piece.text),
        };
        rows.iter()
            .map(|row| format!("{}{}", sign(row.change), row.pieces.iter().map(piece).collect::<String>()))
            .collect()
    }

    #[test]
    fn words_of_a_changed_line_are_marked() {
        let found = rows(&lines("一行目\n更新は12月1日までに\n三行目"), &lines("一行目\n更新は12月10日までに\n三行目"));
        assert_eq!(drawn(&found), [" 一行目", "-更新は12月[1]日までに", "+更新は12月[10]日までに", " 三行目"]);
    }

    #[test]
    fn lines_that_came_and_went_are_marked_as_a_whole() {
        assert_eq!(drawn(&rows(&lines("a\nb"), &lines("a\nb\nc"))), [" a", " b", "+[c]"]);
        assert_eq!(drawn(&rows(&lines("a\nb\nc"), &lines("a\nc"))), [" a", "-[b]", " c"]);
        assert_eq!(drawn(&rows(&[], &lines("a"))), ["+[a]"]);
        assert_eq!(
            drawn(&rows(&lines("春はあけぼの"), &lines("国境の長いトンネル"))),
            ["-[春はあけぼの]", "+[国境の長いトンネル]"]
        );
    }

    #[test]
    fn what_is_far_from_a_change_is_left_out() {
        let part = |text: &str| [Part { field: Field::Summary, lines: lines(text) }];
        let found = between(&part("1\n2\n3\n4\n5\n6\n7"), &part("1\n2\n3\nx\n5\n6\n7"));
        assert_eq!(drawn(&found[0].rows), [" ", " 3", "-[4]", "+[x]", " 5", " "]);
        assert!(between(&part("a"), &part("a")).is_empty());
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_from_the_rows(before in "[ab\n漢]{0,40}", after in "[ab\n漢]{0,40}") {
            let found = rows(&lines(&before), &lines(&after));
            let side = |other: Change| -> Vec<String> {
                let kept = found.iter().filter(|row| row.change != other);
                kept.map(|row| row.pieces.iter().map(|piece| piece.text.as_str()).collect()).collect()
            };
            prop_assert_eq!(side(Change::Added), lines(&before));
            prop_assert_eq!(side(Change::Removed), lines(&after));
        }
    }
}
