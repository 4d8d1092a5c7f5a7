//! Pages and files of the feature map.

pub mod files;
pub mod map;
pub mod profile;
pub mod shelf;

use axum::Router;
use axum::routing::get;

use super::paths;
use crate::platform::web::state::AppState;
use shelf::PublicPages;

/// The routes of this feature. They share the published pages with the layer that answers from memory.
pub fn routes(pages: PublicPages) -> Router<AppState> {
    Router::new()
        .route(paths::NEWEST, get(map::get_newest))
        .route(paths::NEWEST_JSON, get(map::get_newest_json))
        .route(paths::NEWEST_CSV, get(map::get_newest_csv))
        .route(paths::EDITION, get(map::get))
        .route(paths::PROFILE, get(profile::get))
        .with_state(pages)
}
