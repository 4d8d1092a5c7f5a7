//! Text of a table file on its way out: encoded, and without anything that a spreadsheet would run.

/// How a table file is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 with a byte order mark, by which Excel knows it.
    Utf8,
    /// Windows-31J (CP932), for older programs.
    Cp932,
}

/// A table file, and the characters that its encoding does not have.
#[derive(Debug)]
pub struct TableFile {
    /// The file.
    pub bytes: Vec<u8>,
    /// Replaced by 〓, each once, in the order in which they were met.
    pub replaced: Vec<char>,
}

/// A cell that a spreadsheet would take for a formula is marked as text.
#[must_use]
pub fn harmless(cell: &str) -> String {
    if is_guarded(cell) { format!("'{cell}") } else { cell.to_owned() }
}

/// The cell that [`harmless`] was given.
#[must_use]
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_guarded(rest)).unwrap_or(cell)
}

/// Whether a cell is what is left of a text after its way through a file: with its mark still on, with signs that Windows
/// holds to be others, or with signs that CP932 lacks replaced, by the portal or by the program that saved the file.
#[must_use]
pub fn is_left_of(cell: &str, text: &str) -> bool {
    let text = text.trim();
    [cell, unguarded(cell)].into_iter().any(|cell| {
        cell == text
            || text.chars().map(windows_form).eq(cell.chars())
            || (!text.is_ascii() && ["〓", "?", "??"].iter().any(|sign| survives(text, sign) == cell))
    })
}

/// A text after its way through CP932; `sign` stands where a character was lost.
fn survives(text: &str, sign: &str) -> String {
    let mut left = String::with_capacity(text.len());
    for c in text.chars() {
        let c = windows_form(c);
        let mut buffer = [0; 4];
        if encoding_rs::SHIFT_JIS.encode(c.encode_utf8(&mut buffer)).2 {
            // A program that thinks in pairs of halves loses two.
            left.push_str(if sign == "??" && c.len_utf16() == 1 { "?" } else { sign });
        } else {
            left.push(c);
        }
    }
    left
}

/// A formula, or what looks like one that was marked already: so that taking one mark away gives back the cell.
fn is_guarded(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

/// The text in an encoding. Characters that CP932 lacks become 〓 and are listed, never dropped.
#[must_use]
pub fn encode(text: &str, encoding: Encoding) -> TableFile {
    if encoding == Encoding::Utf8 {
        return TableFile { bytes: format!("\u{FEFF}{text}").into_bytes(), replaced: Vec::new() };
    }
    let (mut bytes, mut replaced) = (Vec::with_capacity(text.len()), Vec::new());
    for c in text.chars().map(windows_form) {
        let mut buffer = [0; 4];
        let (encoded, _, missing) = encoding_rs::SHIFT_JIS.encode(c.encode_utf8(&mut buffer));
        if missing {
            bytes.extend_from_slice(&encoding_rs::SHIFT_JIS.encode("〓").0);
            if !replaced.contains(&c) {
                replaced.push(c);
            }
        } else {
            bytes.extend_from_slice(&encoded);
        }
    }
    TableFile { bytes, replaced }
}

/// Signs that Windows holds to be other characters than the rest of the world does.
fn windows_form(c: char) -> char {
    match c {
        '\u{301C}' => '\u{FF5E}', // wave dash
        '\u{2212}' => '\u{FF0D}', // minus
        '\u{2016}' => '\u{2225}', // double bar
        '\u{2014}' => '\u{2015}', // dash
        '\u{00A2}' => '\u{FFE0}',
        '\u{00A3}' => '\u{FFE1}',
        '\u{00AC}' => '\u{FFE2}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_never_become_formulas() {
        assert_eq!(harmless("=1+1"), "'=1+1");
        assert_eq!(harmless("@x"), "'@x");
        assert_eq!(harmless("T-CEPTOAR"), "T-CEPTOAR");
        for cell in ["=1+1", "'=1+1", "''@x", "'quoted", "", "'", "plain", "－5"] {
            assert_eq!(unguarded(&harmless(cell)), cell);
        }
    }

    #[test]
    fn a_text_is_known_again_after_its_way_through_a_file() {
        for cell in ["𠮷野〜", "𠮷野～", "〓野～", "?野～", "??野～"] {
            assert!(is_left_of(cell, "𠮷野〜"), "{cell}");
        }
        assert!(is_left_of("'=1+1", "=1+1") && is_left_of("'＋81", "＋81"));
        assert!(!is_left_of("吉野", "𠮷野") && !is_left_of("?", "a") && !is_left_of("", "a"));
    }

    #[test]
    fn characters_without_a_place_in_cp932_are_replaced_and_listed() {
        let file = encode("髙﨑𠮷〜−𠮷", Encoding::Cp932);
        let (text, _, broken) = encoding_rs::SHIFT_JIS.decode(&file.bytes);
        assert!(!broken);
        assert_eq!(text, "髙﨑〓～－〓");
        assert_eq!(file.replaced, ['𠮷']);
    }
}
