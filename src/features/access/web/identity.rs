//! What the session look-up leaves in the request.

use crate::features::access::strength::OpenedBy;
use crate::features::access::viewer::Viewer;
use crate::kernel::language::Language;

/// The viewer and the account's language, for the guard and the extractors.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Who is looking.
    pub viewer: Viewer,
    /// The account's language.
    pub language: Language,
    /// How the session was opened.
    pub opened_by: OpenedBy,
    /// Whether the person proved within the last minutes to be there.
    pub fresh: bool,
}

/// A session lives, but is too weak for what its account is today; nobody is signed in by it.
#[derive(Debug, Clone, Copy)]
pub struct TooWeak;
