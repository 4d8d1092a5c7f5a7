//! A rendered mail text, the same for all recipients of one language.

use sha2::{Digest, Sha256};

use crate::kernel::language::Language;

/// Longer subjects are cut by mail programs; ours stay under about 40 full-width characters.
const SUBJECT_LIMIT: usize = 200;
/// Far above any advisory; a larger text is a mistake of the author.
const BODY_LIMIT: usize = 256 * 1024;

/// What is sent: parsed once, so that nothing below it needs to be checked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    language: Language,
    subject: String,
    body: String,
    drill: bool,
}

/// Why a text cannot become a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// A subject is one line.
    #[error("the subject of a mail is one line without control characters")]
    Subject,
    /// Too much for a subject.
    #[error("the subject of a mail has at most {SUBJECT_LIMIT} characters")]
    LongSubject,
    /// A carriage return that belongs to no line end: some relays read it as one (SMTP smuggling).
    #[error("the text of a mail has a carriage return that ends no line")]
    BareReturn,
    /// Control characters other than line ends and tabs.
    #[error("the text of a mail has control characters")]
    Control,
    /// Too much for a mail.
    #[error("the text of a mail has at most {BODY_LIMIT} bytes")]
    LongBody,
}

impl Letter {
    /// Makes a letter of a subject and a text whose lines end in LF or CRLF. Lines are as long as the
    /// author made them.
    ///
    /// # Errors
    /// [`LetterError`] when the text could be read as something else on its way.
    pub fn new(language: Language, subject: &str, body: &str, drill: bool) -> Result<Self, LetterError> {
        if subject.trim().is_empty() || subject.chars().any(is_separator) {
            return Err(LetterError::Subject);
        }
        if subject.chars().count() > SUBJECT_LIMIT {
            return Err(LetterError::LongSubject);
        }
        if body.len() > BODY_LIMIT {
            return Err(LetterError::LongBody);
        }
        let lines = body.replace("\r\n", "\n");
        if lines.contains('\r') {
            return Err(LetterError::BareReturn);
        }
        if lines.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return Err(LetterError::Control);
        }
        let mut body = lines.trim_end_matches('\n').replace('\n', "\r\n");
        body.push_str("\r\n");
        Ok(Self { language, subject: subject.trim().to_owned(), body, drill })
    }

    /// The language of the text.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// The subject, one line.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The text; every line ends in CRLF.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Whether it belongs to a drill.
    #[must_use]
    pub fn drill(&self) -> bool {
        self.drill
    }
}

/// A letter in every language of the portal, as columns: which one is sent is known where the addresses are.
#[derive(Debug, Clone, Default)]
pub struct Letters {
    /// Subjects.
    pub subjects: Vec<String>,
    /// Texts.
    pub bodies: Vec<String>,
    /// What is kept of the texts: their SHA-256.
    pub hashes: Vec<Vec<u8>>,
}

impl Letters {
    /// Writes the letter in each language, in the order of [`Language::ALL`].
    ///
    /// # Errors
    /// [`LetterError`] when one of them cannot stand in a mail.
    pub fn of(write: impl Fn(Language) -> Result<Letter, LetterError>) -> Result<Self, LetterError> {
        let mut columns = Self::default();
        for language in Language::ALL {
            let letter = write(language)?;
            columns.hashes.push(Sha256::digest(letter.body.as_bytes()).to_vec());
            columns.subjects.push(letter.subject);
            columns.bodies.push(letter.body);
        }
        Ok(columns)
    }
}

/// Characters that end a line somewhere.
fn is_separator(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body(text: &str) -> Result<String, LetterError> {
        Letter::new(Language::Ja, "件名", text, false).map(|l| l.body)
    }

    #[test]
    fn lines_end_in_crlf_and_the_text_in_one_of_them() {
        assert_eq!(body("一\n二\r\n三\n\n").as_deref(), Ok("一\r\n二\r\n三\r\n"));
        assert_eq!(body("").as_deref(), Ok("\r\n"));
    }

    #[test]
    fn what_could_be_read_as_something_else_is_refused() {
        assert_eq!(body("a\rb"), Err(LetterError::BareReturn));
        assert_eq!(body("a\r\r\nb"), Err(LetterError::BareReturn));
        assert_eq!(body("a\0b"), Err(LetterError::Control));
        for subject in ["", "  ", "a\nb", "a\r\nBcc: x@y.example", "a\u{2028}b"] {
            assert_eq!(Letter::new(Language::En, subject, "", false), Err(LetterError::Subject), "{subject:?}");
        }
        assert_eq!(Letter::new(Language::Ja, &"長".repeat(201), "", false), Err(LetterError::LongSubject));
    }

    proptest! {
        #[test]
        fn no_line_end_stands_alone(text in "[\\s\\S]{0,60}") {
            if let Ok(body) = body(&text) {
                prop_assert!(!body.replace("\r\n", "").contains(['\r', '\n']));
            }
        }
    }
}
