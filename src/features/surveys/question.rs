//! A question of a survey: what it asks, and what an answer to it looks like.

use uuid::Uuid;

use super::survey::codes;
use crate::kernel::language::{Label, Language};
use crate::kernel::text::half_width;

/// The most choices of a question.
pub const MOST_CHOICES: usize = 20;
/// The most products that a firm lists.
pub const MOST_PRODUCTS: usize = 100;

/// What an answer looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum QuestionKind {
    /// One of several choices.
    One,
    /// Several of several choices.
    Several,
    /// A number with its unit.
    Number,
    /// Words.
    Words,
    /// A list of products.
    Products,
}
codes!(QuestionKind {
    One "one" "1つを選ぶ" / "One choice",
    Several "several" "当てはまるものをすべて選ぶ" / "Several choices",
    Number "number" "数値" / "Number",
    Words "words" "文章" / "Words",
    Products "products" "製品の一覧" / "List of products",
});

/// A number with at most two places behind the point, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(pub i64);

impl Number {
    /// The largest that is taken: what a form of an office holds, with room.
    pub const LARGEST: Self = Self(100_000_000_000_000);

    /// A number as people type it: full-width digits and commas are fine.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let typed = half_width(typed).replace(',', "");
        let (negative, digits) = typed.strip_prefix('-').map_or((false, typed.as_str()), |rest| (true, rest));
        let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 13 || places.len() > 2 || !plain(whole) || !plain(places) {
            return None;
        }
        if digits.contains('.') && places.is_empty() {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let places: i64 = format!("{places:0<2}").parse().ok()?;
        let number = whole * 100 + places;
        let number = Self(if negative { -number } else { number });
        (number.0.abs() <= Self::LARGEST.0).then_some(number)
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, places) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match (places, places % 10) {
            (0, _) => write!(f, "{sign}{whole}"),
            (_, 0) => write!(f, "{sign}{whole}.{}", places / 10),
            (_, _) => write!(f, "{sign}{whole}.{places:02}"),
        }
    }
}

/// What the desk types about a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionContent {
    /// What an answer looks like.
    pub kind: QuestionKind,
    /// What is asked.
    pub wording: String,
    /// Whether it has to be answered.
    pub required: bool,
    /// What there is to choose from.
    pub choices: Vec<String>,
    /// In what a number is counted.
    pub unit: String,
    /// The smallest and the largest number that is taken.
    pub bounds: Option<[Number; 2]>,
}

/// A question in its place.
#[derive(Debug, Clone)]
pub struct Question {
    /// Which.
    pub question_id: Uuid,
    /// Its place, from 1.
    pub position: i16,
    /// The same in every year in which the same is asked.
    pub lineage: Uuid,
    /// What it asks.
    pub content: QuestionContent,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_typed_and_written_back_the_same() {
        for (typed, written) in [
            ("１，２００", "1200"),
            ("0", "0"),
            ("3.5", "3.5"),
            ("3.50", "3.5"),
            ("0.05", "0.05"),
            ("-7", "-7"),
            ("１２.３", "12.3"),
        ] {
            assert_eq!(Number::parse(typed).map(|n| n.to_string()).as_deref(), Some(written), "{typed}");
        }
        for wrong in ["", "-", "x", "1.234", "1.", ".5", "1 2", "1e3", "99999999999999", "+1", "NaN"] {
            assert_eq!(Number::parse(wrong), None, "{wrong}");
        }
    }
}
