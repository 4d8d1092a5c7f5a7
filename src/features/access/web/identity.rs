//! What the session look-up leaves in the request.

use crate::features::access::viewer::Viewer;
use crate::kernel::language::Language;

/// The viewer and the account's language, for the guard and the extractors.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Who is looking.
    pub viewer: Viewer,
    /// The account's language.
    pub language: Language,
}
