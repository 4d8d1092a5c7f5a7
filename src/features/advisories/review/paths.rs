//! Addresses of review.

use super::comment::CommentId;
use super::place::Field;
use crate::kernel::ids::AdvisoryId;

/// Route of all comments at an item.
pub const REVIEW: &str = "/advisories/{id}/review";
/// Route of the form of a comment; field and line stand behind it.
pub const NEW: &str = "/advisories/{id}/review/new";
/// Route of one comment, with its answers.
pub const COMMENT: &str = "/advisories/comments/{comment}";

/// Address of all comments at an item.
#[must_use]
pub fn review(id: AdvisoryId) -> String {
    format!("/advisories/{id}/review")
}

/// Address of the form of a comment at a place.
#[must_use]
pub fn new(id: AdvisoryId, field: Field, line: Option<usize>) -> String {
    let line = line.map_or_else(String::new, |line| format!("&line={line}"));
    format!("/advisories/{id}/review/new?field={}{line}", field.code())
}

/// Address of one comment.
#[must_use]
pub fn comment(id: CommentId) -> String {
    format!("/advisories/comments/{id}")
}
