//! Pages of the rounds: the desk's board, its windows to choose from, a call that is noted, and the page of the link.

pub mod answer;
pub mod board;
pub mod call;
pub mod numbers;
pub mod shown;
pub mod windows;
pub mod words;

use super::paths;
use crate::features::access::action::DirectoryAction;
use crate::features::access::directory::RosterFacts;
use crate::features::access::{Action, Routes, Rule, Viewer, can};
use crate::platform::web::error::WebError;

/// The routes of this feature. Rounds are the desk's; the link is for whoever reads the window's mail.
pub fn routes() -> Routes {
    let see = Rule::May(Action::Directory(DirectoryAction::SeeWindows));
    let keep = Rule::May(Action::Directory(DirectoryAction::KeepWindow));
    Routes::new()
        .get(paths::BOARD, see, board::get)
        .post(paths::BOARD, keep, board::open)
        .post(paths::REMINDER, keep, board::remind)
        .post(paths::END, keep, board::end)
        // Searching is a POST as well; asking is the desk's alone.
        .get(paths::WINDOWS, see, windows::get)
        .post(paths::WINDOWS, see, windows::post)
        .get(paths::CALL, keep, call::get)
        .post(paths::CALL, keep, call::post)
        .get(paths::ANSWER, Rule::Public, answer::get)
        .post(paths::ANSWER, Rule::Public, answer::post)
}

/// Whether the viewer may do that with all windows of a CEPTOAR; otherwise there is no such page.
fn over_all(viewer: &Viewer, action: DirectoryAction, ceptoar_id: &str) -> Result<(), WebError> {
    if can(viewer, action, &RosterFacts::whole(ceptoar_id)) { Ok(()) } else { Err(WebError::NotFound) }
}
