//! Pages of review, and what other pages show of it.

pub mod comment;
pub mod item;
pub mod list;
pub mod send_back;
pub mod shown;
pub mod thread;
pub mod words;

use super::paths;
use crate::features::access::action::AdvisoryAction;
use crate::features::access::{Action, Routes, Rule};
use crate::features::advisories::paths as advisories;

/// The routes of review.
pub fn routes() -> Routes {
    let [read, say, send_back] = [AdvisoryAction::ReadReview, AdvisoryAction::Comment, AdvisoryAction::SendBack]
        .map(|action| Rule::May(Action::Advisory(action)));
    Routes::new()
        .get(paths::REVIEW, read, list::get)
        .get(paths::NEW, say, comment::get)
        .post(paths::NEW, say, comment::post)
        .get(paths::COMMENT, read, thread::get)
        .post(paths::COMMENT, say, thread::post)
        .post(advisories::RETURN, send_back, send_back::post)
}
