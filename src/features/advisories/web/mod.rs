//! Pages of advisories, one file per page.

use axum::Router;

use crate::platform::web::state::AppState;

/// The routes of this feature.
pub fn routes() -> Router<AppState> {
    Router::new()
}
