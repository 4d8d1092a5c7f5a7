//! A table of numbers: for the screen and for files alike, so that they cannot differ. Pure.

use crate::features::advisories::reading::deliveries::board::percent;
use crate::kernel::period::thousands;

/// What is drawn beside a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bar {
    /// Nothing.
    None,
    /// How much of the whole.
    Share(i64, i64),
    /// Parts of the whole: the class of each, where it begins, how long it is; of a thousand.
    Parts(Vec<(&'static str, i64, i64)>),
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// As people read it.
    pub text: String,
    /// As programs read it.
    pub value: String,
    /// What is drawn.
    pub bar: Bar,
}

impl Cell {
    /// A number.
    #[must_use]
    pub fn number(number: i64) -> Self {
        Self { text: thousands(number), value: number.to_string(), bar: Bar::None }
    }

    /// A number that may not be known.
    #[must_use]
    pub fn known(number: Option<i64>) -> Self {
        number.map_or_else(|| Self::words(""), Self::number)
    }

    /// A share in per cent; of nothing there is none.
    #[must_use]
    pub fn share(part: i64, whole: i64) -> Self {
        if whole == 0 {
            return Self { text: "–".to_owned(), value: String::new(), bar: Bar::None };
        }
        let text = percent(part, whole);
        Self { value: text.trim_end_matches('%').to_owned(), text, bar: Bar::Share(part, whole) }
    }

    /// Words.
    #[must_use]
    pub fn words(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { value: text.clone(), text, bar: Bar::None }
    }

    /// Parts of a whole, drawn; their numbers stand in cells of their own, so that files leave this one out.
    #[must_use]
    pub fn parts(parts: &[(&'static str, i64)]) -> Self {
        let whole: i64 = parts.iter().map(|(_, part)| part).sum();
        let mut before = 0;
        let mut drawn = Vec::new();
        for (class, part) in parts.iter().filter(|(_, part)| *part > 0) {
            let at = |n: i64| n * 1000 / whole;
            drawn.push((*class, at(before), at(before + part) - at(before)));
            before += part;
        }
        Self { text: String::new(), value: String::new(), bar: Bar::Parts(drawn) }
    }
}

/// What the numbers of a column are, where the screen writes that beside each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nothing but numbers.
    Plain,
    /// Per cent.
    Percent,
    /// Minutes.
    Minutes,
}

/// A head of a column.
#[derive(Debug, Clone)]
pub struct Head {
    /// What it says.
    pub text: String,
    /// What its numbers are.
    pub unit: Unit,
    /// The class of its mark in the chart; empty without one.
    pub mark: &'static str,
    /// Whether the column is drawn and not written.
    pub drawn: bool,
}

impl Head {
    /// A column of numbers.
    #[must_use]
    pub fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), unit: Unit::Plain, mark: "", drawn: false }
    }

    /// … which the chart shows.
    #[must_use]
    pub fn marked(text: impl Into<String>, mark: &'static str) -> Self {
        Self { mark, ..Self::of(text) }
    }

    /// A column of shares or times.
    #[must_use]
    pub fn with(text: impl Into<String>, unit: Unit) -> Self {
        Self { unit, ..Self::of(text) }
    }

    /// A column that is drawn.
    #[must_use]
    pub fn drawn(text: impl Into<String>) -> Self {
        Self { drawn: true, ..Self::of(text) }
    }
}

/// A row: what it is about, and its cells.
#[derive(Debug, Clone)]
pub struct Row {
    /// What it is about.
    pub head: String,
    /// Its cells.
    pub cells: Vec<Cell>,
    /// Whether it adds the others up.
    pub total: bool,
}

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name in the page.
    pub code: &'static str,
    /// Its title, which is the name of its sheet as well.
    pub title: &'static str,
    /// What is to know of it.
    pub note: &'static str,
    /// What the rows are about.
    pub what: &'static str,
    /// The columns.
    pub heads: Vec<Head>,
    /// The rows.
    pub rows: Vec<Row>,
}

impl Table {
    /// Whether it stays a grid where the screen is narrow: of short numbers, in more rows than anybody scrolls past.
    #[must_use]
    pub fn is_grid(&self) -> bool {
        matches!(self.code, "periods" | "years")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fill_the_whole_and_nothing_of_nothing_is_drawn() {
        let Bar::Parts(parts) = Cell::parts(&[("a", 1), ("b", 0), ("c", 2)]).bar else { panic!("parts") };
        assert_eq!(parts, [("a", 0, 333), ("c", 333, 667)]);
        assert_eq!(Cell::parts(&[("a", 0)]).bar, Bar::Parts(Vec::new()));
        assert_eq!(Cell::share(0, 0).value, "");
        assert_eq!(Cell::share(21, 23).value, "91.3");
    }
}
