//! Pages of receipts and calls, one file per page.

pub mod calls;
pub mod code;
pub mod desk;
pub mod entry;
pub mod fax;
pub mod page;
pub mod script;
pub mod withdrawal;
pub mod words;

use super::paths;
use crate::features::access::action::ReceiptAction;
use crate::features::access::{Action, Routes, Rule};

/// The routes of receipts and calls.
pub fn routes() -> Routes {
    let [call, enter] = [ReceiptAction::Call, ReceiptAction::Enter].map(|action| Rule::May(Action::Receipt(action)));
    Routes::new()
        .get(paths::RECEIPT, call, entry::get)
        .post(paths::RECEIPT, enter, entry::post)
        .get(paths::WITHDRAWAL, enter, withdrawal::get)
        .post(paths::WITHDRAWAL, enter, withdrawal::post)
        .get(paths::CODE, enter, code::get)
        .post(paths::CODE, enter, code::post)
        .get(paths::CALLS, call, calls::get)
        .post(paths::ATTEMPT, call, calls::post)
        .get(paths::SCRIPT, call, script::get)
        .get(paths::FAX, enter, fax::get)
}
