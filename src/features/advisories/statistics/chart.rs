//! The columns of the chart: one for each month or year, divided into parts. Every number in it stands in the table below it
//! as well. Pure.

/// Where the columns begin; numbers stand before them.
const LEFT: i64 = 44;
/// Where they end.
const RIGHT: i64 = 480;
/// Where the highest one ends.
const TOP: i64 = 16;
/// Where they stand.
const GROUND: i64 = 196;
/// How high the picture is.
const HEIGHT: i64 = 224;
/// More names than this are too narrow to be read on a telephone.
const NAMES: usize = 6;

/// A part of a column.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// How it looks.
    pub mark: &'static str,
    /// Its left end.
    pub x: i64,
    /// Its top.
    pub y: i64,
    /// How wide it is.
    pub width: i64,
    /// How high it is.
    pub height: i64,
    /// What it says when it is pointed at.
    pub title: String,
}

/// The picture.
#[derive(Debug)]
pub struct Chart {
    /// How wide it is.
    pub width: i64,
    /// How high it is.
    pub height: i64,
    /// Where lines begin.
    pub left: i64,
    /// Where the columns stand.
    pub ground: i64,
    /// Lines across it, and their numbers.
    pub lines: Vec<(i64, i64)>,
    /// Names below the columns; whether a narrow screen has room for it.
    pub names: Vec<(i64, String, bool)>,
    /// The columns.
    pub blocks: Vec<Block>,
    /// The parts in words.
    pub legend: Vec<(&'static str, String)>,
}

impl Chart {
    /// Draws columns: the name of each, and its parts in the order of the legend. `title` says what a part is.
    #[must_use]
    pub fn of(
        columns: &[(String, Vec<i64>)],
        legend: Vec<(&'static str, String)>,
        title: impl Fn(&str, &str, i64) -> String,
    ) -> Option<Self> {
        let highest = columns.iter().map(|(_, parts)| parts.iter().sum::<i64>()).max().filter(|sum| *sum > 0)?;
        let step = step(highest);
        let top = (highest + step - 1) / step * step;
        let y = |n: i64| GROUND - n * (GROUND - TOP) / top;
        let count = i64::try_from(columns.len()).unwrap_or(1).max(1);
        let every = columns.len().div_ceil(NAMES);
        let (mut blocks, mut names) = (Vec::new(), Vec::new());
        for (n, (at, (name, parts))) in (0_i64..).zip(columns.iter().enumerate()) {
            let slot = (RIGHT - LEFT) / count;
            let (left, width) = (LEFT + (RIGHT - LEFT) * n / count, (slot * 7 / 10).min(48));
            let x = left + (slot - width) / 2;
            names.push((x + width / 2, name.clone(), at % every == 0));
            let mut below = 0;
            for ((mark, label), part) in legend.iter().zip(parts).filter(|(_, part)| **part > 0) {
                let (foot, head) = (y(below), y(below + part));
                below += part;
                blocks.push(Block { mark, x, y: head, width, height: foot - head, title: title(name, label, *part) });
            }
        }
        let lines = (0..=top / step).map(|n| (y(n * step), n * step)).collect();
        Some(Self { width: RIGHT, height: HEIGHT, left: LEFT, ground: GROUND, lines, names, blocks, legend })
    }
}

/// From one line to the next: 1, 2, 5, 10, 20, 50, … so that there are five lines at most.
fn step(highest: i64) -> i64 {
    let mut unit = 1;
    loop {
        if let Some(step) = [unit, unit * 2, unit * 5].into_iter().find(|step| highest <= step * 5) {
            return step;
        }
        unit *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(columns: &[(&str, &[i64])]) -> Option<Chart> {
        let columns: Vec<_> = columns.iter().map(|(name, parts)| ((*name).to_owned(), parts.to_vec())).collect();
        let legend = vec![("one", "one".to_owned()), ("two", "two".to_owned())];
        Chart::of(&columns, legend, |name, part, n| format!("{name} {part} {n}"))
    }

    #[test]
    fn steps_are_round_numbers() {
        let steps: Vec<i64> = [1, 5, 6, 10, 11, 25, 26, 50, 51, 127, 1_300].into_iter().map(step).collect();
        assert_eq!(steps, [1, 1, 2, 2, 5, 5, 10, 10, 20, 50, 500]);
    }

    #[test]
    fn parts_stand_on_each_other_and_nothing_leaves_the_picture() {
        assert!(chart(&[("4", &[0, 0])]).is_none(), "nothing to draw");
        let chart = chart(&[("4", &[3, 2]), ("5", &[0, 1]), ("6", &[0, 0])]).expect("a chart");
        assert_eq!(chart.blocks.len(), 3);
        let (one, two) = (&chart.blocks[0], &chart.blocks[1]);
        assert_eq!((one.y + one.height, two.y + two.height), (GROUND, one.y));
        assert_eq!(two.y, TOP, "the highest column reaches the top");
        assert!(chart.blocks.iter().all(|b| b.x >= LEFT && b.x + b.width <= RIGHT && b.y >= TOP && b.height > 0));
        assert_eq!(two.title, "4 two 2");
        assert_eq!(chart.names.len(), 3);
    }
}
