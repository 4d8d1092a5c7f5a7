//! Which edition is meant: by its id, or by a day on which it was the newest one.

use chrono::{Datelike, NaiveDate};

use crate::features::feature_map::edition::Edition;
use crate::kernel::text::half_width;

/// Why no edition is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclear {
    /// It is no day of the calendar.
    NoDay,
    /// No edition is as old as that.
    BeforeTheFirst,
}

/// The edition that stood on a day: the newest of those made for that day or an earlier one. The ids of editions are
/// days too, so each means itself.
///
/// # Errors
/// When the text is no day, or earlier than all editions.
pub fn standing_on<'a>(editions: &'a [Edition], day: &str) -> Result<&'a Edition, Unclear> {
    let day = day_of(day).ok_or(Unclear::NoDay)?;
    editions.iter().rev().find(|e| e.as_of <= day).ok_or(Unclear::BeforeTheFirst)
}

/// A day as it is typed: 2015-04-01, also with slashes or in full width.
#[must_use]
pub fn day_of(typed: &str) -> Option<NaiveDate> {
    let text = half_width(typed).replace('/', "-");
    NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok().filter(|day| (1..=9999).contains(&day.year()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::feature_map::reference::editions;

    #[test]
    fn a_day_means_the_edition_that_stood_on_it() {
        let editions = editions().unwrap();
        let on = |day| standing_on(&editions, day).map(|e| e.id.as_str());
        assert_eq!(on("2011-03-31"), Ok("2011-03-31"));
        assert_eq!(on("2011/3/30"), Ok("2007-03-31"), "the day before");
        assert_eq!(on(" ２０１８－０４－２３ "), Ok("2011-03-31"));
        assert_eq!(on("9999-12-31"), Ok("2018-04-24"));
        assert_eq!(on("2007-03-30"), Err(Unclear::BeforeTheFirst));
        for text in ["", "2011", "2011-02-30", "0000-01-01", "+99999-01-01", "2011-03-31.json", "昨日"] {
            assert_eq!(on(text), Err(Unclear::NoDay), "{text}");
        }
    }
}
