//! Pages of accounts, and the extractors that say who is looking.

pub mod account;
pub mod arrival;
pub mod confirm;
pub mod enrol;
pub mod forgotten;
pub mod help;
pub mod identify;
pub mod key;
pub mod own;
pub mod second;
pub mod sign_in;
pub mod ticket;

use super::paths;
use crate::features::access::{Routes, Rule};

/// The routes of this feature. Enrolment is public by its rule and opened by what the browser holds: a link
/// that was used up, or a fresh session, put a step there.
pub fn routes() -> Routes {
    Routes::new()
        .get(paths::SIGN_IN, Rule::Public, sign_in::get)
        .post(paths::SIGN_IN, Rule::Public, sign_in::post)
        .post(paths::PASSKEY_SIGN_IN, Rule::Public, sign_in::post_passkey)
        .post(paths::PASSKEY_CHALLENGE, Rule::Public, sign_in::post_challenge)
        .post(paths::DEMONSTRATION_SIGN_IN, Rule::Public, sign_in::post_demonstration)
        .get(paths::SECOND, Rule::Public, second::get)
        .post(paths::SECOND, Rule::Public, second::post)
        .post(paths::SECOND_PASSKEY, Rule::Public, second::post_passkey)
        .post(paths::SECOND_CHALLENGE, Rule::Public, second::post_challenge)
        .get(paths::FORGOTTEN, Rule::Public, forgotten::get)
        .post(paths::FORGOTTEN, Rule::Public, forgotten::post)
        .post(paths::SIGN_OUT, Rule::SignedIn, sign_in::post_sign_out)
        .get(paths::TICKET, Rule::Public, ticket::get)
        .post(paths::TICKET, Rule::Public, ticket::post)
        .get(paths::ENROL, Rule::Public, enrol::get)
        .get(paths::ENROL_APP, Rule::Public, enrol::get_app)
        .post(paths::ENROL_APP, Rule::Public, enrol::post_app)
        .get(paths::ENROL_PICTURE, Rule::Public, enrol::get_picture)
        .post(paths::ENROL_PASSKEY, Rule::Public, enrol::post_passkey)
        .post(paths::ENROL_CHALLENGE, Rule::Public, enrol::post_challenge)
        .get(paths::HELP_PASSKEYS, Rule::Public, help::passkeys)
        .get(paths::HELP_APP, Rule::Public, help::app)
        .merge(own_routes())
}

/// One's own account.
fn own_routes() -> Routes {
    Routes::new()
        .get(paths::ACCOUNT, Rule::SignedIn, account::get)
        .get(paths::PASSWORD, Rule::SignedIn, own::get_password)
        .post(paths::PASSWORD, Rule::SignedIn, own::post_password)
        .get(paths::ADDRESS, Rule::SignedInFresh, own::get_address)
        .post(paths::ADDRESS, Rule::SignedInFresh, own::post_address)
        .post(paths::ADD, Rule::SignedInFresh, account::post_add)
        .post(paths::RENAME, Rule::SignedIn, account::post_rename)
        .post(paths::REMOVE, Rule::SignedInFresh, account::post_remove)
        .post(paths::CODES, Rule::SignedInFresh, account::post_codes)
        .post(paths::END_SESSION, Rule::SignedIn, account::post_end)
        .get(paths::CONFIRM, Rule::SignedIn, confirm::get)
        .post(paths::CONFIRM, Rule::SignedIn, confirm::post)
        .post(paths::CONFIRM_CHALLENGE, Rule::SignedIn, confirm::post_challenge)
}
