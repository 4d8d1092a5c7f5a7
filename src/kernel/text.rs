//! What people type, made plain: normalised, bounded, without the characters that deceive.

use unicode_normalization::UnicodeNormalization;

/// Why a text cannot be taken as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextProblem {
    /// Nothing was typed where something is needed.
    Empty,
    /// Longer than the field allows, in characters.
    TooLong {
        /// The most the field takes.
        limit: usize,
        /// How many there were.
        found: usize,
    },
    /// A control character (the field takes none, or only line ends).
    ControlCharacter,
    /// A character that turns the direction of writing and can make a text read otherwise than it is.
    DirectionMark,
}

/// One line of text: NFC, trimmed, without control characters.
///
/// # Errors
/// The first [`TextProblem`] found.
pub fn line(text: &str, limit: usize) -> Result<String, TextProblem> {
    let text: String = text.trim().nfc().collect();
    check(&text, limit, |c| c.is_control())?;
    Ok(text)
}

/// As [`line()`], where something has to be said.
///
/// # Errors
/// The first [`TextProblem`] found.
pub fn filled_line(text: &str, limit: usize) -> Result<String, TextProblem> {
    let text = line(text, limit)?;
    if text.is_empty() { Err(TextProblem::Empty) } else { Ok(text) }
}

/// A text of several lines: NFC, line ends as `\n`, no trailing blank.
///
/// # Errors
/// The first [`TextProblem`] found.
pub fn paragraph(text: &str, limit: usize) -> Result<String, TextProblem> {
    let text: String = text.replace("\r\n", "\n").replace('\r', "\n").trim().nfc().collect();
    check(&text, limit, |c| c.is_control() && c != '\n' && c != '\t')?;
    Ok(text)
}

/// As [`paragraph`], where something has to be said.
///
/// # Errors
/// The first [`TextProblem`] found.
pub fn filled_paragraph(text: &str, limit: usize) -> Result<String, TextProblem> {
    let text = paragraph(text, limit)?;
    if text.is_empty() { Err(TextProblem::Empty) } else { Ok(text) }
}

fn check(text: &str, limit: usize, forbidden: impl Fn(char) -> bool) -> Result<(), TextProblem> {
    if text.chars().any(|c| is_direction_mark(c) || is_invisible(c)) {
        return Err(TextProblem::DirectionMark);
    }
    if text.chars().any(forbidden) {
        return Err(TextProblem::ControlCharacter);
    }
    let found = text.chars().count();
    if found > limit {
        return Err(TextProblem::TooLong { limit, found });
    }
    Ok(())
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters that take no room, and separators that end a line somewhere: they hide or split a text.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}' | '\u{2028}' | '\u{2029}' | '\u{2060}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

/// Full-width digits, letters and signs in their half-width form: how codes and numbers are read.
#[must_use]
pub fn half_width(text: &str) -> String {
    text.trim().nfkc().map(|c| if matches!(c, '‐' | '‑' | '–' | '—' | '―' | '−' | 'ー') { '-' } else { c }).collect()
}

/// Width in half-width columns: a full-width character counts two.
#[must_use]
pub fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width_cjk(text)
}

/// The form in which texts are searched: NFKC, lower case, katakana as hiragana, hyphens alike,
/// and セプター the same as CEPTOAR.
#[must_use]
pub fn folded(text: &str) -> String {
    let folded: String = text
        .nfkc()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
            '‐' | '‑' | '–' | '—' | '―' | '−' => '-',
            c => c,
        })
        .collect();
    folded.replace("せぷたー", "ceptoar")
}

/// More words than this are not searched for.
const MOST_WORDS: usize = 8;
/// Longer searches are cut.
const LONGEST_SEARCH: usize = 100;

/// What was typed into a search field, made plain and bounded.
#[must_use]
pub fn search_words(typed: &str) -> String {
    let plain: String = typed.chars().filter(|c| !c.is_control()).take(LONGEST_SEARCH).collect();
    plain.trim().to_owned()
}

/// The patterns for SQL `like all` of each word searched for; none when nothing is searched for.
#[must_use]
pub fn search_patterns(words: &str) -> Vec<String> {
    words.split_whitespace().take(MOST_WORDS).map(like_pattern).collect()
}

/// The pattern for SQL `like` that finds `text` anywhere, its own wildcards taken as letters.
#[must_use]
pub fn like_pattern(text: &str) -> String {
    let escaped =
        folded(text).replace(char::is_control, "").replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_composed_trimmed_and_bounded() {
        assert_eq!(line("  か\u{3099}す ", 10), Ok("がす".to_owned()));
        assert_eq!(line("あいう", 2), Err(TextProblem::TooLong { limit: 2, found: 3 }));
        assert_eq!(line("a\r\nBcc: x", 99), Err(TextProblem::ControlCharacter));
        assert_eq!(line("abc\u{202E}fdp", 99), Err(TextProblem::DirectionMark));
        assert_eq!(paragraph("a\r\nb\rc\n", 99), Ok("a\nb\nc".to_owned()));
    }

    #[test]
    fn searching_folds_width_case_and_kana() {
        assert_eq!(folded("ＣＥＰＴＯＡＲ"), folded("セプター"));
        assert_eq!(folded("ｾﾌﾟﾀｰ"), folded("ceptoar"));
        assert_eq!(folded("ＶＰＮ装置"), "vpn装置");
        assert_eq!(like_pattern("50%_"), "%50\\%\\_%");
    }

    #[test]
    fn searches_are_bounded_and_every_word_counts() {
        let words = search_words(" ＶＰＮ装置　脆弱性\u{0} ");
        assert_eq!(search_patterns(&words), ["%vpn装置%", "%脆弱性%"]);
        assert!(search_patterns("　").is_empty());
        assert!(search_words(&"あ".repeat(500)).chars().count() <= LONGEST_SEARCH);
    }

    #[test]
    fn what_must_be_said_is_not_empty() {
        assert_eq!(filled_line(" \u{3000} ", 9), Err(TextProblem::Empty));
        assert_eq!(filled_line(" x ", 9), Ok("x".to_owned()));
    }

    #[test]
    fn numbers_are_read_in_half_width() {
        assert_eq!(half_width(" ＣＶＥ－２０２６ー１２３４ "), "CVE-2026-1234");
    }
}
