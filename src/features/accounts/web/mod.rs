//! Pages of accounts, and the extractors that say who is looking.

pub mod identify;
pub mod sign_in;

use super::paths;
use crate::features::access::{Routes, Rule};

/// The routes of this feature.
pub fn routes() -> Routes {
    Routes::new()
        .get(paths::SIGN_IN, Rule::Public, sign_in::get)
        .post(paths::SIGN_IN, Rule::Public, sign_in::post)
        .post(paths::DEMONSTRATION_SIGN_IN, Rule::Public, sign_in::post_demonstration)
        .post(paths::SIGN_OUT, Rule::SignedIn, sign_in::post_sign_out)
}
