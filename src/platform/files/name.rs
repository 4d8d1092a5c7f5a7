//! What a file is called: parsed from what a browser sent, written so that no program misreads it.

use std::fmt::Write;

use axum::http::HeaderValue;
use unicode_normalization::UnicodeNormalization;

/// Characters of a name.
pub const LONGEST: usize = 120;

/// A file's name for people: one line, no path, nothing invisible, nothing that turns the text round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

/// Why a name cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left of it.
    #[error("empty")]
    Empty,
    /// More than [`LONGEST`] characters.
    #[error("too long")]
    TooLong,
    /// It holds what cannot be seen or turns the direction of reading.
    #[error("invisible characters")]
    Invisible,
}

impl DisplayName {
    /// Reads a name. Some browsers send a whole path: what counts is behind the last stroke.
    ///
    /// # Errors
    /// When the name cannot be used; it is not mended silently, so that people know what they attach.
    pub fn parse(sent: &str) -> Result<Self, NameError> {
        let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = last.nfc().collect();
        let name = name.trim_matches(|c: char| c.is_whitespace() || c == '.');
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if name.chars().any(is_invisible) {
            return Err(NameError::Invisible);
        }
        if name.chars().count() > LONGEST {
            return Err(NameError::TooLong);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `Content-Disposition` of a download: never `inline`. The plain name is for old programs, the encoded one
    /// (RFC 8187) for all others.
    #[must_use]
    pub fn content_disposition(&self) -> HeaderValue {
        let plain: String = self.0.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        let mut encoded = String::new();
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                // Writing into a string does not fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
        HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
    }
}

/// Safe between quotation marks in every header parser, without percent signs that some decode.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '.' | '_' | '(' | ')')
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(sent: &str) -> Result<String, NameError> {
        DisplayName::parse(sent).map(|name| name.0)
    }

    #[test]
    fn paths_and_decorations_are_left_behind() {
        assert_eq!(name("../../etc/passwd").as_deref(), Ok("passwd"));
        assert_eq!(name("C:\\Users\\x\\報告.pdf").as_deref(), Ok("報告.pdf"));
        assert_eq!(name("a/..\\..\\b.txt").as_deref(), Ok("b.txt"));
        assert_eq!(name(" .hidden. ").as_deref(), Ok("hidden"));
        // One character and its mark become one.
        assert_eq!(name("か\u{3099}.txt").as_deref(), Ok("が.txt"));
        for empty in ["", " ", "..", "/", "a/", "\\", "../.."] {
            assert_eq!(name(empty), Err(NameError::Empty), "{empty:?}");
        }
        for hidden in ["a\u{202E}fdp.exe", "a\r\nSet-Cookie: x", "a\0.pdf", "a\u{200B}.pdf", "\u{FEFF}a", "a\u{2066}b"]
        {
            assert_eq!(name(hidden), Err(NameError::Invisible), "{hidden:?}");
        }
        assert!(name(&"あ".repeat(LONGEST)).is_ok());
        assert_eq!(name(&"あ".repeat(LONGEST + 1)), Err(NameError::TooLong));
    }

    #[test]
    fn a_download_is_an_attachment_under_an_encoded_name() {
        let header = |sent| DisplayName::parse(sent).expect("a name").content_disposition();
        assert_eq!(header("a b.pdf"), "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf");
        assert_eq!(
            header("\"x\"; y=%2F'.txt"),
            "attachment; filename=\"_x__ y__2F_.txt\"; filename*=UTF-8''%22x%22%3B%20y%3D%252F%27.txt"
        );
        assert_eq!(header("表.csv"), "attachment; filename=\"_.csv\"; filename*=UTF-8''%E8%A1%A8.csv");
    }

    proptest! {
        #[test]
        fn whatever_is_sent_becomes_a_harmless_header(sent in "\\PC{0,200}|[\\x00-\\x7F]{0,40}") {
            if let Ok(name) = DisplayName::parse(&sent) {
                prop_assert!(!name.as_str().contains(['/', '\\', '\r', '\n', '\0']) && name.as_str() != "..");
                let header = name.content_disposition();
                let header = header.to_str().expect("ASCII");
                prop_assert!(header.starts_with("attachment; filename=\""));
                prop_assert_eq!(header.matches('"').count(), 2);
            }
        }
    }
}
