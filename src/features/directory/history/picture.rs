//! The facts as bars over the years. Everything in it stands in the list below the picture as well.

use chrono::{Datelike, NaiveDate};

use super::fact::{Fact, Lane};
use crate::kernel::language::{Label, Language};
use crate::kernel::text::width;

/// Where the years begin; the names of the lanes stand before them.
const LEFT: i64 = 130;
/// Where they end.
const RIGHT: i64 = 1000;
/// From one bar to the next below it.
const ROW: i64 = 30;
/// Above the first bar: the years.
const HEAD: i64 = 28;
/// Width of half a character, roughly.
const LETTER: i64 = 8;

/// A bar.
#[derive(Debug, PartialEq, Eq)]
pub struct Bar {
    /// Its left end.
    pub x: i64,
    /// Its top.
    pub y: i64,
    /// How long it is.
    pub width: i64,
    /// As much of the value as fits into it.
    pub text: String,
    /// The value.
    pub whole: String,
    /// Whether it lies ahead.
    pub ahead: bool,
}

/// A kind of facts.
#[derive(Debug)]
pub struct Band {
    /// What they are about.
    pub label: &'static str,
    /// Where the label stands.
    pub y: i64,
}

/// The picture.
#[derive(Debug)]
pub struct Picture {
    /// How high it is.
    pub height: i64,
    /// The years, and where they begin.
    pub years: Vec<(i64, i32)>,
    /// Where today is.
    pub today: i64,
    /// The kinds.
    pub bands: Vec<Band>,
    /// The bars.
    pub bars: Vec<Bar>,
}

/// From which year to which, the last not included.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: i32,
    end: i32,
}

impl Span {
    fn of(facts: &[Fact], today: NaiveDate) -> Self {
        let days = || facts.iter().flat_map(|f| [f.from, f.until]).flatten().chain([today]).map(|day| day.year());
        Self { first: days().min().unwrap_or(today.year()), end: days().max().unwrap_or(today.year()) + 1 }
    }

    fn x(self, day: NaiveDate) -> i64 {
        let days = i64::from(day.num_days_from_ce()) - i64::from(first_day(self.first));
        let all = i64::from(first_day(self.end)) - i64::from(first_day(self.first));
        LEFT + (RIGHT - LEFT) * days.clamp(0, all) / all.max(1)
    }
}

fn first_day(year: i32) -> i32 {
    NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default().num_days_from_ce()
}

/// Draws the facts.
#[must_use]
pub fn draw(facts: &[Fact], today: NaiveDate, language: Language) -> Picture {
    let span = Span::of(facts, today);
    let mut picture =
        Picture { height: HEAD, years: years(span), today: span.x(today), bands: Vec::new(), bars: Vec::new() };
    for lane in Lane::ALL {
        let of_lane: Vec<&Fact> = facts.iter().filter(|fact| fact.lane == lane).collect();
        if of_lane.is_empty() {
            continue;
        }
        picture.bands.push(Band { label: lane.label(language), y: picture.height + 20 });
        // Where each row of the lane is free again.
        let mut rows: Vec<i64> = Vec::new();
        for fact in of_lane {
            let (from, until) =
                (fact.from.map_or(LEFT, |day| span.x(day)), fact.until.map_or(RIGHT, |day| span.x(day)));
            let row = rows.iter().position(|free| *free <= from).unwrap_or(rows.len());
            if row == rows.len() {
                rows.push(until);
            } else {
                rows[row] = until;
            }
            let whole = language.pick(&fact.value[0], &fact.value[1]).clone();
            let y = picture.height + ROW * i64::try_from(row).unwrap_or_default();
            let ahead = fact.from.is_some_and(|day| day > today);
            let text = fitting(&whole, (until - from - 10) / LETTER);
            picture.bars.push(Bar { x: from, y, width: (until - from - 2).max(2), text, whole, ahead });
        }
        picture.height += ROW * i64::try_from(rows.len()).unwrap_or_default() + 12;
    }
    picture
}

fn years(span: Span) -> Vec<(i64, i32)> {
    // At most ten or so, or they run into each other.
    let step = usize::try_from((span.end - span.first) / 10 + 1).unwrap_or(1);
    let first = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    (span.first..span.end).step_by(step).map(|year| (span.x(first(year)), year)).collect()
}

/// The text, or its beginning, in so many half characters.
fn fitting(text: &str, room: i64) -> String {
    let room = usize::try_from(room).unwrap_or_default();
    if width(text) <= room {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        if width(&short) + width(c.encode_utf8(&mut [0; 4])) + 2 > room {
            break;
        }
        short.push(c);
    }
    if short.is_empty() { short } else { short + "…" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::period::Precision;

    fn fact(lane: Lane, value: &str, from: &str, until: Option<&str>) -> Fact {
        let day = |text: &str| text.parse().expect("a day");
        let value = [value.to_owned(), value.to_owned()];
        Fact { lane, value, from: Some(day(from)), until: until.map(day), precision: Precision::Day }
    }

    #[test]
    fn facts_of_one_time_do_not_cover_each_other() {
        let facts = [
            fact(Lane::Secretariat, "A", "2007-03-31", Some("2011-03-31")),
            fact(Lane::Secretariat, "B", "2011-03-31", None),
            fact(Lane::Secretariat, "C", "2011-03-31", None),
            fact(Lane::Council, "構成員", "2027-04-01", None),
        ];
        let today = "2026-11-21".parse().expect("a day");
        let picture = draw(&facts, today, Language::Ja);
        let bars: Vec<_> = picture.bars.iter().map(|bar| (bar.whole.as_str(), bar.y, bar.ahead)).collect();
        assert_eq!(bars, [("A", 28, false), ("B", 28, false), ("C", 58, false), ("構成員", 100, true)]);
        assert!(picture.bars.iter().all(|bar| bar.x >= LEFT && bar.x + bar.width <= RIGHT));
        assert_eq!(picture.height, 142);
    }

    #[test]
    fn a_text_is_cut_where_its_bar_ends() {
        assert_eq!(fitting("電気事業連合会", 14), "電気事業連合会");
        assert_eq!(fitting("電気事業連合会", 10), "電気事業…");
        assert_eq!(fitting("電気事業連合会", 2), "");
    }
}
