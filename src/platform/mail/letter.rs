//! A mail's text in one language.

use crate::kernel::language::Language;

/// A mail's text in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its language.
    pub language: Language,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub body: String,
    /// Part of a drill.
    pub drill: bool,
}
