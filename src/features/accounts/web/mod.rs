//! Pages of accounts, and the extractors that say who is looking.

pub mod identify;
pub mod sign_in;
pub mod viewer;

use axum::Router;
use axum::routing::{get, post};

use super::paths;
use crate::platform::web::state::AppState;

/// The routes of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route(paths::SIGN_IN, get(sign_in::get).post(sign_in::post))
        .route(paths::DEMONSTRATION_SIGN_IN, post(sign_in::post_demonstration))
        .route(paths::SIGN_OUT, post(sign_in::post_sign_out))
}
